/*
 * What the talks cannot show of the engine: calls at the wrong time, the caps,
 * what counts as progress, the deadlines of each wait.
 *
 * Each case begins in a state, which is a row of a table: where the lines of
 * the server down to it lead.  The client's octets are taken as they come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "smtp/caps.h"
#include "smtp/engine.h"
#include "smtp/envelope.h"
#include "smtp/sasl.h"
#include "smtp/status.h"

static const char letter[] = "Subject: x\r\n\r\nhello\r\n";
static const char *const recipients[] = { "b@example.org" };
static const struct envelope envelope = { .sender = "a@client.example",
	.recipients = recipients,
	.count = 1,
	.size = sizeof(letter) - 1 };
static const struct sasl_credential credential = { .user = "alice",
	.password = "sesame" };

/* TLS, then AUTH: every state can be reached. */
static const struct engine_params all = { .ehlo_name = "client.example",
	.tls = ENGINE_TLS_STARTTLS,
	.auth = "auto",
	.transcript = true };

static const struct {
	const char *heard; /* behind what the rows above it heard; '!': the
	                      handshake, '$': the credential, '.': the letter */
	enum engine_event_kind awaited;
	enum stage stage;
	unsigned seconds; /* at least, RFC 5321 4.5.3.2; 0: no wait */
} states[] = {
	{ "", ENGINE_NEED_INPUT, STAGE_GREETING, 300 },
	{ "220 x\n", ENGINE_NEED_INPUT, STAGE_EHLO, 300 },
	{ "250-x\n250 STARTTLS\n", ENGINE_NEED_INPUT, STAGE_STARTTLS, 1 },
	{ "220 x\n", ENGINE_START_TLS, STAGE_TLS, 1 },
	{ "!", ENGINE_NEED_INPUT, STAGE_EHLO, 300 },
	{ "250-x\n250 AUTH PLAIN\n", ENGINE_NEED_CREDENTIAL, STAGE_AUTH, 0 },
	{ "$", ENGINE_NEED_INPUT, STAGE_AUTH, 1 },
	{ "235 x\n", ENGINE_NEED_INPUT, STAGE_MAIL, 300 },
	{ "250 x\n", ENGINE_NEED_INPUT, STAGE_RCPT, 300 },
	{ "250 x\n", ENGINE_NEED_INPUT, STAGE_DATA, 120 },
	{ "354 x\n", ENGINE_WANT_BODY, STAGE_BODY, 180 },
	{ ".", ENGINE_NEED_INPUT, STAGE_END, 600 },
	{ "250 x\n", ENGINE_WANT_LETTER, STAGE_MAIL, 0 },
	{ "hello\n", ENGINE_CLOSED, STAGE_END, 0 },
};

enum { STATES = sizeof(states) / sizeof(states[0]) };

/* Takes what was written and pulls until the engine waits. */
static enum engine_event_kind
settle(struct engine *e)
{
	struct engine_event event;
	size_t len;

	do {
		engine_next(e, &event);
		engine_output(e, &len);
		engine_sent(e, len);
	} while (event.kind == ENGINE_TRANSCRIPT || event.kind == ENGINE_RCPT ||
		 event.kind == ENGINE_VERDICT);
	return event.kind;
}

static void
hear(struct engine *e, const char *text)
{
	engine_input(e, (const uint8_t *)text, strlen(text));
	settle(e);
}

/* What a row has, without looking at what comes of it. */
static void
act(struct engine *e, const char *heard)
{
	size_t len = sizeof(letter) - 1;

	if (*heard == '!') {
		engine_tls_started(e, true);
	} else if (*heard == '$') {
		engine_credential(e, &credential, NULL);
	} else if (*heard == '.') {
		assert_int_equal(
		    engine_body(e, (const uint8_t *)letter, len), len);
		engine_body_end(e);
	} else {
		engine_input(e, (const uint8_t *)heard, strlen(heard));
	}
}

static struct engine *
reach(size_t state)
{
	struct engine *e = engine_new(&all, false);
	size_t i;

	assert_int_equal(engine_letter(e, &envelope), 0);
	settle(e);
	for (i = 0; i <= state; i++) {
		act(e, states[i].heard);
		settle(e);
	}
	return e;
}

