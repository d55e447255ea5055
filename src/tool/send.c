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
#include "base/xalloc.h"
#include "mail/message.h"
#include "smtp/record.h"
#include "conf/profile.h"
#include "net/clock.h"
#include "net/wait.h"
#include "tool/compose.h"
#include "tool/deadletter.h"
#include "tool/letter.h"
#include "tool/send.h"

enum { STDIN_BLOCK = 65536 };

/* ---- reading ------------------------------------------------------------ */

/* 1, 0 at the end, or -1.  Waiting has a call of its own: a signal that came
 * just before read(2) would else be noticed by none, and who gave us the pipe
 * may have made it non-blocking. */
static int
read_some(struct letter *l, uint8_t *block, struct fail *f)
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
	return letter_add(l, block, (size_t)len, f) < 0 ? -1 : 1;
}

/* A dot ends what a person types; from a pipe the rest is read and left out,
 * so that who writes there is not killed for it. */
static bool
typed_to_its_end(const struct letter *l)
{
	return message_ended(l->message) && isatty(STDIN_FILENO);
}

static int
read_letter(struct letter *l, struct fail *f)
{
	uint8_t *block;
	int more = 1;

	if (start_had_no_stdin())
		return fail_set(
		    f, FAIL_NOINPUT, "standard input is closed: no letter");
	block = xmalloc(STDIN_BLOCK);
	while (more > 0 && !typed_to_its_end(l))
		more = read_some(l, block, f);
	free(block);
	return more < 0 ? -1 : letter_end(l, f);
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
for_a_person(const struct wishes *w)
{
	return wishes_run(w)->verbose > 0 ||
	       (!wishes_restricted(w) && isatty(STDERR_FILENO));
}

static void
say_notes(const struct record *r)
{
	for (size_t i = 0; i < RECORD_NOTES_MAX && r->notes[i] != NULL; i++)
		say(r->notes[i], strlen(r->notes[i]));
}

/* Not every caller keeps what could not be sent. */
static void
keep(struct letter *l, const char *place)
{
	struct fail f;

	if (deadletter_keep(l, place, &l->record.kept, &f) == 0)
		fprintf(
		    stderr, "pneu: the letter is kept as %s\n", l->record.kept);
	else
		say(f.words, strlen(f.words));
}

static int
finish(struct letter *l, const struct wishes *w)
{
	int status = letter_judge(l, w);
	const char *place = l->plan != NULL ? l->plan->set.dead_letter : NULL;
	const char *trouble;
	struct buf words;

	buf_init(&words, RECORD_MAX);
	record_words(&l->record, &words);
	if (for_a_person(w))
		say_notes(&l->record);
	say_lines(&words);
	buf_free(&words);
	if (status != EX_OK && place != NULL && l->whole)
		keep(l, place);
	letter_log(l);
	trouble = log_trouble();
	if (trouble != NULL && for_a_person(w))
		fprintf(stderr, "pneu: no record was written: %s\n", trouble);
	return status;
}

/* ---- the way ------------------------------------------------------------ */

/* From stdin to the envelope; the sender that was given is the caller's. */
static int
prepare(
    struct letter *l, const struct wishes *w, char **sender_r, struct fail *f)
{
	const struct settings *run = wishes_run(w);
	struct compose_wish wish = { .full_name = run->full_name,
		.no_aliases = run->no_aliases };

	/* Nobody shall type a letter for nothing. */
	if (isatty(STDIN_FILENO) && wishes_check(w, f) < 0)
		return -1;
	if (read_letter(l, f) < 0)
		return -1;
	if (run->sender != NULL &&
	    addr_parse_sender(run->sender, "-f", sender_r, f) < 0)
		return -1;
	wish.sender = *sender_r;
	if (compose_recipients(&l->composition, w, l->message, f) < 0 ||
	    letter_plan(l, w, wish.sender, f) < 0)
		return -1;
	return letter_compose(l, &wish, f);
}

/* The record of a letter that nobody got to make a plan for goes where the
 * profile "default" has its log. */
static void
plan_for_log(struct letter *l, const struct wishes *w)
{
	struct fail ignored;

	if (l->plan == NULL)
		plan_new(&l->plan, w, NULL, NULL, &ignored);
}

int
send_letter(const struct wishes *w)
{
	struct letter l;
	struct fail f;
	char *sender = NULL;
	int status;

	letter_init(&l, wishes_run(w)->dots_are_data);
	if (prepare(&l, w, &sender, &f) < 0) {
		verdict_fail(&l.record.letter, STAGE_LOCAL, &f);
		plan_for_log(&l, w);
	} else {
		letter_submit(&l);
	}
	status = finish(&l, w);
	letter_free(&l);
	free(sender);
	return status;
}
