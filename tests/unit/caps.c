/*
 * smtp/caps: what is read from an answer to EHLO, and what hostile ones
 * cannot do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/caps.h"
#include "smtp/reply.h"

static void
parse(struct caps *caps, const char *text)
{
	struct reply reply = { .code = 250, .text = xstrdup(text) };

	memset(caps, 0xa5, sizeof(*caps)); /* nothing of it may stay */
	caps_parse(caps, &reply);
	reply_free(&reply);
}

static const struct {
	const char *text;
	unsigned flags;
	uint64_t size;
	const char *auth;
} rows[] = {
	{ "mx.example\nPIPELINING\nSIZE 1000\n8BITMIME\nENHANCEDSTATUSCODES\n"
	  "CHUNKING\nSTARTTLS\nAUTH PLAIN LOGIN\nDSN\nSMTPUTF8",
	    CAPS_PIPELINING | CAPS_SIZE | CAPS_8BITMIME | CAPS_ENHANCED |
		CAPS_CHUNKING | CAPS_STARTTLS | CAPS_AUTH | CAPS_DSN |
		CAPS_SMTPUTF8,
	    1000, "PLAIN LOGIN" },
	{ "mx.example\npipelining\nSize 7\nAuth plain Login",
	    CAPS_PIPELINING | CAPS_SIZE | CAPS_AUTH, 7, "PLAIN LOGIN" },
	{ "mx.example\nPIPELINING \t\nSIZE   12  99\nAUTH  PLAIN\t LOGIN ",
	    CAPS_PIPELINING | CAPS_SIZE | CAPS_AUTH, 12, "PLAIN LOGIN" },
	/* the first line only greets */
	{ "STARTTLS", 0, 0, "" },
	{ "SIZE 10\nDSN", CAPS_DSN, 0, "" },
	{ "", 0, 0, "" },
	{ "\n\n\n", 0, 0, "" },
	/* words that only begin or end like one we know; unknown ones */
	{ "mx\nXSTARTTLS\nSTARTTLSX\nSTART\n STARTTLS X\nVRFY\nHELP",
	    CAPS_STARTTLS, 0, "" },
	{ "mx\nSIZE=5\nDSN=1\nAUTHX PLAIN\nX AUTH PLAIN", 0, 0, "" },
	/* absurd sizes are no limit */
	{ "mx\nSIZE", CAPS_SIZE, 0, "" },
	{ "mx\nSIZE 0", CAPS_SIZE, 0, "" },
	{ "mx\nSIZE 18446744073709551615", CAPS_SIZE, UINT64_MAX, "" },
	{ "mx\nSIZE 18446744073709551616", CAPS_SIZE, 0, "" },
	{ "mx\nSIZE 99999999999999999999", CAPS_SIZE, 0, "" },
	{ "mx\nSIZE 100000000000000000000000000000000000000", CAPS_SIZE, 0,
	    "" },
	{ "mx\nSIZE 000000000000000000000000000000000000010", CAPS_SIZE, 10,
	    "" },
	{ "mx\nSIZE -1", CAPS_SIZE, 0, "" },
	{ "mx\nSIZE 10M", CAPS_SIZE, 0, "" },
	{ "mx\nSIZE 0x10", CAPS_SIZE, 0, "" },
	/* what is said twice counts once, mechanisms are united */
	{ "mx\nSIZE 5\nSIZE 6\nDSN\nDSN", CAPS_SIZE | CAPS_DSN, 5, "" },
	{ "mx\nAUTH PLAIN LOGIN\nAUTH=LOGIN PLAIN\nAUTH plain XOAUTH2",
	    CAPS_AUTH, 0, "PLAIN LOGIN XOAUTH2" },
	/* the old form */
	{ "mx\nAUTH=LOGIN", CAPS_AUTH, 0, "LOGIN" },
	{ "mx\nauth=LOGIN CRAM-MD5", CAPS_AUTH, 0, "LOGIN CRAM-MD5" },
	{ "mx\nAUTH= LOGIN", CAPS_AUTH, 0, "LOGIN" },
	{ "mx\nAUTH=", CAPS_AUTH, 0, "" },
	{ "mx\nAUTH", CAPS_AUTH, 0, "" },
	/* names that are none do not come through */
	{ "mx\nAUTH \033[2J PL\x80IN A/B =PLAIN SCRAM-SHA-256-PLUS _x1 "
	  "ABCDEFGHIJKLMNOPQRST ABCDEFGHIJKLMNOPQRSTU",
	    CAPS_AUTH, 0, "SCRAM-SHA-256-PLUS _X1 ABCDEFGHIJKLMNOPQRST" },
};

