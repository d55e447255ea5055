/*
 * Between the engine and the world: addresses in turn, a connection, octets
 * to and fro, the secret when it is asked for, the letter when it is wanted.
 *
 * One letter may see several servers (the next address, then the next host)
 * as long as nothing but the site is at fault; which failure is reported then
 * is net/route's.  Several letters may see one server.
 */
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/caps.h"
#include "smtp/engine.h"
#include "smtp/envelope.h"
#include "smtp/record.h"
#include "smtp/sasl.h"
#include "smtp/status.h"
#include "conf/profile.h"
#include "net/clock.h"
#include "net/conn.h"
#include "net/deliver.h"
#include "net/feed.h"
#include "net/route.h"
#include "net/secret.h"
#include "net/tls.h"
#include "net/trust.h"

enum {
	READ_BLOCK = 16384, /* what one TLS record may hold */
	NONCE_SIZE = 18, /* octets: 24 of base64 */
	PROGRESS_BLOCK = 1024 * 1024, /* octets of a letter between two words */
	REFUSAL_MAX = 1024 /* octets kept of each recipient's: more than is ever
	                      shown of it, and there may be many */
};

struct deliver {
	const struct plan *plan;
	struct trust *trust; /* NULL without TLS */

	bool has_letter, finished;
	struct deliver_letter letter;
	struct feed feed;
	uint64_t told; /* octets of the letter when progress was last told */

	struct route route;
	struct conn *conn;
	struct engine *engine;
	char *ehlo_name; /* what this session calls us */
	bool heard; /* the server has said something */
	bool again; /* the letter goes to the next server */
	bool reused; /* the session has served a letter before this one */
	int64_t began; /* when the letter was given */
	int64_t overall; /* until its last octet must be out */
	int64_t moment; /* until what is awaited must have happened */
	unsigned progress;
};

/* What ties a login to the TLS link, if it has come up. */
static void
bind_session(struct deliver *d)
{
	struct sasl_binding binding = { .name = NULL };
	struct buf octets;

	buf_init(&octets, SASL_RESPONSE_MAX);
	octets.secret = true;
	binding.name = conn_binding(d->conn, &octets);
	binding.octets = buf_data(&octets);
	binding.len = buf_len(&octets);
	if (binding.name != NULL)
		engine_binding(d->engine, &binding);
	buf_free(&octets);
}

/* True where a link with TLS is one with the right server. */
static bool
is_verified(const struct deliver *d)
{
	return d->plan->set.tls_verify != SETTINGS_VERIFY_NO;
}

static void
start_session(struct deliver *d)
{
	const struct settings *set = &d->plan->set;
	struct engine_params params = {
		.tls = (enum engine_tls)set->tls,
		.chunking = (enum engine_chunking)set->chunking,
		.recipients = (enum engine_recipients)set->recipients,
		.auth = set->auth,
		.auth_unverified = set->auth_unverified,
		.auth_pipelining = set->auth_pipelining,
		.timeout = set->timeout,
		.transcript = set->verbose > 0,
	};

	d->ehlo_name = set->ehlo_name != NULL ? xstrdup(set->ehlo_name)
					      : conn_literal(d->conn);
	params.ehlo_name = d->ehlo_name;
	d->engine = engine_new(&params, is_verified(d));
	d->heard = false;
	bind_session(d);
	d->progress = engine_progress(d->engine);
	d->moment = clock_in(engine_deadline(d->engine));
	engine_letter(d->engine, d->letter.envelope);
}

static void
close_session(struct deliver *d)
{
	engine_free(d->engine);
	d->engine = NULL;
	conn_free(d->conn);
	d->conn = NULL;
	free(d->ehlo_name);
	d->ehlo_name = NULL;
}

static void
rewind_letter(struct deliver *d)
{
	feed_free(&d->feed);
	feed_init(&d->feed, d->letter.message, d->letter.store);
	d->told = 0;
}

/* The engine wants octets of the letter. */
static void
feed_engine(struct deliver *d)
{
	const uint8_t *octets;
	struct fail f;
	size_t len, taken;
	int more = feed_next(&d->feed, &octets, &len, &f);

	if (more == 0) {
		engine_body_end(d->engine);
		return;
	}
	if (more < 0) {
		engine_body_failed(d->engine, &f);
		return;
	}
	taken = engine_body(d->engine, octets, len);
	feed_take(&d->feed, taken);
	if (taken == 0) {
		fail_set(&f, FAIL_BUG, "the letter is longer than declared");
		engine_body_failed(d->engine, &f);
	}
}

