/*
 * Fuzz target for mail/message and mail/header.  The first octets say how the
 * letter behind them is cut and whether dots are data.  Beyond not crashing:
 * what goes out is the same however it was cut, is as long as was said, has no
 * bare CR or LF, has a NUL or a line over 998 octets only where it is said that
 * it does, holds no removed field, and goes out unchanged when it is piped
 * again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/needs.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

enum { SEEDS = 3 };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* One letter, and pieces of it of step octets (0: all at once). */
struct source {
	const uint8_t *octets;
	size_t len;
	size_t step;
	bool dots_are_data;
};

static size_t
step_from(const struct source *s, size_t at, size_t end)
{
	return s->step > 0 && s->step < end - at ? s->step : end - at;
}

static uint8_t *
exact(const uint8_t *octets, size_t len)
{
	uint8_t *copy = xmalloc(len);

	memcpy(copy, octets, len);
	return copy;
}

static struct message *
scan(const struct source *s)
{
	struct message *m = message_new(s->dots_are_data);
	struct fail f = { 0 };
	int result = 0;

	for (size_t at = 0; result == 0 && at < s->len;) {
		size_t len = step_from(s, at, s->len);
		uint8_t *copy = exact(s->octets + at, len);

		result = message_scan(m, copy, len, &f);
		free(copy);
		at += len;
	}
	if (result == 0)
		result = message_scan_end(m, &f);
	if (result == 0)
		return m;
	must(f.kind == FAIL_DATA || (f.kind == FAIL_NOINPUT && s->len == 0));
	message_free(m);
	return NULL;
}

static void
write_body(const struct message *m, const struct source *s, struct buf *out)
{
	struct message_reader r = { 0 };
	size_t at = message_body_start(m), end = message_body_end(m);

	must(at <= end && end <= s->len);
	while (at < end) {
		size_t len = step_from(s, at, end);
		uint8_t *copy = exact(s->octets + at, len);

		must(message_body(m, &r, copy, len, out) == 0);
		free(copy);
		at += len;
	}
	must(message_body_finish(m, &r, out) == 0);
}

/* What goes out, which must have the size that was said. */
static void
write_wire(struct message *m, const struct source *s, struct buf *out)
{
	size_t len;
	const uint8_t *header = message_header(m, &len);

	buf_init(out, 2 * s->len + len + 4096);
	must(buf_add(out, header, len) == 0);
	write_body(m, s, out);
	must(buf_len(out) == message_wire_size(m));
}

static void
check_octets(const struct message *m, const struct buf *wire)
{
	const uint8_t *octets = buf_data(wire);
	size_t len = buf_len(wire), in_line = 0;
	unsigned needs = message_needs(m);

	must(len >= 2 && octets[len - 1] == '\n');
	for (size_t i = 0; i < len; i++, in_line++) {
		must(octets[i] != '\0' || needs & NEEDS_NUL);
		must(in_line <= MESSAGE_LINE_MAX || needs & NEEDS_LONG_LINE);
		if (octets[i] == '\r') {
			must(octets[++i] == '\n');
			in_line = (size_t)-1;
		} else {
			must(octets[i] != '\n');
		}
	}
}

static void
check_same(const struct buf *a, const struct buf *b)
{
	must(buf_len(a) == buf_len(b) &&
	     memcmp(buf_data(a), buf_data(b), buf_len(a)) == 0);
}

/* The wire, piped with -i, is the wire. */
static void
check_again(const struct buf *wire)
{
	struct source s = { buf_data(wire), buf_len(wire), 0, true };
	struct message *m = scan(&s);
	struct buf again;

	if (m == NULL)
		return; /* fields that we added took the header over its cap */
	write_wire(m, &s, &again);
	check_same(wire, &again);
	buf_free(&again);
	message_free(m);
}

static void
check_header(struct message *m)
{
	struct header_field field;
	size_t len, at = 0;
	const char *text = (const char *)message_header(m, &len);
	bool found = false;

	while (header_next(text, len, &at, &field) == 1) {
		must(field.end > field.start && field.end <= len);
		must(!header_is(&field, "Bcc"));
		found = found || header_is(&field, "X-Fuzz");
	}
	must(found && at + 2 == len);
}

static void
ask(const struct message *m)
{
	struct addr_list list;
	char *value = message_value(m, "Subject");

	must(message_has(m, "subject") == (value != NULL));
	must(value == NULL || strpbrk(value, "\r\n") == NULL);
	free(value);
	addr_list_init(&list);
	message_recipients(m, &list, NULL);
	addr_list_free(&list);
}

/* Any octets as header text. */
static void
walk(const uint8_t *octets, size_t len)
{
	uint8_t *text = exact(octets, len);
	struct header_field field;
	size_t at = 0, before = 0;

	while (header_next((const char *)text, len, &at, &field) == 1) {
		must(field.start == before && at > before && at <= len);
		before = at;
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct source one, other;
	struct message *a, *b;
	struct buf wire, same;

	if (len < SEEDS)
		return 0;
	one = (struct source){ octets + SEEDS, len - SEEDS, octets[0],
		octets[2] % 2 == 0 };
	other = one;
	other.step = octets[1];
	walk(one.octets, one.len);
	a = scan(&one);
	b = scan(&other);
	must((a == NULL) == (b == NULL));
	if (a != NULL) {
		write_wire(a, &one, &wire);
		write_wire(b, &other, &same);
		check_octets(a, &wire);
		check_same(&wire, &same);
		check_again(&wire);
		buf_free(&wire);
		ask(a);
		message_remove(a, "bcc");
		message_add(a, "X-Fuzz", "a\r\n b\r\nBcc: c");
		check_header(a);
		write_wire(a, &other, &wire);
		check_octets(a, &wire);
		check_again(&wire);
		buf_free(&wire);
		buf_free(&same);
	}
	message_free(a);
	message_free(b);
	return 0;
}
