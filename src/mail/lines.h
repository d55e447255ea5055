/*
 * Stored octets as lines: where each ends, which dots count, where the letter
 * ends.  The one place that knows it, for both passes of mail/message.
 *
 * Octets come in pieces cut anywhere; what comes out are runs of a line, each
 * a view of what was fed (or of a dot that an earlier piece ended in), so that
 * no line is ever held.  CRLF, LF and a bare CR are each one line end.  Unless
 * dots are data, a line of one dot ends everything and a line that begins with
 * two dots loses one.
 */
#ifndef MAIL_LINES_H
#define MAIL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the octets before were; the first one is where a letter begins. */
enum lines_state {
	LINES_START, /* a whole line, or nothing */
	LINES_INSIDE, /* octets of a line */
	LINES_CR, /* a CR that ends a line; a LF behind it belongs to it */
	LINES_DOT, /* a dot at the start of a line, not yet handed out */
	LINES_OVER_CR, /* the line of one dot, ended by a CR */
	LINES_OVER /* the line of one dot */
};

struct lines {
	const uint8_t *at, *end; /* what is still to be read */
	const uint8_t *cr, *lf; /* the first of each not before at, or end */
	enum lines_state state;
	bool dots_are_data;
};

struct lines_run {
	const uint8_t *octets;
	size_t len; /* without the line end; may be 0 */
	bool ends; /* the line ends behind them */
};

/* Hands over the next octets; those before must have been read. */
void lines_feed(struct lines *l, const uint8_t *octets, size_t len);

/* The next run, or false where all octets were read, or the letter is over.
 * Where a run ends its line, at stands behind the line end. */
bool lines_next(struct lines *l, struct lines_run *run_r);

/* The end of the octets: true where a line was open and ends now. */
bool lines_finish(struct lines *l, struct lines_run *run_r);

/* True when the line of one dot was read. */
bool lines_are_over(const struct lines *l);

/* After that: true when octets are left behind that line and its end. */
bool lines_have_more(struct lines *l);

#endif
