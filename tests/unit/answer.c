/*
 * smtp/answer: what the client of -bs is told.  What the smarthost says of the
 * letter is passed on; what it says of us never is.
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
#include "smtp/answer.h"
#include "smtp/envelope.h"
#include "smtp/record.h"

/* A verdict: by a reply where text is set, by a failure where words is. */
struct outcome {
	enum stage stage;
	int code, class, subject, detail;
	const char *text;
	enum fail_kind kind;
	const char *words;
};

#define REPLY(stage, code, text) \
	{ \
		STAGE_##stage, code, 0, 0, 0, text, 0, 0 \
	}
#define CODED(stage, code, class, subject, detail, text) \
	{ \
		STAGE_##stage, code, class, subject, detail, text, 0, 0 \
	}
#define FAIL(stage, kind, words) \
	{ \
		STAGE_##stage, 0, 0, 0, 0, 0, FAIL_##kind, words \
	}
#define TAKEN REPLY(END, 250, "2.0.0 queued as 7")
#define NONE \
	{ \
		0 \
	}

static void
set_verdict(struct verdict *v, const struct outcome *o)
{
	struct reply reply = { .code = o->code,
		.class = o->class,
		.subject = o->subject,
		.detail = o->detail };
	struct fail f;

	if (o->text != NULL) {
		reply.text = xstrdup(o->text);
		if (o->code / 100 == 2)
			verdict_taken(v, &reply);
		else
			verdict_reply(v, o->stage, &reply);
		reply_free(&reply);
	} else if (o->words != NULL) {
		fail_set(&f, o->kind, "%s", o->words);
		verdict_fail(v, o->stage, &f);
	}
}

static const char *const recipients[] = { "b@example.org", "c@example.org" };
static const struct envelope envelope = { .sender = "a@example.org",
	.recipients = recipients,
	.count = 2,
	.size = 100 };

static const struct {
	const char *what;
	struct outcome letter;
	struct outcome refused[2];
	int code;
	const char *enhanced;
	const char *text;
} rows[] = {
	{ "taken", TAKEN, { NONE, NONE }, 250, "2.0.0",
	    "taken by mx.example:465: 250 2.0.0 queued as 7" },

	/* what is said of the letter is passed on */
	{ "the sender is refused",
	    CODED(MAIL, 553, 5, 7, 1, "5.7.1 not your address"), { NONE, NONE },
	    553, "5.7.1",
	    "mx.example:465: MAIL <a@example.org>: 553 5.7.1 not your "
	    "address\nthere was no login: set user and its password if the "
	    "server wants one" },
	{ "the sender is refused without enhanced code",
	    REPLY(MAIL, 501, "what?"), { NONE, NONE }, 501, NULL,
	    "mx.example:465: MAIL <a@example.org>: 501 what?" },
	{ "the sender for now", CODED(MAIL, 451, 4, 7, 1, "4.7.1 greylisted"),
	    { NONE, NONE }, 451, "4.7.1",
	    "mx.example:465: MAIL <a@example.org>: 451 4.7.1 greylisted" },
	{ "a recipient is refused, and so it is for all",
	    CODED(RCPT, 550, 5, 1, 1, "5.1.1 nobody"),
	    { NONE, CODED(RCPT, 550, 5, 1, 1, "5.1.1 nobody") }, 550, "5.1.1",
	    "mx.example:465: RCPT <c@example.org>: 550 5.1.1 nobody\n"
	    "mx.example:465: nothing was sent to the other 1 of 2 recipients "
	    "(recipients = all)" },
	{ "one for now, one for good: trying again is no use",
	    CODED(RCPT, 450, 4, 2, 1, "4.2.1 full"),
	    { CODED(RCPT, 450, 4, 2, 1, "4.2.1 full"),
		CODED(RCPT, 550, 5, 1, 1, "5.1.1 nobody") },
	    550, "5.1.1",
	    "mx.example:465: RCPT <b@example.org>: 450 4.2.1 full\n"
	    "mx.example:465: RCPT <c@example.org>: 550 5.1.1 nobody" },
	{ "both for now", CODED(RCPT, 450, 4, 2, 1, "4.2.1 full"),
	    { CODED(RCPT, 450, 4, 2, 1, "4.2.1 full"),
		CODED(RCPT, 452, 4, 5, 3, "4.5.3 many") },
	    450, "4.2.1",
	    "mx.example:465: RCPT <b@example.org>: 450 4.2.1 full\n"
	    "mx.example:465: RCPT <c@example.org>: 452 4.5.3 many" },
	{ "RCPT 552 means 452", REPLY(RCPT, 552, "too many"),
	    { NONE, REPLY(RCPT, 552, "too many") }, 452, "4.5.3",
	    "mx.example:465: RCPT <c@example.org>: 552 too many\n"
	    "mx.example:465: nothing was sent to the other 1 of 2 recipients "
	    "(recipients = all)" },
	{ "the data is refused", CODED(DATA, 554, 5, 5, 1, "5.5.1 no"),
	    { NONE, NONE }, 554, "5.5.1",
	    "mx.example:465: DATA: 554 5.5.1 no" },
	{ "the letter is refused", CODED(END, 554, 5, 6, 0, "5.6.0 spam"),
	    { NONE, NONE }, 554, "5.6.0",
	    "mx.example:465: the letter: 554 5.6.0 spam" },
	{ "421 would end our own session", REPLY(END, 421, "going down"),
	    { NONE, NONE }, 451, NULL,
	    "mx.example:465: the letter: 421 going down" },
	{ "it is too large for the server",
	    FAIL(MAIL, DATA, "the letter has 100 octets"), { NONE, NONE }, 552,
	    "5.3.4",
	    "mx.example:465: naming the sender: the letter has 100 octets" },

	/* what is said of us is not */
	{ "the login is refused", CODED(AUTH, 535, 5, 7, 8, "5.7.8 wrong"),
	    { NONE, NONE }, 451, "4.4.0",
	    "mx.example:465: logging in: the server refuses, and the record "
	    "says how" },
	{ "the login for now", CODED(AUTH, 454, 4, 7, 0, "4.7.0 later"),
	    { NONE, NONE }, 451, "4.4.0",
	    "mx.example:465: logging in: the server refuses, and the record "
	    "says how" },
	{ "a login is wanted at MAIL",
	    CODED(MAIL, 530, 5, 7, 0, "5.7.0 login first"), { NONE, NONE }, 451,
	    "4.4.0",
	    "mx.example:465: naming the sender: the server refuses, and the "
	    "record says how" },
	{ "a login is wanted at RCPT", REPLY(RCPT, 530, "login first"),
	    { REPLY(RCPT, 530, "login first"),
		REPLY(RCPT, 530, "login first") },
	    451, "4.4.0",
	    "mx.example:465: naming the recipients: the server refuses, and "
	    "the record says how" },
	{ "534 at the end", REPLY(END, 534, "weak"), { NONE, NONE }, 451,
	    "4.4.0",
	    "mx.example:465: the letter: the server refuses, and the record "
	    "says how" },
	{ "the greeting refuses", REPLY(GREETING, 554, "no"), { NONE, NONE },
	    451, "4.4.0",
	    "mx.example:465: waiting for the greeting: the server refuses, "
	    "and the record says how" },
	{ "STARTTLS is refused", REPLY(STARTTLS, 502, "no"), { NONE, NONE },
	    451, "4.4.0",
	    "mx.example:465: asking for TLS: the server refuses, and the "
	    "record says how" },
	{ "no certificate that is trusted", FAIL(TLS, TRUST, "who is it?"),
	    { NONE, NONE }, 451, "4.4.0",
	    "mx.example:465: setting up TLS: who is it?" },
	{ "no such name", FAIL(NAME, NONAME, "no such host"), { NONE, NONE },
	    451, "4.4.0", "mx.example:465: looking up the host: no such host" },
	{ "no secret", FAIL(AUTH, AUTH, "the password command failed"),
	    { NONE, NONE }, 451, "4.4.0",
	    "mx.example:465: logging in: the password command failed" },
	{ "nobody knows", FAIL(END, UNKNOWN, "the link was lost"),
	    { NONE, NONE }, 451, "4.4.0",
	    "mx.example:465: sending the end of the data; the letter may be "
	    "delivered twice: the link was lost" },
	{ "the configuration", FAIL(LOCAL, CONFIG, "no host is set"),
	    { NONE, NONE }, 451, "4.4.0", "no host is set" },

	/* what happened here */
	{ "a NUL", FAIL(LOCAL, DATA, "a NUL in the letter"), { NONE, NONE },
	    554, "5.6.0", "a NUL in the letter" },
	{ "a full disk", FAIL(LOCAL, TEMP, "no space"), { NONE, NONE }, 452,
	    "4.3.1", "no space" },
	{ "a broken disk", FAIL(LOCAL, IO, "cannot read"), { NONE, NONE }, 451,
	    "4.3.0", "cannot read" },
	{ "nothing at all", NONE, { NONE, NONE }, 451, "4.4.0",
	    "mx.example:465: the delivery ended without a verdict; this is a "
	    "bug of pneu" },
};

