/*
 * SCRAM (RFC 5802, RFC 7677), the client's side:
 *
 *   client-first = gs2-header "n=" saslname ",r=" c-nonce
 *   server-first = "r=" c-nonce s-nonce ",s=" base64 ",i=" posit-number [ext]
 *   client-final = "c=" base64(gs2-header binding) ",r=" nonce ",p=" base64
 *   server-final = "e=" error / "v=" base64 [ext]
 *
 * The password itself never goes out, and the server proves that it knows
 * something made of it: no letter goes to one that has not.  Over a link that
 * can be bound to, the header tells the server so ("y") where it did not offer
 * to do it, and a server that did offer knows then that somebody took the offer
 * away.
 *
 * User and password are prepared by GnuTLS: RFC 8265's OpaqueString, which
 * for what people use is what SASLprep (RFC 4013) makes.
 */
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/base64.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/sasl_private.h"

enum {
	ITERATIONS_MIN = 4096, /* RFC 7677 section 4 */
	ITERATIONS_MAX = 1000000, /* about a second */
	SALT_MAX = 1024
};

struct sasl_scram {
	char *user, *password; /* prepared */
	char *header; /* gs2-header */
	char *bare; /* client-first without it */
	uint8_t signature[DIGEST_MAX]; /* what the server must send */
	bool proved; /* and has sent */
};

/* The server's first message, taken apart; all but nonce in place. */
struct server_first {
	const char *text;
	const char *nonce;
	size_t nonce_len;
	struct buf salt;
	unsigned iterations;
};

void
sasl_scram_free(struct sasl_scram *s)
{
	if (s == NULL)
		return;
	sasl_wipe(&s->user);
	sasl_wipe(&s->password);
	free(s->header);
	free(s->bare);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

/* ---- before anything is said ------------------------------------------- */

static char *
prepare(const char *text)
{
	gnutls_datum_t d = { NULL, 0 };
	size_t len = strlen(text);
	char *prepared = NULL;

	if (len > SASL_RESPONSE_MAX ||
	    gnutls_utf8_password_normalize(
		(const unsigned char *)text, (unsigned)len, &d, 0) < 0)
		return NULL;
	/* GnuTLS puts a NUL behind it. */
	if (d.size > 0)
		prepared = xstrdup((const char *)d.data);
	explicit_bzero(d.data, d.size);
	gnutls_free(d.data);
	return prepared;
}

int
sasl_scram_prepare(struct sasl_exchange *x, struct fail *f)
{
	struct sasl_scram *s = xcalloc(1, sizeof(*s));
	const char *name = x->mechanism->name;

	x->scram = s;
	s->user = prepare(x->user);
	s->password = prepare(x->password);
	if (x->nonce[0] == '\0')
		return fail_set(f, FAIL_BUG, "%s without random octets", name);
	if (s->user != NULL && s->password != NULL)
		return 0;
	fail_set(f, FAIL_AUTH,
	    "the %s cannot be used with %s: it is no UTF-8, or has control "
	    "characters",
	    s->user == NULL ? "user" : "password", name);
	fail_advise(f, "auth = PLAIN sends it as it is, where it is offered");
	return -1;
}

int
sasl_add_name(struct buf *out, const char *name)
{
	int result = 0;

	for (; *name != '\0' && result == 0; name++)
		if (*name == '=')
			result = buf_add_text(out, "=3D");
		else if (*name == ',')
			result = buf_add_text(out, "=2C");
		else
			result = buf_add(out, name, 1);
	return result;
}

/* ---- client-first ------------------------------------------------------ */

/* gs2-header = gs2-cbind-flag "," [ authzid ] "," */
static int
make_header(struct sasl_exchange *x, struct buf *out)
{
	if (x->mechanism->binds)
		buf_addf(out, "p=%s", x->binding_name);
	else if (x->binding_name != NULL && !x->plus_offered)
		buf_add_text(out, "y");
	else
		buf_add_text(out, "n");
	buf_add_text(out, ",");
	if (sasl_authorizes(x) && (buf_add_text(out, "a=") < 0 ||
				      sasl_add_name(out, x->authorization) < 0))
		return -1;
	if (buf_add_text(out, ",") < 0)
		return -1;
	x->scram->header = buf_text(out);
	return 0;
}

static int
say_first(struct sasl_exchange *x, struct buf *out)
{
	struct sasl_scram *s = x->scram;
	char *both;

	if (make_header(x, out) < 0 || buf_add_text(out, "n=") < 0 ||
	    sasl_add_name(out, s->user) < 0 ||
	    buf_addf(out, ",r=%s", x->nonce) < 0)
		return -1;
	both = buf_text(out);
	s->bare = xstrdup(both + strlen(s->header));
	sasl_wipe(&both);
	return 0;
}

/* ---- server-first ------------------------------------------------------ */

/* attr "=" value: the value, up to the comma or the end, and *at behind that;
 * NULL where something else stands there. */
static const char *
take_value(const char **at, char attribute, size_t *len_r)
{
	const char *value = *at + 2;

	if ((*at)[0] != attribute || (*at)[1] != '=')
		return NULL;
	*len_r = strcspn(value, ",");
	*at = value + *len_r;
	if (**at == ',')
		++*at;
	return value;
}

/* It begins with ours and goes on: printable, no comma. */
static const char *
check_nonce(const struct sasl_exchange *x, const struct server_first *sf)
{
	size_t own = strlen(x->nonce);

	if (sf->nonce_len <= own || memcmp(sf->nonce, x->nonce, own) != 0)
		return "its nonce does not begin with ours and go on";
	for (size_t i = 0; i < sf->nonce_len; i++)
		if (sf->nonce[i] <= ' ' || sf->nonce[i] > '~')
			return "its nonce is not printable";
	return NULL;
}

/* posit-number = %x31-39 *DIGIT; 0 where it is none or over the limit. */
static unsigned
read_iterations(const char *digits, size_t len)
{
	unsigned n = 0;

	if (len == 0 || digits[0] == '0')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (!text_is_digit(digits[i]))
			return 0;
		n = n * 10 + (unsigned)(digits[i] - '0');
		if (n > ITERATIONS_MAX)
			return ITERATIONS_MAX + 1;
	}
	return n;
}

