/*
 * The edges of the server: octets in, octets out, the letter, time.
 *
 * What a command means is in server_commands.c.  Here is what holds for all of
 * them: where a line ends and where a letter does, that what a client sent
 * ahead (RFC 2920) waits for the answer to the letter before it, and what an
 * end in the middle of something is.
 *
 * Each look at the input is so short that it may be made anew for each octet
 * that comes: what cannot be decided yet stays where it is, so that how the
 * input was cut changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/envelope.h"
#include "smtp/server_private.h"

enum {
	CLIENT_SECONDS = 300, /* RFC 5321 4.5.3.2.7 */
	FLUSH_SECONDS = 10 /* the last words are a courtesy */
};

/* ---- a letter's end ----------------------------------------------------- */

void
server_end_letter(struct server *s)
{
	struct server_letter *l = &s->letter;

	for (size_t i = 0; i < l->count; i++) {
		free(l->recipients[i]);
		free(s->originals[i]);
	}
	free(l->recipients);
	free(l->dsn);
	free(s->originals);
	free(l->sender);
	free(l->envid);
	memset(l, 0, sizeof(*l));
	s->originals = NULL;
	s->room = s->envelope = 0;
	s->octets = 0;
	s->open = s->chunked = s->told = s->tell_begins = false;
}

void
server_drop_letter(struct server *s)
{
	s->tell_dropped = s->tell_dropped || s->told;
	server_end_letter(s);
	server_drop_held(s);
}

void
server_close(struct server *s, const char *why)
{
	server_drop_letter(s);
	buf_clear(&s->in);
	s->state = SERVER_OVER;
	s->why = why;
	s->progress++;
}

/* ---- command lines ------------------------------------------------------ */

/* What other protocols begin with (TLS, say) is answered at its first octet;
 * its end might never come. */
static bool
is_stranger(const struct server *s, uint8_t first)
{
	if (first == '\r' || first == '\n')
		return !s->spoken;
	return !text_is_alpha((char)first);
}

static void
obey(struct server *s, const uint8_t *octets, size_t len)
{
	char line[SERVER_LINE_MAX + 1];
	bool control = false;

	if (len > 0 && octets[len - 1] == '\r')
		len--;
	while (len > 0 && text_is_blank((char)octets[len - 1]))
		len--; /* RFC 5321 4.1.1: to be tolerated */
	for (size_t i = 0; i < len; i++) {
		line[i] = (char)octets[i];
		control =
		    control || (text_is_control(line[i]) && line[i] != '\t');
	}
	line[len] = '\0';
	if (control)
		server_no_command(
		    s, "5.5.2", "a control character in a command");
	else
		server_command(s, line);
}

/* One command line: false when its end has not come yet. */
static bool
read_command(struct server *s)
{
	const uint8_t *octets = buf_data(&s->in), *end;
	size_t len = buf_len(&s->in);

	if (len == 0)
		return false;
	if (!s->skipping && is_stranger(s, octets[0])) {
		server_hang_up(s, "4.7.0", "this is SMTP, and that is not");
		return true;
	}
	s->spoken = true;
	end = memchr(octets, '\n', len);
	if (end != NULL)
		len = (size_t)(end - octets) + 1;
	s->skipping = s->skipping || len > SERVER_LINE_MAX ||
		      (end == NULL && len == SERVER_LINE_MAX);
	if (end == NULL) {
		if (s->skipping)
			buf_clear(&s->in);
		return false;
	}
	s->progress++;
	if (s->skipping)
		server_no_command(s, "5.5.2", "the line is too long");
	else
		obey(s, octets, len - 1);
	s->skipping = false;
	/* A session that is over has forgotten its input. */
	if (s->state != SERVER_OVER)
		buf_take(&s->in, len);
	return true;
}

/* ---- the letter --------------------------------------------------------- */

enum piece { PIECE_NONE, PIECE_CONTENT, PIECE_END };

/* A dot that begins a line: PIECE_END, PIECE_NONE where what follows it must
 * come first, or PIECE_CONTENT, transparency undone.  Behind a bare LF there
 * are dots of those who stuff at LF (they are always two) and of those who do
 * not: both keep theirs. */
static enum piece
first_dot(struct server *s)
{
	const uint8_t *at = buf_data(&s->in);
	size_t len = buf_len(&s->in);
	bool strict = s->line == SERVER_BEHIND_CRLF;

	if (len < 2 || (strict && len < 3 && at[1] == '\r'))
		return PIECE_NONE;
	if (strict && at[1] == '\r' && at[2] == '\n') {
		buf_take(&s->in, 3);
		return PIECE_END;
	}
	if (strict || at[1] == '.')
		buf_take(&s->in, 1); /* RFC 5321 4.5.2 */
	s->line = SERVER_INSIDE;
	return PIECE_CONTENT;
}

