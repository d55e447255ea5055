/*
 * SASL mechanisms as rows (RFC 4422, 4954), and an exchange as a value: made
 * from a mechanism and a credential, asked for each response, told how it
 * ended, wiped when freed.
 *
 * Pure: credentials, random octets and what ties the login to the TLS link
 * come in, octets go out.  What a secret is, a password or a token, hangs on
 * the mechanism alone: a token goes out only by a mechanism of tokens, which is
 * only used where it is named.
 */
#ifndef SMTP_SASL_H
#define SMTP_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct buf;
struct caps;
struct fail;
struct reply;
struct sasl_exchange;

enum {
	SASL_RESPONSE_MAX = 9216, /* octets: RFC 4954 section 4 has 12288 of
	                             base64 */
	SASL_RANDOM_MAX = 32
};

enum sasl_secret { SASL_NOTHING, SASL_PASSWORD, SASL_TOKEN };

struct sasl_credential {
	const char *user; /* UTF-8; NULL: none, for EXTERNAL */
	const char *password; /* or the token; any octets but NUL; a secret;
	                         NULL where the mechanism needs nothing */
	const char *authorization; /* NULL or "": the same as user */
	const uint8_t *random; /* fresh for each exchange, for a nonce: 12
	                          octets or more, of which SASL_RANDOM_MAX
	                          count; NULL for who needs none */
	size_t random_len;
};

/* What ties an exchange to the TLS link below it (RFC 5056). */
struct sasl_binding {
	const char *name; /* "tls-exporter"; a constant */
	const uint8_t *octets;
	size_t len;
};

/* What can be had: all borrowed. */
struct sasl_offer {
	const struct caps *caps; /* the server's */
	const struct sasl_binding *binding; /* the link's, NULL: none */
};

struct sasl_mechanism {
	const char *name;
	enum sasl_secret secret;
	bool automatic; /* "auto" may choose it */
	bool starts; /* it has an initial response */
	bool one_trip; /* may stand in a pipelined group with its initial
	                  response: RFC 4954 section 4 */
	bool binds; /* is tied to the TLS link */
	bool authorizes; /* can say an authorization identity */
	unsigned steps; /* responses it ever sends, initial one included */
	enum digest_kind digest;
	const char *plus; /* its sister that binds, or NULL */
	int (*prepare)(struct sasl_exchange *x, struct fail *f); /* or NULL */
	int (*respond)(struct sasl_exchange *x, const uint8_t *challenge,
	    size_t len, struct buf *out, struct fail *f);
	int (*finish)(struct sasl_exchange *x, const char *data,
	    struct fail *f); /* or NULL: nothing is left to be proved */
};

/*
 * The mechanism to use: wanted is "auto" (the strongest automatic row that
 * was offered) or names separated by commas or blanks (the first that was
 * offered).  One that binds is used only over a link that can be bound to,
 * and of names that take passwords and names that take tokens only those of
 * the first one's kind.  NULL and FAIL_AUTH with what was offered and what was
 * wanted, and advice, when there is none.  A name in wanted that is no row is
 * never chosen; conf/ refuses it earlier by sasl_is_known().
 */
const struct sasl_mechanism *sasl_choose(
    const char *wanted, const struct sasl_offer *offer, struct fail *f);

bool sasl_is_known(const char *name);

/* True where names that take passwords and names that take tokens stand in one
 * list. */
bool sasl_is_mixed(const char *wanted);

/* False where no name in the list needs a user and a secret. */
bool sasl_needs_user(const char *wanted);

/* An exchange (all is copied), or NULL and FAIL_AUTH: the mechanism cannot say
 * what the credential holds.  Nobody has an empty password, and no try is
 * wasted on one. */
struct sasl_exchange *sasl_begin(const struct sasl_mechanism *m,
    const struct sasl_credential *c, const struct sasl_offer *offer,
    struct fail *f);

/* Wipes; accepts NULL. */
void sasl_free(struct sasl_exchange *x);

/*
 * Writes the next raw (not yet base64) response to out, which is empty and
 * becomes marked as secret: where the mechanism starts, the initial one first
 * (no challenge).  0, or -1 and why: there is no such step, the challenge is
 * wrong, out is full.  The exchange is then to be cancelled.  A password goes
 * out at most once.
 */
int sasl_respond(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);

/* The server says that we are in (text is that of its 235).  0, or -1: it has
 * not proved that it knows the password (FAIL_TRUST). */
int sasl_finish(struct sasl_exchange *x, const char *text, struct fail *f);

/* Overwrites in text, in place, what was said in the exchange and what must
 * not be said: a server may repeat it, as it came or in base64. */
void sasl_redact(const struct sasl_exchange *x, char *text);

/* What the server had to say of a token before it refused it, or NULL.
 * Borrowed; any octets but NUL. */
const char *sasl_complaint(const struct sasl_exchange *x);

/* Advice on a login that was refused, where the mechanism or the server's
 * words tell more than the code. */
void sasl_advise(
    const struct sasl_mechanism *m, const struct reply *r, struct fail *f);

#endif
