/*
 * Header fields with lines that are too long (RFC 5322 2.1.1): broken before
 * blanks, which is all that a fold may add (2.2.3), and as short as mail's
 * lines should be.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

struct buf;
struct header_field;

enum {
	FOLD_AT = 78 /* where lines should end; they end at MESSAGE_LINE_MAX */
};

/* Appends the field (canonical line ends) with its lines over MESSAGE_LINE_MAX
 * folded, and what else it holds as it is; out may be NULL.  0, or -1 where
 * there is no blank to fold at; what was appended is then of no use. */
int fold_field(const struct header_field *field, struct buf *out);

/* True when a line of the field is too long. */
bool fold_is_needed(const struct header_field *field);

#endif
