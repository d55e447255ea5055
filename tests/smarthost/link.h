/*
 * One accepted connection as a byte stream, in the clear or under TLS,
 * blocking.  All octets pass one pair of functions below TLS, which is where
 * flights are counted: replies are held back while the client's octets are
 * still coming in, and leave in one write when there is nothing to do but
 * wait.
 */
#ifndef SMARTHOST_LINK_H
#define SMARTHOST_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

struct buf;
struct flights;
struct link;

enum link_end {
	LINK_BYE, /* close_notify, then close */
	LINK_CUT, /* close without a word */
	LINK_RESET /* a TCP reset */
};

struct link_params {
	int fd; /* the link's from now on */
	struct flights *flights; /* borrowed */
	int linger; /* milliseconds without octets before a
	                                 flight counts as over */
	gnutls_certificate_credentials_t credentials; /* borrowed */
	const char *priorities; /* borrowed; NULL: GnuTLS's own */
};

struct link *link_new(const struct link_params *p);

/* Sends what is held and ends the connection; accepts NULL. */
void link_free(struct link *l, enum link_end end);

/* The server's side of the handshake: 0, or -1 and *why_r (a constant). */
int link_start_tls(struct link *l, const char **why_r);

/* "TLS1.3" and the like, "none" in the clear; the cipher; the name that the
 * client asked for ("" where it did not).  Borrowed. */
const char *link_tls(const struct link *l);
const char *link_cipher(const struct link *l);
const char *link_name(const struct link *l);

/* What this link is, by the name of a channel binding (RFC 9266, RFC 5929),
 * appended to out; -1 where it has none of the name. */
int link_binding(const struct link *l, const char *name, struct buf *out);

/* The octets read and not yet taken; link_fill() waits for more: how many
 * came, 0 at the end of the stream, -1 when the link broke or the room for
 * LINK_INPUT_MAX octets is full. */
enum { LINK_INPUT_MAX = 262144 };
const uint8_t *link_input(const struct link *l, size_t *len_r);
void link_take(struct link *l, size_t len);
long link_fill(struct link *l);

/* Octets for the client: held until the next wait. */
void link_say(struct link *l, const void *octets, size_t len);
void link_flush(struct link *l);

/* Says that nothing more will be said (close_notify under TLS, and the end of
 * the stream), or with LINK_RESET resets the connection.  What the client
 * says can still be read after LINK_BYE and LINK_CUT. */
void link_end(struct link *l, enum link_end end);

/* True when more octets are here, or come within so many milliseconds. */
bool link_hears(const struct link *l, int milliseconds);

/* True while octets for the client are held: it cannot have seen them. */
bool link_holds(const struct link *l);

/* How the stream ended, for reports: "eof", "close_notify", "broken", or NULL
 * while it has not. */
const char *link_ended(const struct link *l);

#endif
