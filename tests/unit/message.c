/*
 * mail/message: what was piped is what goes out, but for line ends, the dots
 * that sendmail's rule takes and the edits; whatever cannot go out is refused.
 * Every letter is read whole, octet by octet and cut at every place, in both
 * passes, and the wire size is what comes out.
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
#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/needs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(literal) literal, sizeof(literal) - 1

enum { OCTET_BY_OCTET = -1 };

/* The end of the piece that begins at at: all is cut in two at cut, or into
 * single octets. */
static size_t
piece_end(size_t at, size_t len, long cut)
{
	if (cut == OCTET_BY_OCTET)
		return at + 1;
	return at < (size_t)cut && (size_t)cut < len ? (size_t)cut : len;
}

/* Memory of exactly the piece's size: an over-read is found. */
static uint8_t *
piece(const char *octets, size_t at, size_t end)
{
	uint8_t *copy = xmalloc(end - at);

	memcpy(copy, octets + at, end - at);
	return copy;
}

/* The first pass; NULL where the letter was refused. */
static struct message *
scan(const char *octets, size_t len, bool dots, long cut, struct fail *f)
{
	struct message *m = message_new(dots);
	int result = 0;

	for (size_t at = 0, end; result == 0 && at < len; at = end) {
		uint8_t *copy;

		end = piece_end(at, len, cut);
		copy = piece(octets, at, end);
		result = message_scan(m, copy, end - at, f);
		free(copy);
	}
	if (result == 0)
		result = message_scan_end(m, f);
	if (result != 0) {
		message_free(m);
		return NULL;
	}
	return m;
}

static struct message *
letter(const char *text)
{
	struct fail f = { 0 };
	struct message *m = scan(text, strlen(text), true, 0, &f);

	if (m == NULL)
		fail_msg("refused: %s", f.words);
	return m;
}

/* The header and then the body, each cut in the same manner. */
static void
write_wire(struct message *m, const char *octets, long cut, struct buf *wire)
{
	struct message_reader r = { 0 };
	size_t header_len, start = message_body_start(m);
	size_t len = message_body_end(m) - start;
	const uint8_t *header = message_header(m, &header_len);

	assert_int_equal(buf_add(wire, header, header_len), 0);
	for (size_t at = 0, end; at < len; at = end) {
		size_t before = buf_len(wire);
		uint8_t *copy;

		end = piece_end(at, len, cut);
		copy = piece(octets + start, at, end);
		assert_int_equal(message_body(m, &r, copy, end - at, wire), 0);
		assert_true(buf_len(wire) - before <= 2 * (end - at) + 4);
		free(copy);
	}
	assert_int_equal(message_body_finish(m, &r, wire), 0);
}

