/*
 * smtp/record: what a person is told, what a program reads in the log, and
 * that nothing a stranger said can break either (R-23, R-24, O-05).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "smtp/envelope.h"
#include "smtp/record.h"

/* A verdict in a row: by a reply where text is set (the first digit says
 * whether it was taken), by a failure where words is. */
struct outcome {
	enum stage stage;
	int code, class, subject, detail;
	const char *text;
	enum fail_kind kind;
	const char *words;
	const char *advice;
};

#define REPLY(stage, code, text) \
	{ \
		STAGE_##stage, code, 0, 0, 0, text, 0, 0, 0 \
	}
#define TAKEN REPLY(END, 250, "2.0.0 queued")
#define FAIL(stage, kind, words) \
	{ \
		STAGE_##stage, 0, 0, 0, 0, 0, FAIL_##kind, words, 0 \
	}
#define NOTHING \
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
	if (o->advice != NULL)
		fail_advise(&v->fail, "%s", o->advice);
}

static const char *const recipients[] = { "b@example.org", "c@example.org",
	"d@example.org" };
static const struct envelope envelope = { .sender = "a@client.example",
	.recipients = recipients,
	.count = 3,
	.size = 1234 };

static void
make(struct record *r, const struct outcome *letter,
    const struct outcome refused[3])
{
	record_init(r);
	record_set_envelope(r, &envelope);
	r->server = xstrdup("smtp.example.org:465");
	set_verdict(&r->letter, letter);
	for (size_t i = 0; i < 3; i++)
		set_verdict(&r->refused[i], &refused[i]);
	r->status = record_status(r);
}

