/*
 * The mechanisms that say a secret, or prove it, in one go: PLAIN, LOGIN,
 * EXTERNAL, CRAM-MD5 and those of tokens.  A password goes out as it is
 * PLAIN's RFC would have it prepared, but servers compare octets.
 */
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/sasl_private.h"

/* message = [authzid] NUL authcid NUL passwd, RFC 4616 2.  The challenge that
 * a server without initial responses sends is empty; nothing in it counts. */
int
sasl_plain(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	const char *authzid = sasl_authorizes(x) ? x->authorization : "";

	(void)challenge;
	(void)len;
	(void)f;
	if (buf_add(out, authzid, strlen(authzid) + 1) < 0 ||
	    buf_add(out, x->user, strlen(x->user) + 1) < 0)
		return -1;
	return buf_add_text(out, x->password);
}

/* The challenges are "User Name" and "Password" in every spelling; the draft
 * lets clients ignore them. */
int
sasl_login(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	(void)challenge;
	(void)len;
	(void)f;
	return buf_add_text(out, x->step == 0 ? x->user : x->password);
}

/* Who we are the server has seen in our certificate; whom to act for is all
 * that is said.  Servers that take no name from a certificate take this one,
 * so user stands in where nobody else is named. */
int
sasl_external(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	(void)challenge;
	(void)len;
	(void)f;
	return buf_add_text(
	    out, x->authorization[0] != '\0' ? x->authorization : x->user);
}

/* user SP hex(HMAC-MD5(password, challenge)) */
int
sasl_cram(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	uint8_t digest[DIGEST_MAX];
	size_t size = digest_size(x->mechanism->digest);
	int result;

	if (len == 0)
		return sasl_wrong(x, "an empty challenge", f);
	if (digest_hmac(x->mechanism->digest,
		(struct digest_octets){ x->password, strlen(x->password) },
		(struct digest_octets){ challenge, len }, digest) < 0)
		return fail_set(f, FAIL_AUTH,
		    "%s: this system's policy forbids MD5", x->mechanism->name);
	result = buf_addf(out, "%s ", x->user);
	for (size_t i = 0; i < size && result == 0; i++)
		result = buf_addf(out, "%02x", digest[i]);
	explicit_bzero(digest, sizeof(digest));
	return result;
}

/* ---- tokens ------------------------------------------------------------ */

/* b64token, RFC 6750 2.1, has less than this; but a blank, a control
 * character or an umlaut stands in no token. */
static bool
is_token(const char *text)
{
	while (*text > ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

int
sasl_token_prepare(struct sasl_exchange *x, struct fail *f)
{
	if (!is_token(x->password))
		return fail_set(f, FAIL_AUTH,
		    "%s takes a token, and the secret is none: it has "
		    "characters that stand in no token",
		    x->mechanism->name);
	/* The fields are told apart by it. */
	if (strchr(x->user, 1) != NULL || strchr(x->authorization, 1) != NULL)
		return fail_set(f, FAIL_AUTH,
		    "user or authorization-id cannot be used with %s",
		    x->mechanism->name);
	return 0;
}

/* The second challenge is the reason of a refusal, which comes when it has
 * been answered: as JSON (RFC 7628 3.2.2), or what a server takes for
 * that. */
static int
hear_complaint(struct sasl_exchange *x, const uint8_t *challenge, size_t len)
{
	sasl_wipe(&x->complaint);
	x->complaint = xmalloc(len + 1);
	for (size_t i = 0; i < len; i++)
		x->complaint[i] =
		    challenge[i] != '\0' ? (char)challenge[i] : '?';
	x->complaint[len] = '\0';
	return 0;
}

/* RFC 7628 3.1.  Host and port are for tokens that sign them; a bearer's does
 * not. */
int
sasl_oauthbearer(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	(void)f;
	if (x->step > 0) {
		hear_complaint(x, challenge, len);
		return buf_add(out, "\1", 1);
	}
	if (buf_add_text(out, "n,a=") < 0 ||
	    sasl_add_name(out,
		x->authorization[0] != '\0' ? x->authorization : x->user) < 0)
		return -1;
	return buf_addf(out, ",\1auth=Bearer %s\1\1", x->password);
}

int
sasl_xoauth2(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	(void)f;
	if (x->step > 0)
		return hear_complaint(x, challenge, len);
	return buf_addf(
	    out, "user=%s\1auth=Bearer %s\1\1", x->user, x->password);
}