static const struct letter_row {
	const char *octets;
	size_t len;
	const char *wire;
	size_t wire_len;
} letters[] = {
	{ OCTETS("A: b\n\nbody\n"), OCTETS("A: b\r\n\r\nbody\r\n") },
	/* M-05: CRLF, CR, LF and mixed ones */
	{ OCTETS("A: b\r\n\r\nx\r\ny\r\n"), OCTETS("A: b\r\n\r\nx\r\ny\r\n") },
	{ OCTETS("A: b\r\rx\ry\r"), OCTETS("A: b\r\n\r\nx\r\ny\r\n") },
	{ OCTETS("A: b\r\n\nx\ry\nz\r\n\r\r\n\n\r"),
	    OCTETS("A: b\r\n\r\nx\r\ny\r\nz\r\n\r\n\r\n\r\n\r\n") },
	/* M-06 */
	{ OCTETS("A: b\n\nx\ry"), OCTETS("A: b\r\n\r\nx\r\ny\r\n") },
	{ OCTETS("A: b\n\n\r\r\n\r"), OCTETS("A: b\r\n\r\n\r\n\r\n\r\n") },
	{ OCTETS("A: b\r\n\r\n\r"), OCTETS("A: b\r\n\r\n\r\n") },
	/* M-04 */
	{ OCTETS("A: b\n\nx"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\nx\r"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\n \n\n"), OCTETS("A: b\r\n\r\n \r\n\r\n") },
	/* M-31: headers only, with and without what ends them */
	{ OCTETS("A: b\nC: d\n\n"), OCTETS("A: b\r\nC: d\r\n\r\n") },
	{ OCTETS("A: b\nC: d\n"), OCTETS("A: b\r\nC: d\r\n\r\n") },
	{ OCTETS("A: b\nC: d"), OCTETS("A: b\r\nC: d\r\n\r\n") },
	{ OCTETS("A: b\r\nC: d\r"), OCTETS("A: b\r\nC: d\r\n\r\n") },
	{ OCTETS("A: b\n c\n "), OCTETS("A: b\r\n c\r\n \r\n\r\n") },
	/* M-31: body only */
	{ OCTETS("hello"), OCTETS("\r\nhello\r\n") },
	{ OCTETS("hello\nTo: x\n"), OCTETS("\r\nhello\r\nTo: x\r\n") },
	{ OCTETS("\nhello\n"), OCTETS("\r\nhello\r\n") },
	{ OCTETS("\r\nA: b\r\n"), OCTETS("\r\nA: b\r\n") },
	{ OCTETS("\n"), OCTETS("\r\n") },
	{ OCTETS("\r"), OCTETS("\r\n") },
	{ OCTETS("\n\n"), OCTETS("\r\n\r\n") },
	{ OCTETS(" A: b\n"), OCTETS("\r\n A: b\r\n") },
	{ OCTETS(" \n\nx\n"), OCTETS("\r\n \r\n\r\nx\r\n") },
	{ OCTETS(": x\n"), OCTETS("\r\n: x\r\n") },
	/* M-31: the missing blank line */
	{ OCTETS("A: b\nhello\nC: d\n"),
	    OCTETS("A: b\r\n\r\nhello\r\nC: d\r\n") },
	{ OCTETS("A: b\r\n c\r\nhello there: x\r\n"),
	    OCTETS("A: b\r\n c\r\n\r\nhello there: x\r\n") },
	{ OCTETS("A: b\nhello"), OCTETS("A: b\r\n\r\nhello\r\n") },
	{ OCTETS("A: b\rhello\r"), OCTETS("A: b\r\n\r\nhello\r\n") },
	/* M-34: mbox lines before a field are dropped ... */
	{ OCTETS("From a@b Tue Nov 24 11:06:23 2026\nA: b\n\nx\n"),
	    OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS(">From a@b Tue Nov 24 11:06:23 2026\r\nA: b\r\n\r\nx\r\n"),
	    OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("From a\n>From b\n>From c\nA: b\n\nFrom x\n"),
	    OCTETS("A: b\r\n\r\nFrom x\r\n") },
	{ OCTETS("From a\nA: b\nhello\n"), OCTETS("A: b\r\n\r\nhello\r\n") },
	{ OCTETS("From a\nA: b"), OCTETS("A: b\r\n\r\n") },
	/* ... and are text where none follows, which is then not lost */
	{ OCTETS("From now on\n"), OCTETS("\r\nFrom now on\r\n") },
	{ OCTETS("From now on"), OCTETS("\r\nFrom now on\r\n") },
	{ OCTETS("From now on\nwe meet\n"),
	    OCTETS("\r\nFrom now on\r\nwe meet\r\n") },
	{ OCTETS("From now on\r\n\r\nwe meet\r\n"),
	    OCTETS("\r\nFrom now on\r\n\r\nwe meet\r\n") },
	{ OCTETS("From a\n>From b\n\nx"),
	    OCTETS("\r\nFrom a\r\n>From b\r\n\r\nx\r\n") },
	{ OCTETS("From a\n b\n"), OCTETS("\r\nFrom a\r\n b\r\n") },
	{ OCTETS("Fromage\nA: b\n"), OCTETS("\r\nFromage\r\nA: b\r\n") },
	/* H-02: this one is a field */
	{ OCTETS("From : a@b\n\nx\n"), OCTETS("From : a@b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\nFrom c\n\nx\n"),
	    OCTETS("A: b\r\n\r\nFrom c\r\n\r\nx\r\n") },
	/* M-35: fields stay as they are, octet for octet */
	{ OCTETS("a :\tb  \nC:\n\t\n \td\xff\x01\nE:f\n\nx\n"),
	    OCTETS(
		"a :\tb  \r\nC:\r\n\t\r\n \td\xff\x01\r\nE:f\r\n\r\nx\r\n") },
	/* H-01: a line of blanks is a fold and no end */
	{ OCTETS("A: b\n \nC: d\n\nx\n"),
	    OCTETS("A: b\r\n \r\nC: d\r\n\r\nx\r\n") },
	/* 8-bit and control octets of a body, but for NUL */
	{ OCTETS("A: b\n\n\x01\x08\x0b\x0c\x1b\x7f\x80\xff\n"),
	    OCTETS("A: b\r\n\r\n\x01\x08\x0b\x0c\x1b\x7f\x80\xff\r\n") },
};

/* M-01, M-02, M-20..27: dots that are data. */
static const struct letter_row data_dots[] = {
	{ OCTETS("A: b\n\n.\n..\n.x\nx.\n. \n...\n"),
	    OCTETS("A: b\r\n\r\n.\r\n..\r\n.x\r\nx.\r\n. \r\n...\r\n") },
	{ OCTETS("A: b\n\n."), OCTETS("A: b\r\n\r\n.\r\n") },
	{ OCTETS("."), OCTETS("\r\n.\r\n") },
	{ OCTETS("..a: b\n\n"), OCTETS("..a: b\r\n\r\n") },
	{ OCTETS("A: b\n.\nC: d\n"), OCTETS("A: b\r\n\r\n.\r\nC: d\r\n") },
#define BEFORE "A: b\r\n\r\nx"
#define BEHIND "MAIL FROM:<a@b>\r\n"
#define PLAIN OCTETS(BEFORE "\r\n.\r\n" BEHIND)
	{ OCTETS(BEFORE "\n.\n" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\n.\r\n" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\r\n.\n" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\r.\r" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\r\n.\r" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\r.\r\n" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\r\n.\r\n" BEHIND), PLAIN },
	{ OCTETS(BEFORE "\r\r\n.\r\r\n" BEHIND),
	    OCTETS(BEFORE "\r\n\r\n.\r\n\r\n" BEHIND) },
};

