/*
 * smtp/body: what a server un-stuffs is what was given, whatever the pieces
 * and whatever room the output had (M-01, M-02, CVE-2018-0500).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "smtp/body.h"

static const struct {
	const char *letter, *wire;
} rows[] = {
	{ "", ".\r\n" },
	{ "a\r\n", "a\r\n.\r\n" },
	{ "\r\n", "\r\n.\r\n" },
	/* M-04: the last line gets its end, once */
	{ "a", "a\r\n.\r\n" },
	{ "a\r\nb", "a\r\nb\r\n.\r\n" },
	/* M-01 */
	{ ".", "..\r\n.\r\n" },
	{ ".\r\n", "..\r\n.\r\n" },
	{ "..\r\n", "...\r\n.\r\n" },
	{ "...\r\n", "....\r\n.\r\n" },
	{ ".x\r\n", "..x\r\n.\r\n" },
	{ "x.\r\n", "x.\r\n.\r\n" },
	{ "x\r\n.\r\nMAIL\r\n", "x\r\n..\r\nMAIL\r\n.\r\n" },
	{ ".\r\n.\r\n.\r\n", "..\r\n..\r\n..\r\n.\r\n" },
	{ "a.b\r\n\r\n.c.d\r\n", "a.b\r\n\r\n..c.d\r\n.\r\n" },
	/* a bare LF is not canonical, but were it there it begins a line */
	{ "a\n.\n", "a\n..\n.\r\n" },
};

/* Stuffs text given in pieces of so many octets into an output that is never
 * allowed more than room octets before it is emptied; the caller's. */
static char *
stuff(const char *text, size_t len, size_t piece, size_t room, size_t *len_r)
{
	struct body body = { 0 };
	struct buf out, all;
	char *wire;

	buf_init(&out, room);
	buf_init(&all, 2 * len + 5);
	for (size_t at = 0; at < len;) {
		size_t give = len - at < piece ? len - at : piece;

		at += body_stuff(&body, (const uint8_t *)text + at, give, &out);
		assert_true(buf_len(&out) <= room);
		buf_add(&all, buf_data(&out), buf_len(&out));
		buf_clear(&out);
	}
	assert_int_equal(body_end(&body, &all), 0);
	*len_r = buf_len(&all);
	wire = buf_text(&all);
	buf_free(&out);
	buf_free(&all);
	return wire;
}

static void
dots_are_doubled_at_every_chunk_edge_and_in_every_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 20; piece++)
			for (size_t room = 2; room < 20; room++) {
				size_t len;
				char *wire = stuff(rows[i].letter,
				    strlen(rows[i].letter), piece, room, &len);

				assert_string_equal(wire, rows[i].wire);
				free(wire);
			}
}

/* How the server reads it: up to a lone dot, a leading dot is dropped. */
static size_t
unstuff(const char *wire, size_t len, char *letter)
{
	size_t used = 0;

	while (len > 0) {
		size_t line =
		    (size_t)((const char *)memchr(wire, '\n', len) - wire) + 1;
		size_t dot = wire[0] == '.';

		if (dot && line == 3 && memcmp(wire, ".\r\n", 3) == 0) {
			assert_int_equal(len, 3);
			return used;
		}
		memcpy(letter + used, wire + dot, line - dot);
		used += line - dot;
		wire += line;
		len -= line;
	}
	fail_msg("no end of the data");
	return 0;
}

/* A letter in which a dot begins a line at the octet named; lines of dots
 * before and after it. */
static char *
letter_with_dot_at(size_t at, size_t len)
{
	char *letter = xmalloc(len);

	memset(letter, 'x', len);
	for (size_t i = at % 7; i + 3 < len; i += 7)
		memcpy(letter + i, ".\r\n.", 4);
	if (at >= 2)
		memcpy(letter + at - 2, "\r\n", 2);
	letter[at] = '.';
	memcpy(letter + len - 2, "\r\n", 2);
	return letter;
}

/* M-02: buffers of 2^n and a little more or less */
static void
a_dot_at_the_edge_of_a_buffer_is_doubled(void **state)
{
	static const int more[] = { -2, -1, 0, 1, 2 };
	char *back = xmalloc(1 << 18);

	(void)state;
	for (size_t n = 3; n <= 16; n++)
		for (size_t j = 0; j < 25; j++) {
			size_t edge = (size_t)((1 << n) + more[j % 5]);
			size_t size = (size_t)((1 << n) + more[j / 5]);
			size_t len = 2 * edge + 9, wire_len;
			char *letter = letter_with_dot_at(edge, len);
			char *wire =
			    stuff(letter, len, size, 1 << 17, &wire_len);

			assert_int_equal(unstuff(wire, wire_len, back), len);
			assert_memory_equal(back, letter, len);
			free(wire);
			wire = stuff(letter, len, len, size, &wire_len);
			assert_int_equal(unstuff(wire, wire_len, back), len);
			assert_memory_equal(back, letter, len);
			free(wire);
			free(letter);
		}
	free(back);
}

static void
the_output_is_filled_to_its_cap_and_not_beyond(void **state)
{
	static const struct {
		const char *letter;
		size_t room, taken, filled;
	} caps[] = {
		{ "abc\r\n", 0, 0, 0 },
		{ "abc\r\n", 1, 1, 1 },
		{ "abc\r\n", 4, 4, 4 },
		{ "abc\r\n", 5, 5, 5 },
		{ "abc\r\n", 6, 5, 5 },
		{ ".bc\r\n", 1, 0, 0 }, /* both dots or none */
		{ ".bc\r\n", 2, 1, 2 },
		{ ".bc\r\n", 3, 2, 3 },
		{ "a\r\n.b", 3, 3, 3 },
		{ "a\r\n.b", 4, 3, 3 },
		{ "a\r\n.b", 5, 4, 5 },
		{ "a\r\n.b", 6, 5, 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct body body = { 0 };
		struct buf out;

		buf_init(&out, caps[i].room);
		assert_int_equal(
		    body_stuff(&body, (const uint8_t *)caps[i].letter,
			strlen(caps[i].letter), &out),
		    caps[i].taken);
		assert_int_equal(buf_len(&out), caps[i].filled);
		buf_free(&out);
	}
}

static void
the_end_is_appended_whole_or_not_at_all(void **state)
{
	struct body body = { .inside_line = true };
	struct buf out;

	(void)state;
	buf_init(&out, 4);
	assert_int_equal(body_end(&body, &out), -1);
	assert_int_equal(buf_len(&out), 0);
	assert_true(body.inside_line);
	buf_free(&out);
	buf_init(&out, 5);
	assert_int_equal(body_end(&body, &out), 0);
	assert_memory_equal(buf_data(&out), "\r\n.\r\n", 5);
	assert_false(body.inside_line);
	buf_free(&out);
	buf_init(&out, 2);
	assert_int_equal(body_end(&body, &out), -1);
	buf_free(&out);
	buf_init(&out, 3);
	assert_int_equal(body_end(&body, &out), 0);
	assert_memory_equal(buf_data(&out), ".\r\n", 3);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    dots_are_doubled_at_every_chunk_edge_and_in_every_room),
		cmocka_unit_test(a_dot_at_the_edge_of_a_buffer_is_doubled),
		cmocka_unit_test(
		    the_output_is_filled_to_its_cap_and_not_beyond),
		cmocka_unit_test(the_end_is_appended_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
