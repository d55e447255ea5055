/*
 * smtp/reply: the same octets are the same reply whatever pieces they come
 * in, and what is no reply is found out.  Every case is fed whole, octet by
 * octet, and cut at every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/reply.h"

#define OCTETS(literal) literal, sizeof(literal) - 1

struct outcome {
	int result;
	size_t used;
	struct reply reply;
	const char *why;
};

/* Feeds the pieces [0, cut) and [cut, len), each octet alone where cut is
 * SIZE_MAX, until there is an outcome. */
static struct outcome
feed(const char *octets, size_t len, size_t cut)
{
	struct reply_parser p;
	struct outcome o = { 0 };
	size_t taken = 0, used, end;

	reply_parser_init(&p);
	do {
		char *piece;

		end = cut == SIZE_MAX ? taken + 1 : taken < cut ? cut : len;
		/* Memory of exactly this size: an over-read is found. */
		piece = xmalloc(end - taken);
		memcpy(piece, octets + taken, end - taken);
		o.result = reply_parse(&p, (const uint8_t *)piece, end - taken,
		    &used, &o.reply, &o.why);
		free(piece);
		assert_true(used <= end - taken);
		if (o.result == 0)
			assert_int_equal(used, end - taken);
		taken += used;
	} while (o.result == 0 && taken < len);
	o.used = taken;
	reply_parser_free(&p);
	return o;
}

static const struct {
	const char *octets;
	size_t len;
	int code, class, subject, detail;
	const char *text;
	const char *words;
} valid[] = {
	{ OCTETS("250 ok\r\n"), 250, 0, 0, 0, "ok", "250 ok" },
	/* no text; codes that nobody listed; 354 in several lines */
	{ OCTETS("299 ok\r\n"), 299, 0, 0, 0, "ok", "299 ok" },
	{ OCTETS("260 ok\r\n"), 260, 0, 0, 0, "ok", "260 ok" },
	{ OCTETS("250\r\n"), 250, 0, 0, 0, "", "250" },
	{ OCTETS("250 \r\n"), 250, 0, 0, 0, "", "250" },
	{ OCTETS("259 fine\r\n"), 259, 0, 0, 0, "fine", "259 fine" },
	{ OCTETS("354-go\r\n354 on\r\n"), 354, 0, 0, 0, "go\non", "354 go on" },
	/* empty continuation lines, a last line of three digits */
	{ OCTETS("550-\r\n550-\r\n550\r\n"), 550, 0, 0, 0, "\n\n", "550" },
	{ OCTETS("250-a\r\n250-\r\n250 b\r\n"), 250, 0, 0, 0, "a\n\nb",
	    "250 a b" },
	/* bare LF is a line end, everywhere */
	{ OCTETS("220 hi\n"), 220, 0, 0, 0, "hi", "220 hi" },
	{ OCTETS("220-hi\n220-\n220\n"), 220, 0, 0, 0, "hi\n\n", "220 hi" },
	{ OCTETS("220-a\r\n220 b\n"), 220, 0, 0, 0, "a\nb", "220 a b" },
	/* a CR elsewhere is text */
	{ OCTETS("220 a\rb\r\r\n"), 220, 0, 0, 0, "a\rb\r", "220 a\\rb\\r" },
	/* enhanced codes */
	{ OCTETS("250 2.1.0 sender ok\r\n"), 250, 2, 1, 0, "2.1.0 sender ok",
	    "250 2.1.0 sender ok" },
	{ OCTETS("550 5.1.10\r\n"), 550, 5, 1, 10, "5.1.10", "550 5.1.10" },
	{ OCTETS("450 4.999.999\tlater\r\n"), 450, 4, 999, 999,
	    "4.999.999\tlater", "450 4.999.999\\tlater" },
	{ OCTETS("550-5.7.1 no\r\n550-5.7.1  really\r\n550 5.7.1\r\n"), 550, 5,
	    7, 1, "5.7.1 no\n5.7.1  really\n5.7.1", "550 5.7.1 no really" },
	{ OCTETS("550-5.7.1 a\r\n550 5.7.26 b\r\n"), 550, 5, 7, 1,
	    "5.7.1 a\n5.7.26 b", "550 5.7.1 a 5.7.26 b" },
	/* one that contradicts the code, or is none, is text */
	{ OCTETS("250 5.1.1 what\r\n"), 250, 0, 0, 0, "5.1.1 what",
	    "250 5.1.1 what" },
	{ OCTETS("550 4.1.1 what\r\n"), 550, 0, 0, 0, "4.1.1 what",
	    "550 4.1.1 what" },
	{ OCTETS("354 3.0.0 go\r\n"), 354, 0, 0, 0, "3.0.0 go",
	    "354 3.0.0 go" },
	{ OCTETS("550 5.1\r\n"), 550, 0, 0, 0, "5.1", "550 5.1" },
	{ OCTETS("550 5.\r\n"), 550, 0, 0, 0, "5.", "550 5." },
	{ OCTETS("550 5\r\n"), 550, 0, 0, 0, "5", "550 5" },
	{ OCTETS("550 5.1.\r\n"), 550, 0, 0, 0, "5.1.", "550 5.1." },
	{ OCTETS("550 5..1 x\r\n"), 550, 0, 0, 0, "5..1 x", "550 5..1 x" },
	{ OCTETS("550 5.1.1234 x\r\n"), 550, 0, 0, 0, "5.1.1234 x",
	    "550 5.1.1234 x" },
	{ OCTETS("550 5.1234.1 x\r\n"), 550, 0, 0, 0, "5.1234.1 x",
	    "550 5.1234.1 x" },
	{ OCTETS("550 5.1.1x\r\n"), 550, 0, 0, 0, "5.1.1x", "550 5.1.1x" },
	{ OCTETS("550 55.1.1 x\r\n"), 550, 0, 0, 0, "55.1.1 x",
	    "550 55.1.1 x" },
	{ OCTETS("550 -5.1.1 x\r\n"), 550, 0, 0, 0, "-5.1.1 x",
	    "550 -5.1.1 x" },
	{ OCTETS("550-no\r\n550 5.1.1 x\r\n"), 550, 0, 0, 0, "no\n5.1.1 x",
	    "550 no 5.1.1 x" },
	/* nothing of a stranger's controls comes through */
	{ OCTETS("550 \033[2J\a\0\x9b\xe2\x80\xae\x7f\r\n"), 550, 0, 0, 0,
	    "\033[2J\a?\x9b\xe2\x80\xae\x7f",
	    "550 \\^[[2J\\a?\\M^[\\M-b\\M^@\\M-.\\^?" },
	/* a line that imitates a record; a format */
	{ OCTETS("550-%n%s\r\n550 pneu: sent\r\n"), 550, 0, 0, 0,
	    "%n%s\npneu: sent", "550 %n%s pneu: sent" },
};

