/*
 * smtp/status: the rules of what a failure means, each stage with each code
 * and enhanced code that they name.  The rows are written from the rules; the
 * loops see to it that no stage is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "smtp/status.h"

#define AT(stage) (1u << STAGE_##stage)

enum {
	EVERY = (1u << STAGE_COUNT) - 1,
	SITE = AT(MAIL) - 1, /* all before MAIL */
	OWN = EVERY & ~(AT(MAIL) - 1) /* MAIL and all behind */
};

/* A verdict by a reply; enhanced is subject * 1000 + detail, or -1. */
static struct verdict
by_reply(enum stage stage, int code, int enhanced)
{
	struct verdict v = {
		.kind = VERDICT_REPLY, .stage = stage, .reply = { .code = code }
	};

	if (enhanced >= 0) {
		v.reply.class = code / 100;
		v.reply.subject = enhanced / 1000;
		v.reply.detail = enhanced % 1000;
	}
	return v;
}

static struct verdict
by_fail(enum stage stage, enum fail_kind kind)
{
	return (struct verdict){
		.kind = VERDICT_FAIL, .stage = stage, .fail = { .kind = kind }
	};
}

enum { NONE = -1, ANY = -2 };

/* Tried in order, as the rules are: the first that fits a stage, a code and an
 * enhanced code says what must come out. */
static const struct {
	unsigned stages;
	int code; /* or ANY */
	int enhanced; /* subject * 1000 + detail, NONE, or ANY */
	int status;
} rows[] = {
	/* rule 3 */
	{ EVERY, 432, ANY, EX_NOPERM },
	{ EVERY, 400, ANY, EX_TEMPFAIL },
	{ EVERY, 421, ANY, EX_TEMPFAIL },
	{ EVERY, 450, ANY, EX_TEMPFAIL },
	{ EVERY, 451, ANY, EX_TEMPFAIL },
	{ EVERY, 452, ANY, EX_TEMPFAIL },
	{ EVERY, 454, ANY, EX_TEMPFAIL },
	{ EVERY, 459, ANY, EX_TEMPFAIL },
	{ AT(RCPT), 552, NONE, EX_TEMPFAIL },
	{ AT(RCPT), 552, 5003, EX_TEMPFAIL },
	/* rule 4 */
	{ EVERY, 530, ANY, EX_NOPERM },
	{ EVERY, 534, ANY, EX_NOPERM },
	{ EVERY, 535, ANY, EX_NOPERM },
	{ EVERY, 538, ANY, EX_NOPERM },
	/* rule 8: an answer that is none of those to be had */
	{ EVERY & ~AT(END), 220, ANY, EX_PROTOCOL },
	{ EVERY & ~AT(END), 250, ANY, EX_PROTOCOL },
	{ EVERY & ~AT(END), 334, ANY, EX_PROTOCOL },
	{ EVERY & ~AT(END), 354, ANY, EX_PROTOCOL },
	/* rule 2: the same behind the last octet */
	{ AT(END), 220, ANY, EX_TEMPFAIL },
	{ AT(END), 250, ANY, EX_TEMPFAIL },
	{ AT(END), 334, ANY, EX_TEMPFAIL },
	{ AT(END), 354, ANY, EX_TEMPFAIL },
	/* rule 4: what is left at AUTH is 5yz */
	{ AT(AUTH), ANY, ANY, EX_NOPERM },
	/* rule 7 for a greeting and what else comes before MAIL, whatever the
	 * enhanced code */
	{ SITE, ANY, ANY, EX_UNAVAILABLE },
	/* rule 5 */
	{ OWN, ANY, 1007, EX_DATAERR },
	{ OWN, ANY, 1008, EX_DATAERR },
	{ OWN, ANY, 1002, EX_NOHOST },
	{ OWN, ANY, 1010, EX_NOHOST },
	{ OWN, ANY, 1000, EX_NOUSER },
	{ OWN, ANY, 1001, EX_NOUSER },
	{ OWN, ANY, 1003, EX_NOUSER },
	{ OWN, ANY, 1006, EX_NOUSER },
	{ OWN, ANY, 1999, EX_NOUSER },
	{ OWN, ANY, 2003, EX_DATAERR },
	{ OWN, ANY, 3004, EX_DATAERR },
	{ OWN, ANY, 6000, EX_DATAERR },
	{ OWN, ANY, 6003, EX_DATAERR },
	{ OWN, ANY, 6009, EX_DATAERR },
	{ OWN, ANY, 7000, EX_NOPERM },
	{ OWN, ANY, 7001, EX_NOPERM },
	{ OWN, ANY, 7026, EX_NOPERM },
	/* rule 6 */
	{ AT(RCPT), 550, NONE, EX_NOUSER },
	{ AT(RCPT), 551, NONE, EX_NOUSER },
	{ AT(RCPT), 553, NONE, EX_NOUSER },
	{ AT(MAIL) | AT(BODY) | AT(END), 552, NONE, EX_DATAERR },
	{ AT(MAIL), 501, NONE, EX_DATAERR },
	{ AT(MAIL), 553, NONE, EX_DATAERR },
	/* rule 7 */
	{ OWN, ANY, ANY, EX_UNAVAILABLE },
};

