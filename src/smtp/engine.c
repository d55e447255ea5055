/*
 * The edges of the engine: octets in, octets out, events, time, the end.
 *
 * What each command writes and what its answer means is in engine_steps.c;
 * here is what holds for all of them: when a command may be written (RFC
 * 2920), which reply answers which command, what a reply that nobody asked
 * for is, and what becomes of the letter when the session ends (an answer
 * that decides, unknown, or a failure).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/engine_private.h"
#include "smtp/envelope.h"

enum {
	COMMAND_ROOM = 16384, /* the longest line we ever write fits */
	BLOCK_SECONDS = 180, /* RFC 5321 4.5.3.2.5, per ENGINE_BLOCK */
	TLS_SECONDS = 120, /* a handshake is several round trips */
	FLUSH_SECONDS = 10, /* QUIT is a courtesy */
	TRANSCRIPT_MAX = 4096, /* octets of a line that is shown */
	REDACT_MIN = 4 /* octets; shorter ones stand in any text */
};

struct pending {
	struct pending *next;
	struct engine_event event; /* points into what follows */
	struct reply reply;
	struct verdict verdict;
	char *line;
};

/* ---- events ------------------------------------------------------------ */

static struct pending *
add_event(struct engine *e, enum engine_event_kind kind)
{
	struct pending *p = xcalloc(1, sizeof(*p));

	p->event.kind = kind;
	*e->events_end = p;
	e->events_end = &p->next;
	return p;
}

static void
free_event(struct pending *p)
{
	if (p == NULL)
		return;
	reply_free(&p->reply);
	verdict_free(&p->verdict);
	free(p->line);
	free(p);
}

void
engine_tell(struct engine *e, bool from_server, const char *line)
{
	struct pending *p;

	if (!e->params.transcript)
		return;
	p = add_event(e, ENGINE_TRANSCRIPT);
	p->line = xmalloc(TRANSCRIPT_MAX);
	text_vis(p->line, TRANSCRIPT_MAX, line, strlen(line));
	p->event.from_server = from_server;
	p->event.line = p->line;
}

/* The reply's lines as they came, but for what is not printable. */
static void
tell_reply(struct engine *e, const struct reply *r)
{
	const char *line = r->text;

	while (e->params.transcript) {
		size_t len = strcspn(line, "\n");
		char *shown = xasprintf("%03d%c%.*s", r->code,
		    line[len] == '\n' ? '-' : ' ', (int)len, line);

		engine_tell(e, true, shown);
		free(shown);
		if (line[len] == '\0')
			break;
		line += len + 1;
	}
}

void
engine_tell_rcpt(struct engine *e, size_t index, const struct reply *r)
{
	struct pending *p = add_event(e, ENGINE_RCPT);

	reply_copy(&p->reply, r);
	p->event.index = index;
	p->event.reply = &p->reply;
}

/* ---- the credential ---------------------------------------------------- */