static void
check_valid(size_t i, size_t cut)
{
	struct outcome o = feed(valid[i].octets, valid[i].len, cut);
	char *words;

	assert_int_equal(o.result, 1);
	assert_int_equal(o.used, valid[i].len);
	assert_int_equal(o.reply.code, valid[i].code);
	assert_int_equal(o.reply.class, valid[i].class);
	assert_int_equal(o.reply.subject, valid[i].subject);
	assert_int_equal(o.reply.detail, valid[i].detail);
	assert_string_equal(o.reply.text, valid[i].text);
	words = reply_words(&o.reply);
	assert_string_equal(words, valid[i].words);
	free(words);
	reply_free(&o.reply);
}

static void
replies_are_read_whatever_pieces_they_come_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
		check_valid(i, SIZE_MAX);
		for (size_t cut = 1; cut <= valid[i].len; cut++)
			check_valid(i, cut);
	}
}

static const struct {
	const char *octets;
	size_t len;
	const char *why;
} invalid[] = {
	/* there is no 1yz in SMTP */
	{ OCTETS("150 wait\r\n"), "a reply of class 1, which SMTP does not "
				  "have" },
	{ OCTETS("1"), "a reply of class 1, which SMTP does not have" },
	{ OCTETS("050 no\r\n"), "not an SMTP reply" },
	{ OCTETS("650 no\r\n"), "not an SMTP reply" },
	/* */
	{ OCTETS("2500 ok\r\n"), "not an SMTP reply" },
	{ OCTETS("25 ok\r\n"), "not an SMTP reply" },
	{ OCTETS("25\r\n"), "not an SMTP reply" },
	{ OCTETS("25\n"), "not an SMTP reply" },
	{ OCTETS("2x0 ok\r\n"), "not an SMTP reply" },
	{ OCTETS("\r\n"), "not an SMTP reply" },
	{ OCTETS("\n"), "not an SMTP reply" },
	{ OCTETS(" 250 ok\r\n"), "not an SMTP reply" },
	{ OCTETS("+250 ok\r\n"), "not an SMTP reply" },
	{ OCTETS("250\tok\r\n"), "not an SMTP reply" },
	{ OCTETS("250=ok\r\n"), "not an SMTP reply" },
	{ OCTETS("250\rok\r\n"), "not an SMTP reply" },
	{ OCTETS("250\r\r\n"), "not an SMTP reply" },
	{ OCTETS("250\0ok\r\n"), "not an SMTP reply" },
	{ OCTETS("\0"), "not an SMTP reply" },
	{ OCTETS("2\0"), "not an SMTP reply" },
	{ OCTETS("250-a\r\n\r\n"), "not an SMTP reply" },
	{ OCTETS("250-a\r\n b\r\n"), "not an SMTP reply" },
	/* strangers, without a line end to wait for */
	{ OCTETS("HTTP/1.1 400"), "not an SMTP reply" },
	{ OCTETS("SSH-2.0-x"), "not an SMTP reply" },
	{ OCTETS("\x15\x03\x01"), "not an SMTP reply" },
	/* codes differ */
	{ OCTETS("250-a\r\n550 b\r\n"), "codes differ between lines" },
	{ OCTETS("550-a\r\n250 b\r\n"), "codes differ between lines" },
	{ OCTETS("250-a\r\n251-b\r\n"), "codes differ between lines" },
	{ OCTETS("250-a\r\n250-b\r\n251\n"), "codes differ between lines" },
	/* two faults: the same one is found however they come */
	{ OCTETS("250-a\r\n2405\n"), "codes differ between lines" },
	{ OCTETS("250-a\r\n24x\n"), "not an SMTP reply" },
};

