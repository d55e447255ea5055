#include <string.h>

#include "smarthost/unstuff.h"

enum where { LINE_START, TEXT, TEXT_CR, DOT, DOT_CR };

/* The rest of a line, CRLF included, in one run. */
static size_t
take_text(struct unstuff *u, const uint8_t *octets, size_t len)
{
	const uint8_t *lf = memchr(octets, '\n', len);
	size_t taken = lf == NULL ? len : (size_t)(lf - octets) + 1;
	bool cr_before = u->at == TEXT_CR;

	if (lf == NULL)
		u->at = octets[len - 1] == '\r' ? TEXT_CR : TEXT;
	else if (taken > 1 ? lf[-1] == '\r' : cr_before)
		u->at = LINE_START;
	else
		u->at = TEXT;
	return taken;
}

/* Whole stuffed lines one after the other are one run too, as long as no dot
 * begins a line: this is what a big letter is made of. */
static size_t
take_lines(struct unstuff *u, const uint8_t *octets, size_t len)
{
	size_t taken = 0;

	do {
		taken += take_text(u, octets + taken, len - taken);
	} while (taken < len && (u->at != LINE_START || octets[taken] != '.'));
	return taken;
}

static size_t
after_dot(struct unstuff *u, uint8_t c, struct unstuff_run *run_r)
{
	static const uint8_t cr = '\r';

	if (u->at == DOT && c == '\r') {
		u->at = DOT_CR;
		return 1;
	}
	if (u->at == DOT_CR && c == '\n') {
		u->done = true;
		return 1;
	}
	if (u->at == DOT_CR) {
		*run_r = (struct unstuff_run){ &cr, 1 };
		u->at = TEXT_CR;
		u->naked++;
		return 0;
	}
	u->at = TEXT;
	if (c != '.')
		u->naked++;
	return 0;
}

size_t
unstuff(struct unstuff *u, const uint8_t *octets, size_t len,
    struct unstuff_run *run_r)
{
	size_t taken;

	*run_r = (struct unstuff_run){ octets, 0 };
	if (len == 0 || u->done)
		return 0;
	if (u->at == DOT || u->at == DOT_CR)
		return after_dot(u, octets[0], run_r);
	if (u->at == LINE_START && octets[0] == '.') {
		u->at = DOT;
		return 1;
	}
	taken = take_lines(u, octets, len);
	run_r->len = taken;
	return taken;
}