static void
wipe(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void
engine_forget_credential(struct engine *e)
{
	wipe(&e->user);
	wipe(&e->password);
	wipe(&e->authorization);
	buf_free(&e->response);
}

static void
redact_one(char *text, const void *secret, size_t len)
{
	char *at = text;

	if (len < REDACT_MIN)
		return;
	while ((at = memmem(at, strlen(at), secret, len)) != NULL) {
		memset(at, '*', len);
		at += len;
	}
}

/* A server may repeat what it was given, as it came or in base64: what
 * this mechanism has to say never leaves the engine in a reply. */
static void
redact(struct engine *e, struct reply *r)
{
	struct sasl_credential c = { .user = e->user,
		.password = e->password,
		.authorization = e->authorization };

	if (e->password == NULL || e->mechanism == NULL)
		return;
	redact_one(r->text, e->password, strlen(e->password));
	for (unsigned step = 0; step < e->mechanism->steps; step++) {
		struct buf raw, coded;

		buf_init(&raw, COMMAND_ROOM);
		buf_init(&coded, 2 * COMMAND_ROOM);
		raw.secret = coded.secret = true;
		if (sasl_respond(e->mechanism, step, &c, NULL, 0, &raw) == 0 &&
		    base64_encode(&coded, buf_data(&raw), buf_len(&raw)) == 0)
			redact_one(r->text, buf_data(&coded), buf_len(&coded));
		buf_free(&raw);
		buf_free(&coded);
	}
}

/* ---- the ends ---------------------------------------------------------- */

bool
engine_nobody_stands(const struct engine *e)
{
	const struct transaction *tx = &e->tx;

	if (tx->held.kind == VERDICT_NONE)
		return false;
	return tx->held.stage == STAGE_MAIL ||
	       (tx->held.stage == STAGE_RCPT && tx->accepted == 0 &&
		   tx->answered == e->letter->count);
}

/* The letter's last octet has been given to the link. */
static bool
is_out(const struct engine *e)
{
	return e->letter != NULL && e->tx.end_at != 0 &&
	       e->sent >= e->tx.end_at;
}

/* What was refused earlier is why the letter did not go, whatever ends the
 * session now. */
static bool
refused_before(const struct engine *e)
{
	if (e->letter == NULL || e->tx.held.kind == VERDICT_NONE)
		return false;
	return e->tx.held.stage < STAGE_RCPT || engine_nobody_stands(e);
}

void
engine_finish(struct engine *e, const struct verdict *v)
{
	struct pending *p = add_event(e, ENGINE_VERDICT);

	verdict_copy(&p->verdict, v);
	p->event.verdict = &p->verdict;
	e->letter = NULL;
	verdict_free(&e->tx.held);
	memset(&e->tx, 0, sizeof(e->tx));
}

static void
write_quit(struct engine *e)
{
	buf_add_text(&e->out, "QUIT\r\n");
	engine_tell(e, false, "QUIT");
	e->flush = true;
}

static enum step
over(struct engine *e, const struct verdict *v)
{
	verdict_copy(&e->last, v);
	if (e->letter != NULL)
		engine_finish(e, v);
	engine_forget_credential(e);
	return STEP_CLOSED;
}

enum step
engine_refused(struct engine *e, const struct verdict *v, bool polite)
{
	/* While replies are owed a DATA may be among what was written, and
	 * QUIT would become a line of the letter. */
	if (polite && e->fifo_count == 0)
		write_quit(e);
	return over(e, refused_before(e) ? &e->tx.held : v);
}

enum step
engine_broken_by(struct engine *e, enum stage stage, const struct fail *why)
{
	struct verdict v = { 0 };
	struct fail unknown;
	enum step next;

	if (e->letter != NULL && engine_nobody_stands(e))
		return over(e, &e->tx.held);
	if (is_out(e)) {
		fail_set(&unknown, FAIL_UNKNOWN, "%s", why->words);
		verdict_fail(&v, STAGE_END, &unknown);
	} else if (refused_before(e)) {
		return over(e, &e->tx.held);
	} else {
		verdict_fail(&v, stage, why);
	}
	next = over(e, &v);
	verdict_free(&v);
	return next;
}

enum step
engine_broken(struct engine *e, enum stage stage, enum fail_kind kind,
    const char *format, ...)
{
	char words[FAIL_WORDS_MAX];
	struct fail why;
	va_list ap;

	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	fail_set(&why, kind, "%s", words);
	return engine_broken_by(e, stage, &why);
}

/* ---- writing ----------------------------------------------------------- */

uint64_t
engine_written(const struct engine *e)
{
	return e->sent + buf_len(&e->out);
}

static struct expect *
expected(const struct engine *e, size_t n)
{
	return &e->fifo[(e->fifo_first + n) % e->fifo_room];
}

static void
grow_fifo(struct engine *e)
{
	size_t room = e->fifo_room > 0 ? 2 * e->fifo_room : 16;
	struct expect *fresh = xcalloc(room, sizeof(*fresh));

	for (size_t i = 0; i < e->fifo_count; i++)
		fresh[i] = *expected(e, i);
	free(e->fifo);
	e->fifo = fresh;
	e->fifo_first = 0;
	e->fifo_room = room;
}

struct expect *
engine_expect(struct engine *e, enum step step)
{
	struct expect *x;

	if (e->fifo_count == e->fifo_room)
		grow_fifo(e);
	x = expected(e, e->fifo_count++);
	x->step = step;
	x->index = 0;
	x->at = engine_written(e);
	if (engine_steps[step].ends_group)
		e->group_ended = true;
	return x;
}

struct expect *
engine_say(
    struct engine *e, enum step step, const char *line, const char *shown)
{
	buf_add_text(&e->out, line);
	buf_add_text(&e->out, "\r\n");
	engine_tell(e, false, shown != NULL ? shown : line);
	return engine_expect(e, step);
}

/* RFC 2920 3.1: while replies are owed only what belongs to the same group
 * may be written, and nothing behind the command that ends it. */
static bool
may_write(const struct engine *e)
{
	if (e->step >= STEP_COMMANDS || engine_steps[e->step].write == NULL ||
	    buf_space(&e->out) < COMMAND_ROOM)
		return false;
	return e->fifo_count == 0 ||
	       ((e->caps.flags & CAPS_PIPELINING) && !e->group_ended);
}

/* The octets are all there; their end is written as soon as it fits. */
static void
write_body_end(struct engine *e)
{
	struct transaction *tx = &e->tx;
	char shown[64];

	if (!tx->chunked && body_end(&tx->body, &e->out) < 0)
		return;
	snprintf(shown, sizeof(shown), "(the letter, %llu octets)",
	    (unsigned long long)tx->octets);
	engine_tell(e, false, shown);
	tx->end_at = engine_written(e);
	expected(e, e->fifo_count - 1)->at = tx->end_at;
	e->step = STEP_WAIT;
}

static void
advance(struct engine *e)
{
	while (may_write(e)) {
		/* What began without being asked for must not become the
		 * answer to what is asked now. */
		if (e->fifo_count == 0 && reply_parser_is_inside(&e->parser)) {
			e->step = engine_broken(e, engine_steps[e->step].stage,
			    FAIL_PROTOCOL,
			    "the server speaks without being asked");
			return;
		}
		e->step = engine_steps[e->step].write(e);
	}
	if (e->step == STEP_BODY && e->tx.complete)
		write_body_end(e);
}

const uint8_t *
engine_output(const struct engine *e, size_t *len_r)
{
	*len_r = buf_len(&e->out);
	return buf_data(&e->out);
}

void
engine_sent(struct engine *e, size_t len)
{
	uint64_t block = e->sent / ENGINE_BLOCK;

	if (len > buf_len(&e->out))
		len = buf_len(&e->out);
	buf_take(&e->out, len);
	e->sent += len;
	/* A peer that takes an octet now and then makes no progress. */
	if (e->sent / ENGINE_BLOCK != block || is_out(e))
		e->progress++;
	advance(e);
}

/* ---- reading ----------------------------------------------------------- */

/* A complete 421 answers all that is owed, or the connection itself (RFC 5321
 * 3.8): temporary, and the session is over. */
static enum step
going_down(struct engine *e, enum stage stage, const struct reply *r)
{
	struct verdict v = { 0 };
	enum step next;

	verdict_reply(&v, stage, r);
	next = engine_refused(e, &v, false);
	verdict_free(&v);
	return next;
}

static enum step
take_reply(struct engine *e, const struct reply *r)
{
	enum stage stage = engine_stage(e);
	struct expect x;

	if (e->fifo_count == 0) {
		if (r->code == 421)
			return going_down(e, stage, r);
		return engine_broken(e, stage, FAIL_PROTOCOL,
		    "the server speaks without being asked");
	}
	x = *expected(e, 0);
	e->fifo_first = (e->fifo_first + 1) % e->fifo_room;
	e->fifo_count--;
	if (e->fifo_count == 0)
		e->group_ended = false;
	if (r->code == 421)
		return going_down(e, stage, r);
	/* The end of the letter alone may be refused before it was reached
	 * (D-07). */
	if (e->sent < x.at && x.step != STEP_END)
		return engine_broken(e, stage, FAIL_PROTOCOL,
		    "the server answers what was not said yet");
	return engine_steps[x.step].reply(e, &x, r);
}

static size_t
read_one(struct engine *e, const uint8_t *octets, size_t len)
{
	struct reply r = { 0 };
	const char *why = NULL;
	size_t used = 0;
	enum step next;
	int done;

	/* RFC 3207: nothing may stand behind the answer to STARTTLS. */
	if (e->step == STEP_TLS) {
		e->step = engine_broken(e, STAGE_STARTTLS, FAIL_PROTOCOL,
		    "octets in clear behind the answer to STARTTLS: somebody "
		    "may be injecting them");
		return len;
	}
	done = reply_parse(&e->parser, octets, len, &used, &r, &why);
	if (done < 0) {
		e->step = engine_broken(e, engine_stage(e), FAIL_PROTOCOL,
		    "malformed reply: %s", why);
	} else if (done > 0) {
		redact(e, &r);
		tell_reply(e, &r);
		next = take_reply(e, &r);
		if (next != STEP_SAME)
			e->step = next;
		e->progress++;
	}
	reply_free(&r);
	return used;
}

size_t
engine_input(struct engine *e, const uint8_t *octets, size_t len)
{
	size_t used = 0;

	while (used < len && e->step != STEP_CLOSED) {
		used += read_one(e, octets + used, len - used);
		advance(e);
	}
	return used;
}

void
engine_lost(struct engine *e, const struct fail *why)
{
	struct fail f;

	if (e->step == STEP_CLOSED)
		return;
	if (why == NULL) {
		fail_set(&f, FAIL_TEMP, "the server closed the connection%s",
		    reply_parser_is_inside(&e->parser)
			? " in the middle of a reply"
			: "");
		why = &f;
	}
	e->step = engine_broken_by(e, engine_stage(e), why);
}

/* ---- what the driver gives --------------------------------------------- */

void
engine_tls_started(struct engine *e, bool verified)
{
	if (e->step != STEP_TLS)
		return;
	e->link_protected = true;
	e->link_verified = verified;
	/* RFC 3207 4.2: what was learnt in clear is forgotten. */
	memset(&e->caps, 0, sizeof(e->caps));
	e->step = STEP_EHLO;
	e->progress++;
	advance(e);
}

void
engine_credential(
    struct engine *e, const struct sasl_credential *c, const struct fail *why)
{
	if (e->step != STEP_CREDENTIAL)
		return;
	if (c == NULL) {
		e->step = engine_broken_by(e, STAGE_AUTH, why);
		return;
	}
	e->user = xstrdup(c->user);
	e->password = xstrdup(c->password);
	if (c->authorization != NULL)
		e->authorization = xstrdup(c->authorization);
	e->out.secret = true;
	e->step = STEP_AUTH;
	e->progress++;
	advance(e);
}

bool
engine_fits(const struct engine *e)
{
	return e->caps.size == 0 || e->letter->size <= e->caps.size;
}

/* RFC 1870 section 6: a letter that the server has said it will not take is
 * not offered. */
static void
too_large(struct engine *e)
{
	struct verdict v = { 0 };
	struct fail f;

	fail_set(&f, FAIL_DATA,
	    "the letter has %llu octets and the server takes %llu",
	    (unsigned long long)e->letter->size,
	    (unsigned long long)e->caps.size);
	verdict_fail(&v, STAGE_MAIL, &f);
	engine_finish(e, &v);
	verdict_free(&v);
}

enum step
engine_ready(struct engine *e)
{
	if (e->letter != NULL && !engine_fits(e))
		too_large(e);
	if (e->letter != NULL)
		return e->open ? STEP_RSET : STEP_MAIL;
	if (!e->letters_end)
		return STEP_READY;
	write_quit(e);
	return STEP_CLOSED;
}

int
engine_letter(struct engine *e, const struct envelope *envelope)
{
	if (e->letter != NULL || e->letters_end)
		return -1;
	e->letter = envelope;
	if (e->step == STEP_CLOSED) {
		engine_finish(e, &e->last);
	} else if (e->step == STEP_READY) {
		e->step = engine_ready(e);
		e->progress++;
		advance(e);
	}
	return 0;
}

void
engine_quit(struct engine *e)
{
	e->letters_end = true;
	if (e->step == STEP_READY)
		e->step = engine_ready(e);
}

size_t
engine_body(struct engine *e, const uint8_t *octets, size_t len)
{
	struct transaction *tx = &e->tx;
	uint64_t left;
	size_t space;

	if (e->step != STEP_BODY || tx->complete)
		return 0;
	left = e->letter->size - tx->octets;
	if (len > left)
		len = (size_t)left;
	if (tx->chunked) {
		space = buf_space(&e->out);
		if (len > space)
			len = space;
		buf_add(&e->out, octets, len);
	} else {
		len = body_stuff(&tx->body, octets, len, &e->out);
	}
	tx->octets += len;
	return len;
}

void
engine_body_end(struct engine *e)
{
	if (e->step != STEP_BODY || e->tx.complete)
		return;
	if (e->tx.octets != e->letter->size) {
		e->step = engine_broken(e, STAGE_BODY, FAIL_BUG,
		    "the letter is not as long as was declared");
		return;
	}
	e->tx.complete = true;
	advance(e);
}

void
engine_body_failed(struct engine *e, const struct fail *why)
{
	if (e->step == STEP_BODY)
		e->step = engine_broken_by(e, STAGE_BODY, why);
}

/* ---- time -------------------------------------------------------------- */

enum stage
engine_stage(const struct engine *e)
{
	static const enum stage passive[] = {
		[STEP_TLS - STEP_COMMANDS] = STAGE_TLS,
		[STEP_CREDENTIAL - STEP_COMMANDS] = STAGE_AUTH,
		[STEP_READY - STEP_COMMANDS] = STAGE_MAIL,
		[STEP_BODY - STEP_COMMANDS] = STAGE_BODY,
		[STEP_CLOSED - STEP_COMMANDS] = STAGE_END,
	};
	enum step step = e->step;

	if (e->fifo_count > 0) {
		step = expected(e, 0)->step;
		if (step == STEP_END && !is_out(e))
			return STAGE_BODY;
	}
	return step < STEP_COMMANDS ? engine_steps[step].stage
				    : passive[step - STEP_COMMANDS];
}

unsigned
engine_deadline(const struct engine *e)
{
	unsigned seconds = 0;

	if (e->step == STEP_CLOSED)
		seconds = e->flush ? FLUSH_SECONDS : 0;
	else if (e->step == STEP_TLS)
		seconds = TLS_SECONDS;
	else if (e->fifo_count > 0 && expected(e, 0)->step == STEP_END &&
		 !is_out(e))
		seconds = BLOCK_SECONDS;
	else if (e->fifo_count > 0)
		seconds = engine_steps[expected(e, 0)->step].seconds;
	if (e->params.timeout > 0 && seconds > e->params.timeout)
		seconds = e->params.timeout;
	return seconds;
}

unsigned
engine_progress(const struct engine *e)
{
	return e->progress;
}

void
engine_expired(struct engine *e)
{
	if (e->step == STEP_CLOSED) {
		e->flush = false;
		return;
	}
	e->step = engine_broken(e, engine_stage(e), FAIL_TEMP,
	    "no answer within %u seconds", engine_deadline(e));
}

/* ---- questions, and the whole ------------------------------------------ */

const struct caps *
engine_caps(const struct engine *e)
{
	return &e->caps;
}

const char *
engine_mechanism(const struct engine *e)
{
	return e->authenticated ? e->mechanism->name : NULL;
}

static enum engine_event_kind
awaited(const struct engine *e)
{
	switch (e->step) {
	case STEP_TLS:
		return ENGINE_START_TLS;
	case STEP_CREDENTIAL:
		return ENGINE_NEED_CREDENTIAL;
	case STEP_READY:
		return ENGINE_WANT_LETTER;
	case STEP_BODY:
		return !e->tx.complete && buf_space(&e->out) > COMMAND_ROOM
			   ? ENGINE_WANT_BODY
			   : ENGINE_NEED_INPUT;
	case STEP_CLOSED:
		return ENGINE_CLOSED;
	default:
		return ENGINE_NEED_INPUT;
	}
}

void
engine_next(struct engine *e, struct engine_event *event_r)
{
	free_event(e->told);
	e->told = e->events;
	if (e->told != NULL) {
		e->events = e->told->next;
		if (e->events == NULL)
			e->events_end = &e->events;
		*event_r = e->told->event;
		return;
	}
	memset(event_r, 0, sizeof(*event_r));
	event_r->kind = awaited(e);
	event_r->flush = e->flush;
}

struct engine *
engine_new(const struct engine_params *params, bool verified)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->params = *params;
	e->link_protected = params->tls == ENGINE_TLS_IMPLICIT;
	e->link_verified = e->link_protected && verified;
	e->events_end = &e->events;
	buf_init(&e->out, ENGINE_OUTPUT_MAX);
	buf_init(&e->response, 0);
	reply_parser_init(&e->parser);
	e->step = STEP_WAIT;
	engine_expect(e, STEP_GREETING);
	return e;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	engine_forget_credential(e);
	while (e->events != NULL) {
		struct pending *p = e->events;

		e->events = p->next;
		free_event(p);
	}
	free_event(e->told);
	reply_parser_free(&e->parser);
	verdict_free(&e->tx.held);
	verdict_free(&e->last);
	buf_free(&e->out);
	free(e->fifo);
	free(e);
}
