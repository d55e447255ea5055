/*
 * Fuzz target for mail/mime and what it is made of.  The first octets say how
 * the letter behind them is cut, twice, and what the reasons are.  Beyond not
 * crashing: what comes out is the same however the letter was cut; it has no
 * NUL and no long line where those are reasons, and nothing that would have to
 * be changed once more; taken apart it has the same parts with the same fields
 * and, decoded, the same text; and where nothing is to be changed it is the
 * letter.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/content.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/needs.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

enum { SEEDS = 3, OUT_MAX = 1 << 28, PARTS_MAX = 1024 };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the letter as it would go out -------------------------------------- */

/* Canonical octets; false where it is no letter. */
static bool
canonical(const uint8_t *octets, size_t len, struct buf *out)
{
	struct message *m = message_new(true);
	bool good = message_scan(m, octets, len, NULL) == 0 &&
		    message_scan_end(m, NULL) == 0;

	if (good) {
		struct message_reader r = { 0 };
		size_t start = message_body_start(m), header_len;
		const uint8_t *header = message_header(m, &header_len);

		must(buf_add(out, header, header_len) == 0);
		must(
		    message_body(m, &r, octets + start, len - start, out) == 0);
		must(message_body_finish(m, &r, out) == 0);
	}
	message_free(m);
	return good;
}

/* ---- both readings ------------------------------------------------------ */

static size_t
step_from(size_t step, size_t left)
{
	return step > 0 && step < left ? step : left;
}

static uint8_t *
exact(const uint8_t *octets, size_t len)
{
	uint8_t *copy = xmalloc(len);

	memcpy(copy, octets, len);
	return copy;
}

static int
scan(struct mime *m, const struct buf *letter, size_t step, struct fail *f)
{
	size_t len = buf_len(letter), size;

	for (size_t at = 0; at < len; at += size) {
		uint8_t *copy;
		int result;

		size = step_from(step, len - at);
		copy = exact(buf_data(letter) + at, size);
		result = mime_scan(m, copy, size, f);
		free(copy);
		if (result != 0)
			return result;
	}
	return mime_scan_end(m, f);
}

static void
rewrite(struct mime *m, const struct buf *letter, size_t step, struct buf *out)
{
	size_t len = buf_len(letter), size, before;

	for (size_t at = 0; at < len; at += size) {
		uint8_t *copy;

		size = step_from(step, len - at);
		copy = exact(buf_data(letter) + at, size);
		before = buf_len(out);
		must(mime_write(m, copy, size, out) == 0);
		must(buf_len(out) - before <=
		     MIME_HELD_MAX + MIME_GROWTH * size);
		free(copy);
	}
	must(mime_write_end(m, out) == 0);
}

static int
recode(const struct buf *letter, unsigned reasons, const uint8_t steps[2],
    struct buf *out)
{
	struct mime *m = mime_new(reasons, 0);
	struct fail f = { 0 };
	int result = scan(m, letter, steps[0], &f);

	must(result >= 0 || (f.kind == FAIL_DATA && reasons & NEEDS_MENDING));
	if (result >= 0)
		rewrite(m, letter, steps[1], out);
	mime_free(m);
	return result;
}

/* ---- the letter taken apart --------------------------------------------- */

struct tale {
	struct buf text; /* the fields and the texts, one behind the other */
	struct buf body; /* of the leaf that is read */
	struct content contents[PARTS_MAX];
	size_t count;
	const struct tale *was; /* that of the letter before, or NULL */
};

static bool
is_own(const struct header_field *field, bool has_type)
{
	return header_is(field, "MIME-Version") ||
	       header_is(field, "Content-Transfer-Encoding") ||
	       (!has_type && header_is(field, "Content-Type"));
}

static void
tell_header(struct tale *t, const struct walk_piece *p)
{
	struct header_field field;
	bool has_type = p->content->has_type;
	size_t at = 0;

	if (t->was != NULL)
		has_type = t->was->contents[p->entity].has_type;
	while (header_next((const char *)p->octets, p->len, &at, &field) == 1) {
		if (is_own(&field, has_type))
			continue;
		for (const char *c = field.name;
		     c < field.value + field.value_len; c++)
			if (*c != '\r' && *c != '\n')
				buf_add(&t->text, c, 1);
		buf_add_text(&t->text, "\n");
	}
	if (p->content->kind == CONTENT_ENDLESS)
		buf_add(&t->text, p->octets, p->len);
	must(p->entity == t->count && t->count < PARTS_MAX);
	t->contents[t->count++] = *p->content;
}

