/*
 * The player.  A talk is a row of turns: something the client hears (an
 * action), then all it says and tells upon that.  Octets are compared as they
 * leave, events as they are told, both in order; when nothing moves any more,
 * all of the turn must have come and nothing else.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "lib/replay.h"
#include "lib/talk.h"
#include "smtp/engine.h"
#include "smtp/record.h"
#include "smtp/status.h"

enum {
	EXPECT_MAX = 128 * 1024 * 1024,
	SECRET_MAX = 65536,
	SECRETS_MAX = 262144,
	SHOWN = 60
};

struct player {
	const struct talk *talk;
	const struct replay_mode *mode;
	struct engine *engine;
	struct fail *fail;

	size_t at; /* the step to come */
	size_t event; /* E steps before this one have been told */
	size_t limit; /* E steps from here on belong to another turn */
	size_t heard; /* octets given to the engine, in all */
	size_t column; /* of the server's line, where octets come singly */
	size_t letters; /* N steps still to come */
	size_t given; /* octets of the letter given */
	struct buf expect; /* what the client must still say in this turn */
	struct buf secrets; /* NUL-terminated texts that must not be shown */
	struct record record;

	bool failed;
	bool unread; /* the server reads nothing behind expect any more */
	bool more; /* the server's line has a '-' behind its code */
	bool has_letter; /* was given the first one */
	bool judged; /* record.letter is the letter's verdict */
	bool closed;
	bool dropped;
};