static void
check_invalid(size_t i, size_t cut)
{
	struct outcome o = feed(invalid[i].octets, invalid[i].len, cut);

	assert_int_equal(o.result, -1);
	assert_string_equal(o.why, invalid[i].why);
	assert_null(o.reply.text);
}

static void
what_is_no_reply_is_malformed_whatever_pieces_it_comes_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		check_invalid(i, SIZE_MAX);
		for (size_t cut = 1; cut <= invalid[i].len; cut++)
			check_invalid(i, cut);
	}
}

/* a reply whose end has not come is none. */
static void
an_unfinished_reply_is_no_reply(void **state)
{
	static const char *const rows[] = { "2", "250", "250 2.0.0 queu",
		"250-queued\r\n", "250-", "250 ok\r", "250-a\r\n250" };
	struct reply_parser p;
	struct reply reply = { 0 };
	const char *why;
	size_t used;

	(void)state;
	reply_parser_init(&p);
	assert_false(reply_parser_is_inside(&p));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(reply_parse(&p, (const uint8_t *)rows[i],
				     strlen(rows[i]), &used, &reply, &why),
		    0);
		assert_int_equal(used, strlen(rows[i]));
		assert_true(reply_parser_is_inside(&p));
		assert_int_equal(reply.code, 0);
		reply_parser_free(&p);
		assert_false(reply_parser_is_inside(&p));
	}
	assert_int_equal(
	    reply_parse(&p, (const uint8_t *)"", 0, &used, &reply, &why), 0);
	assert_false(reply_parser_is_inside(&p));
	reply_parser_free(&p);
}

static void
replies_in_one_piece_are_taken_one_by_one(void **state)
{
	static const char octets[] = "250-5.0.0 a\r\n250 b\r\n550 5.1.1 c\r\n3";
	struct reply_parser p;
	struct reply first = { 0 }, second = { 0 };
	const char *why;
	size_t used, at;

	(void)state;
	reply_parser_init(&p);
	assert_int_equal(reply_parse(&p, (const uint8_t *)octets,
			     sizeof(octets) - 1, &at, &first, &why),
	    1);
	assert_int_equal(at, 20);
	assert_false(reply_parser_is_inside(&p));
	assert_int_equal(first.code, 250);
	assert_true(reply_is_success(&first));
	assert_int_equal(reply_parse(&p, (const uint8_t *)octets + at,
			     sizeof(octets) - 1 - at, &used, &second, &why),
	    1);
	assert_int_equal(second.code, 550);
	assert_int_equal(second.detail, 1);
	assert_true(reply_is_permanent(&second));
	assert_false(reply_is_temporary(&second));
	assert_int_equal(at + used, sizeof(octets) - 2);
	reply_copy(&first, &second);
	reply_copy(&first, &first);
	reply_free(&second);
	assert_string_equal(first.text, "5.1.1 c");
	assert_int_equal(first.code, 550);
	reply_free(&first);
	assert_int_equal(first.code, 0);
	reply_parser_free(&p);
}