static void
each_outcome_has_its_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r;
		struct answer a;

		record_init(&r);
		record_set_envelope(&r, &envelope);
		r.server = xstrdup("mx.example:465");
		set_verdict(&r.letter, &rows[i].letter);
		for (size_t n = 0; n < 2; n++)
			set_verdict(&r.refused[n], &rows[i].refused[n]);
		answer_init(&a, &r);
		print_message("# %s\n", rows[i].what);
		assert_int_equal(a.reply.code, rows[i].code);
		if (rows[i].enhanced == NULL)
			assert_null(a.reply.enhanced);
		else
			assert_string_equal(a.reply.enhanced, rows[i].enhanced);
		assert_string_equal(a.reply.text, rows[i].text);
		answer_free(&a);
		record_free(&r);
	}
}

static void
no_answer_asks_the_client_for_a_login(void **state)
{
	(void)state;
	for (int stage = STAGE_LOCAL; stage < STAGE_COUNT; stage++)
		for (int code = 400; code < 600; code++) {
			struct reply reply = { .code = code,
				.text = xstrdup("x") };
			struct record r;
			struct answer a;

			record_init(&r);
			record_set_envelope(&r, &envelope);
			verdict_reply(&r.letter, (enum stage)stage, &reply);
			answer_init(&a, &r);
			assert_false(status_is_login(a.reply.code));
			assert_int_not_equal(a.reply.code, 421);
			assert_true(a.reply.code >= 400);
			answer_free(&a);
			record_free(&r);
			reply_free(&reply);
		}
}

static void
a_failure_before_the_record_has_its_answer_too(void **state)
{
	struct answer a;
	struct fail f;

	(void)state;
	fail_set(&f, FAIL_TEMP, "the disk is full");
	answer_fail(&a, &f);
	assert_int_equal(a.reply.code, 452);
	assert_string_equal(a.reply.enhanced, "4.3.1");
	assert_string_equal(a.reply.text, "the disk is full");
	answer_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_has_its_answer),
		cmocka_unit_test(no_answer_asks_the_client_for_a_login),
		cmocka_unit_test(
		    a_failure_before_the_record_has_its_answer_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