static char *
words(const struct record *r)
{
	struct buf out;
	char *text;

	buf_init(&out, RECORD_MAX);
	record_words(r, &out);
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

static char *
logfmt(const struct record *r)
{
	struct buf out;
	char *text;

	buf_init(&out, RECORD_MAX);
	record_logfmt(r, &out);
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

#define S "smtp.example.org:465: "

static const struct {
	struct outcome letter, refused[3];
	int status;
	const char *words;
} rows[] = {
	/* success is silent */
	{ TAKEN, { NOTHING, NOTHING, NOTHING }, 0, "" },
	/* a reply decided */
	{ REPLY(GREETING, 554, "go away"), { NOTHING, NOTHING, NOTHING }, 69,
	    S "greeting: 554 go away\n" },
	{ REPLY(EHLO, 421, "later"), { NOTHING, NOTHING, NOTHING }, 75,
	    S "EHLO: 421 later\n" },
	{ REPLY(STARTTLS, 454, "no"), { NOTHING, NOTHING, NOTHING }, 75,
	    S "STARTTLS: 454 no\n" },
	{ REPLY(AUTH, 535, "wrong"), { NOTHING, NOTHING, NOTHING }, 77,
	    S "AUTH: 535 wrong\n"
	      "check user and password; some providers want an \"app "
	      "password\", made in the account's settings\n" },
	{ REPLY(AUTH, 454, "later"), { NOTHING, NOTHING, NOTHING }, 75,
	    S "AUTH: 454 later\n" },
	{ REPLY(MAIL, 501, "bad"), { NOTHING, NOTHING, NOTHING }, 65,
	    S "MAIL <a@client.example>: 501 bad\n" },
	{ REPLY(MAIL, 530, "log in"), { NOTHING, NOTHING, NOTHING }, 77,
	    S "MAIL <a@client.example>: 530 log in\n"
	      "the server wants TLS or a login first: set tls, and user with "
	      "its password\n" },
	{ REPLY(DATA, 451, "full"), { NOTHING, NOTHING, NOTHING }, 75,
	    S "DATA: 451 full\n" },
	{ REPLY(BODY, 554, "spam"), { NOTHING, NOTHING, NOTHING }, 69,
	    S "the letter: 554 spam\n" },
	{ { STAGE_END, 554, 5, 7, 1, "5.7.1 no\n5.7.1 spam", 0, 0,
	      "see the provider's pages" },
	    { NOTHING, NOTHING, NOTHING }, 77,
	    S "the letter: 554 5.7.1 no spam\n"
	      "see the provider's pages\n" },
	/* no reply to judge */
	{ FAIL(LOCAL, CONFIG, "pneu.conf:3: no such key"),
	    { NOTHING, NOTHING, NOTHING }, 78, "pneu.conf:3: no such key\n" },
	{ FAIL(CONNECT, TEMP, "Connection refused"),
	    { NOTHING, NOTHING, NOTHING }, 75,
	    S "connecting: Connection refused\n" },
	{ { STAGE_TLS, 0, 0, 0, 0, NULL, FAIL_PROTOCOL, "no TLS spoken",
	      "set tls = starttls" },
	    { NOTHING, NOTHING, NOTHING }, 76,
	    S "setting up TLS: no TLS spoken\nset tls = starttls\n" },
	{ FAIL(BODY, TEMP, "connection reset"), { NOTHING, NOTHING, NOTHING },
	    75, S "sending the data: connection reset\n" },
	/* unknown: the text says that it may have arrived */
	{ FAIL(END, UNKNOWN, "connection reset"), { NOTHING, NOTHING, NOTHING },
	    75,
	    S "sending the end of the data; the letter may be delivered "
	      "twice: connection reset\n"
	      "the letter may have been delivered; find out before you send "
	      "it again\n" },
	{ FAIL(RCPT, UNKNOWN, "connection reset"),
	    { NOTHING, NOTHING, NOTHING }, 75,
	    S "naming the recipients; the letter may be delivered twice: "
	      "connection reset\n"
	      "the letter may have been delivered; find out before you send "
	      "it again\n" },
	/* mixed; temporary outranks permanent */
	{ TAKEN, { NOTHING, REPLY(RCPT, 550, "no such user"), NOTHING }, 67,
	    S "RCPT <c@example.org>: 550 no such user\n" S
	      "the letter was taken for 2 of 3 recipients; trying again would "
	      "send it to them twice\n" },
	{ TAKEN,
	    { REPLY(RCPT, 550, "no such user"), NOTHING,
		REPLY(RCPT, 450, "later") },
	    75,
	    S "RCPT <b@example.org>: 550 no such user\n" S
	      "RCPT <d@example.org>: 450 later\n" S
	      "the letter was taken for 1 of 3 recipients; trying again would "
	      "send it to them twice\n" },
	{ FAIL(END, UNKNOWN, "time-out"),
	    { REPLY(RCPT, 550, "no such user"), NOTHING, NOTHING }, 75,
	    S "RCPT <b@example.org>: 550 no such user\n" S
	      "sending the end of the data; the letter may be delivered "
	      "twice: time-out\n"
	      "the letter may have been delivered; find out before you send "
	      "it again\n" },
	{ REPLY(END, 554, "spam"),
	    { NOTHING, NOTHING, REPLY(RCPT, 550, "no such user") }, 67,
	    S "RCPT <d@example.org>: 550 no such user\n" S
	      "the letter: 554 spam\n" },
	/* everybody was refused: what became of the letter is nobody's */
	{ REPLY(RCPT, 550, "no"),
	    { REPLY(RCPT, 550, "no"), REPLY(RCPT, 551, "not here"),
		REPLY(RCPT, 553, "what") },
	    67,
	    S "RCPT <b@example.org>: 550 no\n" S
	      "RCPT <c@example.org>: 551 not here\n" S
	      "RCPT <d@example.org>: 553 what\n" },
	{ FAIL(DATA, TEMP, "lost"),
	    { REPLY(RCPT, 550, "no"), REPLY(RCPT, 550, "no"),
		REPLY(RCPT, 550, "no") },
	    67,
	    S "RCPT <b@example.org>: 550 no\n" S
	      "RCPT <c@example.org>: 550 no\n" S
	      "RCPT <d@example.org>: 550 no\n" },
	/* recipients = all: one refusal is everybody's verdict */
	{ REPLY(RCPT, 550, "no"), { NOTHING, REPLY(RCPT, 550, "no"), NOTHING },
	    67,
	    S "RCPT <c@example.org>: 550 no\n" S
	      "nothing was sent to the other 2 of 3 recipients (recipients = "
	      "all)\n" },
	/* a 421 among the recipients' answers is not */
	{ REPLY(RCPT, 421, "closing"),
	    { REPLY(RCPT, 550, "no"), NOTHING, NOTHING }, 75,
	    S "RCPT <b@example.org>: 550 no\n" S "RCPT: 421 closing\n" },
	/* relaying denied without a login */
	{ TAKEN,
	    { { STAGE_RCPT, 554, 5, 7, 1, "5.7.1 relaying denied", 0, 0, 0 },
		NOTHING, NOTHING },
	    77,
	    S "RCPT <b@example.org>: 554 5.7.1 relaying denied\n" S
	      "the letter was taken for 2 of 3 recipients; trying again would "
	      "send it to them twice\n"
	      "there was no login: set user and its password if the server "
	      "wants one\n" },
	/* ours */
	{ NOTHING, { NOTHING, NOTHING, NOTHING }, 70,
	    S "the delivery ended without a verdict; this is a bug of "
	      "pneu\n" },
};

static void
a_person_is_told_what_failed_and_nothing_on_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r;
		char *text;

		make(&r, &rows[i].letter, rows[i].refused);
		text = words(&r);
		assert_string_equal(text, rows[i].words);
		assert_int_equal(record_status(&r), rows[i].status);
		free(text);
		record_free(&r);
	}
}

