/*
 * What base/ promises of octets and words: buf, text, fail, base64, store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/store.h"
#include "base/text.h"
#include "base/xalloc.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
assert_buf(const struct buf *b, const char *want)
{
	assert_int_equal(buf_len(b), strlen(want));
	assert_memory_equal(buf_data(b), want, strlen(want));
}

/* buf */

static void
buf_adds_at_the_end_and_takes_from_the_front(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 64);
	assert_buf(&b, "");
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	assert_int_equal(buf_add_text(&b, "def"), 0);
	assert_int_equal(buf_addf(&b, "-%d-%s", 7, "x"), 0);
	assert_buf(&b, "abcdef-7-x");
	buf_take(&b, 3);
	assert_buf(&b, "def-7-x");
	text = buf_text(&b);
	assert_string_equal(text, "def-7-x");
	free(text);
	buf_clear(&b);
	assert_buf(&b, "");
	buf_free(&b);
}

static void
buf_refuses_what_passes_its_cap_and_stays_as_it_was(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	assert_int_equal(buf_space(&b), 2);
	assert_int_equal(buf_add(&b, "def", 3), -1);
	assert_int_equal(buf_add_text(&b, "def"), -1);
	assert_int_equal(buf_addf(&b, "%d", 123), -1);
	assert_null(buf_reserve(&b, 3));
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_buf(&b, "abc");
	assert_int_equal(buf_addf(&b, "%d", 12), 0);
	assert_buf(&b, "abc12");
	assert_int_equal(buf_space(&b), 0);
	assert_int_equal(buf_add(&b, "x", 1), -1);
	assert_int_equal(buf_add(&b, "", 0), 0);
	buf_take(&b, 1);
	assert_int_equal(buf_add(&b, "x", 1), 0);
	assert_buf(&b, "bc12x");
	buf_free(&b);
}

static void
buf_keeps_its_order_however_it_grows(void **state)
{
	enum { ROUNDS = 3000 };
	struct buf b;
	unsigned next = 0;

	(void)state;
	buf_init(&b, 4000);
	b.secret = true;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t octet = (uint8_t)i;

		assert_int_equal(buf_add(&b, &octet, 1), 0);
		if (i % 3 == 0) {
			assert_int_equal(buf_data(&b)[0], next % 256);
			buf_take(&b, 1);
			next++;
		}
	}
	while (buf_len(&b) > 0) {
		assert_int_equal(buf_data(&b)[0], next % 256);
		buf_take(&b, 1);
		next++;
	}
	assert_int_equal(next, ROUNDS);
	buf_free(&b);
}

static void
buf_wipes_a_secret_when_it_is_taken(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	b.secret = true;
	assert_int_equal(buf_add_text(&b, "sesame"), 0);
	buf_take(&b, 3);
	assert_memory_equal(b.octets, "\0\0\0ame", 6);
	buf_clear(&b);
	assert_memory_equal(b.octets, "\0\0\0\0\0\0", 6);
	buf_free(&b);
}

static void
buf_reserve_gives_room_that_counts_when_declared(void **state)
{
	struct buf b;
	uint8_t *to;

	(void)state;
	buf_init(&b, 600);
	to = buf_reserve(&b, 600);
	assert_non_null(to);
	assert_int_equal(buf_len(&b), 0);
	memset(to, 'z', 600);
	buf_added(&b, 600);
	assert_int_equal(buf_len(&b), 600);
	assert_int_equal(buf_data(&b)[599], 'z');
	buf_free(&b);
}

/* text */

static void
text_asks_about_ascii_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool upper = i >= 'A' && i <= 'Z', lower = i >= 'a' && i <= 'z';

		assert_int_equal(text_is_alpha(c), upper || lower);
		assert_int_equal(text_is_digit(c), i >= '0' && i <= '9');
		assert_int_equal(text_is_blank(c), i == ' ' || i == '\t');
		assert_int_equal(text_is_control(c), i < 32 || i == 127);
		assert_int_equal(text_lower(c), upper ? (char)(i + 32) : c);
	}
}

