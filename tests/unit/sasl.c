/*
 * smtp/sasl: the right mechanism is chosen, the right octets are written, and
 * a password goes out at most once.  xtext, which is as small, is here too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/caps.h"
#include "smtp/reply.h"
#include "smtp/sasl.h"
#include "smtp/xtext.h"

static struct caps
offer(const char *names)
{
	struct caps caps = { .flags = CAPS_AUTH };

	memcpy(caps.auth, names, strlen(names));
	return caps;
}

static const struct sasl_binding binding = { "tls-exporter",
	(const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };

static const struct sasl_mechanism *
choose(const char *wanted, const struct caps *caps, bool bound, struct fail *f)
{
	struct sasl_offer o = { caps, bound ? &binding : NULL };

	return sasl_choose(wanted, &o, f);
}

static const struct {
	const char *wanted, *offered;
	const char *chosen; /* NULL: none */
	bool bound; /* the link can be bound to */
} choices[] = {
	/* the strongest that is offered, whatever the server's order */
	{ "auto", "PLAIN LOGIN", "PLAIN", false },
	{ "auto", "LOGIN PLAIN", "PLAIN", false },
	{ "AUTO", "LOGIN XOAUTH2", "LOGIN", false },
	{ "auto", "GSSAPI NTLM DIGEST-MD5 CRAM-MD5", NULL, false },
	{ "auto", "", NULL, false },
	{ "LOGIN", "PLAIN LOGIN", "LOGIN", false },
	{ "login,plain", "PLAIN LOGIN", "LOGIN", false },
	{ "login plain", "PLAIN", "PLAIN", false },
	{ " ,\tlogin ,, Plain ", "PLAIN", "PLAIN", false },
	{ "NTLM PLAIN", "NTLM PLAIN", "PLAIN", false },
	{ "NTLM", "NTLM PLAIN", NULL, false },
	{ "LOGIN", "PLAIN", NULL, false },
	{ "PLAI PLAINS", "PLAIN PLAI PLAINS", NULL, false },
	{ "", "PLAIN", NULL, false },
	{ ", ", "PLAIN", NULL, false },
#define SCRAMS \
	"PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS"
	{ "auto", SCRAMS, "SCRAM-SHA-256-PLUS", true },
	{ "auto", SCRAMS, "SCRAM-SHA-256", false },
	{ "auto", "PLAIN SCRAM-SHA-1-PLUS SCRAM-SHA-1", "SCRAM-SHA-1-PLUS",
	    true },
	{ "auto", "PLAIN SCRAM-SHA-1-PLUS SCRAM-SHA-1", "SCRAM-SHA-1", false },
	{ "auto", "SCRAM-SHA-1-PLUS SCRAM-SHA-256", "SCRAM-SHA-256", true },
	{ "auto", "SCRAM-SHA-256-PLUS", NULL, false },
	{ "SCRAM-SHA-256-PLUS", SCRAMS, "SCRAM-SHA-256-PLUS", true },
	{ "SCRAM-SHA-256-PLUS", SCRAMS, NULL, false },
	{ "SCRAM-SHA-256-PLUS PLAIN", SCRAMS, "PLAIN", false },
	{ "SCRAM-SHA-256", SCRAMS, "SCRAM-SHA-256", true },
	{ "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", NULL, true },
	/* what a secret is hangs on the name */
	{ "auto", "XOAUTH2 OAUTHBEARER EXTERNAL CRAM-MD5", NULL, true },
	{ "xoauth2", "PLAIN XOAUTH2", "XOAUTH2", false },
	{ "OAUTHBEARER,XOAUTH2", "PLAIN XOAUTH2", "XOAUTH2", false },
	{ "XOAUTH2 PLAIN", "PLAIN", NULL, false },
	{ "PLAIN XOAUTH2", "XOAUTH2", NULL, false },
	{ "EXTERNAL PLAIN XOAUTH2", "XOAUTH2", NULL, false },
	{ "EXTERNAL XOAUTH2", "XOAUTH2", "XOAUTH2", false },
	{ "PLAIN EXTERNAL", "EXTERNAL", "EXTERNAL", false },
	{ "CRAM-MD5", "PLAIN CRAM-MD5", "CRAM-MD5", false },
};