static void
an_answer_to_ehlo_is_read(void **state)
{
	struct caps caps;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(&caps, rows[i].text);
		assert_int_equal(caps.flags, rows[i].flags);
		assert_true(caps.size == rows[i].size);
		assert_string_equal(caps.auth, rows[i].auth);
	}
}

/* T-14: what was said before TLS is forgotten. */
static void
a_second_answer_leaves_nothing_of_the_first(void **state)
{
	struct reply reply = { .code = 250 };
	struct caps caps;

	(void)state;
	parse(&caps, "mx\nSIZE 5\nPIPELINING\nSTARTTLS\nAUTH PLAIN");
	reply.text = xstrdup("mx\nDSN");
	caps_parse(&caps, &reply);
	assert_int_equal(caps.flags, CAPS_DSN);
	assert_true(caps.size == 0);
	assert_false(caps_offers_auth(&caps, "PLAIN"));
	reply_free(&reply);
	caps_parse(&caps, &reply); /* an empty one, without any text */
	assert_int_equal(caps.flags, 0);
}

static void
a_mechanism_is_offered_by_its_whole_name_only(void **state)
{
	static const char *const offered[] = { "PLAIN", "plain", "Login",
		"SCRAM-SHA-1-PLUS" };
	static const char *const missing[] = { "", " ", "PLAI", "PLAINX",
		"LAIN", "PLAIN LOGIN", "SCRAM-SHA-1", "AUTH", "EXTERNAL" };
	struct caps caps;

	(void)state;
	parse(&caps, "mx\nAUTH PLAIN LOGIN SCRAM-SHA-1-PLUS");
	for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
		assert_true(caps_offers_auth(&caps, offered[i]));
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		assert_false(caps_offers_auth(&caps, missing[i]));
}

/* a flood of mechanisms is kept up to the cap, whole names only. */
static void
mechanism_names_are_kept_up_to_the_cap(void **state)
{
	char *text = xmalloc(REPLY_TEXT_MAX);
	struct caps caps;
	size_t used = 0;

	(void)state;
	memcpy(text, "mx\nAUTH", 7);
	used = 7;
	for (int i = 0; i < 5000; i++) {
		const char name[] = { ' ', (char)('A' + i % 26),
			(char)('A' + i / 26 % 26), (char)('A' + i / 676), 'X',
			'Y', 'Z' };

		memcpy(text + used, name, sizeof(name));
		used += sizeof(name);
	}
	text[used] = '\0';
	parse(&caps, text);
	/* 73 names of 6 and the blanks between: 510; no room for one more */
	assert_int_equal(strlen(caps.auth), 510);
	assert_true(caps_offers_auth(&caps, "AAAXYZ"));
	assert_true(caps_offers_auth(&caps, "UCAXYZ"));
	assert_false(caps_offers_auth(&caps, "VCAXYZ"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_to_ehlo_is_read),
		cmocka_unit_test(a_second_answer_leaves_nothing_of_the_first),
		cmocka_unit_test(a_mechanism_is_offered_by_its_whole_name_only),
		cmocka_unit_test(mechanism_names_are_kept_up_to_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
