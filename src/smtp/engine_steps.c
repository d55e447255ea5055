/*
 * The client's commands as rows: what each writes, what its answer means.
 * A reply function returns the next step; STEP_SAME leaves the writing side
 * where it is, which in a pipelined group is further ahead.
 */
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
	COMMAND_LINE_MAX = 512, /* RFC 5321 4.5.3.1.4, with CRLF */
	PARAMETERS_MAX = 4096, /* of MAIL or RCPT with all of them */
	AUTH_LINE_MAX = 12288 /* RFC 4954 section 4, base64 */
};

/* ---- the session ------------------------------------------------------ */

static enum step
unexpected_at(struct engine *e, enum stage stage, const struct reply *r)
{
	char *words = reply_words(r);
	enum step next = engine_broken(
	    e, stage, FAIL_PROTOCOL, "unexpected answer: %s", words);

	free(words);
	return next;
}

static enum step
unexpected(struct engine *e, enum step step, const struct reply *r)
{
	return unexpected_at(e, engine_steps[step].stage, r);
}

static enum step
refuse(struct engine *e, enum step step, const struct reply *r)
{
	struct verdict v = { 0 };
	enum step next;

	if (!reply_is_temporary(r) && !reply_is_permanent(r))
		return unexpected(e, step, r);
	verdict_reply(&v, engine_steps[step].stage, r);
	next = engine_refused(e, &v, true);
	verdict_free(&v);
	return next;
}

static enum step
reply_greeting(struct engine *e, const struct expect *x, const struct reply *r)
{
	return reply_is_success(r) ? STEP_EHLO : refuse(e, x->step, r);
}

static enum step
write_ehlo(struct engine *e)
{
	char *line = xasprintf("EHLO %s", e->params.ehlo_name);

	engine_say(e, STEP_EHLO, line, NULL);
	free(line);
	return STEP_WAIT;
}

static enum step
no_starttls(struct engine *e)
{
	struct fail f;

	fail_set(&f, FAIL_PROTOCOL,
	    "the server does not offer STARTTLS, and nothing is sent in "
	    "clear");
	fail_advise(&f, "set tls = implicit (port 465) if that is what the "
			"server speaks");
	return engine_broken_by(e, STAGE_STARTTLS, &f);
}

/* AUTH is wanted: with which mechanism, and is the link good enough? */
static enum step
begin_auth(struct engine *e)
{
	struct sasl_offer offer = engine_offer(e);
	struct fail f;

	if (!(e->link_protected && e->link_verified) &&
	    !e->params.auth_unverified) {
		fail_set(&f, FAIL_AUTH,
		    "no login over a link that is not "
		    "protected by verified TLS");
		return engine_broken_by(e, STAGE_AUTH, &f);
	}
	e->mechanism = sasl_choose(e->params.auth, &offer, &f);
	if (e->mechanism == NULL)
		return engine_broken_by(e, STAGE_AUTH, &f);
	return STEP_CREDENTIAL;
}

static enum step
reply_ehlo(struct engine *e, const struct expect *x, const struct reply *r)
{
	if (!reply_is_success(r))
		return refuse(e, x->step, r);
	caps_parse(&e->caps, r);
	if (e->params.tls == ENGINE_TLS_STARTTLS && !e->link_protected) {
		if (!(e->caps.flags & CAPS_STARTTLS))
			return no_starttls(e);
		return STEP_STARTTLS;
	}
	if (!text_same(e->params.auth, "off"))
		return begin_auth(e);
	return engine_ready(e);
}

static enum step
write_starttls(struct engine *e)
{
	engine_say(e, STEP_STARTTLS, "STARTTLS", NULL);
	return STEP_WAIT;
}

/* RFC 3207 section 4: 220 and nothing else lets the handshake begin. */
static enum step
reply_starttls(struct engine *e, const struct expect *x, const struct reply *r)
{
	if (r->code == 220)
		return STEP_TLS;
	return refuse(e, x->step, r);
}

/* ---- AUTH ------------------------------------------------------------- */