/* ---- octets to and fro -------------------------------------------------- */

static void
take_input(struct deliver *d)
{
	uint8_t octets[READ_BLOCK];
	struct fail f;
	ssize_t len = conn_read(d->conn, octets, sizeof(octets), &f);

	d->heard = d->heard || len > 0;
	if (len > 0)
		engine_input(d->engine, octets, (size_t)len);
	else if (len == 0)
		engine_lost(d->engine, NULL);
	else if (len == CONN_LOST)
		engine_lost(d->engine, &f);
}

/* The link no longer takes octets; what the server said before it went is
 * worth more than that (D-07). */
static void
lose(struct deliver *d, const struct fail *why)
{
	uint8_t octets[READ_BLOCK];
	ssize_t len;

	while ((len = conn_read(d->conn, octets, sizeof(octets), NULL)) > 0)
		engine_input(d->engine, octets, (size_t)len);
	engine_lost(d->engine, why);
}

/* Writes what the engine has: true where something went out. */
static bool
give_output(struct deliver *d)
{
	struct fail f;
	size_t len;
	const uint8_t *octets = engine_output(d->engine, &len);
	ssize_t sent;

	if (len == 0)
		return false;
	sent = conn_write(d->conn, octets, len, &f);
	if (sent == CONN_LOST)
		lose(d, &f);
	if (sent > 0)
		engine_sent(d->engine, (size_t)sent);
	return sent > 0 || sent == CONN_LOST;
}

static void
renew_moment(struct deliver *d)
{
	unsigned progress = engine_progress(d->engine);

	if (progress == d->progress)
		return;
	d->progress = progress;
	d->moment = clock_in(engine_deadline(d->engine));
}

/* Everything but the answer to the letter's end is under the deadline for
 * the whole; that answer has its own. */
static int64_t
waiting_until(const struct deliver *d)
{
	if (engine_stage(d->engine) == STAGE_END)
		return d->moment;
	return d->moment < d->overall ? d->moment : d->overall;
}

static void
expire(struct deliver *d)
{
	struct fail f;

	if (waiting_until(d) == d->moment) {
		engine_expired(d->engine);
		return;
	}
	fail_set(&f, FAIL_TEMP, "not done within %u s", d->plan->set.deadline);
	fail_advise(&f, "the key deadline sets that limit");
	engine_lost(d->engine, &f);
}

static void
wait_for_link(struct deliver *d)
{
	struct fail f;
	size_t len;
	int ready;

	engine_output(d->engine, &len);
	renew_moment(d);
	ready = conn_wait(d->conn, len > 0, waiting_until(d), &f);
	if (ready < 0)
		engine_lost(d->engine, &f);
	else if (ready == 0)
		expire(d);
	else
		take_input(d);
}

/* The engine can do no more without the link. */
static void
pump(struct deliver *d)
{
	if (!give_output(d))
		wait_for_link(d);
	else if (engine_stage(d->engine) == STAGE_BODY)
		take_input(d); /* a refusal may come before the end */
}

/* ---- events ------------------------------------------------------------- */

static void
start_tls(struct deliver *d)
{
	struct fail f;
	int64_t deadline;

	renew_moment(d);
	deadline = waiting_until(d);
	if (route_start_tls(&d->route, d->conn, deadline, &f) < 0) {
		engine_lost(d->engine, &f);
		return;
	}
	engine_tls_started(d->engine, is_verified(d));
	bind_session(d);
}

/* The secret is fetched only for a mechanism that has a use for it. */
static void
give_credential(struct deliver *d, const struct sasl_mechanism *m)
{
	const struct settings *set = &d->plan->set;
	uint8_t random[NONCE_SIZE];
	struct sasl_credential c = { .user = set->user,
		.authorization = set->authorization_id,
		.random = random,
		.random_len = sizeof(random) };
	const char *host = set->host.items[d->route.now.host];
	char *secret = NULL;
	struct fail f;

	arc4random_buf(random, sizeof(random));
	if (m->secret == SASL_NOTHING) {
		engine_credential(d->engine, &c, NULL);
		return;
	}
	if (set->user == NULL) {
		fail_set(&f, FAIL_AUTH,
		    "the server wants a login and no user is set");
		fail_advise(&f, "set user and password-file or "
				"password-command, or auth = off");
		engine_credential(d->engine, NULL, &f);
		return;
	}
	if (secret_get(set, host, d->overall, &secret, &f) < 0) {
		engine_credential(d->engine, NULL, &f);
		return;
	}
	c.password = secret;
	engine_credential(d->engine, &c, NULL);
	secret_free(secret);
}