static void
each_wait_has_its_stage_and_deadline(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STATES; i++) {
		struct engine *e = reach(i);

		assert_int_equal(settle(e), states[i].awaited);
		assert_int_equal(engine_stage(e), states[i].stage);
		if (states[i].seconds == 0)
			assert_int_equal(engine_deadline(e), 0);
		else
			assert_in_range(
			    engine_deadline(e), states[i].seconds, 3600);
		engine_free(e);
	}
}

/* ---- calls at the wrong time ------------------------------------------- */

static void
call_tls_started(struct engine *e)
{
	engine_tls_started(e, true);
}

static void
call_credential(struct engine *e)
{
	engine_credential(e, &credential, NULL);
}

static void
call_no_credential(struct engine *e)
{
	struct fail why;

	fail_set(&why, FAIL_AUTH, "none");
	engine_credential(e, NULL, &why);
}

static void
call_body(struct engine *e)
{
	assert_int_equal(engine_body(e, (const uint8_t *)"x", 1), 0);
}

static void
call_body_failed(struct engine *e)
{
	struct fail why;

	fail_set(&why, FAIL_IO, "unreadable");
	engine_body_failed(e, &why);
}

static void
call_letter(struct engine *e)
{
	assert_int_equal(engine_letter(e, &envelope), -1);
}

static void
call_sent(struct engine *e)
{
	engine_sent(e, SIZE_MAX);
}

static void
call_input(struct engine *e)
{
	assert_int_equal(engine_input(e, (const uint8_t *)"", 0), 0);
}

static const struct {
	void (*call)(struct engine *e);
	int at; /* the stage of the state that it is meant for; -1: any, and
	           nothing may come of it */
} wrong[] = {
	{ call_tls_started, STAGE_TLS },
	{ call_credential, STAGE_AUTH },
	{ call_no_credential, STAGE_AUTH },
	{ call_body, STAGE_BODY },
	{ engine_body_end, STAGE_BODY },
	{ call_body_failed, STAGE_BODY },
	{ call_sent, -1 },
	{ call_input, -1 },
};

static void
a_call_at_the_wrong_time_changes_nothing(void **state)
{
	size_t i, k, len;

	(void)state;
	for (i = 0; i < STATES * sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t at = i % STATES, call = i / STATES;
		struct engine *e;

		if ((int)states[at].stage == wrong[call].at &&
		    states[at].awaited != ENGINE_NEED_INPUT)
			continue;
		e = reach(at);
		k = engine_progress(e);
		wrong[call].call(e);
		engine_output(e, &len);
		assert_int_equal(len, 0);
		assert_int_equal(settle(e), states[at].awaited);
		assert_int_equal(engine_stage(e), states[at].stage);
		if (states[at].stage != STAGE_END)
			assert_int_equal(engine_progress(e), k);
		engine_free(e);
	}
}

static void
a_second_letter_is_not_taken_while_there_is_one(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STATES; i++) {
		struct engine *e = reach(i);

		if (states[i].awaited == ENGINE_WANT_LETTER ||
		    states[i].awaited == ENGINE_CLOSED)
			assert_int_equal(engine_letter(e, &envelope), 0);
		else
			call_letter(e);
		engine_free(e);
	}
}

static void
no_letter_is_taken_behind_the_last(void **state)
{
	struct engine *e = engine_new(&all, false);

	(void)state;
	engine_quit(e);
	call_letter(e);
	hear(e, "hello\n");
	call_letter(e);
	engine_free(e);
}

static void
it_can_be_left_in_any_state(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STATES; i++) {
		struct engine *e = reach(i);

		engine_lost(e, NULL);
		assert_int_equal(settle(e), ENGINE_CLOSED);
		engine_lost(e, NULL);
		engine_expired(e);
		assert_int_equal(settle(e), ENGINE_CLOSED);
		assert_int_equal(engine_deadline(e), 0);
		assert_int_equal(
		    engine_input(e, (const uint8_t *)"250 x\n", 6), 0);
		engine_free(e);
	}
	engine_free(NULL);
}