static void
the_mechanism_is_the_first_wanted_that_is_offered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct caps caps = offer(choices[i].offered);
		struct fail f = { .kind = FAIL_NONE };
		const struct sasl_mechanism *m =
		    choose(choices[i].wanted, &caps, choices[i].bound, &f);

		if (choices[i].chosen == NULL) {
			assert_null(m);
			assert_int_equal(f.kind, FAIL_AUTH);
			assert_true(strlen(f.words) > 0);
			assert_true(strlen(f.advice) > 0);
			continue;
		}
		assert_non_null(m);
		assert_string_equal(m->name, choices[i].chosen);
		assert_int_equal(f.kind, FAIL_NONE);
	}
}

static void
names_are_known_whole_and_in_any_case(void **state)
{
	(void)state;
	assert_true(sasl_is_known("PLAIN"));
	assert_true(sasl_is_known("login"));
	assert_false(sasl_is_known("PLAI"));
	assert_false(sasl_is_known("PLAINX"));
	assert_false(sasl_is_known("NTLM"));
	assert_false(sasl_is_known(""));
	assert_false(sasl_is_known("auto"));
}

/* A-05, T-15: who finds no way in is told what was there. */
static void
a_failed_choice_says_what_was_offered_and_what_to_do(void **state)
{
	struct caps caps = offer("GSSAPI XOAUTH2");
	struct fail f;

	(void)state;
	assert_null(choose("auto", &caps, false, &f));
	assert_string_equal(f.words,
	    "no usable AUTH mechanism: known SCRAM-SHA-256-PLUS, "
	    "SCRAM-SHA-256, SCRAM-SHA-1-PLUS, SCRAM-SHA-1, PLAIN, LOGIN, "
	    "offered GSSAPI XOAUTH2");
	assert_string_equal(f.advice,
	    "ask the provider for an \"app password\"; with a token in place "
	    "of the password auth = XOAUTH2 would be used");
	caps = offer("GSSAPI");
	assert_null(choose("auto", &caps, false, &f));
	assert_string_equal(f.advice,
	    "ask the provider for a login by password (an \"app password\")");
	caps = offer("CRAM-MD5");
	assert_null(choose("auto", &caps, false, &f));
	assert_string_equal(f.advice,
	    "auth = CRAM-MD5 would be used; it is weak, but the server offers "
	    "no better");
	caps = offer("PLAIN SCRAM-SHA-256-PLUS");
	assert_null(choose("SCRAM-SHA-256-PLUS", &caps, false, &f));
	assert_string_equal(f.words,
	    "SCRAM-SHA-256-PLUS needs a TLS link that it can be tied to");
	assert_string_equal(f.advice, "auth = auto would use PLAIN");
	caps = offer("PLAIN");
	assert_null(choose("LOGIN\033", &caps, false, &f));
	assert_string_equal(f.words,
	    "no usable AUTH mechanism: wanted LOGIN\\^[, offered PLAIN");
	assert_string_equal(f.advice, "auth = auto would use PLAIN");
	caps = offer("");
	assert_null(choose("PLAIN", &caps, false, &f));
	assert_string_equal(
	    f.words, "no usable AUTH mechanism: wanted PLAIN, offered none");
	caps.flags = CAPS_STARTTLS;
	assert_null(choose("auto", &caps, false, &f));
	assert_string_equal(
	    f.words, "the server offers AUTH only after TLS, if at all");
	assert_string_equal(f.advice, "use tls = starttls, or tls = implicit");
	caps.flags = CAPS_SIZE;
	assert_null(choose("auto", &caps, false, &f));
	assert_string_equal(f.words, "the server does not offer AUTH");
	assert_non_null(strstr(f.advice, "auth = off"));
	assert_null(choose("auto", &caps, false, NULL));
}

