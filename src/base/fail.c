#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

/* Longer than any words, so that vis(3) and not printf decides on the cut. */
enum { DRAFT_MAX = 2 * FAIL_WORDS_MAX };

static void __attribute__((format(printf, 3, 0)))
print(char *to, const char *tail, const char *format, va_list ap)
{
	char draft[DRAFT_MAX];
	size_t used;

	vsnprintf(draft, sizeof(draft), format, ap);
	used = strlen(draft);
	if (tail != NULL)
		snprintf(draft + used, sizeof(draft) - used, ": %s", tail);
	text_vis(to, FAIL_WORDS_MAX, draft, strlen(draft));
}

int
fail_set(struct fail *f, enum fail_kind kind, const char *format, ...)
{
	va_list ap;

	if (f == NULL)
		return -1;
	f->kind = kind;
	f->advice[0] = '\0';
	va_start(ap, format);
	print(f->words, NULL, format, ap);
	va_end(ap);
	return -1;
}

int
fail_errno(
    struct fail *f, enum fail_kind kind, int error, const char *format, ...)
{
	va_list ap;

	if (f == NULL)
		return -1;
	f->kind = kind;
	f->advice[0] = '\0';
	va_start(ap, format);
	print(f->words, strerror(error), format, ap);
	va_end(ap);
	return -1;
}

void
fail_advise(struct fail *f, const char *format, ...)
{
	va_list ap;

	if (f == NULL)
		return;
	va_start(ap, format);
	print(f->advice, NULL, format, ap);
	va_end(ap);
}
