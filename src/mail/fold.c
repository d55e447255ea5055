#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/message.h"

struct line {
	const char *text;
	size_t len; /* without the line end */
	size_t first; /* where it may be broken at the earliest */
};

static void
add(struct buf *out, const char *text, size_t len)
{
	if (out == NULL)
		return;
	buf_add(out, text, len);
	buf_add_text(out, "\r\n");
}

/*
 * Where to break the line: before the last run of blanks that lets it end in
 * time, else before the first one; where there is none, or nothing but blanks
 * behind it (which would make a line of blanks: RFC 5322 3.2.2), at its end.
 */
static size_t
break_of(const struct line *l)
{
	size_t end = l->len, found = l->len;

	while (end > 0 && text_is_blank(l->text[end - 1]))
		end--;
	for (size_t i = l->first; i < end; i++) {
		if (!text_is_blank(l->text[i]) || text_is_blank(l->text[i - 1]))
			continue;
		if (i > FOLD_AT && found < l->len)
			break;
		found = i;
		if (i > FOLD_AT)
			break;
	}
	return found;
}

static int
fold_line(struct line l, struct buf *out)
{
	while (l.len > FOLD_AT) {
		size_t at = break_of(&l);

		if (at > MESSAGE_LINE_MAX)
			return -1;
		if (at == l.len)
			break;
		add(out, l.text, at);
		l.text += at;
		l.len -= at;
		l.first = 1;
	}
	add(out, l.text, l.len);
	return 0;
}

/* The next line of a field; false at its end. */
static bool
next_line(const char **at, const char *end, struct line *line_r)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));

	if (lf == NULL)
		return false;
	line_r->text = *at;
	line_r->len = (size_t)(lf - 1 - *at);
	line_r->first = 1;
	*at = lf + 1;
	return true;
}

int
fold_field(const struct header_field *field, struct buf *out)
{
	const char *at = field->name;
	const char *end = at + (field->end - field->start);
	struct line line;

	for (bool first = true; next_line(&at, end, &line); first = false) {
		if (line.len <= MESSAGE_LINE_MAX) {
			add(out, line.text, line.len);
			continue;
		}
		/* Not before the colon, which must stand in the first line. */
		if (first)
			line.first = (size_t)(field->value - field->name);
		if (fold_line(line, out) != 0)
			return -1;
	}
	return 0;
}

bool
fold_is_needed(const struct header_field *field)
{
	const char *at = field->name;
	const char *end = at + (field->end - field->start);
	struct line line;

	while (next_line(&at, end, &line))
		if (line.len > MESSAGE_LINE_MAX)
			return true;
	return false;
}
