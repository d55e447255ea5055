/*
 * What a letter holds, what is to change, and its canonical octets.
 *
 * The letter stays as it came: removals are a list of names and additions a
 * text of fields, and only message_header() puts the three together.  So the
 * questions do not depend on the order of questions and edits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "mail/header.h"
#include "mail/message_private.h"
#include "mail/needs.h"

/* The first field called name. */
static bool
find(const struct message *m, const char *name, struct header_field *field_r)
{
	size_t len, at = 0;
	const char *text = message_fields(m, &len);

	while (header_next(text, len, &at, field_r) == 1)
		if (header_is(field_r, name))
			return true;
	return false;
}

bool
message_field(const struct message *m, size_t *at, struct header_field *field_r)
{
	size_t len;
	const char *text = message_fields(m, &len);

	return header_next(text, len, at, field_r) == 1;
}

bool
message_has(const struct message *m, const char *field_name)
{
	struct header_field field;

	return find(m, field_name, &field);
}

unsigned
message_needs(const struct message *m)
{
	return m->needs;
}

bool
message_is_8bit(const struct message *m)
{
	return (m->needs & NEEDS_EIGHT_BIT) != 0;
}

bool
message_cut_by_dot(const struct message *m)
{
	return m->cut_by_dot;
}

char *
message_value(const struct message *m, const char *field_name)
{
	struct header_field field;
	size_t used = 0, skip = 0;
	char *value;

	if (!find(m, field_name, &field))
		return NULL;
	value = xmalloc(field.value_len + 1);
	for (size_t i = 0; i < field.value_len; i++)
		if (field.value[i] != '\r' && field.value[i] != '\n')
			value[used++] = field.value[i];
	while (used > 0 && text_is_blank(value[used - 1]))
		used--;
	while (skip < used && text_is_blank(value[skip]))
		skip++;
	memmove(value, value + skip, used - skip);
	value[used - skip] = '\0';
	return value;
}

/* What a field means for the question who receives the letter. */
enum role { ROLE_RECIPIENTS, ROLE_RESENT_RECIPIENTS, ROLE_RESENT, ROLE_TRACE };

static const struct role_row {
	const char *name;
	enum role role;
} roles[] = {
	{ "To", ROLE_RECIPIENTS },
	{ "Cc", ROLE_RECIPIENTS },
	{ "Bcc", ROLE_RECIPIENTS },
	{ "Resent-To", ROLE_RESENT_RECIPIENTS },
	{ "Resent-Cc", ROLE_RESENT_RECIPIENTS },
	{ "Resent-Bcc", ROLE_RESENT_RECIPIENTS },
	{ "Resent-Date", ROLE_RESENT },
	{ "Resent-From", ROLE_RESENT },
	{ "Resent-Sender", ROLE_RESENT },
	{ "Resent-Message-ID", ROLE_RESENT },
	{ "Received", ROLE_TRACE },
	{ "Return-Path", ROLE_TRACE },
};

enum { ROLES_COUNT = sizeof(roles) / sizeof(roles[0]) };

static const struct role_row *
role_of(const struct header_field *field)
{
	for (size_t i = 0; i < ROLES_COUNT; i++)
		if (header_is(field, roles[i].name))
			return &roles[i];
	return NULL;
}

static bool
is_resent(const struct role_row *row)
{
	return row != NULL && (row->role == ROLE_RESENT ||
				  row->role == ROLE_RESENT_RECIPIENTS);
}

/* The letter's reading of whom it is for: over all its fields, or over the
 * newest block of Resent fields. */
struct survey {
	bool resent;
	unsigned seen; /* a bit per row */
	const struct role_row *before; /* of the field before, or NULL */
};

/*
 * The newest block is the first one.  It ends at a trace field, as whoever
 * prepended it found those of the way until then, and where a name comes again
 * that another field separates from its like.  Fields that are none of this
 * do not end it: a recipient left out would be a letter lost.
 */
static bool
ends_block(const struct survey *s, const struct role_row *row)
{
	if (s->seen == 0 || row == NULL)
		return false;
	if (row->role == ROLE_TRACE)
		return true;
	return row != s->before && (s->seen & 1U << (row - roles)) != 0;
}

static int
collect(struct survey *s, const struct header_field *field,
    struct addr_list *list, struct fail *f)
{
	const struct role_row *row = role_of(field);

	if (s->resent && ends_block(s, row))
		return 0;
	if (is_resent(row))
		s->seen |= 1U << (row - roles);
	s->before = row;
	if (row != NULL &&
	    row->role ==
		(s->resent ? ROLE_RESENT_RECIPIENTS : ROLE_RECIPIENTS) &&
	    addr_parse_names(
		list, field->value, field->value_len, row->name, f) != 0)
		return -1;
	return 1;
}

int
message_recipients(
    const struct message *m, struct addr_list *list, struct fail *f)
{
	struct survey s = { false, 0, NULL };
	struct header_field field;
	size_t len, at = 0;
	const char *text = message_fields(m, &len);
	int more = 1;

	while (!s.resent && header_next(text, len, &at, &field) == 1)
		s.resent = is_resent(role_of(&field));
	at = 0;
	while (more == 1 && header_next(text, len, &at, &field) == 1)
		more = collect(&s, &field, list, f);
	return more == -1 ? -1 : 0;
}