static int
respond(struct engine *e, const uint8_t *challenge, size_t len, struct fail *f)
{
	buf_free(&e->response);
	buf_init(&e->response, SASL_RESPONSE_MAX);
	return sasl_respond(e->exchange, challenge, len, &e->response, f);
}

/* The pending response in base64 behind a prefix, as a secret. */
static void
response_line(struct engine *e, const char *prefix, struct buf *line)
{
	buf_init(line, AUTH_LINE_MAX + COMMAND_LINE_MAX);
	line->secret = true;
	buf_add_text(line, prefix);
	if (*prefix != '\0' && buf_len(&e->response) == 0)
		buf_add_text(line, "="); /* RFC 4954: an empty initial one */
	base64_encode(line, buf_data(&e->response), buf_len(&e->response));
	buf_add(line, "", 1);
}

/* RFC 4954 section 4: a pipelined group may begin with AUTH when it has its
 * initial response and ends in one trip. */
static bool
heads_group(const struct engine *e, bool initial)
{
	return initial && e->params.auth_pipelining && e->mechanism->one_trip &&
	       (e->caps.flags & CAPS_PIPELINING) && e->letter != NULL &&
	       engine_fits(e);
}

static enum step
write_auth(struct engine *e)
{
	char *start = xasprintf("AUTH %s", e->mechanism->name);
	char *prefix = xasprintf("%s ", start);
	char *shown = xasprintf("%s ***", start);
	bool initial = e->mechanism->starts;
	struct buf line = { 0 };
	enum step next = STEP_WAIT;
	struct fail f;

	if (initial && respond(e, NULL, 0, &f) < 0) {
		next = engine_broken_by(e, STAGE_AUTH, &f);
		goto out;
	}
	if (initial)
		response_line(e, prefix, &line);
	/* A line that is too long for a command waits for the first 334. */
	e->held = buf_len(&line) + 1 > COMMAND_LINE_MAX;
	if (initial && !e->held) {
		engine_say(e, STEP_AUTH, (const char *)buf_data(&line), shown);
		buf_free(&e->response);
	} else {
		engine_say(e, STEP_AUTH, start, NULL);
	}
	if (heads_group(e, initial && !e->held))
		next = engine_ready(e);
	else
		e->group_ended = true;
out:
	buf_free(&line);
	free(start);
	free(prefix);
	free(shown);
	return next;
}

static enum step
write_response(struct engine *e)
{
	struct buf line;

	response_line(e, "", &line);
	engine_say(e, STEP_RESPONSE, (const char *)buf_data(&line), "***");
	buf_free(&line);
	buf_free(&e->response);
	return STEP_WAIT;
}

static enum step
write_cancel(struct engine *e)
{
	engine_say(e, STEP_CANCEL, "*", NULL);
	return STEP_WAIT;
}

/* 334: the next response, or "*" where the mechanism has none. */
static enum step
challenged(struct engine *e)
{
	struct buf challenge;
	bool held = e->held, ok;

	e->held = false;
	buf_init(&challenge, SASL_RESPONSE_MAX);
	challenge.secret = true;
	ok = base64_decode(&challenge, e->heard, strlen(e->heard)) == 0;
	if (!ok)
		fail_set(&e->why, FAIL_PROTOCOL,
		    "%s: a challenge of the server is no base64, or too long",
		    e->mechanism->name);
	else if (!held)
		ok = respond(e, buf_data(&challenge), buf_len(&challenge),
			 &e->why) == 0;
	buf_free(&challenge);
	return ok ? STEP_RESPONSE : STEP_CANCEL;
}

/* What the server had to say of a token belongs to its refusal. */
static void
add_complaint(struct engine *e, struct reply *r)
{
	const char *complaint = sasl_complaint(e->exchange);
	char *both;

	if (complaint == NULL || *complaint == '\0')
		return;
	both = xasprintf("%s\n%s", r->text, complaint);
	free(r->text);
	r->text = both;
	sasl_redact(e->exchange, r->text);
}