static const int codes[] = { 220, 250, 334, 354, 400, 421, 432, 450, 451, 452,
	454, 459, 500, 501, 502, 503, 504, 521, 530, 534, 535, 538, 541, 550,
	551, 552, 553, 554, 555, 556, 559 };
static const int enhanced[] = { NONE, 0, 1000, 1001, 1002, 1003, 1006, 1007,
	1008, 1010, 1999, 2000, 2001, 2002, 2003, 3000, 3004, 4000, 4007, 5000,
	5003, 6000, 6003, 6009, 7000, 7001, 7026, 8001 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int
expected(enum stage stage, int code, int with)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if ((rows[i].stages & 1u << stage) &&
		    (rows[i].code == ANY || rows[i].code == code) &&
		    (rows[i].enhanced == ANY || rows[i].enhanced == with))
			return rows[i].status;
	return -1;
}

static void
every_reply_at_every_stage_has_the_first_rules_status(void **state)
{
	(void)state;
	for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
		for (size_t i = 0; i < COUNT(codes); i++)
			for (size_t j = 0; j < COUNT(enhanced); j++) {
				struct verdict v =
				    by_reply(stage, codes[i], enhanced[j]);

				if (codes[i] / 100 == 3 && enhanced[j] != NONE)
					continue;
				assert_int_equal(status_of(&v),
				    expected(stage, codes[i], enhanced[j]));
			}
}

/* The rules once more, in the words of who asks. */
static void
well_known_refusals_have_their_status(void **state)
{
	static const struct {
		enum stage stage;
		int code, enhanced, status;
	} known[] = {
		{ STAGE_GREETING, 554, NONE, 69 }, /* */
		{ STAGE_GREETING, 421, NONE, 75 },
		{ STAGE_EHLO, 502, NONE, 69 }, /* T-02 */
		{ STAGE_STARTTLS, 454, NONE, 75 }, /* T-03 */
		{ STAGE_STARTTLS, 502, NONE, 69 }, /* T-04 */
		{ STAGE_STARTTLS, 250, NONE, 76 }, /* T-05 */
		{ STAGE_AUTH, 535, 7008, 77 }, /* */
		{ STAGE_AUTH, 454, 7000, 75 }, /* */
		{ STAGE_AUTH, 432, 7012, 77 }, { STAGE_MAIL, 530, 7000, 77 },
		{ STAGE_MAIL, 552, NONE, 65 }, /* */
		{ STAGE_MAIL, 452, NONE, 75 }, { STAGE_MAIL, 550, 1008, 65 },
		{ STAGE_RCPT, 550, NONE, 67 }, /* */
		{ STAGE_RCPT, 550, 1001, 67 },
		{ STAGE_RCPT, 550, 7001, 77 }, /* relaying denied */
		{ STAGE_RCPT, 552, 2002, 69 }, /* mailbox full */
		{ STAGE_RCPT, 552, NONE, 75 }, /* too many recipients */
		{ STAGE_RCPT, 556, 1010, 68 }, { STAGE_DATA, 554, NONE, 69 },
		{ STAGE_DATA, 250, NONE, 76 }, /* */
		{ STAGE_END, 554, 7001, 77 }, { STAGE_END, 552, 3004, 65 },
		{ STAGE_END, 554, 6000, 65 },
		{ STAGE_END, 354, NONE, 75 }, /* */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		struct verdict v =
		    by_reply(known[i].stage, known[i].code, known[i].enhanced);

		assert_int_equal(status_of(&v), known[i].status);
	}
}