#define OCTETS(literal) literal, sizeof(literal) - 1

/* Lists of which a secret cannot be known to be a password or a token, and
 * lists that do without any. */
static void
a_list_tells_what_the_secret_is(void **state)
{
	static const char *const mixed[] = { "PLAIN XOAUTH2",
		"xoauth2, EXTERNAL, login", "OAUTHBEARER CRAM-MD5" };
	static const char *const pure[] = { "auto", "off", "", "PLAIN, LOGIN",
		"OAUTHBEARER XOAUTH2", "EXTERNAL PLAIN", "EXTERNAL XOAUTH2",
		"NTLM XOAUTH2" };
	static const char *const needy[] = { "auto", "off", "", "PLAIN",
		"EXTERNAL, PLAIN", "XOAUTH2 EXTERNAL", "NTLM" };

	(void)state;
	for (size_t i = 0; i < sizeof(mixed) / sizeof(mixed[0]); i++)
		assert_true(sasl_is_mixed(mixed[i]));
	for (size_t i = 0; i < sizeof(pure) / sizeof(pure[0]); i++)
		assert_false(sasl_is_mixed(pure[i]));
	for (size_t i = 0; i < sizeof(needy) / sizeof(needy[0]); i++)
		assert_true(sasl_needs_user(needy[i]));
	assert_false(sasl_needs_user("external"));
	assert_false(sasl_needs_user("EXTERNAL, EXTERNAL"));
}

/* ---- exchanges --------------------------------------------------------- */

static const uint8_t octets18[18] = "nonce nonce nonce";

/* A conversation: what the server says, and what we answer. */
struct turn {
	const char *challenge;
	const char *response;
	size_t len;
};

static struct sasl_exchange *
begin(const char *name, const char *user, const char *password,
    const char *authorization, struct fail *f)
{
	struct caps caps = offer(name);
	struct sasl_offer o = { &caps, &binding };
	struct sasl_credential c = { .user = user,
		.password = password,
		.authorization = authorization,
		.random = octets18,
		.random_len = sizeof(octets18) };

	return sasl_begin(sasl_choose(name, &o, NULL), &c, &o, f);
}

static const struct {
	const char *name, *user, *password, *authorization;
	struct turn turns[3];
} conversations[] = {
	/* RFC 4616 */
	{ "PLAIN", "tim", "tanstaaftanstaaf", NULL,
	    { { "", OCTETS("\0tim\0tanstaaftanstaaf") } } },
	{ "PLAIN", "Kurt", "xipj3plmq", "Ursel",
	    { { "", OCTETS("Ursel\0Kurt\0xipj3plmq") } } },
	{ "PLAIN", "alice", "sesame", "",
	    { { "x", OCTETS("\0alice\0sesame") } } },
	{ "PLAIN", "alice", "sesame", "alice",
	    { { "", OCTETS("\0alice\0sesame") } } },
	/* exact octets */
	{ "PLAIN", "a=b,c d", " \t=,\xc3\xa9\r\n ", NULL,
	    { { "", OCTETS("\0a=b,c d\0 \t=,\xc3\xa9\r\n ") } } },
	{ "LOGIN", "a@b", " \xc3\xa9 ", "a@b",
	    { { "User Name", OCTETS("a@b") }, { "x", OCTETS(" \xc3\xa9 ") } } },
	{ "EXTERNAL", "alice", NULL, NULL, { { "", OCTETS("alice") } } },
	{ "EXTERNAL", "alice", NULL, "carol", { { "", OCTETS("carol") } } },
	{ "EXTERNAL", NULL, NULL, NULL, { { "", OCTETS("") } } },
	/* RFC 2195 */
	{ "CRAM-MD5", "tim", "tanstaaftanstaaf", NULL,
	    { { "<1896.697170952@postoffice.reston.mci.net>",
		OCTETS("tim b913a602c7eda7a495b4e6e7334d3890") } } },
	/* RFC 7628 section 4.1, without host and port */
	{ "OAUTHBEARER", "user@example.com",
	    "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", NULL,
	    { { "", OCTETS("n,a=user@example.com,\1auth=Bearer "
			   "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1") },
		{ "{\"status\":\"invalid_token\"}", OCTETS("\1") } } },
	{ "OAUTHBEARER", "alice", "t", "a,=b",
	    { { "", OCTETS("n,a=a=2C=3Db,\1auth=Bearer t\1\1") } } },
	{ "XOAUTH2", "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRh",
	    NULL,
	    { { "", OCTETS("user=someuser@example.com\1auth=Bearer "
			   "ya29.vF9dft4qmTc2Nvb3RlckBhdHRh\1\1") },
		{ "{\"status\":\"401\"}", OCTETS("") } } },
	{ "SCRAM-SHA-256-PLUS", "a", "b", "c,d",
	    { { "", OCTETS("p=tls-exporter,a=c=2Cd,n=a,r="
			   "bm9uY2Ugbm9uY2Ugbm9uY2UA") } } },
	{ "SCRAM-SHA-256", "a", "b", "a",
	    { { "", OCTETS("y,,n=a,r=bm9uY2Ugbm9uY2Ugbm9uY2UA") } } },
};

