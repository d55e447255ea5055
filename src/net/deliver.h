/*
 * Drives the engine over connections: the only place where both meet.
 *
 * Addresses of a host in turn, then the next host, by status_may_move_on();
 * the trust demanded is the same everywhere.  Pulled like the engine: the
 * caller asks for the next event until DELIVER_DONE.  Several letters go over
 * one connection, as many as are given when wanted.
 */
#ifndef NET_DELIVER_H
#define NET_DELIVER_H

#include <stdbool.h>
#include <stdint.h>

struct deliver;
struct envelope;
struct fail;
struct message;
struct plan;
struct record;
struct store;

struct deliver_letter {
	const struct envelope *envelope;
	struct message *message; /* scanned and edited */
	struct store *store;     /* what was scanned */
	struct record *record;   /* filled: verdicts, what was seen */
};

enum deliver_kind {
	DELIVER_LETTER_WANTED, /* deliver_letter(), or deliver_finish() */
	DELIVER_WANT_7BIT,     /* deliver_recoded() */
	DELIVER_TRANSCRIPT,    /* line, from_server */
	DELIVER_PROGRESS,      /* octets of octets_total sent */
	DELIVER_VERDICT,       /* the letter's record is filled */
	DELIVER_DONE
};

struct deliver_event {
	enum deliver_kind kind;
	bool from_server;
	const char *line;        /* TRANSCRIPT: borrowed till the next call */
	uint64_t octets, octets_total;
};

/* The plan is borrowed until deliver_free().  0, or -1 with FAIL_CONFIG
 * (trust that cannot be opened); nothing is connected yet. */
int deliver_new(
    struct deliver **deliver_r, const struct plan *plan, struct fail *f);
void deliver_free(struct deliver *d);

/* Works until there is something to tell. */
void deliver_next(struct deliver *d, struct deliver_event *event_r);

/* Gives the next letter; all of it is borrowed until its verdict. */
void deliver_letter(struct deliver *d, const struct deliver_letter *letter);

/* The letter in seven bits, for a server without 8BITMIME (its envelope has the
 * same recipients, its record is the same; borrowed like the first), or NULL:
 * it goes as it is. */
void deliver_recoded(
    struct deliver *d, const struct deliver_letter *letter);

/* No further letter. */
void deliver_finish(struct deliver *d);

#endif