static int
digit(uint8_t c)
{
	must((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* As any reader of mail would, but with no fault forgiven. */
static void
decode(const struct buf *code, struct buf *out)
{
	const uint8_t *c = buf_data(code), *end = c + buf_len(code);
	size_t column = 0;

	for (; c < end; c++, column++) {
		uint8_t octet = *c;

		must(column <= QP_LINE_MAX || *c == '\n');
		if (*c == '=' && c[1] == '\r') {
			c += 2;
			must(*c == '\n');
			column = (size_t)-1;
			continue;
		}
		if (*c == '=') {
			octet = (uint8_t)(digit(c[1]) << 4 | digit(c[2]));
			c += 2;
			column += 2;
		} else if (*c == '\r') {
			must(column == 0 || (c[-1] != ' ' && c[-1] != '\t'));
			must(c[1] == '\n');
		} else if (*c == '\n') {
			column = (size_t)-1;
		} else {
			must(*c == '\t' || (*c >= 32 && *c < 127));
			must(column > 0 ||
			     (*c != '.' && !(*c == '-' && c[1] == '-')));
		}
		buf_add(out, &octet, 1);
	}
}

/* The leaf is over; what was text before is so again. */
static void
tell_leaf(struct tale *t, const struct walk_piece *p)
{
	enum content_kind now = p->content->kind, then = now;

	if (t->was != NULL)
		then = t->was->contents[p->entity].kind;
	if (then == CONTENT_TEXT && now == CONTENT_ENCODED) {
		decode(&t->body, &t->text);
	} else {
		must(then == now);
		buf_add(&t->text, buf_data(&t->body), buf_len(&t->body));
	}
	buf_clear(&t->body);
	buf_add_text(&t->text, "(close)\n");
}

static void
tell(struct tale *t, const struct walk_piece *p)
{
	struct buf *to =
	    p->kind == WALK_BODY && p->content->kind != CONTENT_MULTIPART
		? &t->body
		: &t->text;

	if (p->kind == WALK_HEADER) {
		tell_header(t, p);
	} else if (p->kind == WALK_CLOSE) {
		tell_leaf(t, p);
	} else {
		buf_add(to, p->octets, p->len);
		if (p->ends)
			buf_add_text(to, "\r\n");
	}
}

static struct tale *
tale_of(const struct buf *letter, const struct tale *was)
{
	struct tale *t = xcalloc(1, sizeof(*t));
	struct walk *w = walk_new();
	struct walk_piece p;

	t->was = was;
	buf_init(&t->text, OUT_MAX);
	buf_init(&t->body, OUT_MAX);
	walk_feed(w, buf_data(letter), buf_len(letter));
	while (walk_next(w, &p))
		tell(t, &p);
	walk_feed_end(w);
	while (walk_next(w, &p))
		tell(t, &p);
	walk_free(w);
	return t;
}

static void
tale_free(struct tale *t)
{
	buf_free(&t->text);
	buf_free(&t->body);
	free(t);
}

/* ---- what must hold ----------------------------------------------------- */

static bool
same(const struct buf *a, const struct buf *b)
{
	return buf_len(a) == buf_len(b) &&
	       memcmp(buf_data(a), buf_data(b), buf_len(a)) == 0;
}

static void
check_octets(const struct buf *out, unsigned reasons)
{
	const uint8_t *octets = buf_data(out);
	size_t in_line = 0;

	for (size_t i = 0; i < buf_len(out); i++, in_line++) {
		must(octets[i] != '\0' || !(reasons & NEEDS_NUL));
		must(in_line <= MESSAGE_LINE_MAX ||
		     !(reasons & NEEDS_LONG_LINE));
		if (octets[i] == '\r') {
			must(octets[++i] == '\n');
			in_line = (size_t)-1;
		} else {
			must(octets[i] != '\n');
		}
	}
}

static void
check(const struct buf *letter, const struct buf *out, int result,
    unsigned reasons)
{
	static const uint8_t whole[2];
	struct tale *was = tale_of(letter, NULL), *is = tale_of(out, was);
	struct buf again;

	must(same(&was->text, &is->text) && was->count == is->count);
	must((result == 1) == !same(letter, out));
	check_octets(out, reasons);
	buf_init(&again, OUT_MAX);
	must(recode(out, reasons, whole, &again) == 0);
	must(same(out, &again));
	buf_free(&again);
	tale_free(was);
	tale_free(is);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const uint8_t whole[2];
	struct buf letter, out, other;
	unsigned reasons;
	int result;

	if (len < SEEDS)
		return 0;
	reasons = octets[2] % 8U;
	buf_init(&letter, OUT_MAX);
	buf_init(&out, OUT_MAX);
	buf_init(&other, OUT_MAX);
	if (canonical(octets + SEEDS, len - SEEDS, &letter)) {
		result = recode(&letter, reasons, octets, &out);
		must(recode(&letter, reasons, whole, &other) == result);
		must(same(&out, &other));
		if (result >= 0)
			check(&letter, &out, result, reasons);
	}
	buf_free(&letter);
	buf_free(&out);
	buf_free(&other);
	return 0;
}