static int
take_turn(struct sasl_exchange *x, const struct turn *t, size_t room)
{
	struct buf out;
	struct fail f;
	int result;

	buf_init(&out, room);
	result = sasl_respond(
	    x, (const uint8_t *)t->challenge, strlen(t->challenge), &out, &f);
	assert_true(out.secret);
	if (result == 0) {
		assert_int_equal(buf_len(&out), t->len);
		assert_memory_equal(buf_data(&out), t->response, t->len);
	} else {
		assert_int_equal(buf_len(&out), 0);
		assert_true(strlen(f.words) > 0);
	}
	buf_free(&out);
	return result;
}

static void
responses_are_the_exact_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(conversations) / sizeof(conversations[0]);
	     i++) {
		const struct turn *t = conversations[i].turns;
		struct sasl_exchange *x = begin(conversations[i].name,
		    conversations[i].user, conversations[i].password,
		    conversations[i].authorization, NULL);

		assert_non_null(x);
		/* at the cap */
		for (; t < conversations[i].turns + 3 && t->response; t++)
			assert_int_equal(take_turn(x, t, t->len), 0);
		sasl_free(x);
		/* and one beyond; nothing is said after that */
		t = conversations[i].turns;
		if (t->len == 0)
			continue;
		x = begin(conversations[i].name, conversations[i].user,
		    conversations[i].password, conversations[i].authorization,
		    NULL);
		assert_int_equal(take_turn(x, t, t->len - 1), -1);
		assert_int_equal(take_turn(x, t, 1000), -1);
		sasl_free(x);
	}
}