/* A reply of so many lines, each of so many octets with its line end. */
static char *
make(size_t lines, size_t octets, size_t *len_r)
{
	char *all = xmalloc(lines * octets);

	*len_r = lines * octets;
	memset(all, 'x', *len_r);
	for (size_t i = 0; i < lines; i++) {
		char *line = all + i * octets;

		memcpy(line, i + 1 < lines ? "250-" : "250 ", 4);
		memcpy(line + octets - 2, "\r\n", 2);
	}
	return all;
}

/* endless lines and endless replies */
static void
a_reply_is_read_at_its_caps_and_refused_one_beyond(void **state)
{
	static const struct {
		size_t lines, octets;
		const char *why;
	} rows[] = {
		{ 1, REPLY_LINE_MAX, NULL },
		{ 1, REPLY_LINE_MAX + 1, "a reply line that is too long" },
		{ REPLY_LINES_MAX, 8, NULL },
		{ REPLY_LINES_MAX + 1, 8, "a reply of too many lines" },
		/* text of a line: 6 octets less, and a LF between two */
		{ REPLY_LINES_MAX, 133, NULL },
		{ REPLY_LINES_MAX, 134, "a reply that is too long" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len;
		char *all = make(rows[i].lines, rows[i].octets, &len);
		const size_t cuts[] = { len, len - 1, SIZE_MAX };

		for (size_t j = 0; j < 3; j++) {
			struct outcome o = feed(all, len, cuts[j]);

			assert_int_equal(
			    o.result, rows[i].why == NULL ? 1 : -1);
			if (rows[i].why != NULL)
				assert_string_equal(o.why, rows[i].why);
			else
				assert_int_equal(o.used, len);
			reply_free(&o.reply);
		}
		free(all);
	}
}

static void
a_malformed_parser_stays_malformed(void **state)
{
	struct reply_parser p;
	struct reply reply = { 0 };
	const char *why = NULL, *again = NULL;
	size_t used;

	(void)state;
	reply_parser_init(&p);
	assert_int_equal(reply_parse(&p, (const uint8_t *)"2500 ok\r\n", 9,
			     &used, &reply, &why),
	    -1);
	assert_int_equal(reply_parse(&p, (const uint8_t *)"250 ok\r\n", 8,
			     &used, &reply, &again),
	    -1);
	assert_int_equal(used, 0);
	assert_string_equal(why, again);
	reply_parser_free(&p);
}

static void
words_are_cut_and_never_in_an_escape(void **state)
{
	struct reply reply = { .code = 550 };
	char *words;

	(void)state;
	reply.text = xmalloc(REPLY_TEXT_MAX + 1);
	memset(reply.text, '\033', REPLY_TEXT_MAX);
	reply.text[REPLY_TEXT_MAX] = '\0';
	words = reply_words(&reply);
	assert_true(strlen(words) < REPLY_WORDS_MAX);
	assert_true(strlen(words) > REPLY_WORDS_MAX - 8);
	assert_string_equal(words + strlen(words) - 3, "\\^[");
	free(words);
	/* many short lines: each has its blank, all are cut */
	for (size_t i = 0; i < REPLY_TEXT_MAX; i += 2)
		memcpy(reply.text + i, "a\n", 2);
	words = reply_words(&reply);
	assert_int_equal(strlen(words), REPLY_WORDS_MAX - 1);
	free(words);
	reply_free(&reply);
	words = reply_words(&(struct reply){ .code = 250 });
	assert_string_equal(words, "250");
	free(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_whatever_pieces_they_come_in),
		cmocka_unit_test(
		    what_is_no_reply_is_malformed_whatever_pieces_it_comes_in),
		cmocka_unit_test(an_unfinished_reply_is_no_reply),
		cmocka_unit_test(replies_in_one_piece_are_taken_one_by_one),
		cmocka_unit_test(
		    a_reply_is_read_at_its_caps_and_refused_one_beyond),
		cmocka_unit_test(a_malformed_parser_stays_malformed),
		cmocka_unit_test(words_are_cut_and_never_in_an_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
