/*
 * The two readings of a letter that cannot go as it is.
 *
 * What the first one learns of an entity is an octet of marks, found again by
 * the entity's number: mail/walk takes the same octets apart in the same way
 * both times, however they are cut.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/content.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/needs.h"
#include "mail/utf8.h"

/* Of an entity: what is to be done with it, and what it holds then. */
enum {
	MARK_ENCODE = 1, /* the body becomes quoted-printable */
	MARK_FOLD = 2, /* the header has lines that are too long */
	MARK_RELABEL = 4, /* a multipart is 8bit no more */
	MARK_UTF8 = 8, /* the charset of the body, where it must be said */
	MARK_UNKNOWN = 16,
	MARK_HAS_ENCODED = 32, /* something within was encoded */
	MARK_HAS_8BIT = 64, /* something within stays 8-bit */
	MARKS_INHERITED = MARK_HAS_ENCODED | MARK_HAS_8BIT
};

struct mime {
	unsigned reasons;
	uint64_t body_line;
	struct walk *walk;
	uint8_t *marks; /* by entity */
	size_t marks_room;

	/* Of the body that is being read. */
	unsigned needs;
	struct utf8 utf8;
	size_t line_len;
	struct qp qp;
};

struct mime *
mime_new(unsigned reasons, uint64_t body_line)
{
	struct mime *m = xcalloc(1, sizeof(*m));

	m->reasons = reasons;
	m->body_line = body_line;
	m->walk = walk_new();
	return m;
}

void
mime_free(struct mime *m)
{
	if (m == NULL)
		return;
	walk_free(m->walk);
	free(m->marks);
	free(m);
}

/* ---- what may not be done ----------------------------------------------- */

static const char *const places[] = {
	[CONTENT_MULTIPART] = "around the parts of a multipart",
	[CONTENT_SEALED] = "in what is signed or encrypted",
	[CONTENT_MESSAGE] = "in an attached letter",
	[CONTENT_ENCODED] = "in a text that is encoded already",
	[CONTENT_OTHER] = "in what is no text",
	[CONTENT_UNCLEAR] = "in what has no clear Content-Type",
};

static const struct {
	unsigned need;
	const char *what;
	const char *advice;
} refusals[] = {
	{ NEEDS_NUL, "a NUL octet, which no mail may hold",
	    "send binary data in base64" },
	{ NEEDS_LONG_LINE,
	    "over 998 octets, which is the longest line mail may have",
	    "break the line, or encode what it is in" },
};

/* The octets of a piece need what they may not be given. */
static int
refuse(const struct mime *m, const struct walk_piece *p, unsigned needs,
    struct fail *f)
{
	size_t i = needs & refusals[0].need ? 0 : 1;

	fail_set(f, FAIL_DATA,
	    "the letter, line %" PRIu64 ": %s, %s, where nothing is changed",
	    m->body_line + p->line + 1, refusals[i].what,
	    places[p->content->kind]);
	fail_advise(f, "%s", refusals[i].advice);
	return -1;
}

static int
refuse_field(const struct mime *m, const struct walk_piece *p,
    const struct header_field *field, const char *what, struct fail *f)
{
	int len = field->name_len < 80 ? (int)field->name_len : 80;

	if (p->entity == 0)
		return fail_set(f, FAIL_DATA, "the letter, field %.*s: %s", len,
		    field->name, what);
	return fail_set(f, FAIL_DATA,
	    "the letter, line %" PRIu64 ", field %.*s of a part: %s",
	    m->body_line + p->line + 1, len, field->name, what);
}

/* Nobody looks for what such a part needs. */
static int
refuse_endless(const struct mime *m, const struct walk_piece *p, struct fail *f)
{
	return fail_set(f, FAIL_DATA,
	    "the letter, line %" PRIu64 ": the header of a part is over 1 MiB",
	    m->body_line + p->line + 1);
}

/* ---- first reading ------------------------------------------------------ */

static uint8_t *
marks_of(struct mime *m, size_t entity)
{
	if (entity >= m->marks_room) {
		size_t room = 2 * entity + 16;

		m->marks = xreallocarray(m->marks, room, 1);
		memset(m->marks + m->marks_room, 0, room - m->marks_room);
		m->marks_room = room;
	}
	return &m->marks[entity];
}

