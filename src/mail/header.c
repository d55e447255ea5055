/*
 * The header section, field by field.
 *
 * Knows where a field begins and ends and nothing of what fields mean.  Lines
 * are sought octet by octet and not by memchr(3) for each of CR and LF: a
 * text that has only one of the two would then be searched to its end for
 * every field, which is quadratic.
 */
#include <string.h>

#include "base/text.h"
#include "mail/header.h"

/* Where the line that begins at at ends, before its line end. */
static size_t
line_end(const char *text, size_t len, size_t at)
{
	while (at < len && text[at] != '\r' && text[at] != '\n')
		at++;
	return at;
}

/* Behind the line end that begins at at. */
static size_t
next_line(const char *text, size_t len, size_t at)
{
	if (at < len && text[at++] == '\r' && at < len && text[at] == '\n')
		at++;
	return at;
}

/* The octets of the name that a field's line begins with and, behind its
 * blanks, the colon's place; 0 where there is none. */
static size_t
name_of(const char *line, size_t len, size_t *colon_r)
{
	size_t name = 0, at;

	while (name < len && line[name] > 32 && line[name] < 127 &&
	       line[name] != ':')
		name++;
	for (at = name; at < len && text_is_blank(line[at]);)
		at++;
	if (at == len || line[at] != ':')
		return 0;
	*colon_r = at;
	return name;
}

bool
header_starts_field(const char *line, size_t len)
{
	size_t colon;

	return name_of(line, len, &colon) > 0;
}

int
header_next(
    const char *text, size_t len, size_t *at, struct header_field *field_r)
{
	size_t start = *at, end = line_end(text, len, start), next, colon;
	size_t name;

	if (end == start)
		return 0;
	name = name_of(text + start, end - start, &colon);
	if (name == 0)
		return -1;
	next = next_line(text, len, end);
	/* A line of blanks only is a fold too (the obsolete form, 4.2). */
	while (next < len && text_is_blank(text[next])) {
		end = line_end(text, len, next);
		next = next_line(text, len, end);
	}
	field_r->name = text + start;
	field_r->name_len = name;
	field_r->value = text + start + colon + 1;
	field_r->value_len = end - start - colon - 1;
	field_r->start = start;
	field_r->end = *at = next;
	return 1;
}

bool
header_is(const struct header_field *field, const char *name)
{
	return strlen(name) == field->name_len &&
	       text_same_n(field->name, name, field->name_len);
}
