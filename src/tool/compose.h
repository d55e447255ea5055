/*
 * Wishes and a letter become an envelope and edits: recipients collected,
 * looked up (tool/local) and made unique, the sender and the header's addresses
 * settled (tool/policy), missing fields added, Bcc removed.
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
	bool no_aliases; /* nobody is looked up in the alias file */
	/* Of reports, before what the plan says; as in struct envelope, and
	 * borrowed as long as that lives; NULL: nothing was said. */
	const struct envelope_dsn *dsn; /* a row for each recipient that was
	                 named; then each of these is served */
	const char *ret;
	const char *envid;
};

/*
 * Recipients stand in the order: those whom the letter is sent to, then those
 * whom we refuse ourselves.  Where there are none of either, all were
 * discarded, and they are those who were.
 */
struct composition {
	struct envelope envelope; /* points into what follows; its count may
	                             be 0: then there is nothing to send */
	struct envelope told; /* the same of all recipients */
	struct addr_list recipients;
	struct addr_list named; /* what they were called, once looked up */
	struct addr_list originals; /* to whom it was addressed, of each that
	                               is sent to */
	struct envelope_dsn *dsn_rows; /* one per recipient that is sent to, or
	                                  NULL; the words are the wish's */
	char **refusals; /* why, of those behind the envelope's count */
	char **discards; /* whose letter, and why: notes for the record */
	size_t refused, discarded;
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

/* Completes c, which has its recipients as addr_parse_names() writes them, and
 * edits m.  0, or -1: FAIL_DATA, FAIL_CONFIG (a file of names), FAIL_NOUSER
 * (one is refused and the plan says recipients = all). */
int compose(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct fail *f);

#endif
