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
#include "smtp/sasl.h"
#include "smtp/xtext.h"

static struct caps
offer(const char *names)
{
	struct caps caps = { .flags = CAPS_AUTH };

	memcpy(caps.auth, names, strlen(names));
	return caps;
}

static const struct {
	const char *wanted, *offered;
	const char *chosen; /* NULL: none */
} choices[] = {
	/* the strongest that is offered, whatever the server's order */
	{ "auto", "PLAIN LOGIN", "PLAIN" },
	{ "auto", "LOGIN PLAIN", "PLAIN" },
	{ "AUTO", "LOGIN XOAUTH2", "LOGIN" },
	{ "auto", "GSSAPI NTLM DIGEST-MD5 CRAM-MD5", NULL },
	{ "auto", "", NULL },
	{ "LOGIN", "PLAIN LOGIN", "LOGIN" },
	{ "login,plain", "PLAIN LOGIN", "LOGIN" },
	{ "login plain", "PLAIN", "PLAIN" },
	{ " ,\tlogin ,, Plain ", "PLAIN", "PLAIN" },
	{ "NTLM PLAIN", "NTLM PLAIN", "PLAIN" },
	{ "NTLM", "NTLM PLAIN", NULL },
	{ "LOGIN", "PLAIN", NULL },
	{ "PLAI PLAINS", "PLAIN PLAI PLAINS", NULL },
	{ "", "PLAIN", NULL },
	{ ", ", "PLAIN", NULL },
};

static void
the_mechanism_is_the_first_wanted_that_is_offered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct caps caps = offer(choices[i].offered);
		struct fail f = { .kind = FAIL_NONE };
		const struct sasl_mechanism *m =
		    sasl_choose(choices[i].wanted, &caps, &f);

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
	assert_null(sasl_choose("auto", &caps, &f));
	assert_string_equal(f.words,
	    "no usable AUTH mechanism: known PLAIN, LOGIN, "
	    "offered GSSAPI XOAUTH2");
	assert_string_equal(f.advice,
	    "ask the provider for a login by PLAIN, LOGIN "
	    "(an \"app password\")");
	caps = offer("PLAIN");
	assert_null(sasl_choose("LOGIN\033", &caps, &f));
	assert_string_equal(f.words,
	    "no usable AUTH mechanism: wanted LOGIN\\^[, offered PLAIN");
	assert_string_equal(f.advice, "auth = auto would use PLAIN");
	caps = offer("");
	assert_null(sasl_choose("PLAIN", &caps, &f));
	assert_string_equal(
	    f.words, "no usable AUTH mechanism: wanted PLAIN, offered none");
	caps.flags = CAPS_STARTTLS;
	assert_null(sasl_choose("auto", &caps, &f));
	assert_string_equal(
	    f.words, "the server offers AUTH only after TLS, if at all");
	assert_string_equal(f.advice, "use tls = starttls, or tls = implicit");
	caps.flags = CAPS_SIZE;
	assert_null(sasl_choose("auto", &caps, &f));
	assert_string_equal(f.words, "the server does not offer AUTH");
	assert_non_null(strstr(f.advice, "auth = off"));
	assert_null(sasl_choose("auto", &caps, NULL));
}

#define OCTETS(literal) literal, sizeof(literal) - 1

static const struct {
	const char *name;
	struct sasl_credential credential;
	unsigned step;
	const char *octets;
	size_t len;
} responses[] = {
	{ "PLAIN", { "alice", "sesame", NULL }, 0, OCTETS("\0alice\0sesame") },
	{ "PLAIN", { "alice", "sesame", "" }, 0, OCTETS("\0alice\0sesame") },
	{ "PLAIN", { "alice", "sesame", "alice" }, 0,
	    OCTETS("\0alice\0sesame") },
	{ "PLAIN", { "alice", "sesame", "bob" }, 0,
	    OCTETS("bob\0alice\0sesame") },
	/* exact octets */
	{ "PLAIN", { "a=b,c d", " \t=,\xc3\xa9\r\n ", NULL }, 0,
	    OCTETS("\0a=b,c d\0 \t=,\xc3\xa9\r\n ") },
	{ "LOGIN", { "alice", "sesame", NULL }, 0, OCTETS("alice") },
	{ "LOGIN", { "alice", "sesame", "alice" }, 1, OCTETS("sesame") },
	{ "LOGIN", { "a@b", " \xc3\xa9 ", NULL }, 1, OCTETS(" \xc3\xa9 ") },
};

static const struct sasl_mechanism *
find(const char *name)
{
	struct caps caps = offer(name);

	return sasl_choose(name, &caps, NULL);
}

static void
responses_are_the_exact_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		const struct sasl_mechanism *m = find(responses[i].name);
		struct buf out;

		/* at the cap */
		buf_init(&out, responses[i].len);
		assert_int_equal(
		    sasl_respond(m, responses[i].step, &responses[i].credential,
			(const uint8_t *)"x", 1, &out),
		    0);
		assert_true(out.secret);
		assert_int_equal(buf_len(&out), responses[i].len);
		assert_memory_equal(
		    buf_data(&out), responses[i].octets, responses[i].len);
		buf_free(&out);
		/* and one beyond */
		buf_init(&out, responses[i].len - 1);
		assert_int_equal(
		    sasl_respond(m, responses[i].step, &responses[i].credential,
			(const uint8_t *)"", 0, &out),
		    -1);
		assert_int_equal(buf_len(&out), 0);
		buf_free(&out);
	}
}

static const struct {
	const char *name;
	struct sasl_credential credential;
	unsigned step;
} refusals[] = {
	/* no step but the mechanism's own */
	{ "PLAIN", { "alice", "sesame", NULL }, 1 },
	{ "PLAIN", { "alice", "sesame", NULL }, 1000 },
	{ "LOGIN", { "alice", "sesame", NULL }, 2 },
	{ "LOGIN", { "alice", "sesame", NULL }, -1u },
	{ "PLAIN", { "", "sesame", NULL }, 0 },
	{ "PLAIN", { "alice", "", NULL }, 0 },
	{ "PLAIN", { NULL, "sesame", NULL }, 0 },
	{ "PLAIN", { "alice", NULL, NULL }, 0 },
	{ "LOGIN", { "", "sesame", NULL }, 0 },
	{ "LOGIN", { "alice", "", NULL }, 0 },
	/* it cannot say whom to act for */
	{ "LOGIN", { "alice", "sesame", "bob" }, 0 },
	{ "LOGIN", { "alice", "sesame", "bob" }, 1 },
};

static void
what_a_mechanism_cannot_say_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct buf out;

		buf_init(&out, 1000);
		assert_int_equal(
		    sasl_respond(find(refusals[i].name), refusals[i].step,
			&refusals[i].credential, (const uint8_t *)"", 0, &out),
		    -1);
		assert_int_equal(buf_len(&out), 0);
		buf_free(&out);
	}
}

static void
only_plain_may_ride_in_a_group(void **state)
{
	(void)state;
	assert_true(find("PLAIN")->one_trip && find("PLAIN")->starts);
	assert_int_equal(find("PLAIN")->steps, 1);
	assert_false(find("LOGIN")->one_trip || find("LOGIN")->starts);
	assert_int_equal(find("LOGIN")->steps, 2);
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
		cmocka_unit_test(responses_are_the_exact_octets),
		cmocka_unit_test(what_a_mechanism_cannot_say_is_refused),
		cmocka_unit_test(only_plain_may_ride_in_a_group),
		cmocka_unit_test(xtext_goes_there_and_back),
		cmocka_unit_test(what_is_no_xtext_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
