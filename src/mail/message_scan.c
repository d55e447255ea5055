/*
 * The first pass over a letter: where its header and its body are, how long
 * it is on the wire, and whether it may be sent at all.
 *
 * The header is copied line by line, as whether it goes on is known only when
 * a whole line was seen; the body is counted run by run and never held.  All
 * that is refused is refused by refuse(), for a reason of one table.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/header.h"
#include "mail/message_private.h"

enum refusal { REFUSE_EMPTY, REFUSE_NUL, REFUSE_LONG_LINE, REFUSE_LONG_HEADER };

static const struct {
	enum fail_kind kind;
	const char *why;
	const char *advice;
} refusals[] = {
	[REFUSE_EMPTY] = { FAIL_NOINPUT, "it is empty (0 octets)",
	    "check the program that should have written it" },
	[REFUSE_NUL] = { FAIL_DATA, "a NUL octet, which no mail may hold",
	    "send binary data as a MIME attachment" },
	[REFUSE_LONG_LINE] = { FAIL_DATA,
	    "over 998 octets, which is the longest line mail may have",
	    "break the line, or encode it as quoted-printable" },
	[REFUSE_LONG_HEADER] = { FAIL_DATA, "the header is over 1 MiB", NULL },
};

static int
refuse(const struct message *m, enum refusal r, struct fail *f)
{
	if (r == REFUSE_EMPTY)
		fail_set(
		    f, refusals[r].kind, "the letter: %s", refusals[r].why);
	else
		fail_set(f, refusals[r].kind,
		    "the letter, line %" PRIu64 ": %s", m->line + 1,
		    refusals[r].why);
	if (refusals[r].advice != NULL)
		fail_advise(f, "%s", refusals[r].advice);
	return -1;
}

/* Refuses for what comes first in the line, so that it does not depend on how
 * the octets were cut into pieces. */
static int
check_run(const struct message *m, const struct lines_run *run, struct fail *f)
{
	size_t room = MESSAGE_LINE_MAX - m->line_len;
	size_t len = run->len < room ? run->len : room;

	if (memchr(run->octets, '\0', len) != NULL)
		return refuse(m, REFUSE_NUL, f);
	if (run->len > room)
		return refuse(m, REFUSE_LONG_LINE, f);
	return 0;
}

/* Eight octets at a time: this is asked of every octet of a letter. */
static bool
has_8bit(const uint8_t *octets, size_t len)
{
	uint64_t word, seen = 0;
	size_t i = 0;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, octets + i, sizeof(word));
		seen |= word;
	}
	for (; i < len; i++)
		seen |= octets[i];
	return (seen & UINT64_C(0x8080808080808080)) != 0;
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
 * size octets of it have been read.  An mbox line that no field follows is
 * none: a text may well begin with "From now on", and is then sent.
 */
static void
end_header(struct message *m, uint64_t start, uint64_t size)
{
	m->in_header = false;
	m->body_start = start;
	m->body_size = size;
	if (m->fields > 0 && m->fields == m->header_len) {
		m->fields = m->header_len = 0;
		m->body_start = 0;
		m->body_size = buf_len(&m->header);
	}
}

/* A whole line stands behind the header; next is the place in the store
 * behind it. */
static int
take_header_line(struct message *m, uint64_t next, struct fail *f)
{
	const char *line = (const char *)buf_data(&m->header) + m->header_len;
	size_t len = buf_len(&m->header) - m->header_len - 2;
	bool first = m->header_len == m->fields;

	if (len == 0) {
		end_header(m, next, 0);
		return 0;
	}
	if (header_starts_field(line, len) || (!first && text_is_blank(*line)))
		m->header_len = buf_len(&m->header);
	else if (first && is_mbox_line(line, len))
		m->fields = m->header_len = buf_len(&m->header);
	else
		end_header(m, m->line_at, len + 2);
	if (m->header_len > MESSAGE_HEADER_MAX)
		return refuse(m, REFUSE_LONG_HEADER, f);
	return 0;
}

/* Counts, or keeps, one run; next is the place in the store behind it. */
static int
take_run(struct message *m, const struct lines_run *run, uint64_t next,
    struct fail *f)
{
	if (check_run(m, run, f) != 0)
		return -1;
	m->line_len += run->len;
	if (!m->is_8bit)
		m->is_8bit = has_8bit(run->octets, run->len);
	if (!m->in_header) {
		m->body_size += run->len + (run->ends ? 2 : 0);
	} else {
		buf_add(&m->header, run->octets, run->len);
		if (run->ends) {
			buf_add(&m->header, "\r\n", 2);
			if (take_header_line(m, next, f) != 0)
				return -1;
		}
	}
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

	if (m->offset == 0)
		return refuse(m, REFUSE_EMPTY, f);
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