static void
text_compares_without_regard_to_case(void **state)
{
	(void)state;
	assert_true(text_same("StartTLS", "STARTTLS"));
	assert_true(text_same("", ""));
	assert_false(text_same("SIZE", "SIZE "));
	assert_false(text_same("SIZE", "SIZ"));
	/* 32 apart, but no letters; and 8-bit letters have no case here. */
	assert_false(text_same("@", "`"));
	assert_false(text_same("\304", "\344"));
	assert_true(text_same_n("AUTH=x", "auth y", 4));
	assert_false(text_same_n("AUTH=x", "auth y", 5));
}

static void
text_finds_controls_anywhere(void **state)
{
	(void)state;
	assert_false(text_has_control("a b\303\251", 5));
	assert_false(text_has_control("", 0));
	assert_true(text_has_control("a\0b", 3));
	assert_true(text_has_control("a\r", 2));
	assert_true(text_has_control("\033[1m", 4));
	assert_true(text_has_control("\177", 1));
}

static const struct vis_row {
	const char *octets;
	size_t len, size;
	const char *want;
} vis_rows[] = {
	{ "plain words", 11, 64, "plain words" },
	{ "", 0, 64, "" },
	{ "a\r\nb\nc", 6, 64, "a b c" },
	{ "a\rb", 3, 64, "a\\rb" },
	{ "\033[2J", 4, 64, "\\^[[2J" },
	{ "\177", 1, 64, "\\^?" },
	{ "a\\b", 3, 64, "a\\\\b" },
	{ "a\tb", 3, 64, "a\\tb" },
	{ "a\0b", 3, 64, "a\\0b" },
	{ "a\0001", 3, 64, "a\\0001" },
	{ "100%s%n", 7, 64, "100%s%n" },
	/* Cut, but not in an escape. */
	{ "abcdef", 6, 4, "abc" },
	{ "abcdef", 6, 1, "" },
	{ "ab\033", 3, 6, "ab\\^[" },
	{ "ab\033", 3, 5, "ab" },
};

static void
text_vis_is_printable_on_one_line_and_ends_where_it_must(void **state)
{
	char to[64];

	(void)state;
	for (size_t i = 0; i < COUNT(vis_rows); i++) {
		const struct vis_row *row = &vis_rows[i];

		memset(to, 'Z', sizeof(to));
		assert_ptr_equal(
		    text_vis(to, row->size, row->octets, row->len), to);
		assert_string_equal(to, row->want);
	}
}

static void
text_vis_makes_every_octet_printable(void **state)
{
	char to[16];

	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;

		text_vis(to, sizeof(to), &c, 1);
		assert_true(strlen(to) >= 1 && strlen(to) <= 4);
		for (const char *p = to; *p != '\0'; p++)
			assert_true(*p >= 32 && *p < 127);
	}
}

/* fail */

