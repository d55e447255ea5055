/*
 * A letter as a tree of entities.
 *
 * Three stages.  Lines (mail/lines) come as runs.  A line that begins like a
 * boundary is held until it is whole, as the blanks that may stand behind one
 * (RFC 2046 5.1.1) are only then known to be all.  What is left goes to where
 * the walk is: into the header that is being read, or out as a piece.
 * A boundary makes the walk fall: one entity after the other is closed, a piece
 * each, down to the multipart that the boundary is of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/content.h"
#include "mail/header.h"
#include "mail/lines.h"
#include "mail/walk.h"

enum place {
	PLACE_HEADER, /* of the entity */
	PLACE_LEAF, /* in its body */
	PLACE_BETWEEN /* in the innermost frame, around its parts */
};

/* A multipart that is open. */
struct frame {
	size_t entity;
	struct content content;
	bool is_over; /* its last boundary has been seen */
};

enum fall { FALL_NONE, FALL_TO_DELIMITER, FALL_TO_LAST, FALL_TO_END };

struct walk {
	struct lines lines;
	bool has_ended; /* no more octets will come */
	struct lines_run run; /* what comes next of a line */
	struct lines_run behind; /* and behind it */
	bool in_line; /* octets of the line have been taken */
	char held[MESSAGE_LINE_MAX]; /* of a line that may be a boundary */
	size_t held_len;

	struct frame frames[WALK_DEPTH_MAX];
	size_t depth;
	enum fall fall;
	size_t floor; /* the depth where the fall ends */

	enum place place;
	size_t entity, entities; /* the one that is read; all so far */
	struct content content; /* of it, behind its header */
	struct buf header;
	size_t header_len; /* of whole lines */
	bool
	    is_field; /* so the first MESSAGE_LINE_MAX octets of the line say */
	struct lines_run rest; /* body that was taken for header */

	uint64_t
	    line; /* the number of the next line, or of the one we are in */
	uint64_t run_line; /* that of what was taken last */
	uint64_t header_line; /* that of the header's first */
};

struct walk *
walk_new(void)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	w->lines.dots_are_data = true;
	w->entities = 1;
	buf_init(&w->header, WALK_HEADER_MAX + MESSAGE_LINE_MAX + 2);
	return w;
}

void
walk_free(struct walk *w)
{
	if (w == NULL)
		return;
	buf_free(&w->header);
	free(w);
}

void
walk_feed(struct walk *w, const uint8_t *octets, size_t len)
{
	lines_feed(&w->lines, octets, len);
}

void
walk_feed_end(struct walk *w)
{
	lines_feed(&w->lines, (const uint8_t *)"", 0);
	w->has_ended = true;
}

static size_t
parent_of(const struct walk *w, size_t depth)
{
	return depth > 0 ? w->frames[depth - 1].entity : 0;
}

/* ---- boundaries --------------------------------------------------------- */

/* What a line of "--" and a boundary is to the frame. */
static enum fall
match(const struct frame *f, const char *line, size_t len)
{
	size_t n = f->content.boundary_len;

	if (f->is_over || len < n || memcmp(line, f->content.boundary, n) != 0)
		return FALL_NONE;
	line += n;
	len -= n;
	if (len == 0)
		return FALL_TO_DELIMITER;
	return len == 2 && memcmp(line, "--", 2) == 0 ? FALL_TO_LAST
						      : FALL_NONE;
}

/* Lets the walk fall where the line that is held is a boundary. */
static void
seek_boundary(struct walk *w)
{
	size_t len = w->held_len;

	while (len > 0 && text_is_blank(w->held[len - 1]))
		len--;
	if (len < 2 || memcmp(w->held, "--", 2) != 0)
		return;
	for (size_t i = 0; i < w->depth && w->fall == FALL_NONE; i++) {
		w->fall = match(&w->frames[i], w->held + 2, len - 2);
		w->floor = i + 1;
	}
}

/* Holds what can be held of the run; true while the line may be a boundary. */
static bool
hold(struct walk *w)
{
	size_t space = sizeof(w->held) - w->held_len;
	size_t len = w->run.len < space ? w->run.len : space;

	memcpy(w->held + w->held_len, w->run.octets, len);
	w->held_len += len;
	w->run.octets += len;
	w->run.len -= len;
	return w->run.len == 0 && w->held[0] == '-' &&
	       (w->held_len < 2 || w->held[1] == '-');
}

/* What was held comes next. */
static void
release(struct walk *w)
{
	w->behind = w->run;
	w->run.octets = (const uint8_t *)w->held;
	w->run.len = w->held_len;
	w->run.ends = false;
	if (w->behind.len == 0) {
		w->run.ends = w->behind.ends;
		w->behind.ends = false;
	}
}

