/*
 * Drives smtp/server on descriptors 0 and 1, and each letter that comes over
 * the way that letters from stdin go.  A letter is answered when the smarthost
 * has answered: there is nothing between that could lose it.
 *
 * The descriptors are shared with whoever gave them to us, so they stay as
 * they are: nothing is made non-blocking.  And replies are written before
 * anything is waited for, or a client in lock step would wait for ever.
 */
#include <sys/socket.h>

#include <bsd/stdlib.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/start.h"
#include "base/xalloc.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/message.h"
#include "smtp/answer.h"
#include "smtp/record.h"
#include "smtp/server.h"
#include "conf/place.h"
#include "conf/profile.h"
#include "net/clock.h"
#include "net/wait.h"
#include "tool/compose.h"
#include "tool/letter.h"
#include "tool/serve.h"

enum {
	READ_BLOCK = 16384,
	RECEIVED_MAX = 50 /* RFC 5321 6.3: more are a loop */
};

struct serving {
	const struct wishes *wishes;
	struct server *server;
	char *name; /* this host's */
	bool unheard; /* what we say can be written no more */
	bool stopped;
	unsigned progress;
	int64_t moment; /* until what is awaited must have happened */

	bool inside; /* there is a letter */
	struct letter letter;
	const struct server_letter *told; /* borrowed until the answer */
};

/* ---- a letter ------------------------------------------------------------ */

static void
forget_letter(struct serving *s)
{
	if (s->inside)
		letter_free(&s->letter);
	s->inside = false;
}

/* The letter is over: what became of it is logged and answered. */
static void
finish(struct serving *s, const struct answer *a)
{
	letter_judge(&s->letter, s->wishes);
	letter_log(&s->letter);
	forget_letter(s); /* it points into what the answer frees */
	server_answer(s->server, &a->reply);
}

static void
refuse(struct serving *s, const struct fail *f)
{
	struct answer a;

	verdict_fail(&s->letter.record.letter, STAGE_LOCAL, f);
	answer_fail(&a, f);
	finish(s, &a);
	answer_free(&a);
}

/* RFC 5321 4.4: it stands above all other fields, so it is the letter's
 * beginning. */
static char *
received_field(const struct serving *s)
{
	char date[DATE_MAX];
	uint32_t id[2];

	compose_date(date);
	arc4random_buf(id, sizeof(id));
	return xasprintf("Received: from %s\r\n\tby %s (pneu) with %s\r\n"
			 "\tid %08x%08x; %s\r\n",
	    server_client(s->server), s->name,
	    server_is_extended(s->server) ? "ESMTP" : "SMTP", (unsigned)id[0],
	    (unsigned)id[1], date);
}

static bool
wants_reports(const struct server_letter *told)
{
	for (size_t i = 0; i < told->count; i++)
		if (told->dsn[i].notify != NULL ||
		    told->dsn[i].original != NULL)
			return true;
	return false;
}

static int
begin_letter(
    struct serving *s, const struct server_letter *told, struct fail *f)
{
	struct letter *l = &s->letter;
	char *received = received_field(s);
	int status;

	forget_letter(s);
	letter_init(l, true); /* the server has dealt with dots */
	s->inside = true;
	s->told = told;
	status = letter_add(l, received, strlen(received), f);
	for (size_t i = 0; i < told->count && status == 0; i++)
		status = addr_list_add(
		    &l->composition.recipients, told->recipients[i], f);
	free(received);
	return status;
}

/* True when it has come by here too often. */
static bool
goes_in_circles(struct message *m)
{
	struct header_field field;
	size_t len, at = 0, received = 0;
	const char *header = (const char *)message_header(m, &len);

	while (header_next(header, len, &at, &field) > 0)
		received += header_is(&field, "Received");
	return received > RECEIVED_MAX + 1; /* ours is not to blame */
}

/* By a plan first: the record then tells whose letter it was, whatever comes of
 * it. */
static int
prepare(struct serving *s, bool *looping_r, struct fail *f)
{
	const char *full_name = wishes_run(s->wishes)->full_name;
	const struct server_letter *told = s->told;
	/* Who runs us is not who writes: its name is no default here. */
	struct compose_wish wish = { .sender = told->sender,
		.full_name = full_name != NULL ? full_name : "",
		.no_aliases = wishes_run(s->wishes)->no_aliases,
		.dsn = wants_reports(told) ? told->dsn : NULL,
		.ret = told->ret,
		.envid = told->envid };
	struct letter *l = &s->letter;

	*looping_r = goes_in_circles(l->message);
	if (letter_plan(l, s->wishes, told->sender, f) < 0 && !*looping_r)
		return -1;
	if (*looping_r)
		return fail_set(f, FAIL_DATA,
		    "more than %d Received fields: the letter goes in circles",
		    RECEIVED_MAX);
	/* One answer must be true for all recipients. */
	l->plan->set.recipients = ENGINE_RECIPIENTS_ALL;
	return letter_compose(l, &wish, f);
}