/* M-03: sendmail's rule. */
static const struct letter_row ending_dots[] = {
	{ OCTETS("A: b\n\nx\n.\n"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\nx\n."), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\nx\r.\r"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\r\n\r\nx\r\n.\r\n"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\n.\n"), OCTETS("A: b\r\n\r\n") },
	{ OCTETS("A: b\n.\n"), OCTETS("A: b\r\n\r\n") },
	{ OCTETS("A: b\n."), OCTETS("A: b\r\n\r\n") },
	{ OCTETS(".\n"), OCTETS("\r\n") },
	{ OCTETS("."), OCTETS("\r\n") },
	{ OCTETS(".\r"), OCTETS("\r\n") },
	{ OCTETS("From a\n.\n"), OCTETS("\r\nFrom a\r\n") },
	{ OCTETS("A: b\n\n..\n..x\n...\n.x\n. \nx\n..\n"),
	    OCTETS("A: b\r\n\r\n.\r\n.x\r\n..\r\n.x\r\n. \r\nx\r\n.\r\n") },
	{ OCTETS("A: b\n\n.."), OCTETS("A: b\r\n\r\n.\r\n") },
	{ OCTETS("A: b\n\nx\r..\ry"), OCTETS("A: b\r\n\r\nx\r\n.\r\ny\r\n") },
	{ OCTETS("A: b\n\n.x"), OCTETS("A: b\r\n\r\n.x\r\n") },
	{ OCTETS("A: b\n..x\n"), OCTETS("A: b\r\n\r\n.x\r\n") },
	{ OCTETS("..\nx\n"), OCTETS("\r\n.\r\nx\r\n") },
	{ OCTETS("..a: b\n\nx\n"), OCTETS(".a: b\r\n\r\nx\r\n") },
};

/* M-03: the same with octets behind the lone dot: they are not sent, whatever
 * they are, but noted. */