/* ---- lines -------------------------------------------------------------- */

static bool
is_empty(const struct lines_run *run)
{
	return run->len == 0 && !run->ends;
}

/* Sees to it that something comes next. */
static bool
have_run(struct walk *w)
{
	if (is_empty(&w->run)) {
		w->run = w->behind;
		memset(&w->behind, 0, sizeof(w->behind));
	}
	return !is_empty(&w->run) || lines_next(&w->lines, &w->run) ||
	       (w->has_ended && lines_finish(&w->lines, &w->run));
}

/* Sees to it that something comes next that is no boundary; false where there
 * is nothing yet, or the walk falls. */
static bool
have_text(struct walk *w)
{
	while (have_run(w)) {
		if (w->depth == 0 || w->in_line)
			return true;
		if (w->held_len == 0 &&
		    (w->run.len == 0 || *w->run.octets != '-'))
			return true;
		if (hold(w) && !w->run.ends)
			continue;
		if (w->run.len == 0)
			seek_boundary(w);
		if (w->fall != FALL_NONE) {
			w->run.ends = false;
			w->run_line = w->line++;
			return false;
		}
		release(w);
		return true;
	}
	return false;
}

/* Takes the first len octets of what comes next. */
static struct lines_run
take(struct walk *w, size_t len)
{
	struct lines_run taken = { w->run.octets, len,
		w->run.ends && len == w->run.len };

	w->run.octets += len;
	w->run.len -= len;
	w->in_line = !taken.ends;
	w->run_line = w->line;
	if (taken.ends) {
		w->run.ends = false;
		w->held_len = 0;
		w->line++;
	}
	return taken;
}

/* ---- headers ------------------------------------------------------------ */

static void
begin_entity(struct walk *w)
{
	w->entity = w->entities++;
	w->place = PLACE_HEADER;
	w->header_line = w->line;
	buf_clear(&w->header);
	w->header_len = 0;
}

/* What behind the header's whole lines was read. */
static struct lines_run
last_line(const struct walk *w)
{
	struct lines_run line = { buf_data(&w->header) + w->header_len,
		buf_len(&w->header) - w->header_len, false };

	return line;
}

/* True when that line is one of the header's; a few octets of it say so. */
static bool
goes_on(const struct walk *w)
{
	struct lines_run line = last_line(w);
	const char *text = (const char *)line.octets;
	size_t len = line.len < MESSAGE_LINE_MAX ? line.len : MESSAGE_LINE_MAX;

	return header_starts_field(text, len) ||
	       (w->header_len > 0 && text_is_blank(*text));
}

/* The header is what was read; blank: a blank line ended it. */
static void
end_header(struct walk *w, bool blank, struct walk_piece *p)
{
	struct content *c = &w->content;
	bool in_digest =
	    w->depth > 0 && w->frames[w->depth - 1].content.is_digest;

	p->kind = WALK_HEADER;
	p->entity = w->entity;
	p->parent = parent_of(w, w->depth);
	p->content = c;
	p->octets = buf_data(&w->header);
	p->len = w->header_len;
	p->ends = blank;
	p->line = w->header_line;
	content_read(c, (const char *)p->octets, p->len, in_digest);
	w->place = PLACE_LEAF;
	if (w->entity == 0)
		w->line = blank ? 0 : 1;
	if (c->kind != CONTENT_MULTIPART)
		return;
	if (w->depth == WALK_DEPTH_MAX) {
		c->kind = CONTENT_UNCLEAR;
		return;
	}
	w->frames[w->depth++] = (struct frame){ w->entity, *c, false };
	w->place = PLACE_BETWEEN;
}

/* The header is longer than one is; what was read of it goes out as it is, and
 * rest behind it. */
static void
give_up_header(struct walk *w, struct lines_run rest, struct walk_piece *p)
{
	size_t len = buf_len(&w->header);

	w->header_len = 0;
	end_header(w, false, p);
	w->content.kind = CONTENT_ENDLESS;
	p->len = len;
	w->rest = rest;
}

/* The last line is no field: it is the body's first, which may already be the
 * boundary of the multipart that this header is of. */
static void
end_header_at(struct walk *w, struct lines_run line, struct walk_piece *p)
{
	end_header(w, false, p);
	w->rest = line;
	if (w->place != PLACE_BETWEEN || !line.ends)
		return;
	memcpy(w->held, line.octets, line.len);
	w->held_len = line.len;
	seek_boundary(w);
	if (w->fall != FALL_NONE)
		memset(&w->rest, 0, sizeof(w->rest));
	else
		w->held_len = 0;
}

