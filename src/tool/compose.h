/*
 * Wishes and a letter become an envelope and edits: recipients collected,
 * made unique and qualified, the sender derived, missing fields added, Bcc
 * removed.
 */
#ifndef TOOL_COMPOSE_H
#define TOOL_COMPOSE_H

#include "mail/addr.h"
#include "mail/date.h"
#include "smtp/envelope.h"
#include "tool/dsn.h"

struct fail;
struct message;
struct plan;
struct wishes;

struct compose_wish {
	const char *sender; /* a path, "" the null one; NULL: to be derived */
	const char *full_name; /* for a missing From; NULL: the login's own */
	/* Of reports, before what the plan says; as in struct envelope, and
	 * borrowed as long as that lives; NULL: nothing was said. */
	const struct envelope_dsn *dsn; /* then no recipient is left out */
	const char *ret;
	const char *envid;
};

struct composition {
	struct envelope envelope; /* points into what follows */
	struct addr_list recipients;
	struct dsn_wishes dsn;
	char *sender;
	char *message_id;
};

/* An empty one, to be freed. */
void composition_init(struct composition *c);
void composition_free(struct composition *c);

/* The date of now, with this machine's zone, as RFC 5322 3.3 writes it. */
void compose_date(char out[DATE_MAX]);

/* The path that the letter's From field names, for the choice of a profile;
 * the caller's; NULL where there is none that can be read. */
char *compose_header_from(const struct message *m);

/* Appends the recipients that the wishes name, as operands and by -t, to c.
 * 0, or -1: FAIL_USAGE (none at all), FAIL_DATA. */
int compose_recipients(struct composition *c, const struct wishes *w,
    const struct message *m, struct fail *f);

/* Completes c, which has its recipients, and edits m.  0, or -1 with
 * FAIL_DATA. */
int compose(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct fail *f);

#endif