/* */
static void
no_mechanism_has_more_steps_than_its_own(void **state)
{
	static const struct {
		const char *name;
		unsigned steps;
	} rows[] = { { "PLAIN", 1 }, { "LOGIN", 2 }, { "EXTERNAL", 1 },
		{ "CRAM-MD5", 1 }, { "OAUTHBEARER", 2 }, { "XOAUTH2", 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sasl_exchange *x =
		    begin(rows[i].name, "alice", "sesame", NULL, NULL);
		struct buf out;
		struct fail f;

		for (unsigned n = 0; n <= rows[i].steps + 1; n++) {
			buf_init(&out, 1000);
			assert_int_equal(
			    sasl_respond(x, (const uint8_t *)"x", 1, &out, &f),
			    n < rows[i].steps ? 0 : -1);
			assert_true(n < rows[i].steps || buf_len(&out) == 0);
			buf_free(&out);
		}
		assert_int_equal(f.kind, FAIL_PROTOCOL);
		sasl_free(x);
	}
}

static const struct {
	const char *name, *user, *password, *authorization;
	const char *words; /* what is wrong with it */
} refusals[] = {
	{ "PLAIN", "", "sesame", NULL, "empty" },
	{ "PLAIN", "alice", "", NULL, "empty" },
	{ "PLAIN", NULL, "sesame", NULL, "empty" },
	{ "PLAIN", "alice", NULL, NULL, "empty" },
	{ "LOGIN", "", "sesame", NULL, "empty" },
	{ "LOGIN", "alice", "", NULL, "empty" },
	{ "CRAM-MD5", "alice", "", NULL, "empty" },
	{ "XOAUTH2", "alice", "", NULL, "empty" },
	{ "SCRAM-SHA-256", "", "sesame", NULL, "empty" },
	/* it cannot say whom to act for */
	{ "LOGIN", "alice", "sesame", "bob", "authorization-id" },
	{ "CRAM-MD5", "alice", "sesame", "bob", "authorization-id" },
	{ "XOAUTH2", "alice", "sesame", "bob", "authorization-id" },
	/* a password is no token, where that can be seen */
	{ "XOAUTH2", "alice", "correct horse", NULL, "token" },
	{ "OAUTHBEARER", "alice", "caf\xc3\xa9", NULL, "token" },
	{ "OAUTHBEARER", "alice", "t\1auth=Bearer u", NULL, "token" },
	{ "XOAUTH2", "al\1ice", "token", NULL, "user" },
	{ "OAUTHBEARER", "alice", "token", "b\1b", "user" },
	/* what cannot be prepared: RFC 8265 4.2 */
	{ "SCRAM-SHA-256", "alice", "\xe9", NULL, "password" },
	{ "SCRAM-SHA-256", "alice", "a\tb", NULL, "password" },
	{ "SCRAM-SHA-1", "\xff", "sesame", NULL, "user" },
};

static void
what_a_mechanism_cannot_say_is_refused_before_it_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct fail f = { .kind = FAIL_NONE };

		assert_null(begin(refusals[i].name, refusals[i].user,
		    refusals[i].password, refusals[i].authorization, &f));
		assert_int_equal(f.kind, FAIL_AUTH);
		assert_non_null(strstr(f.words, refusals[i].words));
		assert_non_null(strstr(f.words, refusals[i].name));
	}
}

static void
scram_does_not_begin_without_random_octets(void **state)
{
	struct caps caps = offer("SCRAM-SHA-256");
	struct sasl_offer o = { &caps, NULL };
	struct sasl_credential c = { .user = "alice",
		.password = "sesame",
		.random = octets18,
		.random_len = 11 };
	struct fail f;

	(void)state;
	assert_null(sasl_begin(sasl_choose("auto", &o, NULL), &c, &o, &f));
	assert_int_equal(f.kind, FAIL_BUG);
}