/* A whole line stands behind the header; true where that ends it. */
static bool
take_header_line(struct walk *w, struct walk_piece *p)
{
	static const struct lines_run nothing, line_end = { NULL, 0, true };
	struct lines_run line = last_line(w);

	w->is_field = false;
	if (line.len == 0) {
		end_header(w, true, p);
		return true;
	}
	if (!goes_on(w)) {
		line.ends = true;
		end_header_at(w, line, p);
		return true;
	}
	if (buf_add(&w->header, "\r\n", 2) != 0) {
		give_up_header(w, line_end, p);
		return true;
	}
	w->header_len = buf_len(&w->header);
	if (w->header_len > WALK_HEADER_MAX) {
		give_up_header(w, nothing, p);
		return true;
	}
	return false;
}

/* Takes what comes next as header; true where that ends it.  As in
 * message_scan.c a line that has become too long must be known for a field, so
 * that no body is held. */
static bool
take_header(struct walk *w, struct walk_piece *p)
{
	size_t len = w->run.len, room = MESSAGE_LINE_MAX - last_line(w).len;
	bool judge = !w->is_field && len > room;
	struct lines_run run = take(w, judge ? room : len);

	if (buf_add(&w->header, run.octets, run.len) != 0) {
		give_up_header(w, run, p);
		return true;
	}
	if (judge) {
		w->is_field = goes_on(w);
		if (!w->is_field)
			end_header_at(w, last_line(w), p);
		return !w->is_field;
	}
	return run.ends && take_header_line(w, p);
}

/* ---- pieces ------------------------------------------------------------- */

static void
body(struct walk *w, struct lines_run run, struct walk_piece *p)
{
	const struct frame *f = &w->frames[w->depth > 0 ? w->depth - 1 : 0];
	bool between = w->place == PLACE_BETWEEN;

	p->kind = WALK_BODY;
	p->entity = between ? f->entity : w->entity;
	p->parent = parent_of(w, between ? w->depth - 1 : w->depth);
	p->content = between ? &f->content : &w->content;
	p->octets = run.octets;
	p->len = run.len;
	p->ends = run.ends;
	p->line = w->run_line;
}

static void
close_entity(struct walk *w, size_t entity, const struct content *c,
    struct walk_piece *p)
{
	memset(p, 0, sizeof(*p));
	p->kind = WALK_CLOSE;
	p->entity = entity;
	p->parent = parent_of(w, w->depth);
	p->content = c;
	p->line = w->line;
}

/* The fall has come to its boundary. */
static void
land(struct walk *w, struct walk_piece *p)
{
	struct frame *f = &w->frames[w->depth - 1];
	struct lines_run line = { (const uint8_t *)w->held, w->held_len, true };

	body(w, line, p);
	p->kind = WALK_DELIMITER;
	if (w->fall == FALL_TO_LAST)
		f->is_over = true;
	else if (w->entities < WALK_ENTITIES_MAX)
		begin_entity(w);
	w->fall = FALL_NONE;
	w->held_len = 0;
}

/* The next piece of a fall; false behind the end of the letter. */
static bool
fall_on(struct walk *w, struct walk_piece *p)
{
	if (w->place == PLACE_HEADER) {
		end_header(w, false, p);
	} else if (w->place == PLACE_LEAF) {
		w->place = PLACE_BETWEEN;
		close_entity(w, w->entity, &w->content, p);
	} else if (w->depth > w->floor) {
		struct frame *f = &w->frames[--w->depth];

		close_entity(w, f->entity, &f->content, p);
	} else if (w->fall == FALL_TO_END) {
		return false;
	} else {
		land(w, p);
	}
	return true;
}

bool
walk_next(struct walk *w, struct walk_piece *piece_r)
{
	while (w->fall == FALL_NONE) {
		if (!is_empty(&w->rest)) {
			body(w, w->rest, piece_r);
			memset(&w->rest, 0, sizeof(w->rest));
			return true;
		}
		if (!have_text(w)) {
			if (w->fall == FALL_NONE && !w->has_ended)
				return false;
			if (w->fall == FALL_NONE) {
				w->fall = FALL_TO_END;
				w->floor = 0;
			}
		} else if (w->place != PLACE_HEADER) {
			body(w, take(w, w->run.len), piece_r);
			return true;
		} else if (take_header(w, piece_r)) {
			return true;
		}
	}
	return fall_on(w, piece_r);
}