static const struct letter_row cut_dots[] = {
	{ OCTETS("A: b\n\nx\n.\ny\n"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\r\n\r\nx\r\n.\r\n\r\n"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\nx\n.\r\r"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n\nx\n.\n\n"), OCTETS("A: b\r\n\r\nx\r\n") },
	{ OCTETS("A: b\n.\nC: d\n\nx"), OCTETS("A: b\r\n\r\n") },
	{ OCTETS(".\n."), OCTETS("\r\n") },
	{ OCTETS("A: b\n\nx\n.\n\0\xff"), OCTETS("A: b\r\n\r\nx\r\n") },
};

static void
assert_letter(const struct letter_row *row, bool dots, bool cut_off, long cut)
{
	struct fail f = { 0 };
	struct message *m = scan(row->octets, row->len, dots, cut, &f);
	struct buf wire;

	if (m == NULL)
		fail_msg("%s: %s", row->octets, f.words);
	buf_init(&wire, 1 << 20);
	write_wire(m, row->octets, cut, &wire);
	assert_int_equal(buf_len(&wire), row->wire_len);
	assert_memory_equal(buf_data(&wire), row->wire, row->wire_len);
	assert_int_equal(message_wire_size(m), row->wire_len);
	assert_true(message_cut_by_dot(m) == cut_off);
	buf_free(&wire);
	message_free(m);
}

static void
assert_letters(
    const struct letter_row *rows, size_t count, bool dots, bool cut_off)
{
	for (size_t i = 0; i < count; i++)
		for (long cut = OCTET_BY_OCTET; cut < (long)rows[i].len; cut++)
			assert_letter(&rows[i], dots, cut_off, cut);
}

static void
a_letter_is_canonical_however_it_was_cut(void **state)
{
	(void)state;
	assert_letters(letters, COUNT(letters), true, false);
	/* None of these has a dot that the other rule would see. */
	assert_letters(letters, COUNT(letters), false, false);
}

static void
dots_that_are_data_stay(void **state)
{
	(void)state;
	assert_letters(data_dots, COUNT(data_dots), true, false);
}

static void
a_lone_dot_ends_the_letter_unless_dots_are_data(void **state)
{
	(void)state;
	assert_letters(ending_dots, COUNT(ending_dots), false, false);
	assert_letters(cut_dots, COUNT(cut_dots), false, true);
}

/* Every letter of seven octets out of those that mean something. */
static void
no_short_letter_leaves_a_bare_line_end_or_another_size(void **state)
{
	static const char octets[] = "\r\n.: xF";
	char text[7];
	struct buf wire;

	(void)state;
	buf_init(&wire, 1024);
	for (unsigned n = 0; n < 7 * 7 * 7 * 7 * 7 * 7; n++) {
		bool dots = n % 2 == 0;
		struct message *m;

		for (unsigned i = 0, rest = n; i < 6; i++, rest /= 7)
			text[i] = octets[rest % 7];
		text[6] = octets[n % 5];
		m = scan(text, 7, dots, (long)(n % 7), NULL);
		assert_non_null(m);
		write_wire(m, text, (long)(n % 6) - 1, &wire);
		assert_int_equal(buf_len(&wire), message_wire_size(m));
		for (size_t i = 0; i < buf_len(&wire); i++) {
			uint8_t c = buf_data(&wire)[i];

			if (c == '\r')
				assert_int_equal(buf_data(&wire)[i + 1], '\n');
			if (c == '\n')
				assert_int_equal(buf_data(&wire)[i - 1], '\r');
		}
		buf_clear(&wire);
		message_free(m);
	}
	buf_free(&wire);
}

/* before, count times unit, behind; the caller's. */
static char *
repeated(const char *before, size_t count, const char *unit, const char *behind)
{
	size_t len = strlen(unit);
	char *text = xmalloc(strlen(before) + count * len + strlen(behind) + 1);
	char *at = text + sprintf(text, "%s", before);

	for (size_t i = 0; i < count; i++, at += len)
		memcpy(at, unit, len);
	strcpy(at, behind);
	return text;
}

static const struct {
	const char *octets;
	size_t len;
	enum fail_kind kind;
	const char *words;
} refused[] = {
	/* M-31 */
	{ OCTETS(""), FAIL_NOINPUT, "is empty" },
	{ OCTETS("\n"), FAIL_NONE, "" },
};

static void
nothing_at_all_is_no_letter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		for (long cut = OCTET_BY_OCTET; cut <= (long)refused[i].len;
		     cut++) {
			struct fail f = { 0 };
			struct message *m = scan(
			    refused[i].octets, refused[i].len, true, cut, &f);

			assert_true(
			    (m == NULL) == (refused[i].kind != FAIL_NONE));
			assert_int_equal(f.kind, refused[i].kind);
			assert_non_null(strstr(f.words, refused[i].words));
			message_free(m);
		}
}

/* What is noted, however the letter was cut, and where its body begins. */
static const struct {
	const char *octets;
	size_t len;
	unsigned needs;
	uint64_t body_line;
} needs[] = {
	{ OCTETS("A: b\n\nx\n"), 0, 2 },
	{ OCTETS("A: b\n c\n\nx\n\ny"), 0, 3 },
	{ OCTETS("A: b\nx\n\n"), 0, 1 },
	{ OCTETS("\nx\n"), 0, 1 },
	{ OCTETS("x\n"), 0, 0 },
	{ OCTETS("From x\nA: b\n\nx\n"), 0, 3 },
	{ OCTETS("From x\n\nx\n"), 0, 0 },
	/* M-28, M-20..27: a NUL, in header, text and dot lines */
	{ OCTETS("\0"), NEEDS_NUL, 0 },
	{ OCTETS("A: b\0\n\nx\n"), NEEDS_NUL, 2 },
	{ OCTETS("A\0: b\n\nx\n"), NEEDS_NUL, 0 },
	{ OCTETS("A: b\n\nx\n\0.\r\ny\n"), NEEDS_NUL, 2 },
	{ OCTETS("A: b\n\nx\n.\0\n"), NEEDS_NUL, 2 },
	{ OCTETS("A: b\n\n\0\x80"), NEEDS_NUL | NEEDS_EIGHT_BIT, 2 },
	/* M-32 */
	{ OCTETS("A: b\n\n\x7f 23456789 123456789 123456789\n"), 0, 2 },
	{ OCTETS("A: b\n\n1234567\x80"), NEEDS_EIGHT_BIT, 2 },
	{ OCTETS("A: b\n\n12345678\xff"), NEEDS_EIGHT_BIT, 2 },
	{ OCTETS("A: \xc3\xa9\n\nx\n"), NEEDS_EIGHT_BIT, 2 },
	{ OCTETS("A: b\n\n.\n\xc3\xa9\n"), NEEDS_EIGHT_BIT, 2 },
};

static void
what_a_letter_needs_is_noted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(needs); i++)
		for (long cut = OCTET_BY_OCTET; cut <= (long)needs[i].len;
		     cut++) {
			struct message *m = scan(
			    needs[i].octets, needs[i].len, true, cut, NULL);

			assert_non_null(m);
			assert_int_equal(message_needs(m), needs[i].needs);
			assert_true(message_is_8bit(m) ==
				    ((needs[i].needs & NEEDS_EIGHT_BIT) != 0));
			assert_int_equal(
			    message_body_line(m), needs[i].body_line);
			message_free(m);
		}
}

