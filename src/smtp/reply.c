/*
 * Replies (RFC 5321 4.2) from octets that come in any pieces.
 *
 * Octets are gathered until a LF; a line is judged by its first four octets as
 * soon as these are there, so that a peer that speaks something else (HTTP,
 * SSH, TLS) is found out without waiting for a line end that may never come.
 * The same octets give the same outcome whatever pieces they come in.
 *
 * Nothing here knows what a reply answers or what it means; that is the
 * engine's and smtp/status's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/reply.h"

enum { CODE_LEN = 3, PART_MAX = 999 };

void
reply_copy(struct reply *to, const struct reply *from)
{
	struct reply copy = *from;

	if (from->text != NULL)
		copy.text = xstrdup(from->text);
	reply_free(to);
	*to = copy;
}

void
reply_free(struct reply *r)
{
	free(r->text);
	*r = (struct reply){ 0 };
}

bool
reply_is_success(const struct reply *r)
{
	return r->code / 100 == 2;
}

bool
reply_is_temporary(const struct reply *r)
{
	return r->code / 100 == 4;
}

bool
reply_is_permanent(const struct reply *r)
{
	return r->code / 100 == 5;
}

/* Reads 1*3DIGIT; the end of it, or NULL. */
static const char *
read_part(const char *at, int *part_r)
{
	const char *start = at;

	*part_r = 0;
	while (text_is_digit(*at) && at - start < 3)
		*part_r = *part_r * 10 + (*at++ - '0');
	return at > start ? at : NULL;
}

/*
 * The enhanced code that a line begins with (RFC 2034 4, RFC 3463 2): the
 * length of it, or 0.  It must end in a blank or with the line: "5.1.1234" or
 * "2.0.0x" is text that only looks like one.
 */
static size_t
read_enhanced(const char *line, int code, struct reply *found)
{
	const char *at = line;
	int class = code / 100;

	if (class == 3 || at[0] != '0' + class || at[1] != '.')
		return 0;
	at = read_part(at + 2, &found->subject);
	if (at == NULL || *at != '.')
		return 0;
	at = read_part(at + 1, &found->detail);
	if (at == NULL || (*at != '\0' && *at != '\n' && !text_is_blank(*at)))
		return 0;
	found->class = class;
	return (size_t)(at - line);
}

static void
set_enhanced(struct reply *r)
{
	struct reply found;

	if (read_enhanced(r->text, r->code, &found) == 0)
		return;
	r->class = found.class;
	r->subject = found.subject;
	r->detail = found.detail;
}

/* The text of a further line without the enhanced code that the first line
 * said already. */
static const char *
without_repetition(const struct reply *r, const char *line)
{
	struct reply found;
	size_t len;

	if (r->class == 0)
		return line;
	len = read_enhanced(line, r->code, &found);
	if (len > 0 && found.subject == r->subject && found.detail == r->detail)
		line += len;
	while (text_is_blank(*line))
		line++;
	return line;
}

char *
reply_words(const struct reply *r)
{
	char words[REPLY_WORDS_MAX];
	const char *line = r->text;
	size_t used;

	used = (size_t)snprintf(words, sizeof(words), "%03d", r->code);
	for (bool first = true; line != NULL && *line != '\0'; first = false) {
		size_t len;

		if (!first)
			line = without_repetition(r, line);
		len = strcspn(line, "\n");
		if (len > 0 && used + 1 < sizeof(words)) {
			words[used++] = ' ';
			text_vis(words + used, sizeof(words) - used, line, len);
			used += strlen(words + used);
		}
		line += line[len] == '\n' ? len + 1 : len;
	}
	return xstrndup(words, used);
}

void
reply_parser_init(struct reply_parser *p)
{
	*p = (struct reply_parser){ 0 };
	buf_init(&p->line, REPLY_LINE_MAX);
	buf_init(&p->text, REPLY_TEXT_MAX);
}

void
reply_parser_free(struct reply_parser *p)
{
	buf_free(&p->line);
	buf_free(&p->text);
	reply_parser_init(p);
}

