/*
 * The header section of a message, field by field (RFC 5322 2.2).
 *
 *   field = field-name *WSP ":" unstructured-with-folds line-end
 * Blanks before the colon are the obsolete form (4.5.3) and accepted.  A line
 * end is CRLF, LF or a bare CR, as everywhere in this folder.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

struct header_field {
	const char *name; /* all borrowed from the text parsed */
	size_t name_len;
	const char *value; /* behind the colon, folds and all, without the last
	                      line end */
	size_t value_len;
	size_t start; /* offset of the name */
	size_t end; /* offset behind the last line end */
};

/*
 * The field that begins at *at in text (len octets): 1 and *at moved behind
 * it, 0 at the end of text or at a blank line (*at stays), -1 when the line
 * is no header field.
 */
int header_next(
    const char *text, size_t len, size_t *at, struct header_field *field_r);

/* True when the field is called name, in any case. */
bool header_is(const struct header_field *field, const char *name);

/* True when a line (without its end) could begin a field: a name of printable
 * octets but colon (RFC 5322 3.6.8), blanks, a colon. */
bool header_starts_field(const char *line, size_t len);

#endif