static enum step
auth_refused(struct engine *e, enum step step, const struct reply *r)
{
	struct verdict v = { 0 };
	enum step next = STEP_SAME;

	if (!reply_is_temporary(r) && !reply_is_permanent(r))
		return unexpected(e, step, r);
	verdict_reply(&v, STAGE_AUTH, r);
	add_complaint(e, &v.reply);
	sasl_advise(e->mechanism, &v.reply, &v.fail);
	/* In a group the refusal stands, whatever comes behind it; the
	 * session ends when all has been answered. */
	if (e->fifo_count > 0)
		verdict_copy(&e->tx.held, &v);
	else
		next = engine_refused(e, &v, true);
	verdict_free(&v);
	return next;
}

/* 235 is the server's word; a mechanism that asks for a proof must have it
 * before anything else is said. */
static enum step
logged_in(struct engine *e, bool group)
{
	struct verdict v = { 0 };
	struct fail f;
	enum step next;

	if (sasl_finish(e->exchange, e->heard, &f) == 0) {
		e->authenticated = true;
		engine_forget_credential(e);
		return group ? STEP_SAME : engine_ready(e);
	}
	verdict_fail(&v, STAGE_AUTH, &f);
	next = engine_refused(e, &v, true);
	verdict_free(&v);
	return next;
}

static enum step
reply_auth(struct engine *e, const struct expect *x, const struct reply *r)
{
	bool group = e->fifo_count > 0;

	if (r->code == 334 && !group)
		return challenged(e);
	if (r->code != 235)
		return auth_refused(e, x->step, r);
	return logged_in(e, group);
}

/* Whatever is said to our "*", the exchange has failed. */
static enum step
reply_cancel(struct engine *e, const struct expect *x, const struct reply *r)
{
	struct verdict v = { 0 };
	enum step next;

	(void)x;
	(void)r;
	verdict_fail(&v, STAGE_AUTH, &e->why);
	next = engine_refused(e, &v, true);
	verdict_free(&v);
	return next;
}

/* ---- the transaction -------------------------------------------------- */

static enum step
write_rset(struct engine *e)
{
	engine_say(e, STEP_RSET, "RSET", NULL);
	e->open = false;
	return STEP_MAIL;
}

static enum step
reply_rset(struct engine *e, const struct expect *x, const struct reply *r)
{
	if (reply_is_success(r))
		return STEP_SAME;
	/* RFC 5321 4.1.1.5: it cannot be refused, and a refusal is none of
	 * the letter. */
	return reply_is_permanent(r) ? unexpected(e, x->step, r)
				     : refuse(e, x->step, r);
}

static enum step
write_mail(struct engine *e)
{
	const struct envelope *l = e->letter;
	struct buf line;

	buf_init(&line, PARAMETERS_MAX);
	buf_addf(&line, "MAIL FROM:<%s>", l->sender);
	if (e->caps.flags & CAPS_SIZE)
		buf_addf(&line, " SIZE=%llu", (unsigned long long)l->size);
	if (l->is_8bit && (e->caps.flags & CAPS_8BITMIME))
		buf_add_text(&line, " BODY=8BITMIME");
	if ((e->caps.flags & CAPS_DSN) && l->ret != NULL)
		buf_addf(&line, " RET=%s", l->ret);
	if ((e->caps.flags & CAPS_DSN) && l->envid != NULL)
		buf_addf(&line, " ENVID=%s", l->envid);
	buf_add(&line, "", 1);
	engine_say(e, STEP_MAIL, (const char *)buf_data(&line), NULL);
	buf_free(&line);
	return STEP_RCPT;
}

static enum step
reply_mail(struct engine *e, const struct expect *x, const struct reply *r)
{
	struct verdict v = { 0 };

	if (reply_is_success(r)) {
		e->open = true;
		return STEP_SAME;
	}
	if (!reply_is_temporary(r) && !reply_is_permanent(r))
		return unexpected(e, x->step, r);
	verdict_reply(&v, STAGE_MAIL, r);
	if (e->fifo_count > 0) {
		if (e->tx.held.kind == VERDICT_NONE)
			verdict_copy(&e->tx.held, &v);
		verdict_free(&v);
		return STEP_SAME;
	}
	engine_finish(e, &v);
	verdict_free(&v);
	return engine_ready(e);
}

static bool
uses_chunks(const struct engine *e)
{
	return e->params.chunking != ENGINE_CHUNKING_NO &&
	       (e->caps.flags & CAPS_CHUNKING);
}

