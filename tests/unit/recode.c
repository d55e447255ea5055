/*
 * Unit tests of tool/recode: letters from one store into another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/store.h"
#include "base/xalloc.h"
#include "mail/message.h"
#include "mail/needs.h"
#include "net/feed.h"
#include "tool/recode.h"

enum { MEMORY_MAX = 4096 };

struct letter {
	struct store *store;
	struct message *message;
};

static struct letter
letter_of(const void *octets, size_t len, bool dots)
{
	struct letter l = { store_new(MEMORY_MAX, "/tmp"), message_new(dots) };

	assert_int_equal(store_add(l.store, octets, len, NULL), 0);
	assert_int_equal(message_scan(l.message, octets, len, NULL), 0);
	assert_int_equal(message_scan_end(l.message, NULL), 0);
	return l;
}

static void
letter_free(struct letter *l)
{
	message_free(l->message);
	store_free(l->store);
}

/* Whether the letter's octets on the wire are these. */
static void
assert_wire(struct letter *l, const char *wire)
{
	size_t len, total = 0;
	const uint8_t *octets;
	struct feed feed;

	feed_init(&feed, l->message, l->store);
	while (feed_next(&feed, &octets, &len, NULL) == 1) {
		assert_true(total + len <= strlen(wire));
		assert_memory_equal(octets, wire + total, len);
		feed_take(&feed, len);
		total += len;
	}
	feed_free(&feed);
	assert_int_equal(total, strlen(wire));
	assert_int_equal(message_wire_size(l->message), total);
}

/* The letter re-encoded; what it was is freed. */
static int
recode_letter(struct letter *l, unsigned reasons, struct fail *f)
{
	struct letter to = { store_new(MEMORY_MAX, "/tmp"), NULL };
	int result =
	    recode(l->message, l->store, reasons, to.store, &to.message, f);

	assert_true((result == 1) == (to.message != NULL));
	if (result != 1) {
		assert_int_equal(store_size(to.store), 0);
		letter_free(&to);
		return result;
	}
	letter_free(l);
	*l = to;
	return 1;
}

static void
a_letter_that_needs_it_is_written_anew(void **state)
{
	static const char text[] = "A: b\n\nx\0\n..\n.\nbehind";
	struct letter l = letter_of(text, sizeof(text) - 1, false);

	(void)state;
	assert_int_equal(recode_letter(&l, NEEDS_MENDING, NULL), 1);
	/* The dots were dealt with: those that are left are data. */
	assert_wire(&l, "A: b\r\nMIME-Version: 1.0\r\n"
			"Content-Type: text/plain; charset=us-ascii\r\n"
			"Content-Transfer-Encoding: quoted-printable\r\n"
			"\r\nx=00\r\n=2E\r\n");
	assert_int_equal(message_needs(l.message), 0);
	letter_free(&l);
}

/* M-32: as it is asked for between EHLO and MAIL. */
static void
edits_of_the_old_letter_are_part_of_the_new_one(void **state)
{
	static const char text[] = "Bcc: x\nA: b\n\n\xc3\xa4\n";
	struct letter l = letter_of(text, sizeof(text) - 1, true);

	(void)state;
	message_remove(l.message, "Bcc");
	message_add(l.message, "Date", "d");
	assert_int_equal(recode_letter(&l, NEEDS_EIGHT_BIT, NULL), 1);
	assert_wire(&l, "A: b\r\nDate: d\r\nMIME-Version: 1.0\r\n"
			"Content-Type: text/plain; charset=utf-8\r\n"
			"Content-Transfer-Encoding: quoted-printable\r\n"
			"\r\n=C3=A4\r\n");
	assert_false(message_has(l.message, "Bcc"));
	assert_false(message_is_8bit(l.message));
	letter_free(&l);
}

static void
what_cannot_be_changed_stays_or_is_refused(void **state)
{
	static const char text[] = "A: b\nContent-Type: image/x\n\nx\n\xff\0";
	struct letter l = letter_of(text, sizeof(text) - 1, true);
	struct fail f = { 0 };

	(void)state;
	assert_int_equal(recode_letter(&l, NEEDS_EIGHT_BIT, &f), 0);
	assert_int_equal(recode_letter(&l, NEEDS_NUL, &f), -1);
	assert_int_equal(f.kind, FAIL_DATA);
	assert_non_null(strstr(f.words, "the letter, line 5: a NUL octet"));
	letter_free(&l);
}

/* M-28: in an mbox line, which is not sent, it is gone. */
static void
what_is_not_sent_is_no_reason(void **state)
{
	static const char text[] = "From \0\nA: b\n\nx\n";
	struct letter l = letter_of(text, sizeof(text) - 1, true);

	(void)state;
	assert_int_equal(message_needs(l.message), NEEDS_NUL);
	assert_int_equal(recode_letter(&l, NEEDS_MENDING, NULL), 0);
	assert_wire(&l, "A: b\r\n\r\nx\r\n");
	letter_free(&l);
}

/* M-29, M-33: larger than any block, in a file and not in memory. */
static void
a_line_of_megabytes_goes_through_files(void **state)
{
	size_t len = 3000000, total = 0, n;
	char *text = xmalloc(len);
	struct letter l;
	struct feed feed;
	const uint8_t *octets;

	(void)state;
	memset(text, 'x', len);
	text[0] = '\n';
	l = letter_of(text, len, true);
	assert_int_equal(recode_letter(&l, NEEDS_MENDING, NULL), 1);
	assert_int_equal(message_needs(l.message), 0);
	feed_init(&feed, l.message, l.store);
	while (feed_next(&feed, &octets, &n, NULL) == 1) {
		for (size_t i = 0; i < n; i++)
			total += octets[i] == 'x';
		feed_take(&feed, n);
	}
	feed_free(&feed);
	/* and the one of "text" */
	assert_int_equal(total, len);
	free(text);
	letter_free(&l);
}

static void
a_store_that_cannot_be_written_is_told(void **state)
{
	size_t len = 100000;
	char *text = xmalloc(len);
	struct store *to = store_new(10, "/nonexistent");
	struct message *made;
	struct fail f = { 0 };
	struct letter l;

	(void)state;
	memset(text, 'x', len);
	l = letter_of(text, len, true);
	assert_int_equal(
	    recode(l.message, l.store, NEEDS_MENDING, to, &made, &f), -1);
	assert_int_equal(f.kind, FAIL_IO);
	assert_null(made);
	store_free(to);
	free(text);
	letter_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_that_needs_it_is_written_anew),
		cmocka_unit_test(
		    edits_of_the_old_letter_are_part_of_the_new_one),
		cmocka_unit_test(what_cannot_be_changed_stays_or_is_refused),
		cmocka_unit_test(what_is_not_sent_is_no_reason),
		cmocka_unit_test(a_line_of_megabytes_goes_through_files),
		cmocka_unit_test(a_store_that_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
