/*
 * Which server is spoken to: the addresses of a host in turn, then the next
 * host, by the rule of smtp/status (status_may_move_on); and, of all that
 * failed, what is to be reported: the failure that forbids to go on; without
 * one, that which got furthest with a host, and of several hosts' the one that
 * counts for the exit status.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp/status.h"
#include "net/resolve.h"

struct conn;
struct plan;
struct trust;

/* A server that was tried, and what came of it. */
struct attempt {
	struct verdict verdict;
	size_t host; /* its place in the list */
	char *server; /* owned: "host:port", or a socket's path */
	char *address; /* owned: numeric, or NULL */
	char *tls; /* owned: what protects the link, or NULL */
};

struct route {
	const struct plan *plan; /* borrowed */
	struct trust *trust; /* borrowed; NULL without TLS */
	int64_t overall; /* no attempt goes on behind this moment */
	size_t host;
	bool looked_up;
	struct resolved resolved;
	unsigned address; /* the next one of resolved */
	struct attempt now, kept;
};

void route_init(struct route *r, const struct plan *plan, struct trust *trust);
void route_free(struct route *r);

/* Begins at the first host again and forgets what failed. */
void route_restart(struct route *r, int64_t overall);

/* A further letter on the connection at hand: what failed before it, and how
 * long the letter before might take, is nothing of its. */
void route_renew(struct route *r, int64_t overall);

/* The next server that can be connected to (and, where TLS comes first, has
 * shaken hands): *conn_r is the caller's.  False when none is left or a
 * failure forbids to go on: route_failure() says why. */
bool route_next(struct route *r, struct conn **conn_r);

/* STARTTLS on the connection that route_next() gave: 0, or -1. */
int route_start_tls(
    struct route *r, struct conn *conn, int64_t deadline, struct fail *f);

/* What came of the present attempt (copied).  True where the letter goes to
 * the next server instead; the failure is kept then. */
bool route_judge(struct route *r, const struct verdict *v);

/* The attempt to be reported: the present one where it took the letter, forbade
 * to go on, or says more than those before. */
const struct attempt *route_outcome(const struct route *r);

#endif
