#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

static void
wipe(const struct buf *b, uint8_t *octets, size_t len)
{
	if (b->secret && len > 0)
		explicit_bzero(octets, len);
}

void
buf_free(struct buf *b)
{
	if (b->octets != NULL)
		wipe(b, b->octets, b->room);
	free(b->octets);
	b->octets = NULL;
	b->begin = b->end = b->room = 0;
}

const uint8_t *
buf_data(const struct buf *b)
{
	/* Never NULL, so that memcmp and friends may be given 0 octets. */
	return b->octets != NULL ? b->octets + b->begin : (const uint8_t *)"";
}

size_t
buf_len(const struct buf *b)
{
	return b->end - b->begin;
}

size_t
buf_space(const struct buf *b)
{
	return b->max - buf_len(b);
}

/* Moves what is held to the start of memory that has room for len more.  The
 * old memory is wiped by hand: realloc would leave a copy behind. */
static void
make_room(struct buf *b, size_t len)
{
	size_t held = buf_len(b), room = b->room > 0 ? b->room : 256;
	uint8_t *fresh;

	while (room < held + len)
		room = room > b->max / 2 ? b->max : room * 2;
	if (b->octets != NULL && room == b->room && b->begin > 0) {
		memmove(b->octets, b->octets + b->begin, held);
		wipe(b, b->octets + held, b->end - held);
	} else {
		fresh = xmalloc(room);
		memcpy(fresh, buf_data(b), held);
		buf_free(b);
		b->octets = fresh;
		b->room = room;
	}
	b->begin = 0;
	b->end = held;
}

uint8_t *
buf_reserve(struct buf *b, size_t len)
{
	if (len > buf_space(b))
		return NULL;
	if (b->octets == NULL || len > b->room - b->end)
		make_room(b, len);
	return b->octets + b->end;
}

void
buf_added(struct buf *b, size_t len)
{
	b->end += len;
}

int
buf_add(struct buf *b, const void *octets, size_t len)
{
	uint8_t *to = buf_reserve(b, len);

	if (to == NULL)
		return -1;
	if (len > 0)
		memcpy(to, octets, len);
	buf_added(b, len);
	return 0;
}

int
buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

int
buf_addf(struct buf *b, const char *format, ...)
{
	va_list ap;
	char *text;
	int len, result = -1;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len > buf_space(b))
		return -1;
	/* Not printed in place: its NUL has no room where b becomes full. */
	text = xmalloc((size_t)len + 1);
	va_start(ap, format);
	if (vsnprintf(text, (size_t)len + 1, format, ap) == len)
		result = buf_add(b, text, (size_t)len);
	va_end(ap);
	if (b->secret)
		explicit_bzero(text, (size_t)len + 1);
	free(text);
	return result;
}

void
buf_take(struct buf *b, size_t len)
{
	if (len == 0)
		return; /* perhaps there is no memory yet to point into */
	wipe(b, b->octets + b->begin, len);
	b->begin += len;
	if (b->begin == b->end)
		b->begin = b->end = 0;
}

void
buf_clear(struct buf *b)
{
	buf_take(b, buf_len(b));
}

char *
buf_text(const struct buf *b)
{
	size_t len = buf_len(b);
	char *text = xmalloc(len + 1);

	memcpy(text, buf_data(b), len);
	text[len] = '\0';
	return text;
}
