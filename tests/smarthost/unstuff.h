/*
 * The end of DATA found, and the stuffed dots taken out (RFC 5321 4.5.2).
 *
 * Only CRLF dot CRLF ends a letter; the look-alikes with bare CR or LF that
 * smuggling lives on are data.  A line that begins with one dot and goes on
 * is what a client sends that forgot to stuff: it is counted.
 */
#ifndef SMARTHOST_UNSTUFF_H
#define SMARTHOST_UNSTUFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unstuff {
	int at; /* private; zero before the first octet */
	unsigned long naked; /* lines whose dot was not doubled */
	bool done;
};

/* A run of the letter's octets, within what was given or a constant. */
struct unstuff_run {
	const uint8_t *octets;
	size_t len;
};

/*
 * Reads octets up to the end of the letter or of the next run: how many were
 * taken.  *run_r may be empty.  Call it until all are taken or u->done.
 */
size_t unstuff(struct unstuff *u, const uint8_t *octets, size_t len,
    struct unstuff_run *run_r);

#endif
