/*
 * Counting the client's flights: what a submission costs in round trips.
 *
 * The first flight is the TCP handshake ("connect").  Where the server speaks
 * first the client's bare acknowledgement is the second ("greeting").  After
 * that a flight begins each time octets come from the client behind octets
 * that the server has sent; what the link (smarthost/link) holds back until
 * it must wait does not end one, so a group that comes in several pieces is
 * one flight.  Each is described by the verbs that were read in it:
 *
 *   connect | greeting | EHLO | STARTTLS | hello | Finished+EHLO | AUTH |
 *   MAIL RCPT DATA | letter
 */
#ifndef SMARTHOST_FLIGHTS_H
#define SMARTHOST_FLIGHTS_H

#include <stdbool.h>

#include "base/buf.h"

enum { FLIGHTS_TEXT_MAX = 65536 };

struct flights {
	unsigned count;
	struct buf way; /* the description so far */
	const char *last; /* the last name in this flight, a constant */
	unsigned repeated; /* how often it came in a row */
};

/* A connection has been accepted: one flight. */
void flights_init(struct flights *f);
void flights_free(struct flights *f);

/* The next flight has begun. */
void flights_begin(struct flights *f);

/* A verb (a constant) was read in it. */
void flights_name(struct flights *f, const char *verb);

/* The description; the caller's.  Counting goes on from nothing. */
char *flights_take(struct flights *f, unsigned *count_r);

#endif