/* What is wrong with it, or NULL. */
static const char *
parse_first(const struct sasl_exchange *x, struct server_first *sf)
{
	const char *at = sf->text, *value;
	size_t len;

	/* 5.1: an extension that must be understood, and none is. */
	if (at[0] == 'm' && at[1] == '=')
		return "it wants an extension that does not exist (m=)";
	sf->nonce = take_value(&at, 'r', &sf->nonce_len);
	if (sf->nonce == NULL)
		return "its first message is malformed";
	value = take_value(&at, 's', &len);
	if (value == NULL || len == 0 ||
	    base64_decode(&sf->salt, value, len) < 0)
		return "its salt is missing, too long or no base64";
	value = take_value(&at, 'i', &len);
	if (value == NULL)
		return "its first message is malformed";
	sf->iterations = read_iterations(value, len);
	if (sf->iterations == 0)
		return "its iteration count is no number";
	return check_nonce(x, sf);
}

/* Too few and whoever recorded the exchange guesses the password; too many
 * and it is we who are kept busy. */
static int
check_iterations(
    const struct sasl_exchange *x, unsigned iterations, struct fail *f)
{
	if (iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX)
		return 0;
	fail_set(f, FAIL_PROTOCOL,
	    "%s: the server asks for %s than %d iterations", x->mechanism->name,
	    iterations < ITERATIONS_MIN ? "less" : "more",
	    iterations < ITERATIONS_MIN ? ITERATIONS_MIN : ITERATIONS_MAX);
	fail_advise(f, "name another mechanism, such as auth = PLAIN");
	return -1;
}

/* ---- errors ------------------------------------------------------------- */

static bool
is_error(const char *text)
{
	return text[0] == 'e' && text[1] == '=';
}

/* The two errors that tell of somebody in between. */
static int
hear_error(const struct sasl_exchange *x, const char *error, struct fail *f)
{
	const char *name = x->mechanism->name;

	if (strcmp(error, "channel-bindings-dont-match") == 0) {
		fail_set(f, FAIL_TRUST,
		    "%s: the server does not see the TLS link that we see",
		    name);
		fail_advise(f,
		    "somebody, or a proxy of the provider's own, stands in "
		    "between");
		return -1;
	}
	if (strcmp(error, "server-does-support-channel-binding") == 0)
		return fail_set(f, FAIL_TRUST,
		    "%s: the server offers more than has reached us: somebody "
		    "may have taken it away",
		    name);
	fail_set(f, FAIL_AUTH, "%s: the server refuses the login: %.200s", name,
	    error);
	fail_advise(f,
	    "check user and password; where they are right, name another "
	    "mechanism, such as auth = PLAIN");
	return -1;
}

/* ---- client-final ------------------------------------------------------ */

static struct digest_octets
octets_of(const struct buf *b)
{
	return (struct digest_octets){ buf_data(b), buf_len(b) };
}

/* RFC 5802 section 3, all of it.  proof_r: digest_size() octets. */
static int
compute(struct sasl_exchange *x, const struct server_first *sf,
    const struct buf *message, uint8_t proof_r[DIGEST_MAX])
{
	static const char client[] = "Client Key", server[] = "Server Key";
	enum digest_kind kind = x->mechanism->digest;
	struct sasl_scram *s = x->scram;
	size_t size = digest_size(kind);
	uint8_t salted[DIGEST_MAX], key[DIGEST_MAX], stored[DIGEST_MAX];
	struct digest_octets by_salted = { salted, size };
	bool ok;

	ok = digest_pbkdf2(kind,
		 (struct digest_octets){ s->password, strlen(s->password) },
		 octets_of(&sf->salt), sf->iterations, salted) == 0 &&
	     digest_hmac(kind, by_salted,
		 (struct digest_octets){ client, sizeof(client) - 1 },
		 key) == 0 &&
	     digest_hash(kind, key, size, stored) == 0 &&
	     digest_hmac(kind, (struct digest_octets){ stored, size },
		 octets_of(message), proof_r) == 0;
	for (size_t i = 0; ok && i < size; i++)
		proof_r[i] ^= key[i];
	ok = ok &&
	     digest_hmac(kind, by_salted,
		 (struct digest_octets){ server, sizeof(server) - 1 },
		 key) == 0 &&
	     digest_hmac(kind, (struct digest_octets){ key, size },
		 octets_of(message), s->signature) == 0;
	explicit_bzero(salted, sizeof(salted));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(stored, sizeof(stored));
	return ok ? 0 : -1;
}

