/*
 * Wishes and a letter become an envelope and edits: recipients collected,
 * made unique and qualified, the sender derived, missing fields added, Bcc
 * removed.
 */
#ifndef TOOL_COMPOSE_H
#define TOOL_COMPOSE_H

#include "mail/addr.h"
#include "smtp/envelope.h"
#include "tool/dsn.h"

struct fail;
struct message;
struct plan;
struct wishes;

struct composition {
	struct envelope envelope; /* points into what follows */
	struct addr_list recipients;
	struct dsn_wishes dsn;
	char *sender;
	char *message_id;
};

/* Who the letter says it is from, for the choice of a profile: the sender
 * (NULL: not given; "" null) and the path of its From field (or NULL); both the
 * caller's.  0, or -1 with FAIL_DATA. */
int compose_senders(const struct wishes *w, const struct message *m,
    char **sender_r, char **header_from_r, struct fail *f);

/* Fills c (for composition_free(), also after failure) and edits m.  0, or -1:
 * FAIL_USAGE (no recipients), FAIL_DATA. */
int compose(struct composition *c, const struct wishes *w,
    const struct plan *plan, const char *sender, struct message *m,
    struct fail *f);
void composition_free(struct composition *c);

#endif