static int
scan_header(struct mime *m, const struct walk_piece *p, struct fail *f)
{
	const char *text = (const char *)p->octets;
	struct header_field field;
	size_t at = 0;

	m->needs = 0;
	memset(&m->utf8, 0, sizeof(m->utf8));
	if (p->entity > 0 && needs_of(0, p->octets, p->len) & NEEDS_EIGHT_BIT)
		*marks_of(m, p->parent) |= MARK_HAS_8BIT;
	if (p->content->kind == CONTENT_ENDLESS)
		return m->reasons & NEEDS_MENDING ? refuse_endless(m, p, f) : 0;
	while (header_next(text, p->len, &at, &field) == 1) {
		if (m->reasons & NEEDS_NUL &&
		    memchr(field.name, '\0', at - field.start) != NULL)
			return refuse_field(m, p, &field,
			    "a NUL octet, which no mail may hold", f);
		if (!(m->reasons & NEEDS_LONG_LINE) || !fold_is_needed(&field))
			continue;
		if (fold_field(&field, NULL) != 0)
			return refuse_field(m, p, &field,
			    "over 998 octets without a blank to fold it at", f);
		*marks_of(m, p->entity) |= MARK_FOLD;
	}
	return 0;
}

static void
add_text(struct mime *m, const struct walk_piece *p, unsigned needs)
{
	m->needs |= needs;
	if (p->content->has_type || !(m->needs & NEEDS_EIGHT_BIT))
		return;
	utf8_add(&m->utf8, p->octets, p->len);
	if (p->ends)
		utf8_add(&m->utf8, (const uint8_t *)"\n", 1);
}

static int
scan_body(struct mime *m, const struct walk_piece *p, struct fail *f)
{
	unsigned needs = needs_of(0, p->octets, p->len);

	m->line_len += p->len;
	if (m->line_len > MESSAGE_LINE_MAX)
		needs |= NEEDS_LONG_LINE;
	if (p->ends)
		m->line_len = 0;
	if (p->content->kind == CONTENT_TEXT) {
		add_text(m, p, needs);
		return 0;
	}
	if (needs & m->reasons & NEEDS_MENDING)
		return refuse(m, p, needs & m->reasons, f);
	if (needs & NEEDS_EIGHT_BIT)
		*marks_of(m, p->entity) |= MARK_HAS_8BIT;
	return 0;
}

static void
close_text(struct mime *m, uint8_t *marks)
{
	bool is_8bit = m->needs & NEEDS_EIGHT_BIT;

	if (m->needs & m->reasons)
		*marks |= MARK_ENCODE | MARK_HAS_ENCODED;
	else if (is_8bit)
		*marks |= MARK_HAS_8BIT;
	if (is_8bit)
		*marks |= utf8_is_good(&m->utf8) ? MARK_UTF8 : MARK_UNKNOWN;
}

static void
scan_close(struct mime *m, const struct walk_piece *p)
{
	uint8_t *marks = marks_of(m, p->entity);
	uint8_t inherited;

	if (p->content->kind == CONTENT_TEXT)
		close_text(m, marks);
	inherited = *marks & MARKS_INHERITED;
	if (p->content->says_8bit && p->content->kind == CONTENT_MULTIPART &&
	    inherited == MARK_HAS_ENCODED)
		*marks |= MARK_RELABEL;
	*marks_of(m, p->parent) |= inherited;
}

static int
scan(struct mime *m, struct fail *f)
{
	struct walk_piece p;

	while (walk_next(m->walk, &p)) {
		if (p.kind == WALK_HEADER && scan_header(m, &p, f) != 0)
			return -1;
		if (p.kind == WALK_BODY && scan_body(m, &p, f) != 0)
			return -1;
		if (p.kind == WALK_CLOSE)
			scan_close(m, &p);
	}
	return 0;
}

int
mime_scan(struct mime *m, const uint8_t *octets, size_t len, struct fail *f)
{
	walk_feed(m->walk, octets, len);
	return scan(m, f);
}

int
mime_scan_end(struct mime *m, struct fail *f)
{
	int changes = 0;

	walk_feed_end(m->walk);
	if (scan(m, f) != 0)
		return -1;
	for (size_t i = 0; i < m->marks_room; i++)
		if (m->marks[i] & (MARK_ENCODE | MARK_FOLD))
			changes = 1;
	walk_free(m->walk);
	m->walk = walk_new();
	return changes;
}