static const struct {
	const char *before;
	size_t count;
	const char *unit, *behind;
	bool dots;
	bool is_long;
	const char *words; /* NULL: accepted */
} sizes[] = {
	/* M-29: a line at the cap and one beyond, first, middle and last */
	{ "A: b\n\n", 998, "x", "\ny\n", true, false, NULL },
	{ "A: b\n\n", 999, "x", "\ny\n", true, true, NULL },
	{ "A: b\n\n", 998, "x", "", true, false, NULL },
	{ "A: b\n\n", 999, "x", "", true, true, NULL },
	{ "A: b\n\n", 998, "x", "\r", true, false, NULL },
	{ "A: b\n\n", 998, "x", "\r\n", true, false, NULL },
	{ "A: b\n\n", 100000, "x", "\n", true, true, NULL },
	{ "", 998, "x", "\n", true, false, NULL },
	{ "", 999, "x", "\n", true, true, NULL },
	{ "", 998, "\x80", "\n", true, false, NULL },
	/* a body that begins with one is not held as a header might be */
	{ "", 3000000, "x", "\n", true, true, NULL },
	{ "A: b\n", 3000000, "x", "\nB: c\n", true, true, NULL },
	{ "From x\n", 3000000, "x", "\n", true, true, NULL },
	{ "From ", 3000000, "x", "\n", true, true, NULL },
	/* counted as it goes out: the dot that is lost is not */
	{ "A: b\n\n..", 997, "x", "\n", false, false, NULL },
	{ "A: b\n\n..", 998, "x", "\n", false, true, NULL },
	{ "A: b\n\n..", 997, "x", "\n", true, true, NULL },
	{ "A: b\n\n.", 997, "x", "\n", false, false, NULL },
	{ "A: b\n\n.", 998, "x", "\n", false, true, NULL },
	/* M-30 */
	{ "A: ", 995, "b", "\n\nx", true, false, NULL },
	{ "A: ", 996, "b", "\n\nx", true, true, NULL },
	{ "A: b\n ", 100000, "c", "\n\nx", true, true, NULL },
	{ "", 100000, "A: b\n", "\nx", true, false, NULL },
	{ "", MESSAGE_HEADER_MAX / 8, "A: bcd\n", "", true, false, NULL },
	{ "", MESSAGE_HEADER_MAX / 8, "A: bcd\r\n", "\r\nx", true, false,
	    NULL },
	{ "", MESSAGE_HEADER_MAX / 8, "A: bcd\r\n", "xy\r\n", true, false,
	    NULL },
	{ "", MESSAGE_HEADER_MAX / 8, "A: bcd\n", "B:", true, false,
	    "line 131073: the header is over 1 MiB" },
	{ "", MESSAGE_HEADER_MAX / 8, "A: bcd\n", " ", true, false,
	    "line 131073: the header is over 1 MiB" },
	{ "", 200000, "A: bcdef\n", "", true, false,
	    "the header is over 1 MiB" },
	{ "A: b\n", 300000, " c\n", "", true, false,
	    "the header is over 1 MiB" },
	{ "A: b\n ", 2000000, "c", "", true, false,
	    "line 2: the header is over 1 MiB" },
	{ "A:", MESSAGE_HEADER_MAX - 4, "b", "", true, true, NULL },
	{ "A:", MESSAGE_HEADER_MAX - 3, "b", "", true, false,
	    "line 1: the header is over 1 MiB" },
	{ "", 200000, ">From x\n", "", true, false,
	    "the header is over 1 MiB" },
	{ "\n", 200000, "A: bcdef\n", "", true, false, NULL },
};

static void
lines_and_headers_have_caps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *text = repeated(sizes[i].before, sizes[i].count,
		    sizes[i].unit, sizes[i].behind);
		struct fail f = { 0 };
		struct message *m;

		for (int whole = 0; whole < 2; whole++) {
			m = scan(text, strlen(text), sizes[i].dots,
			    whole ? 0 : OCTET_BY_OCTET, &f);
			if ((m != NULL) != (sizes[i].words == NULL))
				fail_msg("row %zu: %s", i, f.words);
			if (m == NULL) {
				assert_int_equal(f.kind, FAIL_DATA);
				assert_non_null(
				    strstr(f.words, sizes[i].words));
			} else if (((message_needs(m) & NEEDS_LONG_LINE) !=
				       0) != sizes[i].is_long) {
				fail_msg("row %zu", i);
			}
			message_free(m);
		}
		free(text);
	}
}

/* M-29: also where it is long, a letter goes out as it came in. */
static void
a_long_line_is_whole_however_it_was_cut(void **state)
{
	static const char *const before[] = { "", "A: b\n", "A: b\n\n",
		"From x\n", "A: ", "A: b\n ", "From " };
	struct buf wire, same;

	(void)state;
	buf_init(&wire, 1 << 20);
	buf_init(&same, 1 << 20);
	for (size_t i = 0; i < COUNT(before); i++) {
		char *text = repeated(before[i], 2000, "x", "\ny\n");
		struct message *m = letter(text);

		write_wire(m, text, 0, &wire);
		assert_int_equal(message_wire_size(m), buf_len(&wire));
		assert_non_null(memmem(buf_data(&wire), buf_len(&wire),
		    strstr(text, "xxx"), 2000));
		message_free(m);
		for (long cut = OCTET_BY_OCTET; cut < 2010; cut++) {
			m = scan(text, strlen(text), true, cut, NULL);
			write_wire(m, text, cut, &same);
			assert_int_equal(buf_len(&same), buf_len(&wire));
			assert_memory_equal(
			    buf_data(&same), buf_data(&wire), buf_len(&wire));
			assert_int_equal(message_wire_size(m), buf_len(&wire));
			message_free(m);
			buf_clear(&same);
		}
		buf_clear(&wire);
		free(text);
	}
	buf_free(&wire);
	buf_free(&same);
}

/* M-30: 100 000 fields are asked, edited and written in no time; what is
 * quadratic would take a minute here. */
static void
many_fields_are_no_trouble(void **state)
{
	char *text = repeated("Bcc: x@y\n", 100000, "To: a@b\n", "\nx\n");
	struct message *m = letter(text);
	struct addr_list list;
	size_t len;

	(void)state;
	addr_list_init(&list);
	assert_int_equal(message_recipients(m, &list, NULL), -1);
	assert_int_equal(list.count, ADDR_LIST_MAX);
	assert_false(message_has(m, "Date"));
	message_remove(m, "Bcc");
	message_header(m, &len);
	assert_int_equal(len, 100000 * strlen("To: a@b\r\n") + 2);
	message_remove(m, "To");
	message_header(m, &len);
	assert_int_equal(len, 2);
	addr_list_free(&list);
	message_free(m);
	free(text);
}