static void
each_recipient_has_its_own_verdict_or_the_letters(void **state)
{
	static const struct outcome letter = TAKEN;
	static const struct outcome refused[3] = { NOTHING,
		REPLY(RCPT, 450, "later"), NOTHING };
	struct record r;

	(void)state;
	make(&r, &letter, refused);
	assert_ptr_equal(record_verdict(&r, 0), &r.letter);
	assert_ptr_equal(record_verdict(&r, 1), &r.refused[1]);
	assert_ptr_equal(record_verdict(&r, 2), &r.letter);
	assert_ptr_equal(record_verdict(&r, 1000), &r.letter);
	record_free(&r);
	assert_ptr_equal(record_verdict(&r, 1), &r.letter);
}

static void
a_failure_before_there_is_an_envelope_is_told_too(void **state)
{
	static const struct outcome o =
	    FAIL(LOCAL, NOINPUT, "no letter on standard input");
	struct record r;
	char *text;

	(void)state;
	record_init(&r);
	set_verdict(&r.letter, &o);
	assert_int_equal(record_status(&r), 66);
	text = words(&r);
	assert_string_equal(text, "no letter on standard input\n");
	free(text);
	r.status = record_status(&r);
	text = logfmt(&r);
	assert_string_equal(text,
	    "status=EX_NOINPUT stage=local text=\"no letter on standard "
	    "input\" ms=0");
	free(text);
	record_free(&r);
}

static void
a_new_envelope_forgets_the_old_refusals(void **state)
{
	static const struct outcome letter = TAKEN;
	static const struct outcome refused[3] = { REPLY(RCPT, 550, "no"),
		REPLY(RCPT, 550, "no"), REPLY(RCPT, 550, "no") };
	struct envelope one = envelope;
	struct record r;

	(void)state;
	make(&r, &letter, refused);
	one.count = 1;
	record_set_envelope(&r, &one);
	assert_int_equal(r.count, 1);
	assert_int_equal(record_status(&r), 0);
	record_free(&r);
}

/* ---- the log ---------------------------------------------------------- */