/* What follows the last RCPT within its group.  With recipients = all the
 * answers must come first: a 354 could only be left by dropping the link. */
static enum step
end_of_group(const struct engine *e)
{
	if (e->params.recipients == ENGINE_RECIPIENTS_ALL)
		return STEP_WAIT;
	if (!uses_chunks(e))
		return STEP_DATA;
	if (e->params.chunking == ENGINE_CHUNKING_GROUPED &&
	    e->letter->size <= ENGINE_GROUPED_MAX &&
	    (e->caps.flags & CAPS_PIPELINING))
		return STEP_BDAT;
	return STEP_WAIT;
}

static enum step
write_rcpt(struct engine *e)
{
	const struct envelope *l = e->letter;
	size_t index = e->tx.next++;
	struct envelope_dsn dsn = { 0 };
	struct buf line;

	if (l->dsn != NULL && (e->caps.flags & CAPS_DSN))
		dsn = l->dsn[index];
	buf_init(&line, PARAMETERS_MAX);
	buf_addf(&line, "RCPT TO:<%s>", l->recipients[index]);
	if (dsn.notify != NULL)
		buf_addf(&line, " NOTIFY=%s", dsn.notify);
	if (dsn.original != NULL)
		buf_addf(&line, " ORCPT=%s", dsn.original);
	buf_add(&line, "", 1);
	engine_say(e, STEP_RCPT, (const char *)buf_data(&line), NULL)->index =
	    index;
	buf_free(&line);
	return e->tx.next < l->count ? STEP_RCPT : end_of_group(e);
}

static bool
auth_was_refused(const struct engine *e)
{
	return e->tx.held.kind != VERDICT_NONE &&
	       e->tx.held.stage == STAGE_AUTH;
}

/* All recipients are answered and nothing of the letter is written yet. */
static enum step
recipients_answered(struct engine *e)
{
	bool all = e->params.recipients == ENGINE_RECIPIENTS_ALL;

	if (auth_was_refused(e))
		return engine_refused(e, &e->tx.held, true);
	if (e->tx.accepted == 0 || (all && e->tx.accepted < e->tx.answered)) {
		engine_finish(e, &e->tx.held);
		return engine_ready(e);
	}
	return uses_chunks(e) ? STEP_BDAT : STEP_DATA;
}

static enum step
reply_rcpt(struct engine *e, const struct expect *x, const struct reply *r)
{
	struct transaction *tx = &e->tx;
	bool behind_mail =
	    tx->held.kind != VERDICT_NONE && tx->held.stage == STAGE_MAIL;

	if (r->code >= 300 && r->code < 400)
		return unexpected(e, x->step, r);
	if (!behind_mail)
		engine_tell_rcpt(e, x->index, r);
	tx->answered++;
	if (reply_is_success(r))
		tx->accepted++;
	else if (tx->held.kind == VERDICT_NONE)
		verdict_reply(&tx->held, STAGE_RCPT, r);
	if (tx->answered < e->letter->count || e->fifo_count > 0)
		return STEP_SAME;
	return recipients_answered(e);
}

static enum step
write_data(struct engine *e)
{
	engine_say(e, STEP_DATA, "DATA", NULL);
	return STEP_WAIT;
}

/* The transaction ends without the letter: by what was refused before, or by
 * this reply to DATA. */
static enum step
data_refused(struct engine *e, const struct reply *r)
{
	struct verdict v = { 0 };

	if (auth_was_refused(e))
		return engine_refused(e, &e->tx.held, true);
	if (engine_nobody_stands(e)) {
		engine_finish(e, &e->tx.held);
		return engine_ready(e);
	}
	verdict_reply(&v, STAGE_DATA, r);
	engine_finish(e, &v);
	verdict_free(&v);
	return engine_ready(e);
}

