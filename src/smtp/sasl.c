/*
 * SASL mechanisms as rows, the strongest first.  Those that are known to be
 * worse than a plain password over TLS (NTLM, DIGEST-MD5) have no row, so
 * nothing can choose them.
 */
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "smtp/caps.h"
#include "smtp/sasl_private.h"

enum { NAMES_MAX = 256 };

#define SCRAM(hash, digest_) \
	.secret = SASL_PASSWORD, .automatic = true, .starts = true, \
	.authorizes = true, .steps = 3, .digest = (digest_), \
	.plus = "SCRAM-" hash "-PLUS", .prepare = sasl_scram_prepare, \
	.respond = sasl_scram, .finish = sasl_scram_finish

/* clang-format off */
static const struct sasl_mechanism mechanisms[] = {
	/* RFC 7677, RFC 5802 */
	{ .name = "SCRAM-SHA-256-PLUS", SCRAM("SHA-256", DIGEST_SHA256),
	  .binds = true },
	{ .name = "SCRAM-SHA-256", SCRAM("SHA-256", DIGEST_SHA256) },
	{ .name = "SCRAM-SHA-1-PLUS", SCRAM("SHA-1", DIGEST_SHA1),
	  .binds = true },
	{ .name = "SCRAM-SHA-1", SCRAM("SHA-1", DIGEST_SHA1) },
	/* RFC 4616 */
	{ .name = "PLAIN", .secret = SASL_PASSWORD, .automatic = true,
	  .starts = true, .one_trip = true, .authorizes = true, .steps = 1,
	  .respond = sasl_plain },
	/* draft-murchison-sasl-login */
	{ .name = "LOGIN", .secret = SASL_PASSWORD, .automatic = true,
	  .steps = 2, .respond = sasl_login },
	/* RFC 4422 appendix A */
	{ .name = "EXTERNAL", .secret = SASL_NOTHING, .starts = true,
	  .one_trip = true, .authorizes = true, .steps = 1,
	  .respond = sasl_external },
	/* RFC 7628 */
	{ .name = "OAUTHBEARER", .secret = SASL_TOKEN, .starts = true,
	  .authorizes = true, .steps = 2, .prepare = sasl_token_prepare,
	  .respond = sasl_oauthbearer },
	/* as Google and Microsoft have published it */
	{ .name = "XOAUTH2", .secret = SASL_TOKEN, .starts = true, .steps = 2,
	  .prepare = sasl_token_prepare, .respond = sasl_xoauth2 },
	/* RFC 2195 */
	{ .name = "CRAM-MD5", .secret = SASL_PASSWORD, .steps = 1,
	  .digest = DIGEST_MD5, .respond = sasl_cram },
};
/* clang-format on */

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

/* The next name of a list: *list is moved behind it.  NULL at its end; a name
 * that is no row is passed over. */
static const struct sasl_mechanism *
next_named(const char **list)
{
	static const char between[] = ", \t";
	const struct sasl_mechanism *m = NULL;

	while (m == NULL && *(*list += strspn(*list, between)) != '\0') {
		size_t len = strcspn(*list, between);

		m = find(*list, len);
		*list += len;
	}
	return m;
}

bool
sasl_is_mixed(const char *wanted)
{
	bool kinds[SASL_TOKEN + 1] = { false };
	const struct sasl_mechanism *m;

	while ((m = next_named(&wanted)) != NULL)
		kinds[m->secret] = true;
	return kinds[SASL_PASSWORD] && kinds[SASL_TOKEN];
}

bool
sasl_needs_user(const char *wanted)
{
	const struct sasl_mechanism *m = next_named(&wanted);
	bool needs = m == NULL;

	for (; m != NULL; m = next_named(&wanted))
		needs = needs || m->secret != SASL_NOTHING;
	return needs;
}

/* ---- the choice -------------------------------------------------------- */

static bool
is_to_be_had(const struct sasl_mechanism *m, const struct sasl_offer *offer)
{
	return caps_offers_auth(offer->caps, m->name) &&
	       (!m->binds || offer->binding != NULL);
}

static const struct sasl_mechanism *
choose_automatic(const struct sasl_offer *offer)
{
	for (size_t i = 0; i < COUNT; i++)
		if (mechanisms[i].automatic &&
		    is_to_be_had(&mechanisms[i], offer))
			return &mechanisms[i];
	return NULL;
}

static const struct sasl_mechanism *
choose_named(const char *wanted, const struct sasl_offer *offer)
{
	enum sasl_secret kind = SASL_NOTHING;
	const struct sasl_mechanism *m;

	while ((m = next_named(&wanted)) != NULL) {
		if (kind == SASL_NOTHING)
			kind = m->secret;
		if ((m->secret == SASL_NOTHING || m->secret == kind) &&
		    is_to_be_had(m, offer))
			return m;
	}
	return NULL;
}

/* One that was offered, but must be named to be used. */
static const struct sasl_mechanism *
find_unnamed(const struct sasl_offer *offer)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!mechanisms[i].automatic &&
		    is_to_be_had(&mechanisms[i], offer))
			return &mechanisms[i];
	return NULL;
}

/* One that is named and offered, over a link that cannot be bound to. */
static const struct sasl_mechanism *
find_unbound(const char *wanted, const struct sasl_offer *offer)
{
	const struct sasl_mechanism *m;

	while ((m = next_named(&wanted)) != NULL)
		if (m->binds && caps_offers_auth(offer->caps, m->name))
			return m;
	return NULL;
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
advise_unnamed(const struct sasl_mechanism *m, struct fail *f)
{
	if (m == NULL)
		fail_advise(f,
		    "ask the provider for a login by password (an \"app "
		    "password\")");
	else if (m->secret == SASL_TOKEN)
		fail_advise(f,
		    "ask the provider for an \"app password\"; with a token "
		    "in place of the password auth = %s would be used",
		    m->name);
	else
		fail_advise(f, "auth = %s would be used%s", m->name,
		    m->secret == SASL_PASSWORD
			? "; it is weak, but the server offers no better"
			: "");
}

static void
explain(const char *wanted, const struct sasl_offer *offer, struct fail *f)
{
	const char *offered =
	    offer->caps->auth[0] != '\0' ? offer->caps->auth : "none";
	bool automatic = text_same(wanted, "auto");
	const struct sasl_mechanism *m = choose_automatic(offer);
	struct buf names;

	buf_init(&names, NAMES_MAX);
	list_automatic(&names);
	if (!automatic && find_unbound(wanted, offer) != NULL)
		fail_set(f, FAIL_AUTH,
		    "%s needs a TLS link that it can be tied to",
		    find_unbound(wanted, offer)->name);
	else if (!automatic)
		fail_set(f, FAIL_AUTH,
		    "no usable AUTH mechanism: wanted %.200s, offered %s",
		    wanted, offered);
	else
		fail_set(f, FAIL_AUTH,
		    "no usable AUTH mechanism: known %s, offered %s",
		    (const char *)buf_data(&names), offered);
	if (!automatic && m != NULL)
		fail_advise(f, "auth = auto would use %s", m->name);
	else
		advise_unnamed(find_unnamed(offer), f);
	buf_free(&names);
}

const struct sasl_mechanism *
sasl_choose(const char *wanted, const struct sasl_offer *offer, struct fail *f)
{
	const struct sasl_mechanism *m = text_same(wanted, "auto")
					     ? choose_automatic(offer)
					     : choose_named(wanted, offer);

	if (m != NULL)
		return m;
	if (offer->caps->flags & CAPS_AUTH)
		explain(wanted, offer, f);
	else
		explain_no_auth(offer->caps, f);
	return NULL;
}