static void
the_log_record_is_one_line_of_keys(void **state)
{
	static const struct outcome letter = TAKEN;
	static const struct outcome refused[3] = { NOTHING,
		{ STAGE_RCPT, 550, 5, 1, 1, "5.1.1 \"c\" is no user", 0, 0, 0 },
		NOTHING };
	struct record r;
	char *text;

	(void)state;
	make(&r, &letter, refused);
	r.address = xstrdup("192.0.2.1");
	r.tls = xstrdup("TLS1.3 AES-256-GCM");
	r.mechanism = xstrdup("PLAIN");
	r.message_id = xstrdup("<1@client.example>");
	r.profile = "work";
	r.milliseconds = 321;
	record_note(&r, "-C ignored");
	record_note(&r, "3 octets behind a lone dot");
	record_note(&r, "-C ignored");
	text = logfmt(&r);
	assert_string_equal(text,
	    "host=smtp.example.org:465 address=192.0.2.1 "
	    "tls=\"TLS1.3 AES-256-GCM\" auth=PLAIN from=a@client.example "
	    "to=b@example.org,c@example.org,d@example.org recipients=3 "
	    "size=1234 message-id=<1@client.example> profile=work "
	    "status=EX_NOUSER stage=rcpt code=550 "
	    "text=\"5.1.1 \\\"c\\\" is no user\" "
	    "refused=\"<c@example.org> 550 5.1.1 \\\"c\\\" is no user\" "
	    "ms=321 notes=\"-C ignored; 3 octets behind a lone dot\"");
	free(text);
	verdict_free(&r.refused[1]);
	r.status = record_status(&r);
	text = logfmt(&r);
	assert_non_null(strstr(text,
	    " status=EX_OK stage=end code=250 text=\"2.0.0 queued\" ms="));
	assert_null(strstr(text, "refused="));
	free(text);
	record_free(&r);
}

static void
values_are_quoted_where_a_reader_needs_it(void **state)
{
	static const struct {
		const char *sender, *value;
	} values[] = {
		{ "", " from=\"\" " },
		{ "a@b", " from=a@b " },
		{ "a b@c", " from=\"a b@c\" " },
		{ "a=b@c", " from=\"a=b@c\" " },
		{ "\"a\"@c", " from=\"\\\"a\\\"@c\" " },
		{ "a\\b@c", " from=\"a\\\\\\\\b@c\" " },
		{ "a\nb@c", " from=\"a b@c\" " },
		{ "\xc3\xa9@c", " from=\"\\\\M-C\\\\M-)@c\" " },
	};
	static const struct outcome letter = TAKEN, none[3];
	struct envelope e = envelope;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct record r;
		char *text;

		make(&r, &letter, none);
		e.sender = values[i].sender;
		r.envelope = &e;
		text = logfmt(&r);
		assert_non_null(strstr(text, values[i].value));
		free(text);
		record_free(&r);
	}
}

static void
notes_are_kept_once_and_up_to_the_cap(void **state)
{
	static const char *const notes[] = { "1", "2", "3", "4", "5", "6", "7",
		"8", "9", "8", "1" };
	struct record r;

	(void)state;
	record_init(&r);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		record_note(&r, notes[i]);
	for (size_t i = 0; i < RECORD_NOTES_MAX; i++)
		assert_string_equal(r.notes[i], notes[i]);
	record_free(&r);
}

/* ---- strangers -------------------------------------------------------- */

static void
check_printable(const char *text, size_t line_max)
{
	size_t line = 0;

	for (; *text != '\0'; text++) {
		line++;
		assert_true((*text >= ' ' && *text <= '~') || *text == '\n');
		assert_true(line <= line_max);
		if (*text == '\n')
			line = 0;
	}
	assert_int_equal(line, 0);
}

/* Everything that a stranger can choose is this octet, so many times. */
static void
check_flood(const char *pattern, size_t times, size_t count)
{
	size_t len = strlen(pattern);
	char *flood = xmalloc(len * times + 1);
	const char **many = xcalloc(count, sizeof(*many));
	struct envelope e = { .recipients = many, .count = count };
	struct reply reply = { .code = 550 };
	struct record r;
	char *text;

	for (size_t i = 0; i < times; i++)
		memcpy(flood + i * len, pattern, len);
	flood[len * times] = '\0';
	for (size_t i = 0; i < count; i++)
		many[i] = flood;
	e.sender = flood;
	record_init(&r);
	record_set_envelope(&r, &e);
	r.server = xstrdup(flood);
	r.address = xstrdup(flood);
	r.tls = xstrdup(flood);
	r.mechanism = xstrdup(flood);
	r.message_id = xstrdup(flood);
	r.profile = flood;
	for (size_t i = 0; i < RECORD_NOTES_MAX; i++)
		r.notes[i] = flood;
	reply.text = flood;
	verdict_reply(&r.letter, STAGE_MAIL, &reply);
	for (size_t i = 1; i < count; i++)
		verdict_reply(&r.refused[i], STAGE_RCPT, &reply);
	text = words(&r);
	check_printable(text, RECORD_LINE_MAX);
	assert_true(strlen(text) > 0);
	free(text);
	text = logfmt(&r);
	assert_null(strchr(text, '\n'));
	assert_true(strlen(text) <= RECORD_LOGFMT_MAX);
	assert_non_null(strstr(text, " ms=0"));
	text = xreallocarray(text, strlen(text) + 2, 1);
	strcat(text, "\n");
	check_printable(text, RECORD_LOGFMT_MAX + 1);
	free(text);
	record_free(&r);
	free(many);
	free(flood);
}

