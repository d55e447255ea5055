/*
 * What holds for the exchange of every mechanism: what must be there before
 * anything is said, that a step comes once, what was said and so must not be
 * seen in a reply, and what a refusal may mean.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/caps.h"
#include "smtp/reply.h"
#include "smtp/sasl_private.h"

enum {
	REDACT_MIN = 4, /* octets; shorter ones stand in any text */
	START_MIN = 8, /* octets of base64: the first six of a secret */
	CODED_MAX = 2 * SASL_RESPONSE_MAX,
	CHALLENGE_MAX = 16384,
	RANDOM_MIN = 12
};

/* ---- the beginning and the end ----------------------------------------- */

bool
sasl_authorizes(const struct sasl_exchange *x)
{
	return x->authorization[0] != '\0' &&
	       strcmp(x->authorization, x->user) != 0;
}

void
sasl_wipe(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static char *
copy(const char *text)
{
	return xstrdup(text != NULL ? text : "");
}

static int
check(struct sasl_exchange *x, struct fail *f)
{
	const struct sasl_mechanism *m = x->mechanism;

	if (m->secret != SASL_NOTHING &&
	    (x->user[0] == '\0' || x->password[0] == '\0'))
		return fail_set(f, FAIL_AUTH,
		    "user or password cannot be used with %s: empty", m->name);
	if (!m->authorizes && sasl_authorizes(x)) {
		fail_set(f, FAIL_AUTH,
		    "%s cannot say for whom to act (authorization-id)",
		    m->name);
		if (m->secret == SASL_PASSWORD)
			fail_advise(f, "auth = PLAIN can, where it is offered");
		return -1;
	}
	return m->prepare != NULL ? m->prepare(x, f) : 0;
}

static void
take_credential(struct sasl_exchange *x, const struct sasl_credential *c)
{
	size_t len = c->random_len;
	struct buf nonce;

	x->user = copy(c->user);
	x->password = copy(c->password);
	x->authorization = copy(c->authorization);
	buf_init(&nonce, 2 * SASL_RANDOM_MAX);
	if (len > SASL_RANDOM_MAX)
		len = SASL_RANDOM_MAX;
	if (len >= RANDOM_MIN)
		base64_encode(&nonce, c->random, len);
	x->nonce = buf_text(&nonce);
	buf_free(&nonce);
}

struct sasl_exchange *
sasl_begin(const struct sasl_mechanism *m, const struct sasl_credential *c,
    const struct sasl_offer *offer, struct fail *f)
{
	struct sasl_exchange *x = xcalloc(1, sizeof(*x));

	x->mechanism = m;
	take_credential(x, c);
	buf_init(&x->binding, SASL_RESPONSE_MAX);
	x->binding.secret = true;
	for (size_t i = 0; i < SASL_STEPS_MAX; i++) {
		buf_init(&x->said[i], SASL_RESPONSE_MAX);
		x->said[i].secret = true;
	}
	if (offer->binding != NULL) {
		x->binding_name = offer->binding->name;
		buf_add(
		    &x->binding, offer->binding->octets, offer->binding->len);
	}
	x->plus_offered =
	    m->plus != NULL && caps_offers_auth(offer->caps, m->plus);
	if (check(x, f) == 0)
		return x;
	sasl_free(x);
	return NULL;
}

void
sasl_free(struct sasl_exchange *x)
{
	if (x == NULL)
		return;
	sasl_wipe(&x->user);
	sasl_wipe(&x->password);
	sasl_wipe(&x->authorization);
	sasl_wipe(&x->nonce);
	sasl_wipe(&x->complaint);
	sasl_scram_free(x->scram);
	buf_free(&x->binding);
	for (size_t i = 0; i < SASL_STEPS_MAX; i++)
		buf_free(&x->said[i]);
	free(x);
}

int
sasl_wrong(const struct sasl_exchange *x, const char *what, struct fail *f)
{
	return fail_set(f, FAIL_PROTOCOL,
	    "the server breaks the rules of %s: %s", x->mechanism->name, what);
}

int
sasl_respond(struct sasl_exchange *x, const uint8_t *challenge, size_t len,
    struct buf *out, struct fail *f)
{
	const struct sasl_mechanism *m = x->mechanism;

	out->secret = true;
	if (x->step >= m->steps)
		return fail_set(f, FAIL_PROTOCOL,
		    "the server asked for what the mechanism %s does not have",
		    m->name);
	/* Where nothing better is known. */
	fail_set(f, FAIL_AUTH,
	    "user or password cannot be used with %s: too long", m->name);
	if (m->respond(x, challenge, len, out, f) < 0) {
		buf_clear(out);
		x->step = m->steps;
		return -1;
	}
	buf_add(&x->said[x->step++], buf_data(out), buf_len(out));
	return 0;
}

int
sasl_finish(struct sasl_exchange *x, const char *text, struct fail *f)
{
	const char *word = strrchr(text, ' ');

	if (x->mechanism->finish == NULL)
		return 0;
	return x->mechanism->finish(x, word != NULL ? word + 1 : text, f);
}

const char *
sasl_complaint(const struct sasl_exchange *x)
{
	return x->complaint;
}

/* ---- what must not be seen --------------------------------------------- */

static void
redact_octets(char *text, const void *secret, size_t len)
{
	char *at = text;

	if (len < REDACT_MIN)
		return;
	while ((at = memmem(at, strlen(at), secret, len)) != NULL) {
		memset(at, '*', len);
		at += len;
	}
}

/* Servers repeat a line cut to their own measure as well: what begins like the
 * secret is overwritten as far as it goes on like it. */
static void
redact_start(char *text, const void *secret, size_t len)
{
	const char *from = secret;
	char *at = text;

	if (len < START_MIN)
		return;
	while ((at = memmem(at, strlen(at), from, START_MIN)) != NULL)
		for (size_t i = 0; i < len && *at == from[i]; i++)
			*at++ = '*';
}

static void
redact_coded(char *text, const void *secret, size_t len)
{
	struct buf coded;

	buf_init(&coded, CODED_MAX);
	coded.secret = true;
	if (base64_encode(&coded, secret, len) == 0) {
		redact_octets(text, buf_data(&coded), buf_len(&coded));
		redact_start(text, buf_data(&coded), buf_len(&coded));
	}
	buf_free(&coded);
}

/* The password as it is and in base64, and all that was said with it.  The
 * name of the user is no secret where it stands alone. */
static void
redact_text(const struct sasl_exchange *x, char *text)
{
	redact_octets(text, x->password, strlen(x->password));
	redact_coded(text, x->password, strlen(x->password));
	for (unsigned i = 0; i < x->step && i < SASL_STEPS_MAX; i++) {
		const uint8_t *said = buf_data(&x->said[i]);
		size_t len = buf_len(&x->said[i]);

		redact_coded(text, said, len);
		if (len != strlen(x->user) || memcmp(said, x->user, len) != 0)
			redact_octets(text, said, len);
	}
}

/* A word that holds a secret when it is decoded is overwritten whole.  What
 * PLAIN says has NULs in it, and the password stands behind them. */
static void
redact_word(const struct sasl_exchange *x, char *word, size_t len)
{
	struct buf plain;
	char *text, *before;

	buf_init(&plain, CHALLENGE_MAX);
	plain.secret = true;
	if (len >= REDACT_MIN && base64_decode(&plain, word, len) == 0) {
		text = buf_text(&plain);
		for (size_t i = 0; i < buf_len(&plain); i++)
			text[i] = text[i] != '\0' ? text[i] : ' ';
		before = xstrdup(text);
		redact_text(x, text);
		if (strcmp(text, before) != 0)
			memset(word, '*', len);
		sasl_wipe(&text);
		sasl_wipe(&before);
	}
	buf_free(&plain);
}

void
sasl_redact(const struct sasl_exchange *x, char *text)
{
	size_t len;

	if (x->mechanism->secret == SASL_NOTHING)
		return;
	/* The words first: one that is partly overwritten is no base64. */
	for (char *word = text; *word != '\0'; word += len) {
		word += strspn(word, " \n");
		len = strcspn(word, " \n");
		redact_word(x, word, len);
	}
	redact_text(x, text);
}

/* ---- advice ------------------------------------------------------------ */

/* What providers say, in any case of letters, and what they mean. */
static const struct {
	const char *words;
	const char *advice;
} said[] = {
	{ "application-specific password",
	    "the provider wants an \"app password\", made in the account's "
	    "settings, in place of the usual one" },
	{ "app password",
	    "the provider wants an \"app password\", made in the account's "
	    "settings, in place of the usual one" },
	{ "app-specific password",
	    "the provider wants an \"app password\", made in the account's "
	    "settings, in place of the usual one" },
	{ "invalidsecondfactor",
	    "the provider wants an \"app password\", made in the account's "
	    "settings, in place of the usual one" },
	{ "basic authentication is disabled",
	    "the provider takes no passwords here: set auth = XOAUTH2 and a "
	    "password-command that prints a token" },
	{ "smtpclientauthentication is disabled",
	    "the provider has to allow SMTP AUTH for this account" },
};

static bool
says(const char *text, const char *words)
{
	size_t len = strlen(words);

	for (; *text != '\0'; text++)
		if (text_same_n(text, words, len))
			return true;
	return false;
}

static const char *
advice_on_words(const char *text)
{
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (says(text, said[i].words))
			return said[i].advice;
	return NULL;
}

void
sasl_advise(
    const struct sasl_mechanism *m, const struct reply *r, struct fail *f)
{
	const char *known = advice_on_words(r->text != NULL ? r->text : "");

	if (known != NULL)
		fail_advise(f, "%s", known);
	else if (r->code != 535 && r->code != 501 && r->code != 504)
		return; /* the code tells enough */
	else if (m->secret == SASL_TOKEN)
		fail_advise(f,
		    "the token may be too old, for another service or not of "
		    "this user; %s takes no password",
		    m->name);
	else if (m->binds)
		fail_advise(f,
		    "check user and password; where they are right, something "
		    "stands between the server and its TLS: name another "
		    "mechanism, such as auth = %.*s or PLAIN",
		    (int)(strlen(m->name) - strlen("-PLUS")), m->name);
	else if (m->plus != NULL)
		fail_advise(f,
		    "check user and password; where they are right, name "
		    "another mechanism than %s, such as auth = PLAIN",
		    m->name);
	else if (m->secret == SASL_NOTHING)
		fail_advise(f,
		    "%s is a login by the client's certificate: check "
		    "it and authorization-id",
		    m->name);
}