static void
clear_refusals(struct record *r)
{
	for (size_t i = 0; i < r->envelope->count; i++)
		verdict_free(&r->refused[i]);
}

static void
note_recipient(struct deliver *d, const struct engine_event *ev)
{
	struct verdict *v = &d->letter.record->refused[ev->index];
	struct reply cut = *ev->reply;

	verdict_free(v);
	if (reply_is_success(ev->reply))
		return;
	cut.text = xstrndup(ev->reply->text, REFUSAL_MAX);
	verdict_reply(v, STAGE_RCPT, &cut);
	free(cut.text);
}

/* Advice on what the engine cannot know: which port was meant.  A server that
 * waits for TLS says nothing; one that says anything else does not. */
static void
advise(const struct deliver *d, struct verdict *v)
{
	if (v->kind == VERDICT_FAIL && v->fail.kind == FAIL_TEMP &&
	    v->stage == STAGE_GREETING && !d->heard &&
	    d->plan->set.tls != ENGINE_TLS_IMPLICIT &&
	    d->route.now.address != NULL && v->fail.advice[0] == '\0')
		fail_advise(&v->fail,
		    "if this port speaks TLS from its first octet, set "
		    "tls = implicit");
}

static char *
copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

/* Fills the letter's record from the attempt that counts. */
static void
report(struct deliver *d)
{
	const struct attempt *a = route_outcome(&d->route);
	struct record *r = d->letter.record;

	verdict_copy(&r->letter, &a->verdict);
	r->server = copy(a->server);
	r->address = copy(a->address);
	r->tls = copy(a->tls);
	r->milliseconds = clock_now() - d->began;
	if (r->tls != NULL && !is_verified(d))
		record_note(
		    r, "who the server is was not verified (tls-verify = no)");
	if (r->tls != NULL && trust_expires(d->trust))
		record_note(r, "the server's certificate expires soon");
	d->has_letter = false;
	if (d->engine == NULL)
		return;
	r->mechanism = copy(engine_mechanism(d->engine));
	if (d->letter.envelope->is_8bit && a->verdict.kind == VERDICT_TAKEN &&
	    !(engine_caps(d->engine)->flags & CAPS_8BITMIME))
		record_note(r, "8-bit octets sent without 8BITMIME");
	if ((d->letter.envelope->dsn != NULL ||
		d->letter.envelope->ret != NULL ||
		d->letter.envelope->envid != NULL) &&
	    !(engine_caps(d->engine)->flags & CAPS_DSN))
		record_note(r,
		    "the server does not offer DSN: what was wished of "
		    "reports was left out");
}

/* True where the letter's verdict is to be told, false where the next server
 * is tried instead. */
static bool
engine_verdict(struct deliver *d, const struct verdict *told)
{
	struct verdict v = { 0 };

	verdict_copy(&v, told);
	advise(d, &v);
	d->again = route_judge(&d->route, &v);
	/* What a session said of recipients counts only with its verdict. */
	if (v.stage < STAGE_MAIL || d->again)
		clear_refusals(d->letter.record);
	verdict_free(&v);
	if (!d->again)
		report(d);
	return !d->again;
}

static void
flush(struct deliver *d)
{
	size_t len;
	const uint8_t *octets = engine_output(d->engine, &len);

	if (len > 0)
		conn_write(d->conn, octets, len, NULL);
}

static void
session_closed(struct deliver *d, const struct engine_event *ev)
{
	if (ev->flush)
		flush(d);
	close_session(d);
	if (!d->again)
		return;
	d->again = false;
	rewind_letter(d);
	/* A server that has had enough of this session may well begin another
	 * one. */
	if (d->reused)
		route_restart(&d->route, d->overall);
	d->reused = false;
}

static bool
wants_word(struct deliver *d)
{
	if (d->feed.taken - d->told < PROGRESS_BLOCK)
		return false;
	d->told = d->feed.taken;
	return true;
}