/* "c=...,r=..." */
static int
add_without_proof(const struct sasl_exchange *x, const struct server_first *sf,
    struct buf *out)
{
	struct buf bound;
	int result;

	buf_init(&bound, SASL_RESPONSE_MAX);
	buf_add_text(&bound, x->scram->header);
	if (x->mechanism->binds)
		buf_add(&bound, buf_data(&x->binding), buf_len(&x->binding));
	result = buf_add_text(out, "c=");
	if (result == 0)
		result = base64_encode(out, buf_data(&bound), buf_len(&bound));
	buf_free(&bound);
	if (result == 0)
		result = buf_add_text(out, ",r=");
	return result == 0 ? buf_add(out, sf->nonce, sf->nonce_len) : -1;
}

static int
say_final(struct sasl_exchange *x, const struct server_first *sf,
    struct buf *out, struct fail *f)
{
	uint8_t proof[DIGEST_MAX];
	struct buf message;
	int result = -1;

	buf_init(&message, 4 * SASL_RESPONSE_MAX);
	buf_addf(&message, "%s,%s,", x->scram->bare, sf->text);
	if (add_without_proof(x, sf, out) == 0) {
		buf_add(&message, buf_data(out), buf_len(out));
		result = compute(x, sf, &message, proof);
		if (result < 0)
			fail_set(f, FAIL_AUTH,
			    "%s: this system's policy forbids its hashes",
			    x->mechanism->name);
	}
	if (result == 0)
		result = buf_add_text(out, ",p=");
	if (result == 0)
		result = base64_encode(
		    out, proof, digest_size(x->mechanism->digest));
	explicit_bzero(proof, sizeof(proof));
	buf_free(&message);
	return result;
}

static int
hear_first(
    struct sasl_exchange *x, const char *text, struct buf *out, struct fail *f)
{
	struct server_first sf = { .text = text };
	const char *why;
	int result = -1;

	/* By the grammar too early, but servers say it as soon as they know. */
	if (is_error(text))
		return hear_error(x, text + 2, f);
	buf_init(&sf.salt, SALT_MAX);
	why = parse_first(x, &sf);
	if (why != NULL)
		sasl_wrong(x, why, f);
	else if (check_iterations(x, sf.iterations, f) == 0)
		result = say_final(x, &sf, out, f);
	buf_free(&sf.salt);
	return result;
}

/* ---- server-final ------------------------------------------------------ */

static int
no_proof(const struct sasl_exchange *x, const char *how, struct fail *f)
{
	return fail_set(f, FAIL_TRUST,
	    "%s: the server %s that it knows the password: it may be none "
	    "of the provider's",
	    x->mechanism->name, how);
}

static int
hear_final(struct sasl_exchange *x, const char *text, struct fail *f)
{
	size_t size = digest_size(x->mechanism->digest), len;
	struct buf signature;
	const char *value;
	bool right;

	if (is_error(text))
		return hear_error(x, text + 2, f);
	value = take_value(&text, 'v', &len);
	buf_init(&signature, DIGEST_MAX);
	right =
	    value != NULL && base64_decode(&signature, value, len) == 0 &&
	    buf_len(&signature) == size &&
	    gnutls_memcmp(buf_data(&signature), x->scram->signature, size) == 0;
	buf_free(&signature);
	x->scram->proved = right;
	return right ? 0 : no_proof(x, "has not proved", f);
}

int
sasl_scram(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	char *text;
	int result;

	if (x->step == 0)
		return say_first(x, out);
	if (len == 0 || memchr(challenge, '\0', len) != NULL)
		return sasl_wrong(x, "a message is empty or has a NUL", f);
	text = xstrndup((const char *)challenge, len);
	result =
	    x->step == 1 ? hear_first(x, text, out, f) : hear_final(x, text, f);
	free(text);
	return result;
}

/* RFC 4954 has the last message as one more challenge; servers that put it
 * behind their 235 have proved themselves as well. */
int
sasl_scram_finish(struct sasl_exchange *x, const char *data, struct fail *f)
{
	struct buf plain;
	char *text;
	int result;

	if (x->scram->proved)
		return 0;
	/* Too early, or behind a message that was wrong: there is then no
	 * signature to compare with. */
	if (x->step != 2)
		return no_proof(x, "lets us in without a proof", f);
	buf_init(&plain, SASL_RESPONSE_MAX);
	if (base64_decode(&plain, data, strlen(data)) < 0)
		buf_clear(&plain);
	text = buf_text(&plain);
	result = hear_final(x, text, f);
	free(text);
	buf_free(&plain);
	return result;
}
