/*
 * Text as quoted-printable (RFC 2045 6.7), in pieces cut anywhere.
 *
 * Lines have at most 76 octets, blanks at their end are encoded, and line ends
 * of the text are line ends of the code.  Encoded as well, at the start of a
 * line of the code: a dot and "From ", which relays have been known to change,
 * and "--", so that no line can be taken for a boundary of the multipart that
 * the text stands in, wherever a long line came to be broken.
 */
#ifndef MAIL_QP_H
#define MAIL_QP_H

#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
	QP_LINE_MAX = 76,
	QP_GROWTH = 4 /* times: no octet becomes more than three and its share
	                 of the line ends */
};

/* The line of the code that is being made; all zero before the first octet. */
struct qp {
	char line[QP_LINE_MAX];
	size_t used;
};

/* Octets of a line, without its end; then the end.  What is added to out is at
 * most QP_GROWTH times what was given, and a line. */
void qp_add(struct qp *q, const uint8_t *octets, size_t len, struct buf *out);
void qp_end_line(struct qp *q, struct buf *out);

#endif
