/*
 * Names of this machine: what "root" and "root@localhost" mean.
 *
 * A name is local that has no domain, or whose domain is this machine: its
 * host name, full or short, or localhost.  The setting domain alone makes
 * nothing local: it is the mail domain of a company as often as not, and its
 * addresses are not ours to redirect.  Local names are looked up: receivers in
 * the alias file, senders in the sender map.  What is not found there gets the
 * domain, but for a full host name with a dot in it, which remains: it may be
 * a mail domain, and whose name it would be under another one nobody knows.
 *
 * Files are read when the first local name is looked up, never for others.
 */
#ifndef TOOL_LOCAL_H
#define TOOL_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

struct aliases;
struct fail;
struct local;

enum {
	LOCAL_DEPTH_MAX = 50, /* aliases of aliases */
	LOCAL_STEPS_MAX = 1000000 /* names looked at for one letter */
};

struct local_params {
	const char *domain; /* borrowed, as all of this, until local_free() */
	const char *aliases; /* paths; "none" or NULL: there is none */
	const char *sender_map;
	struct aliases *table; /* in place of aliases, where it was read
	                          already; becomes local's */
	const char
	    *host; /* the machine's full name and what it calls itself; */
	const char *node; /* NULL: found out when it matters */
};

struct local *local_new(const struct local_params *params);
void local_free(struct local *l); /* accepts NULL */

/* What becomes of a letter to a name. */
enum local_fate { LOCAL_SENT, LOCAL_DISCARDED, LOCAL_REFUSED };

struct local_outcome {
	enum local_fate fate;
	char *path; /* SENT: to whom; else to whom it was addressed, whole */
	char *why; /* DISCARDED, REFUSED: file, line and reason; else NULL */
	bool nowhere; /* REFUSED: nothing came of it, or only itself */
};

struct local_outcomes {
	struct local_outcome *items;
	size_t count, room;
};

/* The address that path has outside this machine, whether or not it leads
 * elsewhere; the caller's. */
char *local_whole(struct local *l, const char *path);

/* All zero is an empty one. */
void local_outcomes_free(struct local_outcomes *o);

/*
 * Appends what becomes of a letter to path (one that addr_parse_names()
 * wrote): one outcome at least.  Loops are cut; a name that
 * leads to itself alone means itself, and one that leads nowhere is refused.
 * 0, or -1: FAIL_CONFIG (the file cannot be used), FAIL_DATA (too many steps).
 */
int local_expand(struct local *l, const char *path, struct local_outcomes *o,
    struct fail *f);

/* The address of a receiver as a header shows it: that to which alone it
 * leads, else path with its domain.  0 and the caller's *whole_r, or -1 as
 * local_expand(). */
int local_receiver(
    struct local *l, const char *path, char **whole_r, struct fail *f);

/* The address that path sends with: of a local name that of the sender map, of
 * all others their own, with a domain.  0 and the caller's *whole_r, or -1 with
 * FAIL_CONFIG (the file cannot be used, or has no single address for it). */
int local_sender(
    struct local *l, const char *path, char **whole_r, struct fail *f);

/* True for local names. */
bool local_is(struct local *l, const char *path);

#endif
