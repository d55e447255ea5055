/*
 * Unit tests of mail/qp, mail/utf8 and mail/fold: what text, and the lines of
 * headers, become.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/qp.h"
#include "mail/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(literal) literal, sizeof(literal) - 1
#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10
#define X100 X70 X10 X10 X10
#define X500 X100 X100 X100 X100 X100

/* A line, and what it becomes (RFC 2045 6.7). */
static const struct {
	const char *octets;
	size_t len;
	const char *code;
} lines[] = {
	{ OCTETS(""), "" },
	{ OCTETS("Hello, world!"), "Hello, world!" },
	{ OCTETS("\0\x01\x08\x1b\x7f\x80\xff"), "=00=01=08=1B=7F=80=FF" },
	{ OCTETS("1 = 2 =41"), "1 =3D 2 =3D41" },
	{ OCTETS("!\"#$@[\\]^`{|}~"), "!\"#$@[\\]^`{|}~" },
	/* blanks at the end */
	{ OCTETS(" "), "=20" },
	{ OCTETS("\t"), "=09" },
	{ OCTETS(" a \t b \t"), " a \t b =09" },
	{ OCTETS("-- "), "-=2D=20" },
	/* at the start */
	{ OCTETS("."), "=2E" },
	{ OCTETS("..x."), "=2E.x." },
	{ OCTETS("From me"), "From=20me" },
	{ OCTETS("From"), "From" },
	{ OCTETS("From\t"), "From=09" },
	{ OCTETS("from me, From me"), "from me, From me" },
	{ OCTETS("--b"), "-=2Db" },
	{ OCTETS("-b--"), "-b--" },
	{ OCTETS("- - --"), "- - --" },
	/* RFC 2045 6.7 (5): 76 octets, the last one of which is "=" */
	{ OCTETS(X70 "12345"), X70 "12345" },
	{ OCTETS(X70 "123456"), X70 "12345=\r\n6" },
	{ OCTETS(X70 "12\xff"), X70 "12=FF" },
	{ OCTETS(X70 "123\xff"), X70 "123=\r\n=FF" },
	{ OCTETS(X70 "12345.x"), X70 "12345=\r\n=2Ex" },
	{ OCTETS(X70 "12345--b"), X70 "12345=\r\n-=2Db" },
	{ OCTETS(X70 "12345From x"), X70 "12345=\r\nFrom=20x" },
	{ OCTETS(X70 "123 "), X70 "123=20" },
	{ OCTETS(X70 "1234 "), X70 "1234=\r\n=20" },
	{ OCTETS(X70 "12345 "), X70 "12345=\r\n=20" },
	{ OCTETS(X70 "1234 x"), X70 "1234 =\r\nx" },
};

static void
lines_are_encoded_however_they_were_cut(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < COUNT(lines); i++)
		for (size_t cut = 0; cut <= lines[i].len; cut++) {
			const uint8_t *at = (const uint8_t *)lines[i].octets;
			size_t len = strlen(lines[i].code);
			struct qp q = { .used = 0 };

			qp_add(&q, at, cut, &out);
			qp_add(&q, at + cut, lines[i].len - cut, &out);
			qp_end_line(&q, &out);
			assert_int_equal(q.used, 0);
			assert_int_equal(buf_len(&out), len + 2);
			assert_memory_equal(buf_data(&out), lines[i].code, len);
			assert_memory_equal(buf_data(&out) + len, "\r\n", 2);
			buf_clear(&out);
		}
	buf_free(&out);
}

/* The worst that a line can be keeps to the growth that is promised. */
static void
octets_grow_as_little_as_promised(void **state)
{
	uint8_t octets[1000];
	struct qp q = { .used = 0 };
	struct buf out;

	(void)state;
	memset(octets, 0xff, sizeof(octets));
	buf_init(&out, 1 << 16);
	qp_add(&q, octets, sizeof(octets), &out);
	assert_true(buf_len(&out) <= QP_GROWTH * sizeof(octets));
	qp_end_line(&q, &out);
	assert_true(
	    buf_len(&out) <= QP_GROWTH * sizeof(octets) + QP_LINE_MAX + 2);
	buf_free(&out);
}

