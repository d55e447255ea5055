/*
 * What the engine tells, and how a session ends: the queue of events, what
 * must not stand in them (a secret that the server repeats), and the rule by
 * which an end becomes the letter's verdict.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/engine_private.h"
#include "smtp/envelope.h"

enum {
	TRANSCRIPT_MAX = 4096 /* octets of a line that is shown */
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

void
engine_tell_reply(struct engine *e, const struct reply *r)
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

bool
engine_pull_event(struct engine *e, struct engine_event *event_r)
{
	free_event(e->told);
	e->told = e->events;
	if (e->told == NULL)
		return false;
	e->events = e->told->next;
	if (e->events == NULL)
		e->events_end = &e->events;
	*event_r = e->told->event;
	return true;
}

void
engine_free_events(struct engine *e)
{
	struct engine_event event;

	while (engine_pull_event(e, &event))
		continue;
}

/* ---- the credential ---------------------------------------------------- */

static void
forget_heard(struct engine *e)
{
	if (e->heard != NULL)
		explicit_bzero(e->heard, strlen(e->heard));
	free(e->heard);
	e->heard = NULL;
}

void
engine_forget_credential(struct engine *e)
{
	sasl_free(e->exchange);
	e->exchange = NULL;
	buf_free(&e->response);
	forget_heard(e);
}

void
engine_redact(struct engine *e, struct reply *r)
{
	if (e->exchange == NULL)
		return;
	forget_heard(e);
	if (r->code == 334 || r->code == 235)
		e->heard = xstrdup(r->text);
	sasl_redact(e->exchange, r->text);
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

bool
engine_is_out(const struct engine *e)
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

void
engine_write_quit(struct engine *e)
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
		engine_write_quit(e);
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
	if (engine_is_out(e)) {
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
