#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "mail/qp.h"

/* True when c may stand for itself where the line is now. */
static bool
is_literal(const struct qp *q, char c)
{
	if (c == '.' && q->used == 0)
		return false;
	if (c == '-' && q->used == 1 && q->line[0] == '-')
		return false;
	if (c == ' ' && q->used == 4 && memcmp(q->line, "From", 4) == 0)
		return false;
	return text_is_blank(c) || (c > ' ' && c < 127 && c != '=');
}

static void
write_line(struct qp *q, struct buf *out)
{
	buf_add(out, q->line, q->used);
	buf_add(out, "\r\n", 2);
	q->used = 0;
}

static void
soft_break(struct qp *q, struct buf *out)
{
	q->line[q->used++] = '=';
	write_line(q, out);
}

static void
put_encoded(struct qp *q, uint8_t c)
{
	static const char digits[] = "0123456789ABCDEF";

	q->line[q->used++] = '=';
	q->line[q->used++] = digits[c >> 4];
	q->line[q->used++] = digits[c & 15];
}

/* One octet is left free for the "=" of a soft break. */
static bool
fits(const struct qp *q, char c)
{
	return q->used + (is_literal(q, c) ? 1 : 3) < QP_LINE_MAX;
}

void
qp_add(struct qp *q, const uint8_t *octets, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = (char)octets[i];

		if (!fits(q, c))
			soft_break(q, out);
		if (is_literal(q, c))
			q->line[q->used++] = c;
		else
			put_encoded(q, octets[i]);
	}
}

void
qp_end_line(struct qp *q, struct buf *out)
{
	char last = q->used > 0 ? q->line[q->used - 1] : 'x';

	if (text_is_blank(last)) {
		q->used--;
		if (q->used + 3 > QP_LINE_MAX)
			soft_break(q, out);
		put_encoded(q, (uint8_t)last);
	}
	write_line(q, out);
}