/* there is no signature then, and zeros are not one. */
static void
scram_is_not_proved_after_a_message_that_was_wrong(void **state)
{
	static const char zeros[] =
	    "dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBPQ==";
	struct sasl_exchange *x =
	    begin("SCRAM-SHA-256", "alice", "sesame", NULL, NULL);
	struct buf out;
	struct fail f;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(sasl_respond(x, NULL, 0, &out, &f), 0);
	buf_clear(&out);
	assert_int_equal(
	    sasl_respond(x, (const uint8_t *)"r=x", 3, &out, &f), -1);
	assert_int_equal(sasl_finish(x, zeros, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	buf_free(&out);
	sasl_free(x);
}

static void
only_mechanisms_of_one_trip_may_ride_in_a_group(void **state)
{
	static const char *const names[] = { "PLAIN", "LOGIN", "EXTERNAL",
		"CRAM-MD5", "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1",
		"SCRAM-SHA-256" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct caps caps = offer(names[i]);
		const struct sasl_mechanism *m =
		    choose(names[i], &caps, false, NULL);
		bool rides = strcmp(names[i], "PLAIN") == 0 ||
			     strcmp(names[i], "EXTERNAL") == 0;

		assert_true(m->one_trip == rides);
		assert_true(!rides || (m->starts && m->steps == 1));
	}
}

/* ---- what is shown ----------------------------------------------------- */

static const struct {
	const char *name, *password;
	const char *text, *shown;
} replies[] = {
	/* the secret, what was said, either in base64 or as a part of
	 * what is in base64 */
	{ "PLAIN", "sesame", "5.7.8 sesame sesame no",
	    "5.7.8 ****** ****** no" },
	{ "PLAIN", "sesame", "no c2VzYW1l", "no ********" },
	{ "PLAIN", "sesame", "AGFsaWNlAHNlc2FtZQ==", "********************" },
	{ "PLAIN", "sesame", "a\neHNlc2FtZQ== b", "a\n************ b" },
	/* with something behind it: "\0alice\0sesame\r\n" */
	{ "PLAIN", "sesame", "AGFsaWNlAHNlc2FtZQ0K b",
	    "******************** b" },
	/* begun alike, and gone on otherwise: "\0alice\0-sesame" */
	{ "PLAIN", "sesame", "AGFsaWNlAC1zZXNhbWU=", "********************" },
	/* cut, so that it is no base64 any more */
	{ "PLAIN", "sesame", "'AGFsaWNlAHNlc2FtZ' what",
	    "'*****************' what" },
	{ "PLAIN", "sesame", "AGFsaWN AGFsaWNlAHNlc", "AGFsaWN *************" },
	{ "PLAIN", "sesame", "alice is not known", "alice is not known" },
	{ "PLAIN", "abc", "abc is in any text", "abc is in any text" },
	{ "LOGIN", "sesame", "alice, YWxpY2U=", "alice, ********" },
	{ "XOAUTH2", "tokentoken", "eyJ0IjoidG9rZW50b2tlbiJ9",
	    "************************" },
	{ "EXTERNAL", "sesame", "alice", "alice" },
};

static void
what_was_said_is_overwritten_where_it_is_repeated(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct sasl_exchange *x = begin(
		    replies[i].name, "alice", replies[i].password, NULL, NULL);
		char *text = xstrdup(replies[i].text);
		struct buf out;

		buf_init(&out, 1000);
		assert_int_equal(
		    sasl_respond(x, (const uint8_t *)"", 0, &out, NULL), 0);
		buf_free(&out);
		sasl_redact(x, text);
		assert_string_equal(text, replies[i].shown);
		free(text);
		sasl_free(x);
	}
}

static void
what_the_server_says_of_a_token_is_kept(void **state)
{
	struct sasl_exchange *x =
	    begin("XOAUTH2", "alice", "token", NULL, NULL);
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_null(sasl_complaint(x));
	sasl_respond(x, (const uint8_t *)"", 0, &out, NULL);
	assert_null(sasl_complaint(x));
	buf_clear(&out);
	sasl_respond(x, (const uint8_t *)"{\"a\":\0}", 7, &out, NULL);
	assert_string_equal(sasl_complaint(x), "{\"a\":?}");
	buf_free(&out);
	sasl_free(x);
}

static const struct {
	const char *name;
	int code;
	const char *text;
	const char *advice; /* a part of it; NULL: none */
} advices[] = {
	{ "PLAIN", 535, "5.7.8 no", NULL },
	{ "PLAIN", 534,
	    "5.7.9 Application-specific password required. Learn more",
	    "app password" },
	{ "LOGIN", 535,
	    "5.7.139 Authentication unsuccessful, basic authentication is "
	    "disabled.",
	    "XOAUTH2" },
	{ "PLAIN", 535,
	    "5.7.139 SmtpClientAuthentication is disabled for the Tenant",
	    "allow SMTP AUTH" },
	{ "PLAIN", 535, "5.7.8 please use an App Password", "app password" },
	{ "PLAIN", 454, "4.7.0 later", NULL },
	{ "SCRAM-SHA-256", 535, "5.7.8 no", "auth = PLAIN" },
	{ "SCRAM-SHA-256", 454, "4.7.0 later", NULL },
	{ "SCRAM-SHA-256-PLUS", 535, "no", "auth = SCRAM-SHA-256 or PLAIN" },
	{ "XOAUTH2", 535, "no", "token" },
	{ "EXTERNAL", 535, "no", "certificate" },
};

static void
a_refusal_is_explained_where_more_is_known_than_its_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		struct caps caps = offer(advices[i].name);
		struct reply r = { .code = advices[i].code };
		struct fail f = { .kind = FAIL_NONE };

		r.text = xstrdup(advices[i].text);
		sasl_advise(choose(advices[i].name, &caps, true, NULL), &r, &f);
		if (advices[i].advice == NULL)
			assert_string_equal(f.advice, "");
		else
			assert_non_null(strstr(f.advice, advices[i].advice));
		reply_free(&r);
	}
}

