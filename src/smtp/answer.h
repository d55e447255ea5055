/*
 * What the client of -bs is answered for its letter, given what became of the
 * submission.
 *
 * What the smarthost says of the letter, its sender or its recipients is
 * passed on: code, enhanced code, text, address.  What it says of us (greeting,
 * TLS, the login) is not the client's affair: a 530 or 535 would ask it for a
 * password that it does not have.  That is 451 4.4.0, and the record has the
 * rest.
 */
#ifndef SMTP_ANSWER_H
#define SMTP_ANSWER_H

#include "smtp/server.h"

struct fail;
struct record;

struct answer {
	struct server_reply reply; /* points into what follows */
	char enhanced[40]; /* three numbers fit */
	char *text; /* owned */
};

/* Fills a (to be freed) from the record, or from a failure before there was
 * one to fill. */
void answer_init(struct answer *a, const struct record *r);
void answer_fail(struct answer *a, const struct fail *f);
void answer_free(struct answer *a);

#endif