static enum step
reply_data(struct engine *e, const struct expect *x, const struct reply *r)
{
	if (reply_is_temporary(r) || reply_is_permanent(r))
		return data_refused(e, r);
	if (r->code != 354)
		return unexpected(e, x->step, r);
	/* A 354 that we do not want: after a refused AUTH only leaving the
	 * connection is safe (RFC 5321 4.1.1.10); with no recipient RFC 2920
	 * 3.1 asks for a lone dot. */
	if (auth_was_refused(e))
		return engine_refused(e, &e->tx.held, false);
	if (engine_nobody_stands(e))
		return STEP_DOT;
	engine_expect(e, STEP_END)->at = UINT64_MAX;
	return STEP_BODY;
}

static enum step
write_dot(struct engine *e)
{
	engine_say(e, STEP_DOT, ".", NULL);
	return STEP_WAIT;
}

static enum step
reply_dot(struct engine *e, const struct expect *x, const struct reply *r)
{
	if (r->code >= 300 && r->code < 400)
		return unexpected(e, x->step, r);
	e->open = false;
	engine_finish(e, &e->tx.held);
	return engine_ready(e);
}

/* One chunk, however long the letter: its size is known, and a chunk that is
 * refused is then followed by nothing (RFC 3030 section 2). */
static enum step
write_bdat(struct engine *e)
{
	char *line =
	    xasprintf("BDAT %llu LAST", (unsigned long long)e->letter->size);

	e->tx.chunked = true;
	e->tx.grouped = e->fifo_count > 0;
	engine_say(e, STEP_END, line, NULL)->at = UINT64_MAX;
	free(line);
	return STEP_BODY;
}

/* What the letter's verdict is, once its end has been answered. */
static void
judge_end(struct engine *e, const struct reply *r, bool early)
{
	struct verdict v = { 0 };

	if (engine_nobody_stands(e)) {
		engine_finish(e, &e->tx.held);
		return;
	}
	if (reply_is_success(r))
		verdict_taken(&v, r);
	else if (auth_was_refused(e))
		verdict_copy(&v, &e->tx.held);
	else
		verdict_reply(&v, early ? STAGE_BODY : STAGE_END, r);
	engine_finish(e, &v);
	verdict_free(&v);
}

static enum step
reply_end(struct engine *e, const struct expect *x, const struct reply *r)
{
	bool early = e->sent < x->at || e->tx.early;
	bool refused = reply_is_temporary(r) || reply_is_permanent(r);
	bool leave;

	if (!refused && (early || !reply_is_success(r)))
		return unexpected_at(e, early ? STAGE_BODY : STAGE_END, r);
	/* A server that did not eat the chunk reads the letter as commands,
	 * and half a letter cannot be ended. */
	leave = early || (e->tx.grouped &&
			     (auth_was_refused(e) || engine_nobody_stands(e)));
	/* RFC 3030 section 2: after a refused chunk RSET must come first. */
	e->open = e->tx.chunked && refused;
	judge_end(e, r, early);
	return leave ? STEP_CLOSED : engine_ready(e);
}

const struct step_row engine_steps[STEP_COMMANDS] = {
	[STEP_GREETING] = { STAGE_GREETING, 300, true, NULL, reply_greeting },
	[STEP_EHLO] = { STAGE_EHLO, 300, true, write_ehlo, reply_ehlo },
	[STEP_STARTTLS] = { STAGE_STARTTLS, 120, true, write_starttls,
	    reply_starttls },
	[STEP_AUTH] = { STAGE_AUTH, 300, false, write_auth, reply_auth },
	[STEP_RESPONSE] = { STAGE_AUTH, 300, true, write_response, reply_auth },
	[STEP_CANCEL] = { STAGE_AUTH, 300, true, write_cancel, reply_cancel },
	[STEP_RSET] = { STAGE_MAIL, 300, false, write_rset, reply_rset },
	[STEP_MAIL] = { STAGE_MAIL, 300, false, write_mail, reply_mail },
	[STEP_RCPT] = { STAGE_RCPT, 300, false, write_rcpt, reply_rcpt },
	[STEP_DATA] = { STAGE_DATA, 120, true, write_data, reply_data },
	[STEP_BDAT] = { STAGE_BODY, 180, true, write_bdat, NULL },
	[STEP_DOT] = { STAGE_DATA, 600, true, write_dot, reply_dot },
	[STEP_END] = { STAGE_END, 600, true, NULL, reply_end },
};
