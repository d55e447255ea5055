/*
 * Transparency: a line that begins with a dot gets another (RFC 5321 4.5.2).
 *
 * What must be remembered between two pieces is one bit, whether the next
 * octet begins a line; everything else is told by the octets at hand.  Lines
 * are found with memchr(3) and copied in runs as long as possible: a run ends
 * only before a dot that needs company, or where the output is full.
 */
#include <string.h>

#include "base/buf.h"
#include "smtp/body.h"

/* How many octets from the start may be copied as they are: all before the
 * next line that begins with a dot.  A dot in the first place does not count,
 * the caller has dealt with it. */
static size_t
run_length(const uint8_t *octets, size_t len)
{
	const uint8_t *at = octets, *end = octets + len;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		if (at == end)
			break;
		if (*at == '.')
			return (size_t)(at - octets);
	}
	return len;
}

size_t
body_stuff(struct body *b, const uint8_t *octets, size_t len, struct buf *out)
{
	size_t done = 0;

	while (done < len) {
		size_t dot = !b->inside_line && octets[done] == '.';
		size_t room = buf_space(out), run = len - done;

		/* Both dots or none: nothing remembers a lone first one. */
		if (room < 1 + dot)
			break;
		if (run > room - dot)
			run = room - dot;
		run = run_length(octets + done, run);
		buf_add(out, ".", dot);
		buf_add(out, octets + done, run);
		done += run;
		b->inside_line = octets[done - 1] != '\n';
	}
	return done;
}

int
body_end(struct body *b, struct buf *out)
{
	if (buf_add_text(out, b->inside_line ? "\r\n.\r\n" : ".\r\n") != 0)
		return -1;
	b->inside_line = false;
	return 0;
}
