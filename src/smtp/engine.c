/*
 * The edges of the engine: octets in, octets out, time.
 *
 * What each command writes and what its answer means is in engine_steps.c,
 * what a session's end means for the letter in engine_events.c; here is what
 * holds for all commands: when one may be written (RFC 2920), which reply
 * answers which, what a reply that nobody asked for is, and how long all that
 * may take.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/engine_private.h"
#include "smtp/envelope.h"

enum {
	COMMAND_ROOM = 16384, /* the longest line we ever write fits */
	BLOCK_SECONDS = 180, /* RFC 5321 4.5.3.2.5, per ENGINE_BLOCK */
	TLS_SECONDS = 120, /* a handshake is several round trips */
	FLUSH_SECONDS = 10 /* QUIT is a courtesy */
};

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
	bool was_out = engine_is_out(e);

	if (len > buf_len(&e->out))
		len = buf_len(&e->out);
	buf_take(&e->out, len);
	e->sent += len;
	/* A peer that takes an octet now and then makes no progress. */
	if (e->sent / ENGINE_BLOCK != block || engine_is_out(e))
		e->progress++;
	if (!was_out && engine_is_out(e) && e->fifo_count == 1)
		e->tx.early = reply_parser_is_inside(&e->parser);
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
		engine_redact(e, &r);
		engine_tell_reply(e, &r);
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
engine_binding(struct engine *e, const struct sasl_binding *binding)
{
	if (!e->link_protected || e->binding.name != NULL)
		return;
	buf_add(&e->bound, binding->octets, binding->len);
	e->binding.octets = buf_data(&e->bound);
	e->binding.len = buf_len(&e->bound);
	e->binding.name = binding->name;
}

struct sasl_offer
engine_offer(const struct engine *e)
{
	return (struct sasl_offer){ .caps = &e->caps,
		.binding = e->binding.name != NULL ? &e->binding : NULL };
}

void
engine_credential(
    struct engine *e, const struct sasl_credential *c, const struct fail *why)
{
	struct sasl_offer offer = engine_offer(e);
	struct fail f;

	if (e->step != STEP_CREDENTIAL)
		return;
	if (c != NULL)
		e->exchange = sasl_begin(e->mechanism, c, &offer, &f);
	if (e->exchange == NULL) {
		e->step = engine_broken_by(e, STAGE_AUTH, c != NULL ? &f : why);
		return;
	}
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
	if (e->letter != NULL && !e->settled && e->letter->is_8bit &&
	    !(e->caps.flags & CAPS_8BITMIME))
		return STEP_RECODE;
	if (e->letter != NULL && !engine_fits(e))
		too_large(e);
	if (e->letter != NULL)
		return e->open ? STEP_RSET : STEP_MAIL;
	if (!e->letters_end)
		return STEP_READY;
	engine_write_quit(e);
	return STEP_CLOSED;
}

/* True where what ended the session counts for letters that it has not seen:
 * it never began, the server goes down, or it breaks the protocol. */
static bool
ended_for_all(const struct verdict *last)
{
	switch (last->kind) {
	case VERDICT_REPLY:
		return last->stage < STAGE_MAIL || last->reply.code == 421;
	case VERDICT_FAIL:
		return last->stage < STAGE_MAIL ||
		       last->fail.kind == FAIL_PROTOCOL;
	default:
		return false;
	}
}

static void
too_late(struct engine *e)
{
	struct verdict v = { 0 };
	struct fail f;

	if (ended_for_all(&e->last)) {
		verdict_copy(&v, &e->last);
		if (v.stage > STAGE_MAIL)
			v.stage = STAGE_MAIL; /* it came no further */
		engine_finish(e, &v);
		verdict_free(&v);
		return;
	}
	fail_set(&f, FAIL_TEMP, "the session ended with the letter before");
	verdict_fail(&v, STAGE_MAIL, &f);
	engine_finish(e, &v);
	verdict_free(&v);
}

int
engine_letter(struct engine *e, const struct envelope *envelope)
{
	if (e->letter != NULL || e->letters_end)
		return -1;
	e->letter = envelope;
	e->settled = false;
	if (e->step == STEP_CLOSED) {
		too_late(e);
	} else if (e->step == STEP_READY) {
		e->step = engine_ready(e);
		e->progress++;
		advance(e);
	}
	return 0;
}

void
engine_recoded(struct engine *e, const struct envelope *envelope)
{
	if (e->step != STEP_RECODE)
		return;
	if (envelope != NULL)
		e->letter = envelope;
	e->settled = true;
	e->step = engine_ready(e);
	e->progress++;
	advance(e);
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
		[STEP_RECODE - STEP_COMMANDS] = STAGE_MAIL,
		[STEP_BODY - STEP_COMMANDS] = STAGE_BODY,
		[STEP_CLOSED - STEP_COMMANDS] = STAGE_END,
	};
	enum step step = e->step;

	if (e->fifo_count > 0) {
		step = expected(e, 0)->step;
		if (step == STEP_END && !engine_is_out(e))
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
		 !engine_is_out(e))
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
	    "no answer within %u s", engine_deadline(e));
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
	case STEP_RECODE:
		return ENGINE_WANT_7BIT;
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
	if (engine_pull_event(e, event_r))
		return;
	memset(event_r, 0, sizeof(*event_r));
	event_r->kind = awaited(e);
	event_r->mechanism = e->mechanism;
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
	buf_init(&e->bound, SASL_RESPONSE_MAX);
	e->bound.secret = true;
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
	engine_free_events(e);
	reply_parser_free(&e->parser);
	verdict_free(&e->tx.held);
	verdict_free(&e->last);
	buf_free(&e->out);
	buf_free(&e->bound);
	free(e->fifo);
	free(e);
}