/* Octets at the front of the input that are content. */
static enum piece
data_piece(struct server *s, size_t *len_r)
{
	const uint8_t *at, *dot;
	enum piece piece = PIECE_CONTENT;
	size_t len;
	bool cr;

	if (buf_len(&s->in) == 0)
		return PIECE_NONE;
	if (s->line >= SERVER_BEHIND_LF && buf_data(&s->in)[0] == '.')
		piece = first_dot(s);
	if (piece != PIECE_CONTENT)
		return piece;
	at = buf_data(&s->in);
	len = buf_len(&s->in);
	if ((dot = memmem(at, len, "\n.", 2)) != NULL)
		len = (size_t)(dot - at) + 1;
	cr = len > 1 ? at[len - 2] == '\r' : s->line == SERVER_BEHIND_CR;
	s->line = SERVER_INSIDE;
	if (at[len - 1] == '\r')
		s->line = SERVER_BEHIND_CR;
	else if (at[len - 1] == '\n')
		s->line = cr ? SERVER_BEHIND_CRLF : SERVER_BEHIND_LF;
	*len_r = len;
	return PIECE_CONTENT;
}

static enum piece
chunk_piece(struct server *s, size_t *len_r)
{
	size_t len = buf_len(&s->in);

	if (s->chunk_left == 0)
		return PIECE_END;
	if (len == 0)
		return PIECE_NONE;
	*len_r = len < s->chunk_left ? len : (size_t)s->chunk_left;
	s->chunk_left -= *len_r;
	return PIECE_CONTENT;
}

/* True where the content is to be told, not thrown away. */
static bool
take_content(struct server *s, size_t len)
{
	uint64_t block = s->octets / SERVER_BLOCK;

	s->octets += len;
	if (s->octets / SERVER_BLOCK != block)
		s->progress++;
	if (s->told && s->params.size > 0 && s->octets > s->params.size) {
		server_drop_letter(s);
		server_hold(s, 552, "5.3.4", "the letter is too large");
	}
	if (s->told) {
		s->lent = len;
		return true;
	}
	buf_take(&s->in, len);
	return false;
}

/* The end of what was announced: the letter's, or a chunk's. */
static void
take_end(struct server *s)
{
	bool more = s->state == SERVER_CHUNK && !s->chunk_last;

	s->progress++;
	s->state = SERVER_COMMAND;
	if (s->held.code != 0)
		server_say_held(s);
	else if (more)
		server_say(s, 250, "2.0.0", "chunk received");
	else
		s->state = SERVER_ANSWER;
}

/* True when there is something to tell. */
static bool
read_letter(struct server *s, struct server_event *event_r, bool *more_r)
{
	size_t len = 0;
	enum piece piece = s->state == SERVER_CHUNK ? chunk_piece(s, &len)
						    : data_piece(s, &len);

	*more_r = piece != PIECE_NONE;
	if (piece == PIECE_END)
		take_end(s);
	if (piece != PIECE_CONTENT || !take_content(s, len))
		return false;
	event_r->kind = SERVER_BODY;
	event_r->octets = buf_data(&s->in);
	event_r->len = len;
	return true;
}

/* ---- events ------------------------------------------------------------- */

static bool
told_something(struct server *s, struct server_event *event_r)
{
	if (s->tell_dropped) {
		s->tell_dropped = false;
		event_r->kind = SERVER_LETTER_DROPPED;
		return true;
	}
	if (s->tell_begins) {
		s->tell_begins = false;
		s->told = true;
		event_r->kind = SERVER_LETTER_BEGINS;
		event_r->letter = &s->letter;
		return true;
	}
	return false;
}

/* The input is over and what is left of it leads nowhere. */
static void
leave(struct server *s)
{
	bool inside =
	    s->state != SERVER_COMMAND || s->chunked || s->held.code != 0;

	if (inside)
		server_hang_up(
		    s, "4.4.2", "the input ended in the middle of the letter");
	else
		server_close(s, NULL);
}

/* Goes on with what came: true when there is something to tell. */
static bool
go_on(struct server *s, struct server_event *event_r)
{
	bool more = true;

	while (more && s->state != SERVER_ANSWER && s->state != SERVER_OVER) {
		if (buf_space(&s->out) < SERVER_REPLY_ROOM)
			return false; /* who does not read is not served */
		if (s->state == SERVER_DATA_BEGINS) {
			server_say(s, 354, NULL,
			    "the letter, and a line with a dot as its end");
			s->line = SERVER_BEHIND_CRLF;
			s->state = SERVER_DATA;
		} else if (s->state == SERVER_COMMAND) {
			more = read_command(s);
		} else if (read_letter(s, event_r, &more)) {
			return true;
		}
		if (!more && s->ended)
			leave(s);
		if (told_something(s, event_r))
			return true;
	}
	return false;
}

/* What BODY showed has been dealt with. */
static void
settle(struct server *s)
{
	buf_take(&s->in, s->lent);
	s->lent = 0;
}

