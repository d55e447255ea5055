/*
 * The reader of talk files: a test that misreads its own script tests
 * nothing, so what it accepts and what it refuses stand in two tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "lib/talk.h"
#include "smtp/status.h"

static void
parse(struct talk *t, const char *text)
{
	struct fail f;

	if (talk_parse(t, text, strlen(text), &f) < 0)
		fail_msg("%s", f.words);
}

/* What a step that stands first spells out. */
static const struct {
	const char *text;
	enum talk_kind kind;
	const char *octets;
	size_t len;
} spelled[] = {
	{ "S: 250 ok", TALK_SERVER, "250 ok\r\n", 8 },
	{ "S:", TALK_SERVER, "\r\n", 2 },
	{ "S: ", TALK_SERVER, "\r\n", 2 },
	{ "S:  x", TALK_SERVER, " x\r\n", 4 },
	{ "S: a\\b", TALK_SERVER, "a\\b\r\n", 5 },
	{ "S~ a\\r\\n\\0\\t\\\\\\x7f\\xFe", TALK_SERVER, "a\r\n\0\t\\\x7f\xfe",
	    8 },
	{ "C: QUIT", TALK_CLIENT, "QUIT\r\n", 6 },
	{ "C~ QU", TALK_CLIENT, "QU", 2 },
	{ "%letter .\\r\\n..x\\r\\n\nC*", TALK_CLIENT, "..\r\n...x\r\n.\r\n",
	    13 },
	{ "%letter a\nC*", TALK_CLIENT, "a\r\n.\r\n", 6 },
	{ "%letter a.\\r.\\r\\n\nC*", TALK_CLIENT, "a.\r.\r\n.\r\n", 9 },
	{ "%letter .abc\\r\\n\nC/ 3", TALK_CLIENT, "..a", 3 },
	{ "%letter abc\\r\\n\nC/ -3", TALK_CLIENT, "abc\r\n", 5 },
	{ "%letter abc\\r\\n\nC/ -0", TALK_CLIENT, "abc\r\n.\r\n", 8 },
	{ "%letter a\\r\\nb\\r\\n\n%letter-repeat 3\nC*", TALK_CLIENT,
	    "a\r\nb\r\nb\r\nb\r\n.\r\n", 15 },
	{ "%letter a\n%letter-repeat 2\nC*", TALK_CLIENT, "aa\r\n.\r\n", 7 },
};

static void
steps_become_octets(void **state)
{
	struct talk t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		parse(&t, spelled[i].text);
		assert_int_equal(t.count, 1);
		assert_int_equal(t.steps[0].kind, spelled[i].kind);
		assert_int_equal(t.steps[0].len, spelled[i].len);
		assert_memory_equal(
		    t.steps[0].octets, spelled[i].octets, spelled[i].len);
		talk_free(&t);
	}
}

static void
a_letter_behind_bdat_is_not_stuffed(void **state)
{
	struct talk t;

	(void)state;
	parse(&t, "%letter .\\r\\n\nC: BDAT 3 LAST\nC*\nC: DATA\nC*\n");
	assert_int_equal(t.count, 4);
	assert_int_equal(t.steps[1].len, 3);
	assert_true(t.steps[1].letter);
	assert_int_equal(t.steps[3].len, 7);
	talk_free(&t);
}

static void
ranges_are_spelled_out(void **state)
{
	struct talk t;

	(void)state;
	parse(&t, "C[9-11]: r#@#\nS[1-2]~ #\nE[0-1]: rcpt # 250\n");
	assert_int_equal(t.count, 7);
	assert_memory_equal(t.steps[0].octets, "r9@9\r\n", 6);
	assert_memory_equal(t.steps[2].octets, "r11@11\r\n", 8);
	assert_memory_equal(t.steps[4].octets, "2", 1);
	assert_int_equal(t.steps[6].event.kind, TALK_EVENT_RCPT);
	assert_int_equal(t.steps[6].event.index, 1);
	assert_int_equal(t.steps[6].line, 3);
	talk_free(&t);
}