/* ---- second reading ----------------------------------------------------- */

/* The fields that say what a body is, each in its place if it is there. */
struct rewriting {
	const struct walk_piece *piece;
	uint8_t marks;
	bool has_version, has_type, has_encoding;
	struct buf *out;
};

static void
write_encoding(struct rewriting *r)
{
	if (!r->has_encoding)
		buf_addf(r->out, "Content-Transfer-Encoding: %s\r\n",
		    r->marks & MARK_ENCODE ? "quoted-printable" : "7bit");
	r->has_encoding = true;
}

static void
write_type(struct rewriting *r)
{
	if (!r->has_type)
		buf_addf(r->out, "Content-Type: text/plain; charset=%s\r\n",
		    r->marks & MARK_UTF8      ? "utf-8"
		    : r->marks & MARK_UNKNOWN ? "unknown-8bit"
					      : "us-ascii");
	r->has_type = true;
}

static void
rewrite_field(struct rewriting *r, const struct header_field *field)
{
	const struct content *c = r->piece->content;

	if (header_is(field, "Content-Transfer-Encoding") &&
	    r->marks & (MARK_ENCODE | MARK_RELABEL))
		write_encoding(r);
	else if (header_is(field, "Content-Type") && !c->has_type &&
		 r->marks & MARK_ENCODE)
		write_type(r);
	else if (r->marks & MARK_FOLD)
		fold_field(field, r->out);
	else
		buf_add(r->out, field->name, field->end - field->start);
	if (header_is(field, "MIME-Version"))
		r->has_version = true;
}

static void
rewrite_header(const struct walk_piece *p, uint8_t marks, struct buf *out)
{
	struct rewriting r = { .piece = p,
		.marks = marks,
		.has_type = p->content->has_type,
		.out = out };
	struct header_field field;
	size_t at = 0;

	while (header_next((const char *)p->octets, p->len, &at, &field) == 1)
		rewrite_field(&r, &field);
	/* Without it the others mean nothing (RFC 2045 4). */
	if (p->entity == 0 && marks & MARK_HAS_ENCODED && !r.has_version)
		buf_add_text(out, "MIME-Version: 1.0\r\n");
	if (marks & MARK_ENCODE) {
		write_type(&r);
		write_encoding(&r);
	}
	if (p->ends || marks & MARK_ENCODE)
		buf_add_text(out, "\r\n");
}

static void
write_line(const struct walk_piece *p, struct buf *out)
{
	buf_add(out, p->octets, p->len);
	if (p->ends)
		buf_add(out, "\r\n", 2);
}

static void
write_piece(struct mime *m, const struct walk_piece *p, struct buf *out)
{
	uint8_t marks = *marks_of(m, p->entity);
	bool rewrite = (marks & (MARK_ENCODE | MARK_FOLD | MARK_RELABEL)) ||
		       (p->entity == 0 && marks & MARK_HAS_ENCODED);

	if (p->kind == WALK_HEADER && rewrite) {
		rewrite_header(p, marks, out);
	} else if (p->kind == WALK_BODY && marks & MARK_ENCODE) {
		qp_add(&m->qp, p->octets, p->len, out);
		if (p->ends)
			qp_end_line(&m->qp, out);
	} else if (p->kind != WALK_CLOSE) {
		write_line(p, out);
	}
}

static int
write_pieces(struct mime *m, size_t len, struct buf *out)
{
	struct walk_piece p;

	if (len > SIZE_MAX / MIME_GROWTH - MIME_HELD_MAX ||
	    buf_space(out) < MIME_GROWTH * len + MIME_HELD_MAX)
		return -1;
	while (walk_next(m->walk, &p))
		write_piece(m, &p, out);
	return 0;
}

int
mime_write(struct mime *m, const uint8_t *octets, size_t len, struct buf *out)
{
	walk_feed(m->walk, octets, len);
	return write_pieces(m, len, out);
}

int
mime_write_end(struct mime *m, struct buf *out)
{
	walk_feed_end(m->walk);
	return write_pieces(m, 0, out);
}
