/*
 * The server's side of SCRAM (RFC 5802, RFC 7677, RFC 9266, RFC 5929), written
 * once more on purpose, over GnuTLS alone: what is to be tested must not be
 * tested by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "smarthost/auth.h"
#include "smarthost/session.h"

enum { MESSAGE_MAX = 12288, HASH_MAX = 32, ITERATIONS = 4096, RANDOM = 18 };

struct scram {
	gnutls_mac_algorithm_t mac;
	gnutls_digest_algorithm_t hash;
	size_t size;
	bool plus; /* -PLUS is spoken */
	bool plus_offered;
	char *header, *bare; /* of the client's first message */
	char *flag, *authorization, *user, *nonce;
	char *first; /* the server's */
	uint8_t salt[RANDOM];
	uint8_t signature[HASH_MAX];
};

static void
scram_free(struct scram *m)
{
	free(m->header);
	free(m->bare);
	free(m->flag);
	free(m->authorization);
	free(m->user);
	free(m->nonce);
	free(m->first);
}

static char *
coded(const void *octets, size_t len)
{
	struct buf out;
	char *text;

	buf_init(&out, 2 * MESSAGE_MAX);
	base64_encode(&out, octets, len);
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

/* The field up to the comma; *at goes behind it.  NULL where the text does
 * not begin with prefix. */
static char *
take_field(const char **at, const char *prefix)
{
	size_t skip = strlen(prefix), len;
	char *field;

	if (strncmp(*at, prefix, skip) != 0)
		return NULL;
	len = strcspn(*at + skip, ",");
	field = xstrndup(*at + skip, len);
	*at += skip + len;
	if (**at == ',')
		++*at;
	return field;
}

/* "=2C" and "=3D" back to what they stand for. */
static char *
unescape(char *name)
{
	char *in = name, *out = name;

	for (; in != NULL && *in != '\0'; in++) {
		if (strncmp(in, "=2C", 3) == 0 || strncmp(in, "=3D", 3) == 0) {
			*out++ = in[1] == '2' ? ',' : '=';
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	if (out != NULL)
		*out = '\0';
	return name;
}

static bool
parse_first(struct scram *m, const char *text)
{
	const char *at = text;

	m->flag = take_field(&at, "");
	m->authorization =
	    unescape(*at == 'a' ? take_field(&at, "a=") : take_field(&at, ""));
	m->header = xstrndup(text, (size_t)(at - text));
	m->bare = xstrdup(at);
	m->user = unescape(take_field(&at, "n="));
	m->nonce = take_field(&at, "r=");
	return m->authorization != NULL && m->user != NULL &&
	       m->nonce != NULL && *at == '\0' && m->nonce[0] != '\0';
}

/* RFC 5802 section 6: NULL, or what is wrong. */
static const char *
judge_flag(const struct scram *m)
{
	if (m->plus)
		return strncmp(m->flag, "p=", 2) == 0
			   ? NULL
			   : "channel-binding-not-supported";
	if (strcmp(m->flag, "y") == 0)
		return m->plus_offered ? "server-does-support-channel-binding"
				       : NULL;
	return strcmp(m->flag, "n") == 0 ? NULL : "other-error";
}

static void
say_first(struct scram *m)
{
	uint8_t random[RANDOM];
	char *own, *salt;

	gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random));
	gnutls_rnd(GNUTLS_RND_NONCE, m->salt, sizeof(m->salt));
	own = coded(random, sizeof(random));
	salt = coded(m->salt, sizeof(m->salt));
	m->first =
	    xasprintf("r=%s%s,s=%s,i=%d", m->nonce, own, salt, ITERATIONS);
	free(own);
	free(salt);
}

/* What "c=" must be: the header and what the link is. */
static char *
expected_binding(const struct session *s, const struct scram *m)
{
	struct buf octets;
	char *text;

	buf_init(&octets, MESSAGE_MAX);
	buf_add_text(&octets, m->header);
	if (m->plus && link_binding(s->link, m->flag + 2, &octets) < 0) {
		buf_free(&octets);
		return NULL;
	}
	text = coded(buf_data(&octets), buf_len(&octets));
	buf_free(&octets);
	return text;
}

/* What "p=" must be, and the signature.  password: that of the account. */
static char *
expected_proof(struct scram *m, char *password, const char *message)
{
	gnutls_datum_t key = { (uint8_t *)password,
		(unsigned)strlen(password) };
	gnutls_datum_t salt = { m->salt, sizeof(m->salt) };
	uint8_t salted[HASH_MAX], client[HASH_MAX], stored[HASH_MAX];
	uint8_t server[HASH_MAX];

	gnutls_pbkdf2(m->mac, &key, &salt, ITERATIONS, salted, m->size);
	gnutls_hmac_fast(m->mac, salted, m->size, "Client Key", 10, client);
	gnutls_hash_fast(m->hash, client, m->size, stored);
	gnutls_hmac_fast(
	    m->mac, stored, m->size, message, strlen(message), stored);
	for (size_t i = 0; i < m->size; i++)
		client[i] ^= stored[i];
	gnutls_hmac_fast(m->mac, salted, m->size, "Server Key", 10, server);
	gnutls_hmac_fast(
	    m->mac, server, m->size, message, strlen(message), m->signature);
	return coded(client, m->size);
}

/* The client's last message: NULL, or what is wrong. */
static const char *
judge_final(struct session *s, struct scram *m, const char *final)
{
	const char *at = final, *proof = strstr(final, ",p="), *wrong = NULL;
	char *binding = expected_binding(s, m);
	char *known = xstrdup(host_password(s->host, m->user));
	char *c = take_field(&at, "c="), *r = take_field(&at, "r=");
	char *p = take_field(&at, "p="), *message, *right = NULL;
	size_t nonce = strcspn(m->first, ",");

	if (c == NULL || r == NULL || p == NULL || proof == NULL) {
		wrong = "other-error";
	} else if (binding == NULL) {
		wrong = "unsupported-channel-binding-type";
	} else if (strcmp(c, binding) != 0) {
		wrong = "channel-bindings-dont-match";
	} else if (strlen(r) != nonce - 2 ||
		   memcmp(r, m->first + 2, nonce - 2) != 0) {
		wrong = "other-error";
	} else {
		message = xasprintf("%s,%s,%.*s", m->bare, m->first,
		    (int)(proof - final), final);
		right = expected_proof(m, known, message);
		if (strcmp(p, right) != 0 || known[0] == '\0')
			wrong = "invalid-proof";
		free(message);
	}
	free(binding);
	free(known);
	free(c);
	free(r);
	free(p);
	free(right);
	return wrong;
}

/* The last message is one more challenge, which is answered by nothing. */
static void
end(struct session *s, struct scram *m, const char *wrong)
{
	struct buf response;
	char *text, *signature;

	if (s->host->scram_liar)
		m->signature[0] ^= 1;
	signature = coded(m->signature, m->size);
	text = wrong != NULL ? xasprintf("e=%s", wrong)
			     : xasprintf("v=%s", signature);
	buf_init(&response, MESSAGE_MAX);
	if (auth_ask(s, text, strlen(text), &response)) {
		if (buf_len(&response) > 0)
			auth_malformed(s);
		else
			auth_end(s, m->authorization, m->user, wrong == NULL);
	}
	buf_free(&response);
	free(signature);
	free(text);
}

static void
converse(struct session *s, struct scram *m, const char *first)
{
	struct buf response;
	const char *wrong;
	char *final;

	if (!parse_first(m, first)) {
		auth_malformed(s);
		return;
	}
	wrong = judge_flag(m);
	if (wrong != NULL) {
		end(s, m, wrong);
		return;
	}
	say_first(m);
	buf_init(&response, MESSAGE_MAX);
	if (auth_ask(s, m->first, strlen(m->first), &response)) {
		final = buf_text(&response);
		end(s, m, judge_final(s, m, final));
		free(final);
	}
	buf_free(&response);
}

void
auth_scram(struct session *s, char *initial)
{
	bool modern = strstr(s->mechanism, "SHA-256") != NULL;
	struct scram m = {
		.mac = modern ? GNUTLS_MAC_SHA256 : GNUTLS_MAC_SHA1,
		.hash = modern ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA1,
		.size = modern ? 32 : 20,
		.plus = strstr(s->mechanism, "-PLUS") != NULL,
		.plus_offered = s->host->scram_binds ||
				strstr(s->host->mechanisms, "-PLUS") != NULL,
	};
	struct buf response;
	char *first;

	buf_init(&response, MESSAGE_MAX);
	if (auth_hear(s, &initial, "334 ", &response)) {
		first = buf_text(&response);
		converse(s, &m, first);
		free(first);
	}
	buf_free(&response);
	scram_free(&m);
}
