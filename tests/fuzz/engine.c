/*
 * The engine under a server that says anything at all, at any time.
 *
 * Input is a talk file read without mercy for its spelling, so that the corpus
 * of tests/talk is a corpus of seeds and every mutation of it still means
 * something: settings where the head of the file has good ones, S lines (and
 * lines that are nothing else) as octets of the server, T, X and N lines as
 * what the driver does.  What the client should say (C, E) is not read: what
 * must hold whatever the server does is checked instead.
 *
 * - No octet is taken that was not given; none is refused before the end.
 * - "taken" follows a complete 2yz that came when the letter was out.
 * - A letter that was out and got no such answer is unknown or was refused.
 * - The password travels over a link that is good enough, and is not shown.
 * - Something is awaited, with a deadline, or the engine is closed.
 * - A lost link closes; each letter gets one verdict.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "lib/talk.h"
#include "smtp/engine.h"
#include "smtp/status.h"

/* The password, and as PLAIN and LOGIN say it. */
static const char user[] = "alice", password[] = "Open-Sesame-7f3b";
static const char *const secrets[] = { password,
	"AGFsaWNlAE9wZW4tU2VzYW1lLTdmM2I=", "T3Blbi1TZXNhbWUtN2YzYg==" };

enum { STEPS_MAX = 100000, LETTERS_MAX = 20, LETTER_MAX = 524288 };