bool
reply_parser_is_inside(const struct reply_parser *p)
{
	return p->lines > 0 || buf_len(&p->line) > 0;
}

static int
read_code(const char *line)
{
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* What is wrong with the first octets of a line, or NULL: octet by octet, so
 * that the first fault is the same however many are there.  A CR in the fourth
 * place is judged with the whole line. */
static const char *
judge_start(const struct reply_parser *p)
{
	static const char *const allowed[] = { "2345", "0123456789",
		"0123456789", " -\r\n" };
	const char *line = (const char *)buf_data(&p->line);
	size_t len = buf_len(&p->line);

	if (len > 0 && line[0] == '1')
		return "a reply of class 1, which SMTP does not have";
	for (size_t i = 0; i < len && i <= CODE_LEN; i++) {
		if (i == CODE_LEN && p->lines > 0 && read_code(line) != p->code)
			return "codes differ between lines";
		if (line[i] == '\0' || strchr(allowed[i], line[i]) == NULL)
			return "not an SMTP reply";
	}
	return NULL;
}

/* Adds a line's text; lines are joined by LF and end up in a C string, so a
 * NUL must not cut them. */
static int
add_text(struct reply_parser *p, const char *text, size_t len)
{
	uint8_t *to;

	if (p->lines > 0 && buf_add(&p->text, "\n", 1) != 0)
		return -1;
	to = buf_reserve(&p->text, len);
	if (to == NULL)
		return -1;
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(text[i] != '\0' ? text[i] : '?');
	buf_added(&p->text, len);
	return 0;
}

/* Takes the complete line that is held: why it is malformed, or NULL. */
static const char *
take_line(struct reply_parser *p, bool *last_r)
{
	const char *line = (const char *)buf_data(&p->line);
	size_t len = buf_len(&p->line) - 1;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len < CODE_LEN ||
	    (len > CODE_LEN && line[CODE_LEN] != ' ' && line[CODE_LEN] != '-'))
		return "not an SMTP reply";
	if (p->lines == REPLY_LINES_MAX)
		return "a reply of too many lines";
	*last_r = len == CODE_LEN || line[CODE_LEN] == ' ';
	p->code = read_code(line);
	len -= len == CODE_LEN ? CODE_LEN : CODE_LEN + 1;
	if (add_text(p, line + CODE_LEN + (len > 0), len) != 0)
		return "a reply that is too long";
	p->lines++;
	buf_clear(&p->line);
	return NULL;
}

static void
finish(struct reply_parser *p, struct reply *reply_r)
{
	*reply_r = (struct reply){ .code = p->code };
	reply_r->text = buf_text(&p->text);
	set_enhanced(reply_r);
	buf_clear(&p->text);
	p->lines = 0;
	p->code = 0;
}

/* Moves octets up to and with the next LF to the line: 1 when it is complete,
 * 0 when more are needed, -1 when it is malformed. */
static int
gather(struct reply_parser *p, const uint8_t *octets, size_t len, size_t *used)
{
	const uint8_t *lf = memchr(octets + *used, '\n', len - *used);
	const uint8_t *end = lf != NULL ? lf + 1 : octets + len;
	size_t more = (size_t)(end - (octets + *used));

	if (more > buf_space(&p->line)) {
		more = buf_space(&p->line);
		p->bad = "a reply line that is too long";
	}
	buf_add(&p->line, octets + *used, more);
	*used += more;
	/* What is wrong with its start outranks its length: had the start
	 * come alone, it would have been seen first. */
	if (judge_start(p) != NULL)
		p->bad = judge_start(p);
	if (p->bad != NULL)
		return -1;
	return lf != NULL;
}

int
reply_parse(struct reply_parser *p, const uint8_t *octets, size_t len,
    size_t *used_r, struct reply *reply_r, const char **why_r)
{
	bool last = false;

	*used_r = 0;
	while (p->bad == NULL && !last && *used_r < len)
		if (gather(p, octets, len, used_r) == 1)
			p->bad = take_line(p, &last);
	if (p->bad != NULL) {
		*why_r = p->bad;
		return -1;
	}
	if (!last)
		return 0;
	finish(p, reply_r);
	return 1;
}
