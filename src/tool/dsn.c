#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/envelope.h"
#include "smtp/xtext.h"
#include "conf/settings.h"
#include "tool/dsn.h"

enum {
	ENVID_MAX = 100, /* characters, RFC 3461 4.4 */
	ORCPT_MAX = 500 /* characters, 4.2: longer ones are left out */
};

/* The value of NOTIFY, or NULL where nothing is wished. */
static char *
notify_value(unsigned bits)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ NOTIFY_SUCCESS, "SUCCESS" },
		{ NOTIFY_FAILURE, "FAILURE" },
		{ NOTIFY_DELAY, "DELAY" },
		{ NOTIFY_NEVER, "NEVER" },
	};
	char *value;
	struct buf list;

	if (bits == 0)
		return NULL;
	buf_init(&list, 64);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bits & words[i].bit)
			buf_addf(&list, "%s%s", buf_len(&list) > 0 ? "," : "",
			    words[i].word);
	value = buf_text(&list);
	buf_free(&list);
	return value;
}

/* prefix and text as xtext, or NULL where that is longer than max. */
static char *
as_xtext(const char *prefix, const char *text, size_t max)
{
	struct buf out;
	char *value = NULL;

	buf_init(&out, max);
	if (buf_add_text(&out, prefix) == 0 &&
	    xtext_encode(&out, text, strlen(text)) == 0)
		value = buf_text(&out);
	buf_free(&out);
	return value;
}

static int
set_envid(struct dsn_wishes *w, const char *id, struct fail *f)
{
	for (const char *c = id; *c != '\0'; c++)
		if (text_is_control(*c) || (unsigned char)*c > 126)
			return fail_set(f, FAIL_USAGE,
			    "-V: \"%s\" holds what is not printable ASCII", id);
	w->envid = as_xtext("", id, ENVID_MAX);
	if (w->envid == NULL)
		return fail_set(f, FAIL_USAGE,
		    "-V: \"%s\" is longer than %d characters", id, ENVID_MAX);
	return 0;
}

int
dsn_wish(struct dsn_wishes *w, const struct settings *set,
    char *const *originals, struct envelope *envelope, struct fail *f)
{
	memset(w, 0, sizeof(*w));
	if (set->dsn_return == RETURN_FULL)
		envelope->ret = "FULL";
	else if (set->dsn_return == RETURN_HDRS)
		envelope->ret = "HDRS";
	if (set->envid != NULL && set_envid(w, set->envid, f) < 0)
		return -1;
	envelope->envid = w->envid;
	w->notify = notify_value(set->dsn_notify);
	if (w->notify == NULL)
		return 0;
	w->rows = xcalloc(envelope->count, sizeof(*w->rows));
	for (size_t i = 0; i < envelope->count; i++) {
		w->rows[i].notify = w->notify;
		w->rows[i].original =
		    as_xtext("rfc822;", originals[i], ORCPT_MAX);
	}
	envelope->dsn = w->rows;
	return 0;
}

void
dsn_free(struct dsn_wishes *w, const struct envelope *envelope)
{
	for (size_t i = 0; w->rows != NULL && i < envelope->count; i++)
		free((char *)(uintptr_t)w->rows[i].original);
	free(w->rows);
	free(w->notify);
	free(w->envid);
	memset(w, 0, sizeof(*w));
}
