/*
 * What the mechanisms of AUTH share (auth.c), and those with files of their
 * own.
 */
#ifndef SMARTHOST_AUTH_H
#define SMARTHOST_AUTH_H

#include <stdbool.h>

struct buf;
struct session;

/*
 * The client's next response, decoded; the first may have come with the
 * command.  prompt is what is asked otherwise: the whole reply.  False when
 * the exchange is over, answered.
 */
bool auth_hear(struct session *s, char **initial, const char *prompt,
    struct buf *response);

/* The same, asked by octets. */
bool auth_ask(
    struct session *s, const void *challenge, size_t len, struct buf *response);

/* The end: the client is in, or refused. */
void auth_end(
    struct session *s, const char *authorization, const char *user, bool known);

/* The response is none of the mechanism's: a fault, answered. */
void auth_malformed(struct session *s);

/* scram.c: SCRAM-SHA-1 and -256, with -PLUS and without, by s->mechanism. */
void auth_scram(struct session *s, char *initial);

#endif
