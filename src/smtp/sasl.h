/*
 * SASL mechanisms as rows (RFC 4422, 4954): what each needs, what it writes.
 * PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login) so far; a further
 * mechanism is a further row.  Pure: credentials come in, octets go out.
 */
#ifndef SMTP_SASL_H
#define SMTP_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct caps;
struct fail;

struct sasl_credential {
	const char *user;           /* UTF-8 */
	const char *password;       /* any octets but NUL; a secret */
	const char *authorization;  /* NULL or "": the same as user */
};

struct sasl_mechanism {
	const char *name;
	bool automatic;      /* "auto" may choose it */
	bool starts;         /* it has an initial response */
	bool one_trip;       /* may stand in a pipelined group with its initial
	                        response: RFC 4954 section 4 */
	unsigned steps;      /* responses it ever sends, initial one included */
	int (*respond)(unsigned step, const struct sasl_credential *c,
	    const uint8_t *challenge, size_t len, struct buf *out);
};

/*
 * The mechanism to use: wanted is "auto" (the strongest automatic row that
 * was offered) or names separated by commas or blanks (the first that was
 * offered).  NULL and FAIL_AUTH with what was offered and what was wanted,
 * and advice, when there is none.  A name in wanted that is no row is never
 * chosen; conf/ refuses it earlier by sasl_is_known().
 */
const struct sasl_mechanism *sasl_choose(
    const char *wanted, const struct caps *caps, struct fail *f);

bool sasl_is_known(const char *name);

/*
 * Appends the raw (not yet base64) response number step (0 is the initial
 * one, or the answer to the first challenge) to out, which is marked secret.
 * 0, or -1 when the mechanism has no such step or out is full: the exchange
 * is then to be cancelled.  That is so too for an empty user or password, and
 * for LOGIN with an authorization identity, which it cannot say.  A password
 * goes out at most once.
 */
int sasl_respond(const struct sasl_mechanism *m, unsigned step,
    const struct sasl_credential *c, const uint8_t *challenge, size_t len,
    struct buf *out);

#endif