static const struct {
	const char *text, *name, *value; /* NULL: no such field */
} values[] = {
	{ "A: b\n\n", "a", "b" },
	{ "A:b", "A", "b" },
	{ "A:\n\n", "A", "" },
	{ "A: \t \n\n", "A", "" },
	{ "A:\n \n\n", "A", "" },
	{ "A \t:  b c \n\n", "A", "b c" },
	/* each fold becomes the blank that follows it */
	{ "A: b\n c\n\n", "A", "b c" },
	{ "A: b\r\n\tc\r d\n\n", "A", "b\tc d" },
	{ "A: b\n \n  c\n\n", "A", "b   c" },
	{ "A:\n b\n \n\n", "A", "b" },
	/* the first of that name */
	{ "A: b\na: c\n\n", "A", "b" },
	{ "B: A: x\nA: b\n\n", "A", "b" },
	{ "B: x\n A: y\n\nA: z\n", "A", NULL },
	{ "AA: b\n\n", "A", NULL },
	{ "\nA: b\n", "A", NULL },
	{ "x\nA: b\n", "A", NULL },
	{ "From a\nA: b\n\n", "A", "b" },
	{ "From x\n\n", "From", NULL },
};

static void
a_value_is_unfolded_and_trimmed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct message *m = letter(values[i].text);
		char *value = message_value(m, values[i].name);

		assert_true(message_has(m, values[i].name) ==
			    (values[i].value != NULL));
		if (values[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, values[i].value);
		free(value);
		message_free(m);
	}
}

static const struct {
	const char *text;
	const char *paths; /* NULL: refused */
} recipients[] = {
	{ "To: a\nCc: b, c\nBcc: d\n\n", "a b c d" },
	{ "Subject: a@b\nFrom: c@d\nSender: e@f\n\n", "" },
	/* H-01 */
	{ "Bcc: a,\n b,\n \n\t\n c\nSubject: x\n\nTo: d\n", "a b c" },
	{ "Bcc: a\nTo: b\nBcc: c\nBcc:\n d\n\n", "a b c d" },
	/* H-02 */
	{ "bCC :a\nBCC:b\ntO\t: c\n\n", "a b c" },
	/* H-05 */
	{ "To: undisclosed-recipients:;\nBcc: a\n\n", "a" },
	{ "To:\nCc: \n\n", "" },
	/* H-13, G-05, H-07 */
	{ "To: <>\n\n", NULL },
	{ "To: a\nCc: b\x01\n\n", NULL },
	{ "To: \"a\nSubject: \"\n\n", NULL },
	/* H-03: only the newest block of Resent fields */
	{ "Resent-To: a\nTo: b\nBcc: c\n\n", "a" },
	{ "To: b\nResent-From: x\nresent-to : a\nResent-Cc: c\n"
	  "Resent-Bcc: d, e\n\n",
	    "a c d e" },
	{ "Received: r\nResent-From: x\nResent-To: a\nReceived: r\n"
	  "Resent-From: y\nResent-To: old\nReceived: r\nTo: older\n\n",
	    "a" },
	{ "Resent-To: a\nReturn-Path: <x@y>\nResent-Cc: old\n\n", "a" },
	{ "Resent-From: x\nResent-To: a\nResent-From: y\nResent-To: old\n\n",
	    "a" },
	{ "Resent-To: a\nFrom: x\nTo: y\nResent-To: old\n\n", "a" },
	{ "Resent-To: a\nResent-To: b\nX: y\nResent-Cc: c\n\n", "a b c" },
	{ "Resent-Date: x\nTo: a\n\n", "" },
	{ "Resent-To: <>\nTo: a\n\n", NULL },
	/* what stands in an older block is not even looked at */
	{ "Resent-To: a\nReceived: r\nResent-To: <>\nTo: <>\n\n", "a" },
};

static void
the_header_names_the_recipients(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(recipients); i++) {
		struct message *m = letter(recipients[i].text);
		struct addr_list list;
		struct fail f = { 0 };
		struct buf paths;
		char *text;
		int result;

		addr_list_init(&list);
		buf_init(&paths, 4096);
		result = message_recipients(m, &list, &f);
		if (result != (recipients[i].paths != NULL ? 0 : -1))
			fail_msg("row %zu: %s", i, f.words);
		for (size_t j = 0; j < list.count; j++)
			buf_addf(
			    &paths, "%s%s", j > 0 ? " " : "", list.paths[j]);
		text = buf_text(&paths);
		if (result == 0)
			assert_string_equal(text, recipients[i].paths);
		else
			assert_int_equal(f.kind, FAIL_DATA);
		free(text);
		buf_free(&paths);
		addr_list_free(&list);
		message_free(m);
	}
}