static void
quit_is_given_up_after_its_deadline(void **state)
{
	struct engine *e = reach(STATES - 2); /* a letter is wanted */
	struct engine_event event;

	(void)state;
	engine_quit(e);
	engine_next(e, &event);
	while (event.kind == ENGINE_TRANSCRIPT || event.kind == ENGINE_VERDICT)
		engine_next(e, &event);
	assert_int_equal(event.kind, ENGINE_CLOSED);
	assert_true(event.flush);
	assert_in_range(engine_deadline(e), 1, 60);
	engine_expired(e);
	engine_next(e, &event);
	assert_int_equal(event.kind, ENGINE_CLOSED);
	assert_false(event.flush);
	engine_free(e);
}

/* ---- the letter -------------------------------------------------------- */

static const struct engine_params plain = {
	.ehlo_name = "client.example", .tls = ENGINE_TLS_NONE, .auth = "off"
};

/* At WANT_BODY of a letter of size octets. */
static struct engine *
at_body(struct envelope *big, uint64_t size)
{
	struct engine *e = engine_new(&plain, false);

	*big = envelope;
	big->size = size;
	engine_letter(e, big);
	hear(e, "220 x\n");
	hear(e, "250 x\n");
	hear(e, "250 x\n");
	hear(e, "250 x\n");
	hear(e, "354 x\n");
	return e;
}

static void
octets_beyond_the_declared_size_are_not_taken(void **state)
{
	struct envelope five;
	struct engine *e = at_body(&five, 5);

	(void)state;
	assert_int_equal(engine_body(e, (const uint8_t *)"1234567", 7), 5);
	assert_int_equal(engine_body(e, (const uint8_t *)"67", 2), 0);
	engine_body_end(e);
	assert_int_equal(engine_body(e, (const uint8_t *)"67", 2), 0);
	engine_free(e);
}

static void
a_letter_shorter_than_declared_is_a_bug_never_completed(void **state)
{
	struct envelope five;
	struct engine *e = at_body(&five, 5);
	struct engine_event event;

	(void)state;
	assert_int_equal(engine_body(e, (const uint8_t *)"1234", 4), 4);
	engine_body_end(e);
	engine_next(e, &event);
	assert_int_equal(event.kind, ENGINE_VERDICT);
	assert_int_equal(event.verdict->kind, VERDICT_FAIL);
	assert_int_equal(event.verdict->fail.kind, FAIL_BUG);
	engine_next(e, &event);
	assert_int_equal(event.kind, ENGINE_CLOSED);
	assert_false(event.flush);
	engine_free(e);
}

