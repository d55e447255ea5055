/*
 * SASL mechanisms as rows, the strongest first.  Those that are known to be
 * worse than a plain password over TLS (NTLM, DIGEST-MD5) have no row, so
 * nothing can choose them.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "smtp/caps.h"
#include "smtp/sasl.h"

static bool
has_own_authorization(const struct sasl_credential *c)
{
	return c->authorization != NULL && c->authorization[0] != '\0' &&
	       strcmp(c->authorization, c->user) != 0;
}

/* message = [authzid] NUL authcid NUL passwd, RFC 4616 2.  The challenge that
 * a server without initial responses sends is empty; nothing in it counts. */
static int
respond_plain(unsigned step, const struct sasl_credential *c,
    const uint8_t *challenge, size_t len, struct buf *out)
{
	const char *authzid = has_own_authorization(c) ? c->authorization : "";
	size_t authzid_len = strlen(authzid), user_len = strlen(c->user);
	size_t password_len = strlen(c->password);

	(void)step;
	(void)challenge;
	(void)len;
	if (authzid_len + user_len + password_len + 2 > buf_space(out))
		return -1;
	buf_add(out, authzid, authzid_len + 1);
	buf_add(out, c->user, user_len + 1);
	return buf_add(out, c->password, password_len);
}

/* The challenges are "User Name" and "Password" in every spelling; the draft
 * lets clients ignore them.  There is no place for an authorization identity:
 * to log in without it would be to act as somebody else than was asked for. */
static int
respond_login(unsigned step, const struct sasl_credential *c,
    const uint8_t *challenge, size_t len, struct buf *out)
{
	(void)challenge;
	(void)len;
	if (has_own_authorization(c))
		return -1;
	return buf_add_text(out, step == 0 ? c->user : c->password);
}

static const struct sasl_mechanism mechanisms[] = {
	{ .name = "PLAIN",
	    .automatic = true,
	    .starts = true,
	    .one_trip = true,
	    .steps = 1,
	    .respond = respond_plain },
	{ .name = "LOGIN",
	    .automatic = true,
	    .steps = 2,
	    .respond = respond_login },
};

enum { COUNT = sizeof(mechanisms) / sizeof(mechanisms[0]) };

static const struct sasl_mechanism *
find(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strlen(mechanisms[i].name) == len &&
		    text_same_n(mechanisms[i].name, name, len))
			return &mechanisms[i];
	return NULL;
}

bool
sasl_is_known(const char *name)
{
	return find(name, strlen(name)) != NULL;
}

static const struct sasl_mechanism *
choose_automatic(const struct caps *caps)
{
	for (size_t i = 0; i < COUNT; i++)
		if (mechanisms[i].automatic &&
		    caps_offers_auth(caps, mechanisms[i].name))
			return &mechanisms[i];
	return NULL;
}

static const struct sasl_mechanism *
choose_named(const char *wanted, const struct caps *caps)
{
	static const char between[] = ", \t";
	const struct sasl_mechanism *m;

	for (;;) {
		wanted += strspn(wanted, between);
		if (*wanted == '\0')
			return NULL;
		m = find(wanted, strcspn(wanted, between));
		if (m != NULL && caps_offers_auth(caps, m->name))
			return m;
		wanted += strcspn(wanted, between);
	}
}

/* "auto" in words: the rows that it may choose. */
static void
list_automatic(struct buf *names)
{
	for (size_t i = 0; i < COUNT; i++)
		if (mechanisms[i].automatic)
			buf_addf(names, "%s%s", buf_len(names) > 0 ? ", " : "",
			    mechanisms[i].name);
	buf_add(names, "", 1);
}

static void
explain_no_auth(const struct caps *caps, struct fail *f)
{
	if (caps->flags & CAPS_STARTTLS) {
		fail_set(f, FAIL_AUTH,
		    "the server offers AUTH only after TLS, if at all");
		fail_advise(f, "use tls = starttls, or tls = implicit");
		return;
	}
	fail_set(f, FAIL_AUTH, "the server does not offer AUTH");
	fail_advise(f,
	    "try the port for submission (465, or 587 with tls = starttls); "
	    "auth = off where the server wants no login");
}

static void
explain(const char *wanted, const struct caps *caps, struct fail *f)
{
	struct buf names;

	if (!(caps->flags & CAPS_AUTH)) {
		explain_no_auth(caps, f);
		return;
	}
	buf_init(&names, 256);
	list_automatic(&names);
	if (!text_same(wanted, "auto"))
		fail_set(f, FAIL_AUTH,
		    "no usable AUTH mechanism: wanted %.200s, offered %s",
		    wanted, caps->auth[0] != '\0' ? caps->auth : "none");
	else
		fail_set(f, FAIL_AUTH,
		    "no usable AUTH mechanism: known %s, offered %s",
		    (const char *)buf_data(&names),
		    caps->auth[0] != '\0' ? caps->auth : "none");
	if (!text_same(wanted, "auto") && choose_automatic(caps) != NULL)
		fail_advise(f, "auth = auto would use %s",
		    choose_automatic(caps)->name);
	else
		fail_advise(f,
		    "ask the provider for a login by %s (an \"app password\")",
		    (const char *)buf_data(&names));
	buf_free(&names);
}

const struct sasl_mechanism *
sasl_choose(const char *wanted, const struct caps *caps, struct fail *f)
{
	const struct sasl_mechanism *m = text_same(wanted, "auto")
					     ? choose_automatic(caps)
					     : choose_named(wanted, caps);

	if (m == NULL)
		explain(wanted, caps, f);
	return m;
}

int
sasl_respond(const struct sasl_mechanism *m, unsigned step,
    const struct sasl_credential *c, const uint8_t *challenge, size_t len,
    struct buf *out)
{
	out->secret = true;
	if (step >= m->steps)
		return -1;
	/* RFC 4616 2 has 1*SAFE for both, and nobody has an empty password:
	 * what is empty here is a mistake, and no try is wasted on it. */
	if (c->user == NULL || c->user[0] == '\0' || c->password == NULL ||
	    c->password[0] == '\0')
		return -1;
	return m->respond(step, c, challenge, len, out);
}
