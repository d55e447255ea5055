/*
 * The first pass over a letter: where its header and its body are, how long
 * it is on the wire, and whether it may be sent at all.
 *
 * The header is copied line by line, as whether it goes on is known only when
 * a whole line was seen, or more of it than a line may have; the body is
 * counted run by run and never held.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/header.h"
#include "mail/message_private.h"
#include "mail/needs.h"

static int
refuse_header(const struct message *m, struct fail *f)
{
	return fail_set(f, FAIL_DATA,
	    "the letter, line %" PRIu64 ": the header is over 1 MiB",
	    m->line + 1);
}

struct message *
message_new(bool dots_are_data)
{
	struct message *m = xcalloc(1, sizeof(*m));

	m->lines.dots_are_data = dots_are_data;
	m->in_header = true;
	/* Room for the line behind the header too, which is read before it is
	 * known not to be a part of it. */
	buf_init(&m->header, MESSAGE_HEADER_MAX + MESSAGE_LINE_MAX + 4);
	/* What is added comes from us and is as long as we make it. */
	buf_init(&m->added, SIZE_MAX / 2);
	buf_init(&m->wire, SIZE_MAX / 2);
	return m;
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	buf_free(&m->header);
	buf_free(&m->added);
	buf_free(&m->wire);
	for (size_t i = 0; i < m->removed_count; i++)
		free(m->removed[i]);
	free(m->removed);
	for (size_t i = 0; i < m->replaced_count; i++)
		free(m->replaced[i].value);
	free(m->replaced);
	free(m);
}

const char *
message_fields(const struct message *m, size_t *len_r)
{
	*len_r = m->header_len - m->fields;
	return (const char *)buf_data(&m->header) + m->fields;
}

/* The line that an mbox file puts before a letter, which some programs pipe
 * along.  "From :" is a field. */
static bool
is_mbox_line(const char *line, size_t len)
{
	if (len > 0 && *line == '>') {
		line++;
		len--;
	}
	return len >= 5 && memcmp(line, "From ", 5) == 0;
}

/*
 * The header is what was accepted; the body begins at start in the store, and
 * size octets of it have been counted.  An mbox line that no field follows is
 * none: a text may well begin with "From now on", and is then sent.
 */
static void
end_header(struct message *m, uint64_t start, uint64_t size)
{
	m->in_header = false;
	m->body_start = start;
	m->body_size = size;
	/* Behind a blank line, or at the line that is no field. */
	m->body_line = start > m->line_at ? m->line + 1 : m->line;
	if (m->fields > 0 && m->fields == m->header_len) {
		m->fields = m->header_len = 0;
		m->body_start = m->body_line = 0;
		m->body_size = buf_len(&m->header);
	}
}

/* True when the first len octets of the line that stands behind the header
 * make it one of the header's. */
static bool
goes_on(const struct message *m, size_t len)
{
	const char *line = (const char *)buf_data(&m->header) + m->header_len;
	bool first = m->header_len == m->fields;

	return header_starts_field(line, len) ||
	       (!first && text_is_blank(*line));
}

/* A whole line stands behind the header; next is the place in the store
 * behind it. */
static int
take_header_line(struct message *m, uint64_t next, struct fail *f)
{
	const char *line = (const char *)buf_data(&m->header) + m->header_len;
	size_t len = buf_len(&m->header) - m->header_len - 2;

	if (len == 0)
		end_header(m, next, 0);
	else if (goes_on(m, len))
		m->header_len = buf_len(&m->header);
	else if (m->header_len == m->fields && is_mbox_line(line, len))
		m->fields = m->header_len = buf_len(&m->header);
	else
		end_header(m, m->line_at, len + 2);
	if (m->header_len > MESSAGE_HEADER_MAX)
		return refuse_header(m, f);
	return 0;
}

/*
 * Keeps a run while the header lasts; where that is over, *run is what of it
 * remains to be counted.  A line that has become too long must be known for a
 * field by its first MESSAGE_LINE_MAX octets, so that no body is taken for a
 * header and held.
 */
static int
take_header_run(
    struct message *m, struct lines_run *run, uint64_t next, struct fail *f)
{
	size_t room = MESSAGE_LINE_MAX - m->line_len;
	size_t len = run->len;

	if (m->line_len <= MESSAGE_LINE_MAX && run->len > room) {
		buf_add(&m->header, run->octets, room);
		run->octets += room;
		run->len -= room;
		if (!goes_on(m, MESSAGE_LINE_MAX)) {
			end_header(m, m->line_at, MESSAGE_LINE_MAX);
			return 0;
		}
		len -= room;
	}
	run->len = 0;
	if (buf_add(&m->header, run->octets, len) != 0)
		return refuse_header(m, f);
	if (!run->ends)
		return 0;
	run->ends = false;
	buf_add(&m->header, "\r\n", 2);
	return take_header_line(m, next, f);
}

/* Counts, or keeps, one run; next is the place in the store behind it. */
static int
take_run(struct message *m, const struct lines_run *run, uint64_t next,
    struct fail *f)
{
	struct lines_run left = *run;

	m->needs = needs_of(m->needs, run->octets, run->len);
	if (m->line_len + run->len > MESSAGE_LINE_MAX)
		m->needs |= NEEDS_LONG_LINE;
	if (m->in_header && take_header_run(m, &left, next, f) != 0)
		return -1;
	if (!m->in_header)
		m->body_size += left.len + (left.ends ? 2 : 0);
	m->line_len += run->len;
	if (run->ends) {
		m->line++;
		m->line_len = 0;
		m->line_at = next;
	}
	return 0;
}

int
message_scan(
    struct message *m, const uint8_t *octets, size_t len, struct fail *f)
{
	struct lines_run run;

	lines_feed(&m->lines, octets, len);
	while (lines_next(&m->lines, &run)) {
		uint64_t used = (uint64_t)(m->lines.at - octets);

		if (take_run(m, &run, m->offset + used, f) != 0)
			return -1;
	}
	if (lines_have_more(&m->lines))
		m->cut_by_dot = true;
	m->offset += len;
	return 0;
}

bool
message_ended(const struct message *m)
{
	return lines_are_over(&m->lines);
}

int
message_scan_end(struct message *m, struct fail *f)
{
	struct lines_run run;

	if (m->offset == 0) {
		fail_set(f, FAIL_NOINPUT, "the letter is empty (0 octets)");
		fail_advise(f, "check the program that should have written it");
		return -1;
	}
	lines_feed(&m->lines, (const uint8_t *)"", 0);
	if (lines_finish(&m->lines, &run) &&
	    take_run(m, &run, m->offset, f) != 0)
		return -1;
	/* Where the letter is over, the line of one dot is not a part of it. */
	m->body_end = lines_are_over(&m->lines) ? m->line_at : m->offset;
	if (m->in_header)
		end_header(m, m->body_end, 0);
	return 0;
}