static void
a_failure_without_a_reply_has_the_status_of_its_kind(void **state)
{
	static const struct {
		enum fail_kind kind;
		int status;
	} kinds[] = {
		{ FAIL_NONE, 70 },
		{ FAIL_USAGE, 64 },
		{ FAIL_DATA, 65 },
		{ FAIL_NOINPUT, 66 },
		{ FAIL_NOUSER, 67 },
		{ FAIL_NONAME, 68 },
		{ FAIL_UNKNOWN, 75 },
		{ FAIL_TEMP, 75 },
		{ FAIL_PROTOCOL, 76 },
		{ FAIL_TRUST, 76 },
		{ FAIL_AUTH, 77 },
		{ FAIL_CONFIG, 78 },
		{ FAIL_OS, 71 },
		{ FAIL_CANTCREAT, 73 },
		{ FAIL_IO, 74 },
		{ FAIL_SETID, 77 },
		{ FAIL_BUG, 70 },
	};

	(void)state;
	assert_int_equal(COUNT(kinds), FAIL_BUG + 1);
	for (size_t i = 0; i < COUNT(kinds); i++)
		for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
			struct verdict v = by_fail(stage, kinds[i].kind);

			assert_int_equal(kinds[i].kind, i);
			assert_int_equal(status_of(&v), kinds[i].status);
			assert_int_equal(
			    status_of_fail(kinds[i].kind), kinds[i].status);
		}
	assert_int_equal(status_of_fail((enum fail_kind)1000), 70);
}

static void
only_a_letter_that_was_taken_is_0(void **state)
{
	struct verdict v = { 0 };

	(void)state;
	assert_int_equal(status_of(&v), EX_SOFTWARE);
	verdict_taken(&v, &(struct reply){ .code = 250 });
	assert_int_equal(v.stage, STAGE_END);
	assert_int_equal(status_of(&v), EX_OK);
	verdict_free(&v);
	assert_int_equal(v.kind, VERDICT_NONE);
}

/* Temporary first, success last, the rest in the order of the rules. */
static const int order[] = { 75, 64, 65, 66, 77, 68, 67, 69, 76, 71, 73, 74, 78,
	70, 0 };

static void
of_two_statuses_the_worse_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t j = 0; j < COUNT(order); j++)
			assert_int_equal(status_worse(order[i], order[j]),
			    order[i < j ? i : j]);
	assert_int_equal(status_worse(0, 99), 99);
	assert_int_equal(status_worse(99, 67), 67);
}

static const struct {
	unsigned stages;
	int code;
	bool site, move_on;
} replies[] = {
	{ SITE & ~AT(AUTH), 421, true, true },
	{ SITE & ~AT(AUTH), 454, true, true },
	{ SITE & ~AT(AUTH), 554, true, true },
	{ SITE & ~AT(AUTH), 530, true, true },
	{ SITE & ~AT(AUTH), 250, true, true },
	{ AT(AUTH), 421, true, true },
	{ AT(AUTH), 454, true, true },
	{ AT(AUTH), 535, true, false },
	{ AT(AUTH), 504, true, false },
	{ AT(AUTH), 530, true, false },
	{ OWN, 421, false, true },
	{ OWN, 450, false, false },
	{ OWN, 550, false, false },
	{ OWN, 535, false, false },
	{ OWN, 552, false, false },
	{ OWN, 530, true, false },
};

static void
a_reply_is_the_sites_or_the_letters_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++)
		for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
			struct verdict v =
			    by_reply(stage, replies[i].code, NONE);

			if (!(replies[i].stages & 1u << stage))
				continue;
			assert_int_equal(status_is_site(&v), replies[i].site);
			assert_int_equal(
			    status_may_move_on(&v), replies[i].move_on);
		}
}