/* O-05 */
static void
what_strangers_say_stays_in_its_line_and_share(void **state)
{
	static const char *const patterns[] = { "a", "\033[2J", "\r\n", "\n",
		"\"", "\\", "\x9b", "\xe2\x80\xae", "%n%s", " ", "=",
		"\npneu: sent ok\n", "x\" status=EX_OK y=\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		check_flood(patterns[i], 1, 2);
		check_flood(patterns[i], 3, 25);
		check_flood(patterns[i], 40, 3);
		check_flood(patterns[i], 1000, 22);
		check_flood(patterns[i], 8000, 2);
	}
	check_flood("abcdefgh", 2, 10000);
}

static void
a_long_recipient_does_not_hide_the_reason(void **state)
{
	static const struct outcome letter = TAKEN;
	static const struct outcome refused[3] = { REPLY(RCPT, 550, "no user"),
		NOTHING, NOTHING };
	char longest[5001];
	const char *const long_ones[] = { longest, "c@d", "e@f" };
	struct envelope e = {
		.sender = "", .recipients = long_ones, .count = 3
	};
	struct record r;
	char *text;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	make(&r, &letter, refused);
	r.envelope = &e;
	text = words(&r);
	assert_non_null(strstr(text, "xxx...>: 550 no user\n"));
	free(text);
	record_free(&r);
}

static void
refusals_beyond_the_cap_are_counted(void **state)
{
	static const struct {
		size_t count, lines;
		const char *last; /* or NULL */
	} caps[] = {
		{ RECORD_REFUSALS_MAX, RECORD_REFUSALS_MAX, NULL },
		{ RECORD_REFUSALS_MAX + 1, RECORD_REFUSALS_MAX + 1,
		    "1 more recipients were refused\n" },
		{ 2000, RECORD_REFUSALS_MAX + 1,
		    "1980 more recipients were refused\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		const char **many = xcalloc(caps[i].count, sizeof(*many));
		struct envelope e = {
			.sender = "", .recipients = many, .count = caps[i].count
		};
		struct record r;
		size_t lines = 0;
		char *text;

		record_init(&r);
		record_set_envelope(&r, &e);
		for (size_t j = 0; j < e.count; j++) {
			many[j] = "b@c";
			verdict_reply(&r.refused[j], STAGE_RCPT,
			    &(struct reply){ .code = 550 });
		}
		text = words(&r);
		for (const char *at = text; *at != '\0'; at++)
			lines += *at == '\n';
		assert_int_equal(lines, caps[i].lines);
		if (caps[i].last != NULL)
			assert_string_equal(
			    text + strlen(text) - strlen(caps[i].last),
			    caps[i].last);
		free(text);
		record_free(&r);
		free(many);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_person_is_told_what_failed_and_nothing_on_success),
		cmocka_unit_test(
		    each_recipient_has_its_own_verdict_or_the_letters),
		cmocka_unit_test(
		    a_failure_before_there_is_an_envelope_is_told_too),
		cmocka_unit_test(a_new_envelope_forgets_the_old_refusals),
		cmocka_unit_test(the_log_record_is_one_line_of_keys),
		cmocka_unit_test(values_are_quoted_where_a_reader_needs_it),
		cmocka_unit_test(notes_are_kept_once_and_up_to_the_cap),
		cmocka_unit_test(
		    what_strangers_say_stays_in_its_line_and_share),
		cmocka_unit_test(a_long_recipient_does_not_hide_the_reason),
		cmocka_unit_test(refusals_beyond_the_cap_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