/* Deals with one event of the engine; true where event_r is to be told. */
static bool
step(struct deliver *d, struct deliver_event *event_r)
{
	struct engine_event ev;

	engine_next(d->engine, &ev);
	switch (ev.kind) {
	case ENGINE_NEED_INPUT:
		pump(d);
		return false;
	case ENGINE_START_TLS:
		start_tls(d);
		return false;
	case ENGINE_NEED_CREDENTIAL:
		give_credential(d, ev.mechanism);
		return false;
	case ENGINE_WANT_LETTER:
		if (d->finished)
			engine_quit(d->engine);
		event_r->kind = DELIVER_LETTER_WANTED;
		return !d->finished;
	case ENGINE_WANT_7BIT:
		event_r->kind = DELIVER_WANT_7BIT;
		return true;
	case ENGINE_WANT_BODY:
		feed_engine(d);
		event_r->kind = DELIVER_PROGRESS;
		event_r->octets = d->feed.taken;
		event_r->octets_total = d->letter.envelope->size;
		return wants_word(d);
	case ENGINE_RCPT:
		note_recipient(d, &ev);
		return false;
	case ENGINE_VERDICT:
		event_r->kind = DELIVER_VERDICT;
		return engine_verdict(d, ev.verdict);
	case ENGINE_TRANSCRIPT:
		event_r->kind = DELIVER_TRANSCRIPT;
		event_r->from_server = ev.from_server;
		event_r->line = ev.line;
		return true;
	case ENGINE_CLOSED:
		session_closed(d, &ev);
		return false;
	}
	return false;
}

void
deliver_next(struct deliver *d, struct deliver_event *event_r)
{
	memset(event_r, 0, sizeof(*event_r));
	for (;;) {
		if (d->engine != NULL) {
			if (step(d, event_r))
				return;
		} else if (!d->has_letter) {
			event_r->kind =
			    d->finished ? DELIVER_DONE : DELIVER_LETTER_WANTED;
			return;
		} else if (route_next(&d->route, &d->conn)) {
			start_session(d);
		} else {
			report(d);
			event_r->kind = DELIVER_VERDICT;
			return;
		}
	}
}

void
deliver_letter(struct deliver *d, const struct deliver_letter *letter)
{
	d->letter = *letter;
	d->has_letter = true;
	d->began = clock_now();
	d->overall = clock_in(d->plan->set.deadline);
	rewind_letter(d);
	d->reused = d->engine != NULL;
	if (!d->reused) {
		route_restart(&d->route, d->overall);
		return;
	}
	route_renew(&d->route, d->overall);
	engine_letter(d->engine, letter->envelope);
}

void
deliver_recoded(struct deliver *d, const struct deliver_letter *letter)
{
	if (letter != NULL) {
		d->letter = *letter;
		rewind_letter(d);
	}
	if (d->engine != NULL)
		engine_recoded(
		    d->engine, letter != NULL ? letter->envelope : NULL);
}

void
deliver_finish(struct deliver *d)
{
	d->finished = true;
}

static int
choose_trust(struct deliver *d, struct fail *f)
{
	const struct settings *set = &d->plan->set;

	if (!is_verified(d))
		return trust_anybody(&d->trust, f);
	if (trust_open(&d->trust, set->tls_trust, f) < 0)
		return -1;
	if (set->tls_crl != NULL && trust_revoke(d->trust, set->tls_crl, f) < 0)
		return -1;
	return trust_pin(d->trust, &set->tls_pin, f);
}

static int
open_trust(struct deliver *d, struct fail *f)
{
	const struct settings *set = &d->plan->set;
	const struct tls_policy policy = { .priorities = set->tls_priorities,
		.only_1_3 = set->tls_min_version == 13 };

	if (set->tls == ENGINE_TLS_NONE)
		return 0;
	if (tls_policy_check(&policy, f) < 0 || choose_trust(d, f) < 0)
		return -1;
	trust_speak(d->trust, &policy);
	return set->tls_certificate == NULL
		   ? 0
		   : trust_identify(
			 d->trust, set->tls_certificate, set->tls_key, f);
}

int
deliver_new(struct deliver **deliver_r, const struct plan *plan, struct fail *f)
{
	struct deliver *d = xcalloc(1, sizeof(*d));

	*deliver_r = NULL;
	d->plan = plan;
	if (open_trust(d, f) < 0) {
		trust_free(d->trust);
		free(d);
		return -1;
	}
	route_init(&d->route, plan, d->trust);
	*deliver_r = d;
	return 0;
}

void
deliver_free(struct deliver *d)
{
	if (d == NULL)
		return;
	close_session(d);
	route_free(&d->route);
	feed_free(&d->feed);
	trust_free(d->trust);
	free(d);
}