static const struct {
	enum fail_kind kind;
	unsigned site, move_on; /* the stages at which it is so */
} fails[] = {
	{ FAIL_USAGE, 0, 0 },
	{ FAIL_DATA, 0, 0 },
	{ FAIL_NOINPUT, 0, 0 },
	{ FAIL_NOUSER, 0, 0 },
	{ FAIL_NONAME, EVERY & ~AT(END), SITE },
	{ FAIL_UNKNOWN, 0, 0 },
	{ FAIL_TEMP, EVERY & ~AT(END), EVERY & ~AT(END) & ~AT(LOCAL) },
	{ FAIL_PROTOCOL, EVERY & ~AT(END), SITE },
	{ FAIL_TRUST, EVERY & ~AT(END), SITE },
	{ FAIL_AUTH, EVERY & ~AT(END), 0 },
	{ FAIL_CONFIG, EVERY & ~AT(END), 0 },
	{ FAIL_OS, EVERY & ~AT(END), 0 },
	{ FAIL_CANTCREAT, EVERY & ~AT(END), 0 },
	{ FAIL_IO, EVERY & ~AT(END), 0 },
	{ FAIL_SETID, EVERY & ~AT(END), 0 },
	{ FAIL_BUG, EVERY & ~AT(END), 0 },
};

static void
a_failure_is_the_sites_unless_the_input_was_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fails); i++)
		for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
			struct verdict v = by_fail(stage, fails[i].kind);
			unsigned here = 1u << stage;

			assert_int_equal(
			    status_is_site(&v), (fails[i].site & here) != 0);
			assert_int_equal(status_may_move_on(&v),
			    (fails[i].move_on & here) != 0);
		}
}

static void
what_was_taken_is_no_failure_and_goes_nowhere_else(void **state)
{
	struct verdict v = { 0 };

	(void)state;
	assert_false(status_is_site(&v));
	assert_false(status_may_move_on(&v));
	verdict_taken(&v, &(struct reply){ .code = 250 });
	assert_false(status_is_site(&v));
	assert_false(status_may_move_on(&v));
	verdict_free(&v);
}

static void
verdicts_own_what_they_hold(void **state)
{
	struct reply reply = { .code = 550, .class = 5, .text = xstrdup("no") };
	struct fail f;
	struct verdict a = { 0 }, b = { 0 };

	(void)state;
	verdict_reply(&a, STAGE_RCPT, &reply);
	reply_free(&reply);
	verdict_reply(&a, STAGE_MAIL, &a.reply);
	assert_string_equal(a.reply.text, "no");
	fail_set(&f, FAIL_TEMP, "gone");
	verdict_fail(&b, STAGE_BODY, &f);
	assert_int_equal(b.stage, STAGE_BODY);
	assert_string_equal(b.fail.words, "gone");
	verdict_copy(&b, &a);
	verdict_copy(&b, &b);
	verdict_free(&a);
	assert_int_equal(b.kind, VERDICT_REPLY);
	assert_int_equal(b.stage, STAGE_MAIL);
	assert_string_equal(b.reply.text, "no");
	verdict_fail(&b, STAGE_BODY, &f);
	assert_null(b.reply.text);
	verdict_free(&b);
}

static void
stages_and_statuses_have_names(void **state)
{
	(void)state;
	for (enum stage a = 0; a < STAGE_COUNT; a++) {
		assert_true(strlen(stage_name(a)) > 0);
		assert_true(strlen(stage_phrase(a)) > 0);
		for (enum stage b = 0; b < a; b++)
			assert_string_not_equal(stage_name(a), stage_name(b));
	}
	assert_string_equal(stage_name(STAGE_END), "end");
	assert_string_equal(stage_phrase(STAGE_END),
	    "sending the end of the data; the letter may be delivered twice");
	assert_string_equal(stage_name(STAGE_COUNT), "");
	assert_string_equal(stage_phrase((enum stage) - 1), "");
	assert_string_equal(status_name(75), "EX_TEMPFAIL");
	assert_string_equal(status_name(0), "EX_OK");
	assert_string_equal(status_name(1), "");
	for (size_t i = 0; i < COUNT(order); i++)
		assert_memory_equal(status_name(order[i]), "EX_", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_reply_at_every_stage_has_the_first_rules_status),
		cmocka_unit_test(well_known_refusals_have_their_status),
		cmocka_unit_test(
		    a_failure_without_a_reply_has_the_status_of_its_kind),
		cmocka_unit_test(only_a_letter_that_was_taken_is_0),
		cmocka_unit_test(of_two_statuses_the_worse_counts),
		cmocka_unit_test(a_reply_is_the_sites_or_the_letters_own),
		cmocka_unit_test(
		    a_failure_is_the_sites_unless_the_input_was_bad),
		cmocka_unit_test(
		    what_was_taken_is_no_failure_and_goes_nowhere_else),
		cmocka_unit_test(verdicts_own_what_they_hold),
		cmocka_unit_test(stages_and_statuses_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
