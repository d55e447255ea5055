/*
 * One letter, from stdin to its exit status.  All that goes wrong on the way
 * becomes a verdict in the record, so that there is one place where words are
 * printed, one record, and one status.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/start.h"
#include "base/store.h"
#include "base/xalloc.h"
#include "mail/message.h"
#include "smtp/record.h"
#include "conf/profile.h"
#include "net/clock.h"
#include "net/deliver.h"
#include "net/wait.h"
#include "tool/compose.h"
#include "tool/send.h"

enum { STDIN_BLOCK = 65536 };

/* The letter's things, so that there is one place to free them. */
struct sending {
	const struct wishes *wishes;
	struct store *store;
	struct message *message;
	char *sender, *header_from;
	struct plan *plan;
	struct composition composition;
	struct record record;
};

/* ---- reading ------------------------------------------------------------ */

/* 1, 0 at the end, or -1.  Waiting has a call of its own: a signal that came
 * just before read(2) would else be noticed by none, and who gave us the pipe
 * may have made it non-blocking. */
static int
read_some(struct sending *s, uint8_t *block, struct fail *f)
{
	ssize_t len;

	if (wait_fd(STDIN_FILENO, POLLIN, CLOCK_NEVER, f) < 0)
		return -1;
	len = read(STDIN_FILENO, block, STDIN_BLOCK);
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (len < 0)
		return fail_errno(f, FAIL_NOINPUT, errno,
		    "the letter cannot be read from standard input");
	if (len == 0)
		return 0;
	if (store_add(s->store, block, (size_t)len, f) < 0 ||
	    message_scan(s->message, block, (size_t)len, f) < 0)
		return -1;
	return 1;
}

/* A dot ends what a person types; from a pipe the rest is read and left out,
 * so that who writes there is not killed for it. */
static bool
typed_to_its_end(const struct sending *s)
{
	return message_ended(s->message) && isatty(STDIN_FILENO);
}

static int
read_letter(struct sending *s, struct fail *f)
{
	uint8_t *block;
	int more = 1;

	if (start_had_no_stdin())
		return fail_set(
		    f, FAIL_NOINPUT, "standard input is closed: no letter");
	s->store = store_new(STORE_MEMORY_MAX, "/var/tmp");
	s->message = message_new(wishes_run(s->wishes)->dots_are_data);
	block = xmalloc(STDIN_BLOCK);
	while (more > 0 && !typed_to_its_end(s))
		more = read_some(s, block, f);
	free(block);
	if (more < 0)
		return -1;
	return message_scan_end(s->message, f);
}

/* ---- words -------------------------------------------------------------- */

static void
say(const char *line, size_t len)
{
	fprintf(stderr, "pneu: %.*s\n", (int)len, line);
}

static void
say_lines(const struct buf *words)
{
	const char *line = (const char *)buf_data(words);
	size_t left = buf_len(words);

	while (left > 0) {
		const char *end = memchr(line, '\n', left);
		size_t len = end != NULL ? (size_t)(end - line) : left;

		say(line, len);
		left -= end != NULL ? len + 1 : len;
		line += len + 1;
	}
}

/* Some programs take every word for a failure: what is no failure is said to
 * a person only. */
static bool
for_a_person(const struct sending *s)
{
	return wishes_run(s->wishes)->verbose > 0 ||
	       (!wishes_restricted(s->wishes) && isatty(STDERR_FILENO));
}

static void
say_notes(const struct sending *s)
{
	const struct record *r = &s->record;

	for (size_t i = 0; i < RECORD_NOTES_MAX && r->notes[i] != NULL; i++)
		say(r->notes[i], strlen(r->notes[i]));
}

static void
write_record(const struct sending *s)
{
	struct buf line;
	const char *trouble;
	char *text;

	log_open(s->plan != NULL ? s->plan->set.log : "syslog");
	buf_init(&line, RECORD_MAX);
	record_logfmt(&s->record, &line);
	text = buf_text(&line);
	log_write(s->record.status == 0 ? LEVEL_RECORD : LEVEL_TROUBLE, text);
	trouble = log_trouble();
	if (trouble != NULL && for_a_person(s))
		fprintf(stderr, "pneu: no record was written: %s\n", trouble);
	log_close();
	free(text);
	buf_free(&line);
}

static int
finish(struct sending *s)
{
	struct buf words;

	s->record.status = record_status(&s->record);
	buf_init(&words, RECORD_MAX);
	record_words(&s->record, &words);
	if (for_a_person(s))
		say_notes(s);
	say_lines(&words);
	buf_free(&words);
	write_record(s);
	return s->record.status;
}

/* ---- the way ------------------------------------------------------------ */

static void
note_all(struct sending *s)
{
	const char *const *notes;
	size_t count = wishes_notes(s->wishes, &notes);

	for (size_t i = 0; i < count; i++)
		record_note(&s->record, notes[i]);
	if (s->message != NULL && message_cut_by_dot(s->message))
		record_note(&s->record,
		    "a lone dot ended the letter before its end (see -i)");
}

static int
prepare(struct sending *s, struct fail *f)
{
	struct composition *c = &s->composition;

	if (read_letter(s, f) < 0 ||
	    compose_senders(
		s->wishes, s->message, &s->sender, &s->header_from, f) < 0 ||
	    plan_new(&s->plan, s->wishes, s->sender, s->header_from, f) < 0)
		return -1;
	s->record.profile = s->plan->profile;
	if (compose(c, s->wishes, s->plan, s->sender, s->message, f) < 0)
		return -1;
	record_set_envelope(&s->record, &c->envelope);
	if (c->message_id != NULL)
		s->record.message_id = xstrdup(c->message_id);
	return 0;
}

static void
show(const struct sending *s, const struct deliver_event *ev)
{
	if (wishes_run(s->wishes)->verbose > 0)
		fprintf(
		    stderr, "%s %s\n", ev->from_server ? "<" : ">", ev->line);
}

static int
submit(struct sending *s, struct fail *f)
{
	struct deliver_letter letter = { .envelope = &s->composition.envelope,
		.message = s->message,
		.store = s->store,
		.record = &s->record };
	struct deliver *d;
	struct deliver_event ev;
	bool given = false;

	if (deliver_new(&d, s->plan, f) < 0)
		return -1;
	do {
		deliver_next(d, &ev);
		if (ev.kind == DELIVER_LETTER_WANTED && !given)
			deliver_letter(d, &letter);
		else if (ev.kind == DELIVER_LETTER_WANTED)
			deliver_finish(d);
		else if (ev.kind == DELIVER_WANT_7BIT)
			deliver_recoded(d, NULL);
		else if (ev.kind == DELIVER_TRANSCRIPT)
			show(s, &ev);
		given = true;
	} while (ev.kind != DELIVER_DONE);
	deliver_free(d);
	return 0;
}

static void
sending_free(struct sending *s)
{
	record_free(&s->record);
	composition_free(&s->composition);
	plan_free(s->plan);
	free(s->sender);
	free(s->header_from);
	message_free(s->message);
	store_free(s->store);
}

int
send_letter(const struct wishes *w)
{
	struct sending s = { .wishes = w };
	struct fail f;
	int status;

	record_init(&s.record);
	if (prepare(&s, &f) < 0 || submit(&s, &f) < 0)
		verdict_fail(&s.record.letter, STAGE_LOCAL, &f);
	note_all(&s);
	status = finish(&s);
	sending_free(&s);
	return status;
}