static void
end_letter(struct serving *s)
{
	static const char circles[] = "5.4.6";
	struct letter *l = &s->letter;
	struct answer a;
	struct fail f;
	bool looping;

	if (letter_end(l, &f) < 0) {
		refuse(s, &f);
		return;
	}
	if (prepare(s, &looping, &f) < 0)
		verdict_fail(&l->record.letter, STAGE_LOCAL, &f);
	else
		letter_submit(l);
	answer_init(&a, &l->record);
	if (looping)
		a.reply.enhanced = circles;
	finish(s, &a);
	answer_free(&a);
}

/* ---- octets -------------------------------------------------------------- */

static int64_t
deadline(struct serving *s)
{
	unsigned progress = server_progress(s->server);

	if (progress != s->progress)
		s->moment = clock_in(server_deadline(s->server));
	s->progress = progress;
	return s->moment;
}

/* True when the descriptor is ready; what else there may be the server has
 * been told then. */
static bool
is_ready(struct serving *s, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct fail f;
	int ready;

	/* Once we were asked to stop there is time for last words only. */
	if (s->stopped)
		return poll(&p, 1, 0) > 0;
	ready = wait_fd(fd, events, deadline(s), &f);
	if (ready == 0)
		server_expired(s->server);
	if (ready < 0) {
		s->stopped = true;
		server_stop(s->server);
		return poll(&p, 1, 0) > 0;
	}
	return ready > 0;
}

/* Writes what can be written without being held up: a socket takes what it
 * can, a pipe that is ready has room for PIPE_BUF octets. */
static ssize_t
write_some(const uint8_t *octets, size_t len)
{
	ssize_t written =
	    send(STDOUT_FILENO, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (written >= 0 || errno != ENOTSOCK)
		return written;
	return write(STDOUT_FILENO, octets, len < PIPE_BUF ? len : PIPE_BUF);
}

static size_t
unsaid(const struct serving *s)
{
	size_t len;

	server_output(s->server, &len);
	return len;
}

/* Some of what there is to say.  A client that does not listen may still be
 * served: many write a whole dialogue and never look at the answers. */
static void
say_some(struct serving *s)
{
	const uint8_t *octets;
	ssize_t written;
	size_t len;

	if (!s->unheard && !is_ready(s, STDOUT_FILENO, POLLOUT)) {
		s->unheard = s->stopped;
		return;
	}
	octets = server_output(s->server, &len);
	written = s->unheard ? (ssize_t)len : write_some(octets, len);
	if (written >= 0)
		server_sent(s->server, (size_t)written);
	else if (errno != EINTR && errno != EAGAIN)
		s->unheard = true;
}

static void
read_some(struct serving *s)
{
	uint8_t block[READ_BLOCK];
	ssize_t len;

	if (!is_ready(s, STDIN_FILENO, POLLIN))
		return;
	len = read(STDIN_FILENO, block, sizeof(block));
	if (len > 0)
		server_input(s->server, block, (size_t)len);
	else if (len == 0 || (errno != EINTR && errno != EAGAIN))
		server_eof(s->server);
}

/* ---- the dialogue -------------------------------------------------------- */

static void
deal_with(struct serving *s, const struct server_event *ev)
{
	struct fail f;

	switch (ev->kind) {
	case SERVER_NEED_INPUT:
		read_some(s);
		break;
	case SERVER_LETTER_BEGINS:
		if (begin_letter(s, ev->letter, &f) < 0)
			refuse(s, &f);
		break;
	case SERVER_BODY:
		if (letter_add(&s->letter, ev->octets, ev->len, &f) < 0)
			refuse(s, &f);
		break;
	case SERVER_LETTER_ENDS:
		end_letter(s);
		break;
	case SERVER_LETTER_DROPPED:
		forget_letter(s);
		break;
	case SERVER_CLOSED:
		break;
	}
}

/* Before anything that takes time the client hears what there is to say; that
 * may change what comes next. */
static bool
takes_time(enum server_event_kind kind)
{
	return kind == SERVER_NEED_INPUT || kind == SERVER_LETTER_ENDS ||
	       kind == SERVER_CLOSED;
}

/* Why the dialogue ended, as struct server_event has it. */
static const char *
converse(struct serving *s)
{
	struct server_event ev;

	for (;;) {
		server_next(s->server, &ev);
		if (takes_time(ev.kind) && unsaid(s) > 0)
			say_some(s);
		else if (ev.kind == SERVER_CLOSED)
			return ev.why;
		else
			deal_with(s, &ev);
	}
}

int
serve(const struct wishes *w)
{
	struct serving s = { .wishes = w, .name = place_host() };
	struct server_params params = { .name = s.name };
	const char *why;

	if (start_had_no_stdin()) {
		fprintf(stderr, "pneu: standard input is closed\n");
		free(s.name);
		return EX_NOINPUT;
	}
	s.server = server_new(&params);
	s.moment = clock_in(server_deadline(s.server));
	why = converse(&s);
	forget_letter(&s);
	server_free(s.server);
	free(s.name);
	if (s.stopped)
		return EX_TEMPFAIL;
	return why == NULL ? EX_OK : EX_PROTOCOL;
}