static const struct {
	const char *text;
	struct talk_event event;
} events[] = {
	{ "E: credential", { .kind = TALK_EVENT_CREDENTIAL } },
	{ "E: rcpt 12 550",
	    { .kind = TALK_EVENT_RCPT, .index = 12, .code = 550 } },
	{ "E: verdict taken 250", { .kind = TALK_EVENT_VERDICT,
				      .verdict = VERDICT_TAKEN,
				      .code = 250 } },
	{ "E: verdict auth 535", { .kind = TALK_EVENT_VERDICT,
				     .verdict = VERDICT_REPLY,
				     .stage = STAGE_AUTH,
				     .code = 535 } },
	{ "E: verdict end unknown", { .kind = TALK_EVENT_VERDICT,
					.verdict = VERDICT_FAIL,
					.stage = STAGE_END,
					.fail = FAIL_UNKNOWN } },
	{ "E: closed", { .kind = TALK_EVENT_CLOSED } },
	{ "E: dropped", { .kind = TALK_EVENT_DROPPED } },
	{ "E: status 0", { .kind = TALK_EVENT_STATUS } },
	{ "E: status 75", { .kind = TALK_EVENT_STATUS, .code = 75 } },
};

static void
events_become_values(void **state)
{
	struct talk t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct talk_event *want = &events[i].event, *got;

		parse(&t, events[i].text);
		got = &t.steps[0].event;
		assert_int_equal(t.steps[0].kind, TALK_EVENT);
		assert_int_equal(got->kind, want->kind);
		assert_int_equal(got->index, want->index);
		assert_int_equal(got->code, want->code);
		assert_int_equal(got->verdict, want->verdict);
		assert_int_equal(got->stage, want->stage);
		assert_int_equal(got->fail, want->fail);
		talk_free(&t);
	}
}

/* The words for stages in talks are those of records. */
static void
stages_are_named_as_in_records(void **state)
{
	int stage;

	(void)state;
	for (stage = STAGE_GREETING; stage < STAGE_COUNT; stage++) {
		char *text = xasprintf(
		    "E: verdict %s 421", stage_name((enum stage)stage));
		struct talk t;

		parse(&t, text);
		free(text);
		assert_int_equal(t.steps[0].event.stage, stage);
		talk_free(&t);
	}
}

static void
settings_have_defaults(void **state)
{
	struct talk t;

	(void)state;
	parse(&t, "# why\n\nX: quiet");
	assert_int_equal(t.tls, ENGINE_TLS_NONE);
	assert_string_equal(t.auth, "off");
	assert_string_equal(t.user, "alice");
	assert_string_equal(t.password, "sesame");
	assert_int_equal(t.timeout, 0);
	assert_string_equal(t.envelope.sender, "a@client.example");
	assert_int_equal(t.envelope.count, 1);
	assert_string_equal(t.envelope.recipients[0], "b@example.org");
	assert_int_equal(t.envelope.size, t.letter_len);
	assert_false(t.envelope.is_8bit);
	assert_false(t.engine_only || t.no_split || t.no_secret);
	talk_free(&t);
}

static void
settings_are_read(void **state)
{
	struct talk t;

	(void)state;
	parse(&t, "%tls starttls\n%auth LOGIN PLAIN\n%user b\\x20\n"
		  "%password =\n%secret missing\n%auth-unverified yes\n"
		  "%auth-pipelining yes\n%chunking grouped\n%recipients all\n"
		  "%timeout 3\n%sender <>\n%rcpt x@y\n%rcpts 2\n"
		  "%letter \\xe4\\r\\n\n%letter-breaks 1\n%engine only\n"
		  "%split no\n%authorization c\nX: eof\n");
	assert_int_equal(t.tls, ENGINE_TLS_STARTTLS);
	assert_string_equal(t.auth, "LOGIN PLAIN");
	assert_string_equal(t.user, "b ");
	assert_string_equal(t.password, "=");
	assert_string_equal(t.authorization, "c");
	assert_true(t.no_secret && t.auth_unverified && t.auth_pipelining);
	assert_int_equal(t.chunking, ENGINE_CHUNKING_GROUPED);
	assert_int_equal(t.recipients, ENGINE_RECIPIENTS_ALL);
	assert_int_equal(t.timeout, 3);
	assert_string_equal(t.envelope.sender, "");
	assert_int_equal(t.envelope.count, 3);
	assert_string_equal(t.envelope.recipients[0], "x@y");
	assert_string_equal(t.envelope.recipients[2], "r2@example.org");
	assert_true(t.envelope.is_8bit && t.engine_only && t.no_split);
	assert_int_equal(t.envelope.size, 3);
	assert_int_equal(t.breaks_at, 1);
	talk_free(&t);
}