static const struct {
	const char *octets;
	size_t len;
	const char *xtext;
} xtexts[] = {
	{ OCTETS(""), "" },
	{ OCTETS("a@b.c"), "a@b.c" },
	{ OCTETS("e=mc2+ x"), "e+3Dmc2+2B+20x" },
	{ OCTETS("\0\r\n\x7f\xff!~"), "+00+0D+0A+7F+FF!~" },
};

static void
xtext_goes_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(xtexts) / sizeof(xtexts[0]); i++) {
		size_t len = strlen(xtexts[i].xtext);
		struct buf out;

		buf_init(&out, len);
		assert_int_equal(
		    xtext_encode(&out, xtexts[i].octets, xtexts[i].len), 0);
		assert_int_equal(buf_len(&out), len);
		assert_memory_equal(buf_data(&out), xtexts[i].xtext, len);
		buf_free(&out);
		buf_init(&out, xtexts[i].len);
		assert_int_equal(xtext_decode(&out, xtexts[i].xtext, len), 0);
		assert_int_equal(buf_len(&out), xtexts[i].len);
		assert_memory_equal(
		    buf_data(&out), xtexts[i].octets, xtexts[i].len);
		buf_free(&out);
		if (len == 0)
			continue;
		buf_init(&out, len - 1);
		assert_int_equal(
		    xtext_encode(&out, xtexts[i].octets, xtexts[i].len), -1);
		buf_free(&out);
		buf_init(&out, xtexts[i].len - 1);
		assert_int_equal(xtext_decode(&out, xtexts[i].xtext, len), -1);
		buf_free(&out);
	}
}

static void
what_is_no_xtext_is_refused(void **state)
{
	static const char *const bad[] = { "+", "a+", "+2", "+2g", "+g2", "+3d",
		"++", "+ 2", "a=b", "a b", "a\x7f", "a\x80", "\n" };
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    xtext_decode(&out, bad[i], strlen(bad[i])), -1);
	/* its end is where it is said to be */
	assert_int_equal(xtext_decode(&out, "+20", 2), -1);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_mechanism_is_the_first_wanted_that_is_offered),
		cmocka_unit_test(names_are_known_whole_and_in_any_case),
		cmocka_unit_test(
		    a_failed_choice_says_what_was_offered_and_what_to_do),
		cmocka_unit_test(a_list_tells_what_the_secret_is),
		cmocka_unit_test(responses_are_the_exact_octets),
		cmocka_unit_test(no_mechanism_has_more_steps_than_its_own),
		cmocka_unit_test(
		    what_a_mechanism_cannot_say_is_refused_before_it_begins),
		cmocka_unit_test(scram_does_not_begin_without_random_octets),
		cmocka_unit_test(
		    scram_is_not_proved_after_a_message_that_was_wrong),
		cmocka_unit_test(
		    only_mechanisms_of_one_trip_may_ride_in_a_group),
		cmocka_unit_test(
		    what_was_said_is_overwritten_where_it_is_repeated),
		cmocka_unit_test(what_the_server_says_of_a_token_is_kept),
		cmocka_unit_test(
		    a_refusal_is_explained_where_more_is_known_than_its_code),
		cmocka_unit_test(xtext_goes_there_and_back),
		cmocka_unit_test(what_is_no_xtext_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