struct driver {
	struct talk talk;
	struct engine *engine;
	size_t piece; /* octets of the server at once */
	size_t room; /* octets that the server reads; SIZE_MAX: all */
	unsigned letters; /* given so far */
	unsigned verdicts;
	size_t given; /* octets of the letter */
	bool complete; /* its end was told */
	bool out; /* all that was written of it has been sent */
	bool answered; /* a complete 2yz came since */
	bool good_link;
	bool lost; /* by what the driver did, with the letter out */
	char line[4]; /* of the server: its first octets */
	size_t column;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
has_secret(const void *octets, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (memmem(octets, len, secrets[i], strlen(secrets[i])) != NULL)
			return true;
	return false;
}

static void
check_line(const char *line)
{
	check(!has_secret(line, strlen(line)));
	for (; *line != '\0'; line++)
		check(*line >= ' ' && *line <= '~');
}

static void
check_verdict(struct driver *d, const struct verdict *v)
{
	d->verdicts++;
	check(d->verdicts <= d->letters);
	check(v->kind != VERDICT_NONE && status_name(status_of(v))[0] != '\0');
	if (v->kind == VERDICT_TAKEN) {
		check(d->out && d->answered);
		check(reply_is_success(&v->reply));
	}
	if (v->kind == VERDICT_FAIL && v->fail.kind == FAIL_UNKNOWN)
		check(d->out);
	if (v->kind == VERDICT_FAIL && d->lost)
		check(v->fail.kind == FAIL_UNKNOWN);
	d->given = 0;
	d->complete = d->out = d->answered = d->lost = false;
}

/* ---- what the driver gives --------------------------------------------- */

static void
give_letter(struct driver *d)
{
	if (d->letters == d->verdicts && d->letters < LETTERS_MAX &&
	    engine_letter(d->engine, &d->talk.envelope) == 0)
		d->letters++;
	else
		engine_quit(d->engine);
}

static void
give_credential(struct driver *d)
{
	struct sasl_credential c = { .user = user,
		.password = password,
		.authorization = d->talk.authorization,
		.random = d->talk.nonce,
		.random_len = d->talk.nonce_len };
	struct fail why;

	check(d->good_link || d->talk.auth_unverified);
	fail_set(&why, FAIL_AUTH, "no secret");
	engine_credential(d->engine, d->talk.no_secret ? NULL : &c, &why);
}

/* False when nothing more of it is taken now. */
static bool
give_body(struct driver *d)
{
	size_t left = d->talk.letter_len - d->given, taken;
	struct fail why;

	if (d->given >= d->talk.breaks_at) {
		fail_set(&why, FAIL_IO, "unreadable");
		engine_body_failed(d->engine, &why);
		return true;
	}
	if (left == 0) {
		d->complete = true;
		engine_body_end(d->engine);
		return true;
	}
	taken = engine_body(d->engine, d->talk.letter + d->given, left);
	check(taken <= left);
	d->given += taken;
	return taken > 0;
}

/* Pulls until the engine waits; how it waits. */
static enum engine_event_kind
pull(struct driver *d)
{
	struct engine_event event;
	unsigned steps;

	for (steps = 0; steps < STEPS_MAX; steps++) {
		engine_next(d->engine, &event);
		switch (event.kind) {
		case ENGINE_TRANSCRIPT:
			check_line(event.line);
			break;
		case ENGINE_VERDICT:
			check_verdict(d, event.verdict);
			break;
		case ENGINE_RCPT:
			check(event.index < d->talk.envelope.count);
			break;
		case ENGINE_NEED_CREDENTIAL:
			give_credential(d);
			break;
		case ENGINE_WANT_7BIT:
			engine_recoded(d->engine, NULL);
			break;
		case ENGINE_WANT_BODY:
			if (!give_body(d))
				return event.kind;
			break;
		default:
			return event.kind;
		}
	}
	abort();
}

/* ---- what the client says ---------------------------------------------- */

static bool
drain(struct driver *d)
{
	const uint8_t *out;
	size_t len, take;

	out = engine_output(d->engine, &len);
	check(len <= ENGINE_OUTPUT_MAX);
	take = len < d->room ? len : d->room;
	if (!d->good_link && !d->talk.auth_unverified)
		check(!has_secret(out, take));
	if (d->room != SIZE_MAX)
		d->room -= take;
	engine_sent(d->engine, take);
	engine_output(d->engine, &len);
	if (d->complete && len == 0)
		d->out = true;
	return take > 0;
}

static void
settle(struct driver *d)
{
	enum engine_event_kind kind;
	unsigned steps = 0;

	do {
		kind = pull(d);
		check(steps++ < STEPS_MAX);
	} while (drain(d));
	if (kind == ENGINE_NEED_INPUT || kind == ENGINE_START_TLS)
		check(engine_deadline(d->engine) > 0);
}

/* ---- what the server says ---------------------------------------------- */

/* Notes a complete 2yz, by the last line of a reply alone. */
static void
note_octet(struct driver *d, char c)
{
	if (c != '\n') {
		if (d->column < sizeof(d->line))
			d->line[d->column] = c;
		d->column++;
		return;
	}
	if (d->column >= 3 && d->line[0] == '2' &&
	    !(d->column > 3 && d->line[3] == '-'))
		d->answered = d->out;
	d->column = 0;
}

static void
hear(struct driver *d, const uint8_t *octets, size_t len)
{
	size_t n, used, i;
	struct engine_event event;

	for (; len > 0; octets += n, len -= n) {
		n = len < d->piece ? len : d->piece;
		for (i = 0; i < n; i++)
			note_octet(d, (char)octets[i]);
		used = engine_input(d->engine, octets, n);
		check(used <= n);
		if (used < n) {
			pull(d);
			engine_next(d->engine, &event);
			check(event.kind == ENGINE_CLOSED);
		}
		pull(d);
	}
}

/* A line of the input as octets of the server: escapes where it says so. */
static void
hear_line(struct driver *d, const char *line, size_t len)
{
	bool plain = len >= 2 && line[0] == 'S' && line[1] == ':';
	uint8_t *octets = xmalloc(len + 2);
	size_t skip = len >= 3 && line[0] == 'S' ? 3 : 0, n = 0, i;

	for (i = skip; i < len; i++) {
		char c = line[i];

		if (!plain && c == '\\' && i + 1 < len) {
			i++;
			c = line[i] == 'r'   ? '\r'
			    : line[i] == 'n' ? '\n'
			    : line[i] == '0' ? '\0'
					     : line[i];
		}
		octets[n++] = (uint8_t)c;
	}
	if (plain) {
		octets[n++] = '\r';
		octets[n++] = '\n';
	}
	hear(d, octets, n);
	free(octets);
}

/* ---- what else happens ------------------------------------------------- */

static void
do_tls(struct driver *d, char how)
{
	struct engine_event event;
	struct fail why;

	engine_next(d->engine, &event);
	if (how == 'v' || how == 'u') {
		if (event.kind == ENGINE_START_TLS)
			d->good_link = how == 'v';
		engine_tls_started(d->engine, how == 'v');
		if (d->talk.binding.name != NULL)
			engine_binding(d->engine, &d->talk.binding);
		return;
	}
	d->lost = d->out && !d->answered;
	fail_set(&why, how == 't' ? FAIL_TRUST : FAIL_PROTOCOL, "no TLS");
	engine_lost(d->engine, &why);
}

static void
do_end(struct driver *d, char how)
{
	struct fail why;

	if (how == 'q')
		return;
	d->lost = d->out && !d->answered;
	fail_set(&why, FAIL_TEMP, "reset");
	if (how == 's')
		engine_expired(d->engine);
	else
		engine_lost(d->engine, how == 'e' ? NULL : &why);
}

static void
do_line(struct driver *d, const char *line, size_t len)
{
	char how = len > 3 ? line[3] : '\0';

	switch (len > 0 ? line[0] : '\0') {
	case 'T':
		do_tls(d, how);
		break;
	case 'X':
		do_end(d, how);
		break;
	case 'N':
		give_letter(d);
		break;
	case 'C':
		/* "C/ 40": the server reads on, but only so far. */
		d->room = len > 2 && line[1] == '/' ? (size_t)how : SIZE_MAX;
		break;
	case 'E':
	case '#':
	case '%':
		break;
	default:
		hear_line(d, line, len);
	}
}

/* The settings at the head as far as they are good ones. */
static void
read_settings(struct talk *t, const char *text, size_t len)
{
	static const char step[] = "X: quiet\n";
	const char *line = text, *end = text + len, *eol;
	struct buf head;

	buf_init(&head, len + sizeof(step));
	for (; line < end; line = eol + 1) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL || (*line != '%' && *line != '#'))
			break;
		if (*line == '%')
			buf_add(&head, line, (size_t)(eol + 1 - line));
	}
	buf_add_text(&head, step);
	if (talk_parse(t, (const char *)buf_data(&head), buf_len(&head), NULL) <
		0 ||
	    t->letter_len > LETTER_MAX) {
		talk_free(t);
		talk_parse(t, step, strlen(step), NULL);
	}
	buf_free(&head);
}