static void
the_end_waits_for_room_in_the_output(void **state)
{
	struct envelope full;
	struct engine *e = at_body(&full, ENGINE_OUTPUT_MAX);
	uint8_t *octets = calloc(1, ENGINE_OUTPUT_MAX);
	const uint8_t *out;
	size_t len;

	(void)state;
	memset(octets, 'x', ENGINE_OUTPUT_MAX - 2);
	memcpy(octets + ENGINE_OUTPUT_MAX - 2, "\r\n", 2);
	assert_int_equal(
	    engine_body(e, octets, ENGINE_OUTPUT_MAX), ENGINE_OUTPUT_MAX);
	engine_body_end(e);
	engine_output(e, &len);
	assert_int_equal(len, ENGINE_OUTPUT_MAX);
	assert_int_equal(engine_stage(e), STAGE_BODY);
	engine_sent(e, 3);
	engine_sent(e, len - 3);
	out = engine_output(e, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(out, ".\r\n", 3);
	assert_int_equal(engine_stage(e), STAGE_BODY);
	engine_sent(e, 3);
	assert_int_equal(engine_stage(e), STAGE_END);
	free(octets);
	engine_free(e);
}

/* D-10: a peer that takes an octet now and then makes no progress; one that
 * takes a block does. */
static void
only_whole_blocks_are_progress(void **state)
{
	enum { SIZE = 2 * ENGINE_BLOCK };
	struct envelope big;
	struct engine *e = at_body(&big, SIZE);
	uint8_t *octets = calloc(1, SIZE);
	unsigned before;

	(void)state;
	memset(octets, 'x', SIZE);
	before = engine_progress(e);
	assert_true(engine_body(e, octets, SIZE) > ENGINE_BLOCK);
	engine_sent(e, 1);
	engine_sent(e, 1);
	engine_sent(e, 1000);
	assert_int_equal(engine_progress(e), before);
	engine_sent(e, ENGINE_BLOCK);
	assert_int_not_equal(engine_progress(e), before);
	free(octets);
	engine_free(e);
}

/* The answer to the letter's end has its whole deadline from the last octet
 * on. */
static void
the_last_octet_is_progress(void **state)
{
	struct envelope five;
	struct engine *e = at_body(&five, 5);
	unsigned before;
	size_t len;

	(void)state;
	engine_body(e, (const uint8_t *)"abc\r\n", 5);
	engine_body_end(e);
	before = engine_progress(e);
	engine_output(e, &len);
	assert_int_equal(len, 8);
	engine_sent(e, 7);
	assert_int_equal(engine_progress(e), before);
	assert_int_equal(engine_stage(e), STAGE_BODY);
	engine_sent(e, 1);
	assert_int_not_equal(engine_progress(e), before);
	assert_int_equal(engine_stage(e), STAGE_END);
	engine_free(e);
}

/* ---- the rest ---------------------------------------------------------- */

static void
a_large_group_keeps_within_the_output(void **state)
{
	enum { COUNT = 10000 };
	const char **many = calloc(COUNT, sizeof(*many));
	struct envelope to_many = envelope;
	struct engine *e = engine_new(&plain, false);
	size_t i, len, total = 0;

	(void)state;
	for (i = 0; i < COUNT; i++)
		many[i] = recipients[0];
	to_many.recipients = many;
	to_many.count = COUNT;
	engine_letter(e, &to_many);
	hear(e, "220 x\n");
	engine_input(e, (const uint8_t *)"250-x\n250 PIPELINING\n", 21);
	for (engine_output(e, &len); len > 0; engine_output(e, &len)) {
		assert_in_range(len, 1, ENGINE_OUTPUT_MAX);
		total += len;
		engine_sent(e, len);
	}
	assert_int_equal(
	    total, strlen("MAIL FROM:<a@client.example>\r\n") +
		       COUNT * strlen("RCPT TO:<b@example.org>\r\n") +
		       strlen("DATA\r\n"));
	free(many);
	engine_free(e);
}

static void
what_the_server_offers_and_the_mechanism_can_be_asked(void **state)
{
	struct engine *e = reach(2); /* STARTTLS is said */

	(void)state;
	assert_int_equal(engine_caps(e)->flags, CAPS_STARTTLS);
	assert_null(engine_mechanism(e));
	engine_free(e);
	e = reach(6); /* AUTH is said */
	assert_int_equal(engine_caps(e)->flags, CAPS_AUTH);
	assert_null(engine_mechanism(e));
	hear(e, "235 x\n");
	assert_string_equal(engine_mechanism(e), "PLAIN");
	engine_free(e);
}

static void
the_transcript_is_told_only_where_it_is_wanted(void **state)
{
	struct engine *e = engine_new(&plain, false);
	struct engine_event event;

	(void)state;
	engine_input(e, (const uint8_t *)"220 x\n", 6);
	engine_next(e, &event);
	assert_int_equal(event.kind, ENGINE_NEED_INPUT);
	engine_free(e);
	e = engine_new(&all, false);
	engine_input(e, (const uint8_t *)"220-x\n220 y\n", 12);
	engine_next(e, &event);
	assert_int_equal(event.kind, ENGINE_TRANSCRIPT);
	assert_true(event.from_server);
	assert_string_equal(event.line, "220-x");
	engine_next(e, &event);
	assert_string_equal(event.line, "220 y");
	engine_next(e, &event);
	assert_false(event.from_server);
	assert_string_equal(event.line, "EHLO client.example");
	engine_free(e);
}

/* All lines of the session that the table of states is, the password none of
 * them. */
static void
the_transcript_shows_both_sides_and_no_secret(void **state)
{
	static const char *const lines[] = { "<220 x", ">EHLO client.example",
		"<250-x", "<250 STARTTLS", ">STARTTLS", "<220 x",
		">EHLO client.example", "<250-x", "<250 AUTH PLAIN",
		">AUTH PLAIN ***", "<235 x", ">MAIL FROM:<a@client.example>",
		"<250 x", ">RCPT TO:<b@example.org>", "<250 x", ">DATA",
		"<354 x", ">(the letter, 21 octets)", "<250 x", ">QUIT" };
	struct engine *e = engine_new(&all, false);
	struct engine_event event;
	size_t row = 0, line = 0, len;

	(void)state;
	engine_letter(e, &envelope);
	engine_next(e, &event);
	while (event.kind != ENGINE_CLOSED) {
		if (event.kind == ENGINE_TRANSCRIPT) {
			assert_in_range(
			    line, 0, sizeof(lines) / sizeof(lines[0]) - 1);
			assert_int_equal(
			    event.from_server, lines[line][0] == '<');
			assert_string_equal(event.line, lines[line++] + 1);
		} else if (event.kind == ENGINE_WANT_LETTER) {
			engine_quit(e);
		} else if (event.kind != ENGINE_RCPT &&
			   event.kind != ENGINE_VERDICT) {
			engine_output(e, &len);
			engine_sent(e, len);
			act(e, states[++row].heard);
		}
		engine_next(e, &event);
	}
	assert_int_equal(line, sizeof(lines) / sizeof(lines[0]));
	engine_free(e);
}

/* The engine at the question whether the letter can have seven bits. */
static struct engine *
engine_at_7bit(const struct envelope *e)
{
	static const char heard[] = "220 x\r\n250 x\r\n";
	static const struct engine_params seven = { .ehlo_name =
							"client.example",
		.tls = ENGINE_TLS_NONE,
		.auth = "off" };
	struct engine *engine = engine_new(&seven, false);

	engine_letter(engine, e);
	engine_input(engine, (const uint8_t *)heard, 7);
	assert_int_equal(settle(engine), ENGINE_NEED_INPUT);
	engine_input(engine, (const uint8_t *)heard + 7, 7);
	assert_int_equal(settle(engine), ENGINE_WANT_7BIT);
	return engine;
}

static void
an_8bit_letter_for_a_7bit_server_may_be_exchanged(void **state)
{
	struct envelope wide = envelope, narrow = envelope;
	const struct envelope *answers[] = { &narrow, NULL };
	size_t len;

	(void)state;
	wide.is_8bit = true;
	narrow.size = 7;
	for (size_t i = 0; i < 2; i++) {
		struct engine *e = engine_at_7bit(&wide);
		const uint8_t *out;

		engine_recoded(e, answers[i]);
		out = engine_output(e, &len);
		assert_memory_equal(
		    out, "MAIL FROM:<a@client.example>\r\n", 30);
		assert_int_equal(settle(e), ENGINE_NEED_INPUT);
		for (int n = 0; n < 2; n++) {
			engine_input(e, (const uint8_t *)"250 x\r\n", 7);
			settle(e);
		}
		engine_input(e, (const uint8_t *)"354 x\r\n", 7);
		assert_int_equal(settle(e), ENGINE_WANT_BODY);
		/* As many octets are taken as the letter that goes has. */
		assert_int_equal(
		    engine_body(e, (const uint8_t *)letter, wide.size),
		    i == 0 ? narrow.size : wide.size);
		engine_free(e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_8bit_letter_for_a_7bit_server_may_be_exchanged),
		cmocka_unit_test(each_wait_has_its_stage_and_deadline),
		cmocka_unit_test(a_call_at_the_wrong_time_changes_nothing),
		cmocka_unit_test(
		    a_second_letter_is_not_taken_while_there_is_one),
		cmocka_unit_test(no_letter_is_taken_behind_the_last),
		cmocka_unit_test(it_can_be_left_in_any_state),
		cmocka_unit_test(quit_is_given_up_after_its_deadline),
		cmocka_unit_test(octets_beyond_the_declared_size_are_not_taken),
		cmocka_unit_test(
		    a_letter_shorter_than_declared_is_a_bug_never_completed),
		cmocka_unit_test(the_end_waits_for_room_in_the_output),
		cmocka_unit_test(only_whole_blocks_are_progress),
		cmocka_unit_test(the_last_octet_is_progress),
		cmocka_unit_test(a_large_group_keeps_within_the_output),
		cmocka_unit_test(
		    what_the_server_offers_and_the_mechanism_can_be_asked),
		cmocka_unit_test(
		    the_transcript_is_told_only_where_it_is_wanted),
		cmocka_unit_test(the_transcript_shows_both_sides_and_no_secret),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
