/*
 * Stored octets as lines.
 *
 * Both kinds of line end are sought by memchr(3) and remembered until the
 * reading has passed them, so each octet is looked at twice however few there
 * are of one kind: per line, a text without CRs would be searched to its end.
 */
#include <string.h>

#include "mail/lines.h"

void
lines_feed(struct lines *l, const uint8_t *octets, size_t len)
{
	l->at = octets;
	l->end = octets + len;
	l->cr = l->lf = NULL;
}

/* The first c that is not before at, where was is an earlier answer. */
static const uint8_t *
seek(const struct lines *l, const uint8_t *was, int c)
{
	if (was != NULL && was >= l->at)
		return was;
	was = memchr(l->at, c, (size_t)(l->end - l->at));
	return was != NULL ? was : l->end;
}

/* Takes the line end at at, or of it what is there: without the octet behind
 * a CR nobody knows how long it is. */
static void
take_line_end(struct lines *l, struct lines_run *run)
{
	if (*l->at++ == '\r') {
		l->state = LINES_CR;
		if (l->at == l->end)
			return;
		if (*l->at == '\n')
			l->at++;
	}
	l->state = LINES_START;
	run->ends = true;
}

/* Decides, by the octet behind it, on a dot that begins a line: true when the
 * reading goes on at at, false when *run is to be handed out before, or the
 * letter is over. */
static bool
take_dot(struct lines *l, struct lines_run *run)
{
	static const uint8_t dot = '.';

	if (*l->at == '\r' || *l->at == '\n') {
		l->state = *l->at++ == '\r' ? LINES_OVER_CR : LINES_OVER;
		return false;
	}
	l->state = LINES_INSIDE;
	if (*l->at == '.')
		return true;
	run->octets = &dot;
	run->len = 1;
	return false;
}

/* What comes before the text of a line: true as for take_dot(). */
static bool
take_start(struct lines *l, struct lines_run *run)
{
	if (l->state == LINES_CR) {
		if (*l->at == '\n')
			l->at++;
		l->state = LINES_START;
		run->ends = true;
		return false;
	}
	if (l->state == LINES_START && !l->dots_are_data && *l->at == '.') {
		l->at++;
		l->state = LINES_DOT;
	}
	if (l->state == LINES_DOT)
		return l->at < l->end && take_dot(l, run);
	return true;
}

bool
lines_next(struct lines *l, struct lines_run *run_r)
{
	const uint8_t *stop;

	run_r->octets = l->at;
	run_r->len = 0;
	run_r->ends = false;
	if (l->at == l->end || lines_are_over(l))
		return false;
	if (!take_start(l, run_r))
		return !lines_are_over(l);
	l->cr = seek(l, l->cr, '\r');
	l->lf = seek(l, l->lf, '\n');
	stop = l->cr < l->lf ? l->cr : l->lf;
	run_r->octets = l->at;
	run_r->len = (size_t)(stop - l->at);
	l->at = stop;
	if (stop < l->end)
		take_line_end(l, run_r);
	else
		l->state = LINES_INSIDE;
	return true;
}

bool
lines_finish(struct lines *l, struct lines_run *run_r)
{
	run_r->octets = l->at;
	run_r->len = 0;
	run_r->ends = l->state == LINES_INSIDE || l->state == LINES_CR;
	if (l->state == LINES_DOT)
		l->state = LINES_OVER;
	if (run_r->ends)
		l->state = LINES_START;
	return run_r->ends;
}

bool
lines_are_over(const struct lines *l)
{
	return l->state == LINES_OVER || l->state == LINES_OVER_CR;
}

bool
lines_have_more(struct lines *l)
{
	if (l->at < l->end && l->state == LINES_OVER_CR) {
		l->state = LINES_OVER;
		if (*l->at == '\n')
			l->at++;
	}
	return l->at < l->end;
}