static void
start(struct driver *d, struct engine_params *params)
{
	const struct talk *t = &d->talk;

	*params = (struct engine_params){
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
	d->room = SIZE_MAX;
	d->good_link = t->tls == ENGINE_TLS_IMPLICIT;
	d->engine = engine_new(params, d->good_link);
	if (d->talk.binding.name != NULL)
		engine_binding(d->engine, &d->talk.binding);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *eol;
	struct driver d = { .piece = size % 3 == 0 ? 1 : SIZE_MAX };
	struct engine_params params;
	struct engine_event event;

	/* What the server knows already is no secret. */
	if (has_secret(data, size))
		return 0;
	read_settings(&d.talk, text, size);
	start(&d, &params);
	give_letter(&d);
	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		eol = eol == NULL ? end : eol;
		do_line(&d, text, (size_t)(eol - text));
		/* Two lines of the server come in one breath now and then. */
		if (*text != 'S' || eol + 1 >= end || eol[1] != 'S')
			settle(&d);
	}
	d.lost = d.out && !d.answered;
	engine_lost(d.engine, NULL);
	pull(&d);
	engine_next(d.engine, &event);
	check(event.kind == ENGINE_CLOSED && d.verdicts == d.letters);
	engine_free(d.engine);
	talk_free(&d.talk);
	return 0;
}
