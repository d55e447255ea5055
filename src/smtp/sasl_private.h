/*
 * What smtp/sasl.c (the rows, the choice), smtp/sasl_exchange.c (what holds
 * for all mechanisms), smtp/sasl_plain.c and smtp/sasl_scram.c (what each
 * writes) share.  Nobody else includes it.
 */
#ifndef SMTP_SASL_PRIVATE_H
#define SMTP_SASL_PRIVATE_H

#include "base/buf.h"
#include "smtp/sasl.h"

enum { SASL_STEPS_MAX = 3 };

struct sasl_scram;

struct sasl_exchange {
	const struct sasl_mechanism *mechanism;
	unsigned step; /* the response to come */
	char *user, *password, *authorization; /* owned; "" for none */
	char *nonce; /* owned, printable */
	const char *binding_name; /* NULL: the link has none to offer */
	struct buf binding;
	bool plus_offered; /* mechanism->plus was */
	struct buf said[SASL_STEPS_MAX]; /* raw, to be redacted */
	char *complaint;
	struct sasl_scram *scram;
};

/* True where an authorization identity of its own was asked for. */
bool sasl_authorizes(const struct sasl_exchange *x);

/* Wipes a text, frees it and forgets it. */
void sasl_wipe(char **text);

/* FAIL_PROTOCOL: the challenge is none of the mechanism's. */
int sasl_wrong(const struct sasl_exchange *x, const char *what, struct fail *f);

/* The rows' functions; see sasl.h. */
int sasl_plain(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);
int sasl_login(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);
int sasl_external(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);
int sasl_cram(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);
int sasl_token_prepare(struct sasl_exchange *x, struct fail *f);
int sasl_oauthbearer(struct sasl_exchange *x, const uint8_t *challenge,
    size_t len, struct buf *out, struct fail *f);
int sasl_xoauth2(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);
int sasl_scram_prepare(struct sasl_exchange *x, struct fail *f);
int sasl_scram(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f);
int sasl_scram_finish(
    struct sasl_exchange *x, const char *data, struct fail *f);
void sasl_scram_free(struct sasl_scram *s);

/* Appends name as a saslname: "=" and "," escaped (RFC 5802 5.1). */
int sasl_add_name(struct buf *out, const char *name);

#endif