static void
fail_set_fills_words_and_forgets_old_advice(void **state)
{
	struct fail f;

	(void)state;
	assert_int_equal(
	    fail_set(&f, FAIL_TRUST, "%s: %d", "mx.example", 5), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	assert_string_equal(f.words, "mx.example: 5");
	assert_string_equal(f.advice, "");
	fail_advise(&f, "try %s", "tls-trust");
	assert_string_equal(f.advice, "try tls-trust");
	assert_int_equal(fail_errno(&f, FAIL_IO, ENOENT, "open %s", "/x"), -1);
	assert_int_equal(f.kind, FAIL_IO);
	assert_string_equal(f.words, "open /x: No such file or directory");
	assert_string_equal(f.advice, "");
}

static void
fail_makes_hostile_words_printable_and_short(void **state)
{
	char *longer = xmalloc(5000);
	struct fail f;

	(void)state;
	fail_set(&f, FAIL_PROTOCOL, "550 %s", "no\r\n\033]0;title\007%n");
	assert_string_equal(f.words, "550 no \\^[]0;title\\a%n");
	memset(longer, 'x', 4999);
	longer[4999] = '\0';
	fail_set(&f, FAIL_PROTOCOL, "%s", longer);
	assert_int_equal(strlen(f.words), FAIL_WORDS_MAX - 1);
	fail_errno(&f, FAIL_PROTOCOL, ENOENT, "%s", longer);
	assert_int_equal(strlen(f.words), FAIL_WORDS_MAX - 1);
	fail_advise(&f, "%s", longer);
	assert_int_equal(strlen(f.advice), FAIL_WORDS_MAX - 1);
	free(longer);
}

static void
fail_may_be_told_that_nobody_wants_words(void **state)
{
	(void)state;
	assert_int_equal(fail_set(NULL, FAIL_OS, "x"), -1);
	assert_int_equal(fail_errno(NULL, FAIL_OS, EPERM, "x"), -1);
	fail_advise(NULL, "x");
}

/* base64 */

/* RFC 4648 section 10, and both ends of the alphabet. */
static const struct base64_row {
	const char *octets;
	size_t len;
	const char *text;
} base64_rows[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\0\0\0", 3, "AAAA" },
	{ "\0", 1, "AA==" },
	{ "\377\377\377", 3, "////" },
	{ "\373\357\276", 3, "++++" },
	{ "\0alice\0sesame", 13, "AGFsaWNlAHNlc2FtZQ==" },
};

static void
base64_takes_every_octet_there_and_back(void **state)
{
	uint8_t octets[257];
	struct buf text, back;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 7);
	buf_init(&text, 1024);
	buf_init(&back, 1024);
	for (size_t len = 0; len <= sizeof(octets); len++) {
		assert_int_equal(base64_encode(&text, octets, len), 0);
		assert_int_equal(buf_len(&text), (len + 2) / 3 * 4);
		assert_int_equal(
		    base64_decode(
			&back, (const char *)buf_data(&text), buf_len(&text)),
		    0);
		assert_int_equal(buf_len(&back), len);
		assert_memory_equal(buf_data(&back), octets, len);
		buf_clear(&text);
		buf_clear(&back);
	}
	buf_free(&text);
	buf_free(&back);
}

static void
base64_agrees_with_the_rfc(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	for (size_t i = 0; i < COUNT(base64_rows); i++) {
		const struct base64_row *row = &base64_rows[i];

		assert_int_equal(base64_encode(&b, row->octets, row->len), 0);
		assert_buf(&b, row->text);
		buf_clear(&b);
		assert_int_equal(
		    base64_decode(&b, row->text, strlen(row->text)), 0);
		assert_int_equal(buf_len(&b), row->len);
		assert_memory_equal(buf_data(&b), row->octets, row->len);
		buf_clear(&b);
	}
	buf_free(&b);
}

static const char *const base64_invalid[] = {
	"Z",
	"Zg",
	"Zg=",
	"Zg===",
	"=",
	"==",
	"====",
	"Z===",
	"Zm9v====", /* padding that pads nothing */
	"Zg==Zm9v", /* something behind the end */
	"Zm=v",
	"Z=g=", /* padding in the middle */
	"Zh==",
	"Zm9=", /* spare bits that are set: another spelling */
	"Zm9v\r\n",
	"Zm9vYg==\n",
	"Zm 9",
	" Zm9",
	"Zm9v Yg== ",
	"\tAAA",
	"Zm9-",
	"Zm9_", /* the URL alphabet */
	"Zm9\303",
	"Zm9*",
	"Zm9\001",
};

static void
base64_refuses_every_other_spelling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	for (size_t i = 0; i < COUNT(base64_invalid); i++)
		assert_int_equal(base64_decode(&b, base64_invalid[i],
				     strlen(base64_invalid[i])),
		    -1);
	assert_int_equal(base64_decode(&b, "Zm\0v", 4), -1);
	assert_int_equal(base64_decode(&b, "Zm9v\0\0\0\0", 8), -1);
	assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
}