static const struct {
	const char *text;
	const char *const removed[3];
	const char *const added[3][2];
	const char *header;
} edits[] = {
	/* H-01, H-02, H-08: no Bcc is left, and its neighbours whole */
	{ "A: 1\nBcc: a,\n \n b\nC: 2\nbCC :\n c\nBcc: d\nE:\n 3\n\n",
	    { "Bcc" }, { { NULL } }, "A: 1\r\nC: 2\r\nE:\r\n 3\r\n\r\n" },
	{ "Bcc: a", { "bcc" }, { { NULL } }, "\r\n" },
	/* H-03 */
	{ "Resent-Bcc: a\nX: y\nBcc: b\nBccc: c\n", { "Bcc", "Resent-Bcc" },
	    { { NULL } }, "X: y\r\nBccc: c\r\n\r\n" },
	{ "A: 1\n\n", { "B" }, { { NULL } }, "A: 1\r\n\r\n" },
	/* M-35: added below, in order; what was there is untouched */
	{ "a :\t1 \n\t\n\nx", { NULL },
	    { { "Date", "d" }, { "From", "N\r\n <a@b>" } },
	    "a :\t1 \r\n\t\r\nDate: d\r\nFrom: N\r\n <a@b>\r\n\r\n" },
	{ "hello\n", { NULL }, { { "Date", "d" } }, "Date: d\r\n\r\n" },
	/* replaced */
	{ "From: x\nTo: y\n\n", { "from" }, { { "From", "z" } },
	    "To: y\r\nFrom: z\r\n\r\n" },
	/* G-05: no value makes a field or ends the header */
	{ "A: 1\n\n", { NULL },
	    { { "B", "2\r\nBcc: x" }, { "C", "3\n\n" }, { "D", "\r\n\r\n4" } },
	    "A: 1\r\nB: 2??Bcc: x\r\nC: 3??\r\nD: ????4\r\n\r\n" },
	{ "A: 1\n\n", { NULL }, { { "B", "\x7f\x1b\t\r\n\t\r \n x\r" } },
	    "A: 1\r\nB: ??\t\r\n\t? ? x?\r\n\r\n" },
};

static void
edits_take_and_add_whole_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct message *m = letter(edits[i].text);
		uint64_t before = message_wire_size(m), body;
		const uint8_t *header;
		size_t len;

		message_header(m, &len);
		body = before - len;
		for (size_t j = 0; j < 3 && edits[i].removed[j] != NULL; j++)
			message_remove(m, edits[i].removed[j]);
		for (size_t j = 0; j < 3 && edits[i].added[j][0] != NULL; j++)
			message_add(
			    m, edits[i].added[j][0], edits[i].added[j][1]);
		header = message_header(m, &len);
		assert_int_equal(len, strlen(edits[i].header));
		assert_memory_equal(header, edits[i].header, len);
		assert_int_equal(message_wire_size(m), len + body);
		message_free(m);
	}
}

static void
removal_takes_added_fields_too_but_not_later_ones(void **state)
{
	struct message *m = letter("A: 1\n\n");
	size_t len;

	(void)state;
	message_add(m, "A", "2");
	message_add(m, "B", "3");
	message_remove(m, "A");
	message_add(m, "A", "4");
	assert_memory_equal(
	    message_header(m, &len), "B: 3\r\nA: 4\r\n\r\n", 14);
	assert_int_equal(len, 14);
	message_free(m);
}

/* Replaces fields of a header by number: "2= x" or "2" alone, which takes it
 * away. */
static void
replace_fields(struct message *m, const char *const *changes)
{
	for (; *changes != NULL; changes++) {
		struct header_field field;
		size_t at = 0, number = (size_t)(**changes - '0');

		for (size_t i = 0; i < number; i++)
			assert_true(message_field(m, &at, &field));
		message_replace(
		    m, &field, (*changes)[1] == '=' ? *changes + 2 : NULL);
	}
}

static const struct {
	const char *text, *changes[4], *header;
} replaced[] = {
	{ "A: 1\nB: 2\n\n", { "1= x" }, "A: x\r\nB: 2\r\n\r\n" },
	{ "A: 1\nB: 2\n\n", { "2=x" }, "A: 1\r\nB:x\r\n\r\n" },
	{ "A: 1\n 1\nB: 2\n\n", { "1= x\r\n\ty" },
	    "A: x\r\n\ty\r\nB: 2\r\n\r\n" },
	{ "a : 1\nA:2\nA: 3\n\n", { "2= x" }, "a : 1\r\nA: x\r\nA: 3\r\n\r\n" },
	{ "A: 1\nB: 2\nC: 3\n\n", { "3= z", "1= x", "2= y" },
	    "A: x\r\nB: y\r\nC: z\r\n\r\n" },
	{ "A: 1\nB: 2\n\n", { "1= x", "1= y" }, "A: y\r\nB: 2\r\n\r\n" },
	{ "A: 1\nB: 2\n\n", { "1" }, "B: 2\r\n\r\n" },
	{ "A: 1\nB: 2\n\n", { "1= x", "1" }, "B: 2\r\n\r\n" },
	{ "A: 1\nB: 2\n\n", { "1", "1= x" }, "A: x\r\nB: 2\r\n\r\n" },
	{ "From x\nA: 1\n\n", { "1= x" }, "A: x\r\n\r\n" },
	/* who breaks the promise gains no field */
	{ "A: 1\n\n", { "1= x\r\nB: y" }, "A: x??B: y\r\n\r\n" },
	{ "A: 1\n\n", { "1= x\n y\33" }, "A: x? y?\r\n\r\n" },
};

static void
a_field_keeps_its_place_under_another_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(replaced); i++) {
		struct message *m = letter(replaced[i].text);
		const uint8_t *header;
		size_t len;

		message_header(m, &len);
		replace_fields(m, replaced[i].changes);
		header = message_header(m, &len);
		assert_int_equal(len, strlen(replaced[i].header));
		assert_memory_equal(header, replaced[i].header, len);
		assert_int_equal(message_wire_size(m), len);
		message_free(m);
	}
}