void
server_next(struct server *s, struct server_event *event_r)
{
	settle(s);
	memset(event_r, 0, sizeof(*event_r));
	if (told_something(s, event_r) || go_on(s, event_r))
		return;
	event_r->kind = s->state == SERVER_ANSWER ? SERVER_LETTER_ENDS
			: s->state == SERVER_OVER ? SERVER_CLOSED
						  : SERVER_NEED_INPUT;
	event_r->why = s->why;
}

/* ---- what the driver gives ---------------------------------------------- */

size_t
server_input(struct server *s, const uint8_t *octets, size_t len)
{
	settle(s);
	if (s->state == SERVER_OVER || s->ended)
		return 0;
	if (len > buf_space(&s->in))
		len = buf_space(&s->in);
	buf_add(&s->in, octets, len);
	return len;
}

void
server_eof(struct server *s)
{
	s->ended = true;
}

const uint8_t *
server_output(const struct server *s, size_t *len_r)
{
	*len_r = buf_len(&s->out);
	return buf_data(&s->out);
}

void
server_sent(struct server *s, size_t len)
{
	settle(s);
	if (len > buf_len(&s->out))
		len = buf_len(&s->out);
	buf_take(&s->out, len);
	if (len > 0 && buf_len(&s->out) == 0)
		s->progress++;
}

/* True for class "." subject "." detail, RFC 3463 2, of the code's class. */
static bool
suits(const char *enhanced, int code)
{
	static const char digits[] = "0123456789";
	size_t subject, detail;

	if (enhanced == NULL || enhanced[0] != '0' + code / 100 ||
	    enhanced[1] != '.')
		return false;
	subject = strspn(enhanced + 2, digits);
	if (subject < 1 || subject > 3 || enhanced[2 + subject] != '.')
		return false;
	detail = strspn(enhanced + 3 + subject, digits);
	return detail >= 1 && detail <= 3 &&
	       enhanced[3 + subject + detail] == '\0';
}

void
server_answer(struct server *s, const struct server_reply *reply)
{
	bool known =
	    reply->code >= 200 && reply->code < 600 && reply->code / 100 != 3;
	int code = known ? reply->code : 451;
	char general[SERVER_ENHANCED_MAX];
	const char *enhanced = reply->enhanced;

	settle(s);
	if (!s->told || (code < 400 && s->state != SERVER_ANSWER))
		return;
	snprintf(general, sizeof(general), "%d.0.0", code / 100);
	if (!suits(enhanced, code))
		enhanced = general;
	server_end_letter(s);
	s->progress++;
	if (s->state != SERVER_ANSWER && s->state != SERVER_DATA_BEGINS) {
		server_hold(s, code, enhanced, reply->text);
		return;
	}
	s->data_refused = s->state == SERVER_DATA_BEGINS;
	s->state = SERVER_COMMAND;
	if (code < 300)
		s->errors = 0;
	server_say(s, code, enhanced, reply->text);
	if (s->stopping)
		server_hang_up(s, "4.3.2", "stopped by a signal");
}

/* ---- time --------------------------------------------------------------- */

unsigned
server_deadline(const struct server *s)
{
	switch (s->state) {
	case SERVER_ANSWER: /* our turn, once it has read what was said */
		return buf_len(&s->out) > 0 ? CLIENT_SECONDS : 0;
	case SERVER_OVER:
		return buf_len(&s->out) > 0 ? FLUSH_SECONDS : 0;
	default:
		return CLIENT_SECONDS;
	}
}

unsigned
server_progress(const struct server *s)
{
	return s->progress;
}

void
server_expired(struct server *s)
{
	settle(s);
	if (s->state == SERVER_OVER)
		buf_clear(&s->out);
	else if (server_deadline(s) > 0)
		server_hang_up(s, "4.4.2", "nothing came for five minutes");
}

void
server_stop(struct server *s)
{
	settle(s);
	if (s->state == SERVER_ANSWER)
		s->stopping = true;
	else if (s->state != SERVER_OVER)
		server_hang_up(s, "4.3.2", "stopped by a signal");
}

/* ---- questions, and the whole ------------------------------------------- */

const char *
server_client(const struct server *s)
{
	return s->client;
}

bool
server_is_extended(const struct server *s)
{
	return s->extended;
}

struct server *
server_new(const struct server_params *params)
{
	struct server *s = xcalloc(1, sizeof(*s));
	char greeting[SERVER_NAME_MAX + 16];

	s->params = *params;
	buf_init(&s->in, SERVER_INPUT_MAX);
	buf_init(&s->out, SERVER_OUTPUT_MAX);
	snprintf(greeting, sizeof(greeting), "%.*s ESMTP pneu", SERVER_NAME_MAX,
	    params->name);
	server_say(s, 220, NULL, greeting);
	return s;
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	server_end_letter(s);
	server_drop_held(s);
	buf_free(&s->in);
	buf_free(&s->out);
	free(s);
}