/* RFC 3629 3 and 4. */
static const struct {
	const char *octets;
	bool good;
} texts[] = {
	{ "", true },
	{ "plain", true },
	{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x93\xa8", true },
	{ "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", true },
	{ "\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
	{ "\xe4", false },
	{ "\x80", false },
	{ "\xc3", false },
	{ "\xc3\xa4\xe2\x82", false },
	{ "\xc3 \xa4", false },
	{ "\xe2\x82 ", false },
	{ "\xc0\x80", false },
	{ "\xc1\xbf", false },
	{ "\xe0\x9f\xbf", false },
	{ "\xed\xa0\x80", false },
	{ "\xf0\x8f\xbf\xbf", false },
	{ "\xf4\x90\x80\x80", false },
	{ "\xf5\x80\x80\x80", false },
	{ "\xff", false },
};

static void
utf8_is_known_however_it_was_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t cut = 0, len = strlen(texts[i].octets); cut <= len;
		     cut++) {
			const uint8_t *at = (const uint8_t *)texts[i].octets;
			struct utf8 u = { 0 };

			utf8_add(&u, at, cut);
			utf8_add(&u, at + cut, len - cut);
			if (utf8_is_good(&u) != texts[i].good)
				fail_msg("%s", texts[i].octets);
		}
}

/* A field, and what it becomes; NULL: it cannot be folded. */
static const struct {
	const char *field, *folded;
} fields[] = {
	{ "A: " X500 " " X500 "\r\n", "A:\r\n " X500 "\r\n " X500 "\r\n" },
	{ "A: b " X500 " c " X500 "\r\n",
	    "A: b\r\n " X500 "\r\n c\r\n " X500 "\r\n" },
	{ "A: " X70 " " X70 " " X500 X500 "\r\n", NULL },
	{ "A: " X70 " " X70 " " X500 X100 X100 X100 X100 X70 "\r\n",
	    "A: " X70 "\r\n " X70 "\r\n " X500 X100 X100 X100 X100 X70 "\r\n" },
	/* runs of blanks stay, and go with what is behind them */
	{ "A: b \t " X500 "   " X500 " \r\n",
	    "A: b\r\n \t " X500 "\r\n   " X500 " \r\n" },
	/* only lines that are too long, whatever else they are */
	{ "A: " X70 " " X70 "\r\n b\r\n " X500 " " X500 "\r\n\t\r\n c\r\n",
	    "A: " X70 " " X70 "\r\n b\r\n " X500 "\r\n " X500
	    "\r\n\t\r\n c\r\n" },
	/* the colon stays in the first line */
	{ "A \t :" X500 " " X500 "\r\n", "A \t :" X500 "\r\n " X500 "\r\n" },
	{ "A:" X500 X500 "\r\n", NULL },
	{ "A: b\r\n " X500 X500 "\r\n", NULL },
	/* a line of blanks is no line (RFC 5322 3.2.2) */
	{ "A:" X500 X500 " \r\n", NULL },
	{ "A: b" X500 " " X500 "                                     \r\n",
	    "A:\r\n b" X500 "\r\n " X500
	    "                                     \r\n" },
};

static void
long_lines_of_a_field_are_folded_at_blanks(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct header_field field;
		size_t at = 0;
		const char *folded = fields[i].folded;

		assert_int_equal(header_next(fields[i].field,
				     strlen(fields[i].field), &at, &field),
		    1);
		assert_true(fold_is_needed(&field));
		assert_int_equal(
		    fold_field(&field, NULL), folded != NULL ? 0 : -1);
		assert_int_equal(
		    fold_field(&field, &out), folded != NULL ? 0 : -1);
		if (folded != NULL) {
			assert_int_equal(buf_len(&out), strlen(folded));
			assert_memory_equal(
			    buf_data(&out), folded, buf_len(&out));
		}
		buf_clear(&out);
	}
	buf_free(&out);
}

static void
a_field_of_short_lines_needs_no_fold(void **state)
{
	static const char text[] = "A: " X500 "\r\n " X500 "\r\n";
	struct header_field field;
	size_t at = 0;

	(void)state;
	assert_int_equal(header_next(text, sizeof(text) - 1, &at, &field), 1);
	assert_false(fold_is_needed(&field));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_encoded_however_they_were_cut),
		cmocka_unit_test(octets_grow_as_little_as_promised),
		cmocka_unit_test(utf8_is_known_however_it_was_cut),
		cmocka_unit_test(long_lines_of_a_field_are_folded_at_blanks),
		cmocka_unit_test(a_field_of_short_lines_needs_no_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