/* The text, and the line that the complaint must name. */
static const struct {
	const char *text;
	const char *line;
} refused[] = {
	{ "", "line 0" },
	{ "# nothing but a reason\n", "line 1" },
	{ "Q: what", "line 1" },
	{ "S 250 ok", "line 1" },
	{ "S:250 ok", "line 1" },
	{ "\nS; 250", "line 2" },
	{ "T~ verified", "line 1" },
	{ "T: maybe", "line 1" },
	{ "X: explode", "line 1" },
	{ "N: more", "line 1" },
	{ "C* x", "line 1" },
	{ "C/ x", "line 1" },
	{ "C/ 100000", "line 1" },
	{ "S~ \\q", "line 1" },
	{ "S~ \\x1", "line 1" },
	{ "S~ \\", "line 1" },
	{ "S: a\tb", "line 1" },
	{ "S: \xc3\xa4", "line 1" },
	{ "S: 250\r", "line 1" },
	{ "S[1-2: x", "line 1" },
	{ "S[2-1]: x", "line 1" },
	{ "S[a-b]: x", "line 1" },
	{ "S[0-99999999]: x", "line 1" },
	{ "S[1-2]x", "line 1" },
	{ "%tls", "line 1" },
	{ "%tls maybe", "line 1" },
	{ "%tls start", "line 1" },
	{ "%TLS none", "line 1" },
	{ "%timeout -1", "line 1" },
	{ "%timeout 1s", "line 1" },
	{ "%rcpts 10001", "line 1" },
	{ "%auth-unverified no", "line 1" },
	{ "%password a\\0b", "line 1" },
	{ "%letter-repeat 0", "line 1" },
	{ "%letter \nX: eof", "line 2" },
	{ "%letter x\\r\\n\n%letter-repeat 99999999\nX: eof", "line 3" },
	{ "X: eof\n%tls none", "line 2" },
	{ "E: verdict", "line 1" },
	{ "E: verdict taken", "line 1" },
	{ "E: verdict mail", "line 1" },
	{ "E: verdict mail 25", "line 1" },
	{ "E: verdict mail perhaps", "line 1" },
	{ "E: verdict quit 221", "line 1" },
	{ "E: verdict mail 250 ok", "line 1" },
	{ "E: rcpt 250", "line 1" },
	{ "E: rcpt x 250", "line 1" },
	{ "E: closed now", "line 1" },
	{ "E: status", "line 1" },
	{ "E: status bad", "line 1" },
	{ "E: opened", "line 1" },
};

static void
what_is_not_understood_is_refused_with_its_line(void **state)
{
	struct fail f;
	struct talk t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *text = refused[i].text;

		if (talk_parse(&t, text, strlen(text), &f) == 0)
			fail_msg("accepted: %s", text);
		assert_int_equal(f.kind, FAIL_DATA);
		if (strncmp(f.words, refused[i].line, 6) != 0)
			fail_msg("%s: %s", text, f.words);
		talk_free(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_become_octets),
		cmocka_unit_test(a_letter_behind_bdat_is_not_stuffed),
		cmocka_unit_test(ranges_are_spelled_out),
		cmocka_unit_test(events_become_values),
		cmocka_unit_test(stages_are_named_as_in_records),
		cmocka_unit_test(settings_have_defaults),
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(
		    what_is_not_understood_is_refused_with_its_line),
	};

	return cmocka_run_group_tests_name("talk reader", tests, NULL, NULL);
}
