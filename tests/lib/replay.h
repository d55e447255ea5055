/*
 * A talk file played against the pure engine, with no socket, clock or file
 * between: whatever the manner in which octets are cut into pieces, the client
 * must say and tell the same.
 */
#ifndef TESTS_LIB_REPLAY_H
#define TESTS_LIB_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct talk;

/* In which pieces the octets go; 0: all that there are. */
struct replay_mode {
	const char *name;
	size_t piece; /* octets of the server given at once */
	size_t split; /* a piece ends behind so many octets of the whole talk */
	size_t drain; /* octets of the client taken at once */
	size_t body; /* octets of the letter given at once */
	bool eager; /* the server answers each command of a group while the
	                 client is still writing the others */
	bool late; /* the first letter is given when it is wanted, or when it
	                 is too late */
	bool quits; /* "no further letter" is said with the last one, not when
	                 the next is wanted */
};

/* 0, or -1 with the line of the talk and what differed. */
int replay(const struct talk *t, const struct replay_mode *m, struct fail *f);

/* How many octets the server says in all. */
size_t replay_octets(const struct talk *t);

#endif
