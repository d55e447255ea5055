/*
 * mail/header: fields are found with their folds whatever ends their lines,
 * and what is no field is not taken for one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "mail/header.h"

/* Memory of exactly len octets: an over-read is found. */
static char *
exact(const char *text, size_t len)
{
	char *copy = xmalloc(len);

	memcpy(copy, text, len);
	return copy;
}

static const struct {
	const char *text;
	const char *name, *value;
	size_t end; /* 0: all of the text */
} fields[] = {
	{ "To: a@b\r\n", "To", " a@b", 0 },
	{ "To: a@b\n", "To", " a@b", 0 },
	{ "To: a@b\r", "To", " a@b", 0 },
	{ "To: a@b", "To", " a@b", 0 },
	{ "To:", "To", "", 0 },
	{ "To:\r\n", "To", "", 0 },
	{ "X:y:z\n", "X", "y:z", 0 },
	/* H-02: blanks before the colon (RFC 5322 4.5) */
	{ "bCC :a@b\r\n", "bCC", "a@b", 0 },
	{ "bCC \t :a@b\r\n", "bCC", "a@b", 0 },
	/* any printable octet but a colon is a name's (3.6.8) */
	{ "!#a_1~: v\n", "!#a_1~", " v", 0 },
	/* H-01: folds, with whitespace-only ones, and the next field intact */
	{ "Bcc: a@b,\r\n c@d\r\nTo: x", "Bcc", " a@b,\r\n c@d", 17 },
	{ "Bcc: a@b\n\t\n \n c@d\nTo: x", "Bcc", " a@b\n\t\n \n c@d", 18 },
	{ "Bcc:\r \rTo: x", "Bcc", "\r ", 7 },
	{ "Bcc: a\r\n \r\nTo: x", "Bcc", " a\r\n ", 11 },
	/* ended by a blank line, which is none of it */
	{ "To: a\r\n\r\nbody", "To", " a", 7 },
	{ "To: a\n\nbody", "To", " a", 6 },
	{ "To: a\r\rbody", "To", " a", 6 },
	/* 8-bit octets may stand in a value */
	{ "Subject: caf\xc3\xa9\n", "Subject", " caf\xc3\xa9", 0 },
};

static void
a_field_has_name_value_and_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t len = strlen(fields[i].text), at = 0;
		char *text = exact(fields[i].text, len);
		struct header_field f;

		assert_int_equal(header_next(text, len, &at, &f), 1);
		assert_int_equal(f.name_len, strlen(fields[i].name));
		assert_memory_equal(f.name, fields[i].name, f.name_len);
		assert_int_equal(f.value_len, strlen(fields[i].value));
		assert_memory_equal(f.value, fields[i].value, f.value_len);
		assert_int_equal(f.start, 0);
		assert_int_equal(
		    f.end, fields[i].end != 0 ? fields[i].end : len);
		assert_int_equal(at, f.end);
		free(text);
	}
}

static const struct {
	const char *text;
	int result;
} ends[] = {
	{ "", 0 },
	{ "\r\n", 0 },
	{ "\n", 0 },
	{ "\r", 0 },
	{ "\nTo: a", 0 },
	{ "no field", -1 },
	{ "no field: at all\n", -1 },
	{ ": no name\n", -1 },
	{ " : no name\n", -1 },
	{ " To: begins with a blank\n", -1 },
	{ "T\xc3\xb6: 8-bit\n", -1 },
	{ "To\x7f: a\n", -1 },
	{ "To\x01: a\n", -1 },
	{ "From root Tue Nov 24 11:06:23 2026\n", -1 },
	{ "To \n: a", -1 },
};

static void
what_is_no_field_is_not_taken_for_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = strlen(ends[i].text), at = 0;
		char *text = exact(ends[i].text, len);
		struct header_field f;

		assert_int_equal(
		    header_next(text, len, &at, &f), ends[i].result);
		assert_int_equal(at, 0);
		assert_false(
		    header_starts_field(text, strcspn(ends[i].text, "\r\n")));
		free(text);
	}
}

static void
fields_follow_each_other_to_the_blank_line(void **state)
{
	static const char text[] = "A: 1\r\nB: 2\n 3\rC :\n\nD: 4\n";
	static const char *const names[] = { "A", "B", "C" };
	size_t at = 0, i = 0, before = 0;
	struct header_field f;

	(void)state;
	while (header_next(text, strlen(text), &at, &f) == 1) {
		assert_true(i < 3);
		assert_true(header_is(&f, names[i++]));
		assert_int_equal(f.start, before);
		before = f.end;
	}
	assert_int_equal(i, 3);
	assert_string_equal(text + at, "\nD: 4\n");
}

static void
names_compare_without_case_and_whole(void **state)
{
	static const char text[] = "bCC : a";
	struct header_field f;
	size_t at = 0;

	(void)state;
	assert_int_equal(header_next(text, strlen(text), &at, &f), 1);
	assert_true(header_is(&f, "Bcc"));
	assert_true(header_is(&f, "BCC"));
	assert_false(header_is(&f, "Bc"));
	assert_false(header_is(&f, "Bccc"));
	assert_false(header_is(&f, ""));
	assert_false(header_is(&f, "Acc"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_has_name_value_and_end),
		cmocka_unit_test(what_is_no_field_is_not_taken_for_one),
		cmocka_unit_test(fields_follow_each_other_to_the_blank_line),
		cmocka_unit_test(names_compare_without_case_and_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