static void
base64_stops_at_the_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(base64_encode(&b, "foobarx", 7), -1);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(base64_encode(&b, "foobar", 6), 0);
	assert_int_equal(base64_encode(&b, "f", 1), -1);
	assert_buf(&b, "Zm9vYmFy");
	buf_free(&b);
	buf_init(&b, 6);
	assert_int_equal(base64_decode(&b, "Zm9vYmFyeA==", 12), -1);
	assert_int_equal(base64_decode(&b, "Zm9vYmFy", 8), 0);
	assert_buf(&b, "foobar");
	buf_free(&b);
	buf_init(&b, 1);
	assert_int_equal(base64_decode(&b, "Zm8=", 4), -1);
	assert_int_equal(base64_decode(&b, "Zg==", 4), 0);
	buf_free(&b);
}

/* store */

static uint8_t
octet_at(uint64_t offset)
{
	return (uint8_t)(offset * 31 + (offset >> 8));
}

static void
store_fill(struct store *s, size_t len, size_t step)
{
	uint8_t piece[4096];
	struct fail f;

	for (size_t done = 0; done < len;) {
		size_t n = len - done < step ? len - done : step;

		for (size_t i = 0; i < n; i++)
			piece[i] = octet_at(done + i);
		assert_int_equal(store_add(s, piece, n, &f), 0);
		done += n;
		assert_int_equal(store_size(s), done);
	}
}

/* Reads all of it from offset on, in pieces of at most step octets. */
static void
store_verify(const struct store *s, uint64_t offset, size_t step)
{
	uint8_t scratch[4096];
	const uint8_t *view;
	struct fail f;
	long n;

	while ((n = store_read(s, offset, step, scratch, &view, &f)) > 0) {
		assert_true((size_t)n <= step);
		for (long i = 0; i < n; i++)
			assert_int_equal(
			    view[i], octet_at(offset + (uint64_t)i));
		offset += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(offset, store_size(s));
}

static void
store_gives_back_what_was_added_at_any_offset(void **state)
{
	static const size_t limits[] = { 0, 1, 999, 1000, 1001, 100000 };
	static const size_t steps[] = { 1, 7, 4096 };

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++)
		for (size_t j = 0; j < COUNT(steps); j++) {
			struct store *s = store_new(limits[i], "/tmp");

			store_fill(s, 9000, steps[j]);
			store_verify(s, 0, 4096);
			store_verify(s, 0, 13);
			store_verify(s, 998, 3);
			store_verify(s, 8999, 1);
			store_verify(s, 0, 4096);
			store_fill(s, 0, 1);
			store_free(s);
		}
}

static void
store_that_is_empty_reads_as_nothing(void **state)
{
	struct store *s = store_new(STORE_MEMORY_MAX, "/nowhere");
	const uint8_t *view;
	uint8_t scratch[1];

	(void)state;
	assert_int_equal(store_size(s), 0);
	assert_int_equal(store_read(s, 0, 1, scratch, &view, NULL), 0);
	assert_int_equal(store_read(s, 99, 1, scratch, &view, NULL), 0);
	assert_int_equal(store_add(s, "", 0, NULL), 0);
	assert_int_equal(store_size(s), 0);
	store_free(s);
	store_free(NULL);
}

static void
store_needs_its_directory_only_beyond_the_limit(void **state)
{
	struct store *s = store_new(4, "/nowhere");
	const uint8_t *view;
	uint8_t scratch[8];
	struct fail f;

	(void)state;
	assert_int_equal(store_add(s, "abcd", 4, &f), 0);
	assert_int_equal(store_add(s, "e", 1, &f), -1);
	assert_int_equal(f.kind, FAIL_IO);
	assert_non_null(strstr(f.words, "/nowhere"));
	assert_int_equal(store_size(s), 4);
	assert_int_equal(store_read(s, 1, 8, scratch, &view, &f), 3);
	assert_memory_equal(view, "bcd", 3);
	store_free(s);
}