static void differ(struct player *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first difference counts; what follows from it is noise. */
static void
differ(struct player *p, const char *format, ...)
{
	size_t at = p->at < p->talk->count ? p->at : p->talk->count - 1;
	char words[FAIL_WORDS_MAX];
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	fail_set(p->fail, FAIL_DATA, "before line %u%s, %s: %s",
	    p->talk->steps[at].line,
	    p->at < p->talk->count ? "" : " (the last)", p->mode->name, words);
}

/* ---- secrets ----------------------------------------------------------- */

static void
keep_secret(struct player *p, const void *octets, size_t len)
{
	buf_add(&p->secrets, octets, len);
	buf_add(&p->secrets, "", 1);
}

/* What the client says in AUTH, but for what says nothing. */
static void
collect_said(struct player *p)
{
	const struct talk_step *before = p->talk->steps, *step;
	const char *said;
	size_t len;

	for (step = before + 1; step < p->talk->steps + p->talk->count;
	     before = step++) {
		said = (const char *)step->octets;
		len = step->len;
		if (step->kind != TALK_CLIENT || len < 6)
			continue;
		if (before->kind == TALK_SERVER && before->len > 3 &&
		    memcmp(before->octets, "334", 3) == 0)
			keep_secret(p, said, len - 2);
		else if (memcmp(said, "AUTH ", 5) == 0 &&
			 (said = memchr(said + 5, ' ', len - 5)) != NULL &&
			 said[1] != '=')
			keep_secret(p, said + 1,
			    (size_t)((const char *)step->octets + len - 2 -
				     (said + 1)));
	}
}

/* The password as it is and in the two forms in which it travels. */
static void
collect_secrets(struct player *p)
{
	const struct talk *t = p->talk;
	const char *authorization = t->authorization ? t->authorization : "";
	struct buf raw, coded;

	buf_init(&raw, SECRET_MAX);
	buf_init(&coded, SECRET_MAX);
	keep_secret(p, t->password, strlen(t->password));
	base64_encode(&coded, t->password, strlen(t->password));
	keep_secret(p, buf_data(&coded), buf_len(&coded));
	buf_clear(&coded);
	buf_add(&raw, authorization, strlen(authorization) + 1);
	buf_add(&raw, t->user, strlen(t->user) + 1);
	buf_add_text(&raw, t->password);
	base64_encode(&coded, buf_data(&raw), buf_len(&raw));
	keep_secret(p, buf_data(&coded), buf_len(&coded));
	buf_free(&raw);
	buf_free(&coded);
}

static void
check_secret(struct player *p, const char *where, const char *text)
{
	const char *secret = (const char *)buf_data(&p->secrets);
	const char *end = secret + buf_len(&p->secrets);

	for (; secret < end; secret += strlen(secret) + 1)
		if (*secret != '\0' && strstr(text, secret) != NULL)
			differ(p, "%s shows a secret", where);
}

static void
check_line(struct player *p, const char *line)
{
	const char *c;

	check_secret(p, "the transcript", line);
	for (c = line; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			differ(p, "the transcript is not printable");
}

/* ---- events ------------------------------------------------------------ */

/* The next event of this turn that an engine can tell. */
static const struct talk_event *
expected_event(struct player *p)
{
	const struct talk_step *step;

	for (; p->event < p->limit; p->event++) {
		step = &p->talk->steps[p->event];
		if (step->kind == TALK_EVENT &&
		    step->event.kind != TALK_EVENT_STATUS)
			return &step->event;
	}
	return NULL;
}

static void
describe(const struct talk_event *e, char *text, size_t size)
{
	switch (e->kind) {
	case TALK_EVENT_CREDENTIAL:
		snprintf(text, size, "credential");
		break;
	case TALK_EVENT_RCPT:
		snprintf(text, size, "rcpt %zu %03d", e->index, e->code);
		break;
	case TALK_EVENT_VERDICT:
		if (e->verdict == VERDICT_TAKEN)
			snprintf(text, size, "verdict taken %03d", e->code);
		else if (e->verdict == VERDICT_REPLY)
			snprintf(text, size, "verdict %s %03d",
			    stage_name(e->stage), e->code);
		else
			snprintf(text, size, "verdict %s kind %d",
			    stage_name(e->stage), (int)e->fail);
		break;
	case TALK_EVENT_CLOSED:
		snprintf(text, size, "closed");
		break;
	case TALK_EVENT_DROPPED:
		snprintf(text, size, "dropped");
		break;
	case TALK_EVENT_STATUS:
		snprintf(text, size, "status %d", e->code);
		break;
	}
}

static void
told(struct player *p, const struct talk_event *got)
{
	const struct talk_event *want = expected_event(p);
	char a[128], b[128];

	describe(got, a, sizeof(a));
	if (want == NULL) {
		differ(p, "told \"%s\", too much", a);
		return;
	}
	describe(want, b, sizeof(b));
	if (strcmp(a, b) != 0)
		differ(p, "told \"%s\" in the place of \"%s\" (line %u)", a, b,
		    p->talk->steps[p->event].line);
	p->event++;
}

static void
told_rcpt(struct player *p, const struct engine_event *event)
{
	struct talk_event got = { .kind = TALK_EVENT_RCPT,
		.index = event->index,
		.code = event->reply->code };

	if (event->index >= p->talk->envelope.count) {
		differ(p, "told of a recipient that does not exist");
		return;
	}
	if (!reply_is_success(event->reply))
		verdict_reply(
		    &p->record.refused[event->index], STAGE_RCPT, event->reply);
	told(p, &got);
}

static void
start_record(struct player *p)
{
	record_free(&p->record);
	record_init(&p->record);
	record_set_envelope(&p->record, &p->talk->envelope);
	p->judged = false;
	p->given = 0;
}

static void
give_letter(struct player *p)
{
	start_record(p);
	p->has_letter = true;
	if (engine_letter(p->engine, &p->talk->envelope) < 0)
		differ(p, "the letter is not taken");
	if (p->mode->quits && p->letters == 0)
		engine_quit(p->engine);
}

static void
told_verdict(struct player *p, const struct verdict *v)
{
	struct talk_event got = { .kind = TALK_EVENT_VERDICT,
		.verdict = v->kind,
		.stage = v->stage,
		.fail = v->fail.kind };
	size_t i;

	if (v->kind == VERDICT_TAKEN || v->kind == VERDICT_REPLY) {
		got.code = v->reply.code;
		check_secret(p, "the verdict", v->reply.text);
	} else {
		check_secret(p, "the verdict", v->fail.words);
	}
	if (p->judged)
		differ(p, "two verdicts for one letter");
	verdict_copy(&p->record.letter, v);
	/* What was said to RCPT behind a refused AUTH means nothing. */
	for (i = 0; v->kind != VERDICT_TAKEN && v->stage < STAGE_MAIL &&
		    i < p->talk->envelope.count;
	     i++)
		verdict_free(&p->record.refused[i]);
	p->judged = true;
	told(p, &got);
}

static void
told_closed(struct player *p, bool flush)
{
	struct talk_event got = { .kind = flush ? TALK_EVENT_CLOSED
						: TALK_EVENT_DROPPED };

	if (p->closed)
		return;
	p->closed = true;
	p->dropped = !flush;
	told(p, &got);
}

static void
give_credential(struct player *p)
{
	const struct talk *t = p->talk;
	struct talk_event got = { .kind = TALK_EVENT_CREDENTIAL };
	struct sasl_credential c = { .user = t->user,
		.password = t->password,
		.authorization = t->authorization,
		.random = t->nonce,
		.random_len = t->nonce_len };
	struct fail why;

	told(p, &got);
	fail_set(&why, FAIL_AUTH, "no secret");
	engine_credential(
	    p->engine, t->no_secret ? NULL : &c, t->no_secret ? &why : NULL);
}

static bool
give_body(struct player *p)
{
	const struct talk *t = p->talk;
	size_t end =
	    t->breaks_at < t->letter_len ? t->breaks_at : t->letter_len;
	size_t len = end - p->given, taken;
	struct fail why;

	if (len == 0 && end < t->letter_len) {
		fail_set(&why, FAIL_IO, "the letter cannot be read");
		engine_body_failed(p->engine, &why);
		return true;
	}
	if (len == 0) {
		engine_body_end(p->engine);
		return true;
	}
	if (p->mode->body > 0 && len > p->mode->body)
		len = p->mode->body;
	taken = engine_body(p->engine, t->letter + p->given, len);
	if (taken > len)
		differ(p, "took more of the letter than was given");
	p->given += taken;
	return taken > 0;
}

/* Pulls events until one has to wait; true when something has moved. */
static bool
pull(struct player *p)
{
	bool moved = false;

	while (!p->failed) {
		struct engine_event event;

		engine_next(p->engine, &event);
		switch (event.kind) {
		case ENGINE_TRANSCRIPT:
			check_line(p, event.line);
			break;
		case ENGINE_RCPT:
			told_rcpt(p, &event);
			break;
		case ENGINE_VERDICT:
			told_verdict(p, event.verdict);
			break;
		case ENGINE_NEED_CREDENTIAL:
			give_credential(p);
			break;
		case ENGINE_WANT_LETTER:
			if (p->has_letter && p->letters > 0)
				return moved;
			if (p->has_letter)
				engine_quit(p->engine);
			else
				give_letter(p);
			break;
		case ENGINE_WANT_7BIT:
			engine_recoded(p->engine, NULL);
			break;
		case ENGINE_WANT_BODY:
			if (!give_body(p))
				return moved;
			break;
		case ENGINE_CLOSED:
			if (p->has_letter) {
				told_closed(p, event.flush);
				return moved;
			}
			give_letter(p);
			break;
		case ENGINE_START_TLS:
		case ENGINE_NEED_INPUT:
			return moved;
		}
		moved = true;
	}
	return false;
}

/* ---- what the client says ---------------------------------------------- */

static void
compare(struct player *p, const uint8_t *said, size_t len)
{
	char a[SHOWN * 4 + 1], b[SHOWN * 4 + 1];
	size_t want = buf_len(&p->expect), same = 0;
	const uint8_t *must = buf_data(&p->expect);

	while (same < len && same < want && said[same] == must[same])
		same++;
	if (same == len) {
		buf_take(&p->expect, len);
		return;
	}
	text_vis(
	    a, sizeof(a), said + same, len - same < SHOWN ? len - same : SHOWN);
	text_vis(b, sizeof(b), must + same,
	    want - same < SHOWN ? want - same : SHOWN);
	differ(p, "the client says \"%s\" in the place of \"%s\"", a, b);
}

/* Takes what was written, at most max octets; true when there was any. */
static bool
drain(struct player *p, size_t max)
{
	struct engine_event event;
	const uint8_t *out;
	size_t len;

	engine_next(p->engine, &event);
	if (event.kind == ENGINE_CLOSED && !event.flush)
		return false;
	out = engine_output(p->engine, &len);
	if (len > ENGINE_OUTPUT_MAX)
		differ(p, "more octets wait than may");
	if (p->mode->drain > 0 && max > p->mode->drain)
		max = p->mode->drain;
	if (p->unread && max > buf_len(&p->expect))
		max = buf_len(&p->expect);
	if (len > max)
		len = max;
	if (len == 0 || p->failed)
		return false;
	compare(p, out, len);
	engine_sent(p->engine, len);
	return true;
}

static void
settle_octets(struct player *p)
{
	bool moved = true;

	while (moved && !p->failed) {
		moved = pull(p);
		moved = drain(p, SIZE_MAX) || moved;
	}
}

/* ---- turns ------------------------------------------------------------- */

/* The answer of the client up to the next action becomes what is expected. */
static void
begin_answer(struct player *p)
{
	const struct talk *t = p->talk;
	size_t i = p->at;

	for (; i < t->count && !talk_is_action(&t->steps[i]); i++) {
		if (t->steps[i].kind != TALK_CLIENT)
			continue;
		buf_add(&p->expect, t->steps[i].octets, t->steps[i].len);
		p->unread = t->steps[i].unread;
	}
	p->limit = i;
}

static void
check_status(struct player *p, const struct talk_step *step)
{
	int status;

	if (step->kind != TALK_EVENT || step->event.kind != TALK_EVENT_STATUS)
		return;
	p->at = (size_t)(step - p->talk->steps);
	status = record_status(&p->record);
	if (!p->judged)
		differ(p, "no verdict to make a status of");
	else if (status != step->event.code)
		differ(p, "status %d in the place of %d", status,
		    step->event.code);
}

/* All of the answer has come. */
static void
end_answer(struct player *p)
{
	const struct talk_event *missing;
	char text[SHOWN * 4 + 1];
	size_t len = buf_len(&p->expect);

	if (len > 0) {
		text_vis(text, sizeof(text), buf_data(&p->expect),
		    len < SHOWN ? len : SHOWN);
		differ(p, "the client does not say \"%s\"", text);
	}
	missing = expected_event(p);
	if (missing != NULL) {
		describe(missing, text, sizeof(text));
		differ(p, "\"%s\" is not told", text);
	}
	for (; p->at < p->limit && !p->failed; p->at++)
		check_status(p, &p->talk->steps[p->at]);
	p->at = p->limit;
}

/* One piece of what the server says.  Only a complete reply is progress: a
 * peer that drips octets or lines must not extend a deadline. */
static void
hear_piece(struct player *p, const uint8_t *octets, size_t len)
{
	unsigned progress = engine_progress(p->engine);
	size_t used = engine_input(p->engine, octets, len);
	size_t i;

	for (i = 0; len == 1 && i < len; i++) {
		p->more = p->column == 3 ? octets[i] == '-' : p->more;
		p->column = octets[i] == '\n' ? 0 : p->column + 1;
	}
	if (len == 1 && (p->column > 0 || p->more) &&
	    engine_progress(p->engine) != progress)
		differ(p, "progress without a complete reply");
	pull(p);
	if (used > len || (used < len && !p->closed))
		differ(p, "took %zu octets of %zu", used, len);
	p->heard += len;
}

/* Octets of the server in the pieces that the mode asks for.  It does not
 * read meanwhile. */
static void
hear(struct player *p, const uint8_t *octets, size_t len)
{
	size_t split = p->mode->split, n;

	for (; len > 0 && !p->failed; octets += n, len -= n) {
		n = len;
		if (p->mode->piece > 0 && n > p->mode->piece)
			n = p->mode->piece;
		if (split > p->heard && n > split - p->heard)
			n = split - p->heard;
		hear_piece(p, octets, n);
	}
}

static void
act_server(struct player *p)
{
	const struct talk *t = p->talk;
	struct buf octets;
	size_t i = p->at;

	buf_init(&octets, EXPECT_MAX);
	for (; i < t->count && t->steps[i].kind == TALK_SERVER; i++)
		buf_add(&octets, t->steps[i].octets, t->steps[i].len);
	p->at = i;
	begin_answer(p);
	hear(p, buf_data(&octets), buf_len(&octets));
	buf_free(&octets);
}

static void
give_binding(struct player *p)
{
	if (p->talk->binding.name != NULL)
		engine_binding(p->engine, &p->talk->binding);
}

static void
act_tls(struct player *p, enum talk_tls tls)
{
	struct engine_event event;
	struct fail why;

	engine_next(p->engine, &event);
	if (event.kind != ENGINE_START_TLS) {
		differ(p, "no handshake is wanted");
		return;
	}
	switch (tls) {
	case TALK_TLS_VERIFIED:
	case TALK_TLS_UNVERIFIED:
		engine_tls_started(p->engine, tls == TALK_TLS_VERIFIED);
		give_binding(p);
		return;
	case TALK_TLS_UNTRUSTED:
		fail_set(&why, FAIL_TRUST, "not trusted");
		break;
	case TALK_TLS_FAILED:
		fail_set(&why, FAIL_PROTOCOL, "no TLS");
		break;
	case TALK_TLS_LOST:
		fail_set(&why, FAIL_TEMP, "lost");
		break;
	}
	engine_lost(p->engine, &why);
}

/* RFC 5321 4.5.3.2: the least that a client must wait, by what it waits
 * for. */
static unsigned
least_wait(enum stage stage)
{
	switch (stage) {
	case STAGE_GREETING:
	case STAGE_MAIL:
	case STAGE_RCPT:
		return 300;
	case STAGE_DATA:
		return 120;
	case STAGE_BODY:
		return 180;
	case STAGE_END:
		return 600;
	default:
		return 1;
	}
}

static void
act_silence(struct player *p)
{
	unsigned seconds = engine_deadline(p->engine);
	unsigned timeout = p->talk->timeout;

	if (p->closed)
		/* QUIT is a courtesy. */;
	else if (seconds == 0)
		differ(p, "nothing is awaited");
	else if (timeout > 0 && seconds > timeout)
		differ(
		    p, "%u seconds are allowed for, not %u", seconds, timeout);
	else if (timeout == 0 && seconds < least_wait(engine_stage(p->engine)))
		differ(p, "%u seconds are too few (D-11)", seconds);
	engine_expired(p->engine);
}

static void
act_end(struct player *p, enum talk_end end)
{
	struct fail why;

	switch (end) {
	case TALK_END_EOF:
		engine_lost(p->engine, NULL);
		break;
	case TALK_END_RESET:
		fail_set(&why, FAIL_TEMP, "connection reset");
		engine_lost(p->engine, &why);
		break;
	case TALK_END_SILENCE:
		act_silence(p);
		break;
	case TALK_END_QUIET:
		break;
	}
}

static void
act_next(struct player *p)
{
	p->letters--;
	if (!p->judged)
		differ(p, "the letter before has no verdict");
	give_letter(p);
}

static void
act(struct player *p)
{
	const struct talk_step *step = &p->talk->steps[p->at];

	if (step->kind == TALK_SERVER) {
		act_server(p);
		return;
	}
	p->at++;
	begin_answer(p);
	if (step->kind == TALK_TLS)
		act_tls(p, step->tls);
	else if (step->kind == TALK_END)
		act_end(p, step->end);
	else
		act_next(p);
}

/* ---- the eager server -------------------------------------------------- */

/* How many octets of text the first reply has; 0: it does not end. */
static size_t
reply_length(const uint8_t *octets, size_t len)
{
	const uint8_t *line = octets, *end = octets + len, *eol;

	while (line < end) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			return 0;
		if (eol - line < 4 || line[3] != '-')
			return (size_t)(eol + 1 - octets);
		line = eol + 1;
	}
	return 0;
}

/* The steps of the client that are answered by one reply: a line, or BDAT
 * with its letter.  Behind the last one the index of the next action. */
static size_t
next_command(const struct talk *t, size_t *at, size_t *len_r)
{
	const struct talk_step *step;
	size_t len = 0;

	for (; *at < t->count && !talk_is_action(&t->steps[*at]); ++*at) {
		step = &t->steps[*at];
		if (step->kind != TALK_CLIENT)
			continue;
		if (len > 0 && !step->letter)
			break;
		len += step->len;
		if (step->unread)
			len = 0;
	}
	*len_r = len;
	return len;
}

/* True when the answer at p->at is a group and the server's next octets are
 * exactly one reply for each of its commands. */
static bool
is_answered_one_by_one(const struct player *p)
{
	const struct talk *t = p->talk;
	size_t at = p->at, used = 0, len, count = 0, replies = 0, i;
	struct buf octets;

	while (next_command(t, &at, &len) > 0)
		count++;
	for (i = p->at; i < at; i++)
		if (t->steps[i].unread)
			return false;
	buf_init(&octets, EXPECT_MAX);
	for (i = at; i < t->count && t->steps[i].kind == TALK_SERVER; i++)
		buf_add(&octets, t->steps[i].octets, t->steps[i].len);
	do {
		len = reply_length(
		    buf_data(&octets) + used, buf_len(&octets) - used);
		used += len;
		replies += len > 0;
	} while (len > 0);
	len = buf_len(&octets);
	buf_free(&octets);
	return count > 1 && replies == count && used == len;
}

/* Takes exactly len octets of the client, as they come. */
static void
drain_exactly(struct player *p, size_t len)
{
	while (len > 0 && !p->failed) {
		size_t before = buf_len(&p->expect);

		pull(p);
		if (!drain(p, len)) {
			differ(p, "the client waits within a group");
			return;
		}
		len -= before - buf_len(&p->expect);
	}
}

static void
answer_one_by_one(struct player *p)
{
	const struct talk *t = p->talk;
	size_t command = p->at, first = p->limit, len, used = 0;
	struct buf octets;

	buf_init(&octets, EXPECT_MAX);
	for (p->at = first;
	     p->at < t->count && t->steps[p->at].kind == TALK_SERVER; p->at++)
		buf_add(&octets, t->steps[p->at].octets, t->steps[p->at].len);
	begin_answer(p);
	while (next_command(t, &command, &len) > 0 && !p->failed) {
		/* The rest of the group is lost with the connection. */
		if (p->dropped) {
			buf_clear(&p->expect);
			break;
		}
		drain_exactly(p, len);
		len = reply_length(
		    buf_data(&octets) + used, buf_len(&octets) - used);
		hear(p, buf_data(&octets) + used, len);
		used += len;
	}
	buf_free(&octets);
}

/* ---- the whole --------------------------------------------------------- */

static void
finish_turn(struct player *p)
{
	while (p->mode->eager && is_answered_one_by_one(p) && !p->failed)
		answer_one_by_one(p);
	settle_octets(p);
	end_answer(p);
}

static void
play(struct player *p)
{
	const struct talk *t = p->talk;

	begin_answer(p);
	finish_turn(p);
	while (p->at < t->count && !p->failed) {
		act(p);
		finish_turn(p);
	}
	if (!p->closed)
		differ(p, "the conversation does not end");
}

static void
start(struct player *p)
{
	const struct talk *t = p->talk;
	struct engine_params params = {
		.ehlo_name = talk_ehlo_name,
		.tls = t->tls,
		.chunking = t->chunking,
		.recipients = t->recipients,
		.auth = t->auth,
		.auth_unverified = t->auth_unverified,
		.auth_pipelining = t->auth_pipelining,
		.timeout = t->timeout,
		.transcript = true,
	};
	bool verified = false;
	size_t i;

	for (i = 0; i < t->count; i++)
		p->letters += t->steps[i].kind == TALK_NEXT;
	if (t->tls == ENGINE_TLS_IMPLICIT) {
		if (t->steps[0].kind != TALK_TLS ||
		    t->steps[0].tls > TALK_TLS_UNVERIFIED)
			differ(p, "implicit TLS without a handshake");
		verified = t->steps[p->at++].tls == TALK_TLS_VERIFIED;
	}
	p->event = p->at;
	p->engine = engine_new(&params, verified);
	give_binding(p);
	/* What heads the first letter's group must know the letter. */
	if (!p->mode->late || t->auth_pipelining)
		give_letter(p);
}

int
replay(const struct talk *t, const struct replay_mode *m, struct fail *f)
{
	struct player p = { .talk = t, .mode = m, .fail = f };

	buf_init(&p.expect, EXPECT_MAX);
	buf_init(&p.secrets, SECRETS_MAX);
	record_init(&p.record);
	collect_secrets(&p);
	collect_said(&p);
	start(&p);
	play(&p);
	engine_free(p.engine);
	record_free(&p.record);
	buf_free(&p.expect);
	buf_free(&p.secrets);
	return p.failed ? -1 : 0;
}

size_t
replay_octets(const struct talk *t)
{
	size_t total = 0, i;

	for (i = 0; i < t->count; i++)
		if (t->steps[i].kind == TALK_SERVER)
			total += t->steps[i].len;
	return total;
}