static void
removal_by_name_takes_what_was_replaced_too(void **state)
{
	static const char *const changes[] = { "1= x", "2= y", NULL };
	struct message *m = letter("A: 1\nB: 2\n\n");
	struct header_field field;
	const uint8_t *header;
	size_t len, at = 0;

	(void)state;
	replace_fields(m, changes);
	message_remove(m, "A");
	header = message_header(m, &len);
	assert_int_equal(len, strlen("B: y\r\n\r\n"));
	assert_memory_equal(header, "B: y\r\n\r\n", len);
	/* Questions are still about the letter as it came. */
	assert_true(message_field(m, &at, &field));
	assert_memory_equal(field.value, " 1", 2);
	assert_true(message_field(m, &at, &field));
	assert_false(message_field(m, &at, &field));
	message_free(m);
}

static void
questions_are_about_the_letter_as_it_came(void **state)
{
	struct message *m = letter("Bcc: a\n\n");
	struct addr_list list;
	char *value;

	(void)state;
	message_remove(m, "Bcc");
	message_add(m, "To", "b");
	assert_true(message_has(m, "Bcc"));
	assert_false(message_has(m, "To"));
	value = message_value(m, "Bcc");
	assert_string_equal(value, "a");
	free(value);
	addr_list_init(&list);
	assert_int_equal(message_recipients(m, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.paths[0], "a");
	addr_list_free(&list);
	message_free(m);
}

/* M-02, M-33: dots at every place near the edges of pieces of 2^n octets, in
 * a letter that is larger than all that is held of it. */
static void
dots_at_the_edges_of_blocks_stay(void **state)
{
	(void)state;
	for (size_t block = 64; block <= 16384; block *= 4)
		for (size_t line = block - 2; line <= block + 2; line++) {
			struct message *m = message_new(true);
			struct message_reader r = { 0 };
			char *text = repeated("\n", block * 3, "abcd\n", "");
			size_t len = strlen(text), at = line;
			struct buf wire;

			for (; at + 2 < len; at += line)
				memcpy(text + at, "\n.x", 3);
			buf_init(&wire, 2 * len + 4);
			for (size_t i = 0; i < len; i += block)
				assert_int_equal(
				    message_scan(m, (uint8_t *)text + i,
					len - i < block ? len - i : block,
					NULL),
				    0);
			assert_int_equal(message_scan_end(m, NULL), 0);
			assert_int_equal(message_body_start(m), 1);
			assert_int_equal(
			    message_body(
				m, &r, (uint8_t *)text + 1, len - 1, &wire),
			    0);
			assert_int_equal(
			    buf_len(&wire) + 2, message_wire_size(m));
			for (size_t i = 1, j = 0; i < len; i++, j++) {
				if (text[i] == '\n')
					assert_int_equal(
					    buf_data(&wire)[j++], '\r');
				assert_int_equal(buf_data(&wire)[j], text[i]);
			}
			buf_free(&wire);
			free(text);
			message_free(m);
		}
}

static void
a_body_that_has_no_room_is_not_read(void **state)
{
	static const char text[] = "\nx\ny";
	struct message *m = letter(text);
	struct message_reader r = { 0 };
	struct buf out;

	(void)state;
	buf_init(&out, 2 * 3 + 4);
	assert_int_equal(buf_add(&out, "z", 1), 0);
	assert_int_equal(
	    message_body(m, &r, (const uint8_t *)text + 1, 3, &out), -1);
	assert_int_equal(buf_len(&out), 1);
	buf_clear(&out);
	assert_int_equal(
	    message_body(m, &r, (const uint8_t *)text + 1, 3, &out), 0);
	assert_int_equal(message_body_finish(m, &r, &out), 0);
	assert_int_equal(buf_len(&out), 6);
	assert_memory_equal(buf_data(&out), "x\r\ny\r\n", 6);
	buf_free(&out);
	message_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_is_canonical_however_it_was_cut),
		cmocka_unit_test(dots_that_are_data_stay),
		cmocka_unit_test(
		    a_lone_dot_ends_the_letter_unless_dots_are_data),
		cmocka_unit_test(
		    no_short_letter_leaves_a_bare_line_end_or_another_size),
		cmocka_unit_test(nothing_at_all_is_no_letter),
		cmocka_unit_test(what_a_letter_needs_is_noted),
		cmocka_unit_test(lines_and_headers_have_caps),
		cmocka_unit_test(a_long_line_is_whole_however_it_was_cut),
		cmocka_unit_test(many_fields_are_no_trouble),
		cmocka_unit_test(a_value_is_unfolded_and_trimmed),
		cmocka_unit_test(the_header_names_the_recipients),
		cmocka_unit_test(edits_take_and_add_whole_fields),
		cmocka_unit_test(
		    removal_takes_added_fields_too_but_not_later_ones),
		cmocka_unit_test(a_field_keeps_its_place_under_another_value),
		cmocka_unit_test(removal_by_name_takes_what_was_replaced_too),
		cmocka_unit_test(questions_are_about_the_letter_as_it_came),
		cmocka_unit_test(dots_at_the_edges_of_blocks_stay),
		cmocka_unit_test(a_body_that_has_no_room_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