static bool
is_named(const struct header_field *field, char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count && !header_is(field, names[i]); i++)
		;
	return i < count;
}

void
message_remove(struct message *m, const char *field_name)
{
	char *name = xstrdup(field_name);
	struct buf old = m->added;
	const char *text = (const char *)buf_data(&old);
	struct header_field field;
	size_t at = 0;

	buf_init(&m->added, old.max);
	while (header_next(text, buf_len(&old), &at, &field) == 1)
		if (!header_is(&field, name))
			buf_add(
			    &m->added, text + field.start, at - field.start);
	buf_free(&old);
	m->removed = xreallocarray(
	    m->removed, m->removed_count + 1, sizeof(*m->removed));
	m->removed[m->removed_count++] = name;
	buf_clear(&m->wire);
}

/* True for a CR or LF that is part of a fold. */
static bool
is_fold(const char *value, size_t i)
{
	if (value[i] == '\n' && i > 0)
		i--;
	return value[i] == '\r' && value[i + 1] == '\n' &&
	       text_is_blank(value[i + 2]);
}

/* Who broke the promise about controls must not gain a field by it. */
static void
add_value(struct buf *out, const char *value)
{
	for (size_t i = 0; value[i] != '\0'; i++) {
		bool good = !text_is_control(value[i]) || value[i] == '\t' ||
			    is_fold(value, i);

		buf_add(out, good ? &value[i] : "?", 1);
	}
	buf_add_text(out, "\r\n");
}

void
message_add(struct message *m, const char *field_name, const char *value)
{
	buf_addf(&m->added, "%s: ", field_name);
	add_value(&m->added, value);
	buf_clear(&m->wire);
}

void
message_replace(
    struct message *m, const struct header_field *field, const char *value)
{
	size_t i = m->replaced_count;

	/* Nearly always behind all others. */
	while (i > 0 && m->replaced[i - 1].start >= field->start)
		i--;
	if (i == m->replaced_count || m->replaced[i].start != field->start) {
		m->replaced = xreallocarray(
		    m->replaced, m->replaced_count + 1, sizeof(*m->replaced));
		memmove(&m->replaced[i + 1], &m->replaced[i],
		    (m->replaced_count++ - i) * sizeof(*m->replaced));
		m->replaced[i] = (struct message_edit){ field->start, NULL };
	}
	free(m->replaced[i].value);
	m->replaced[i].value = value != NULL ? xstrdup(value) : NULL;
	buf_clear(&m->wire);
}

/* The fields that were there, with the edits that concern them. */
static void
add_fields(struct message *m)
{
	struct header_field field;
	size_t at = 0, next = 0, len;
	const char *text = message_fields(m, &len);

	while (message_field(m, &at, &field)) {
		const struct message_edit *edit = NULL;

		if (next < m->replaced_count &&
		    m->replaced[next].start == field.start)
			edit = &m->replaced[next++];
		if (is_named(&field, m->removed, m->removed_count) ||
		    (edit != NULL && edit->value == NULL))
			continue;
		if (edit == NULL) {
			buf_add(&m->wire, text + field.start, at - field.start);
			continue;
		}
		buf_add(&m->wire, text + field.start,
		    (size_t)(field.value - (text + field.start)));
		add_value(&m->wire, edit->value);
	}
}

const uint8_t *
message_header(struct message *m, size_t *len_r)
{
	if (buf_len(&m->wire) == 0) {
		add_fields(m);
		buf_add(&m->wire, buf_data(&m->added), buf_len(&m->added));
		buf_add_text(&m->wire, "\r\n");
	}
	*len_r = buf_len(&m->wire);
	return buf_data(&m->wire);
}

uint64_t
message_wire_size(struct message *m)
{
	size_t len;

	message_header(m, &len);
	return len + m->body_size;
}

uint64_t
message_body_start(const struct message *m)
{
	return m->body_start;
}

uint64_t
message_body_line(const struct message *m)
{
	return m->body_line;
}

uint64_t
message_body_end(const struct message *m)
{
	return m->body_end;
}

int
message_body(const struct message *m, struct message_reader *r,
    const uint8_t *octets, size_t len, struct buf *out)
{
	struct lines lines = { .state = (enum lines_state)r->state,
		.dots_are_data = m->lines.dots_are_data };
	struct lines_run run;
	uint8_t *to = buf_reserve(out, 2 * len + 4), *begin = to;

	if (to == NULL)
		return -1;
	lines_feed(&lines, octets, len);
	while (lines_next(&lines, &run)) {
		memcpy(to, run.octets, run.len);
		to += run.len;
		if (run.ends) {
			*to++ = '\r';
			*to++ = '\n';
		}
	}
	buf_added(out, (size_t)(to - begin));
	r->state = (unsigned char)lines.state;
	return 0;
}

int
message_body_finish(
    const struct message *m, struct message_reader *r, struct buf *out)
{
	struct lines lines = { .state = (enum lines_state)r->state,
		.dots_are_data = m->lines.dots_are_data };
	struct lines_run run;

	lines_feed(&lines, (const uint8_t *)"", 0);
	if (lines_finish(&lines, &run) && buf_add(out, "\r\n", 2) != 0)
		return -1;
	r->state = (unsigned char)lines.state;
	return 0;
}