static void
store_failing_half_way_has_added_nothing(void **state)
{
	struct store *s = store_new(4, "/nowhere");
	struct fail f;

	(void)state;
	assert_int_equal(store_add(s, "ab", 2, &f), 0);
	assert_int_equal(store_add(s, "cdef", 4, &f), -1);
	assert_int_equal(store_size(s), 2);
	assert_int_equal(store_add(s, "cd", 2, &f), 0);
	assert_int_equal(store_size(s), 4);
	store_free(s);
}

static void
store_on_a_full_disk_is_a_failure_that_may_pass(void **state)
{
	struct rlimit old, small;
	struct store *s = store_new(0, "/tmp");
	uint8_t piece[4096];
	struct fail f;

	/* P-11: the limit stands in for a disk; SIGXFSZ is ignored as
	 * start_safely does. */
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 5000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	store_fill(s, 4096, 4096);
	memset(piece, 0, sizeof(piece));
	assert_int_equal(store_add(s, piece, sizeof(piece), &f), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_non_null(strstr(f.words, "File too large"));
	assert_string_not_equal(f.advice, "");
	assert_int_equal(store_size(s), 4096);
	store_verify(s, 0, 4096);
	/* Where room has been made it goes on. */
	for (size_t i = 0; i < 100; i++)
		piece[i] = octet_at(4096 + i);
	assert_int_equal(store_add(s, piece, 100, &f), 0);
	store_verify(s, 0, 100);
	store_free(s);
}

static void
store_leaves_no_name_behind(void **state)
{
	char directory[] = "/tmp/pneu-store.XXXXXX";
	struct store *s;

	(void)state;
	assert_non_null(mkdtemp(directory));
	s = store_new(0, directory);
	store_fill(s, 10000, 4096);
	/* rmdir(2) refuses a directory in which a name is left. */
	assert_int_equal(rmdir(directory), 0);
	store_verify(s, 0, 4096);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_adds_at_the_end_and_takes_from_the_front),
		cmocka_unit_test(
		    buf_refuses_what_passes_its_cap_and_stays_as_it_was),
		cmocka_unit_test(buf_keeps_its_order_however_it_grows),
		cmocka_unit_test(buf_wipes_a_secret_when_it_is_taken),
		cmocka_unit_test(
		    buf_reserve_gives_room_that_counts_when_declared),
		cmocka_unit_test(text_asks_about_ascii_alone),
		cmocka_unit_test(text_compares_without_regard_to_case),
		cmocka_unit_test(text_finds_controls_anywhere),
		cmocka_unit_test(
		    text_vis_is_printable_on_one_line_and_ends_where_it_must),
		cmocka_unit_test(text_vis_makes_every_octet_printable),
		cmocka_unit_test(fail_set_fills_words_and_forgets_old_advice),
		cmocka_unit_test(fail_makes_hostile_words_printable_and_short),
		cmocka_unit_test(fail_may_be_told_that_nobody_wants_words),
		cmocka_unit_test(base64_takes_every_octet_there_and_back),
		cmocka_unit_test(base64_agrees_with_the_rfc),
		cmocka_unit_test(base64_refuses_every_other_spelling),
		cmocka_unit_test(base64_stops_at_the_cap),
		cmocka_unit_test(store_gives_back_what_was_added_at_any_offset),
		cmocka_unit_test(store_that_is_empty_reads_as_nothing),
		cmocka_unit_test(
		    store_needs_its_directory_only_beyond_the_limit),
		cmocka_unit_test(store_failing_half_way_has_added_nothing),
		cmocka_unit_test(
		    store_on_a_full_disk_is_a_failure_that_may_pass),
		cmocka_unit_test(store_leaves_no_name_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
