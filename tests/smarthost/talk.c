/*
 * The scripted side: one talk file (tests/talk/README), served over a socket
 * to whatever client comes.
 *
 * The client is judged by its octets alone: each C step must be what it says
 * next, and where the server speaks, waits or ends, nothing more may be there.
 * What the file tells of events is the engine's own test; but the exit status
 * that it names is printed ("status=75"), with the listener, before "ready".
 * "skip=WHY" instead says that the talk is none for a socket.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "lib/talk.h"
#include "smarthost/flights.h"
#include "smarthost/host.h"
#include "smarthost/link.h"
#include "smarthost/talk_files.h"

enum {
	FILE_MAX = 4 * 1024 * 1024,
	QUIET_MS = 100, /* so long a client that must wait is watched */
	PATIENCE = 60 /* seconds; a client that hangs longer has failed */
};

struct player {
	const char *path;
	const struct talk *talk;
	struct link *link;
	bool deaf; /* what the client says is not read any more */
	bool asked; /* the client's last line was STARTTLS */
	bool hello; /* it was granted: a hello may come unasked */
	bool gone; /* the connection is reset */
	bool failed;
};

static void blame(struct player *p, const struct talk_step *step,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
blame(struct player *p, const struct talk_step *step, const char *format, ...)
{
	va_list ap;

	p->failed = true;
	fprintf(stderr, "%s:%u: ", p->path, step->line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* What was said instead, as far as it is here. */
static void
blame_octets(struct player *p, const struct talk_step *step, size_t same)
{
	char wanted[160], got[160];
	const uint8_t *octets;
	size_t len;

	octets = link_input(p->link, &len);
	text_vis(got, sizeof(got), octets, len);
	text_vis(wanted, sizeof(wanted), step->octets + same, step->len - same);
	blame(p, step, "behind %zu octets: expected '%s', got '%s' %s", same,
	    wanted, got,
	    link_ended(p->link) != NULL ? link_ended(p->link) : "");
}

static void
hear(struct player *p, const struct talk_step *step)
{
	size_t same = 0, len;
	const uint8_t *octets;

	while (same < step->len) {
		octets = link_input(p->link, &len);
		if (len > step->len - same)
			len = step->len - same;
		if (memcmp(octets, step->octets + same, len) != 0)
			break;
		link_take(p->link, len);
		same += len;
		if (same < step->len && link_fill(p->link) <= 0)
			break;
	}
	if (same < step->len)
		blame_octets(p, step, same);
}

/* Talks in which the link ends instead of a handshake do not tell of it. */
static bool
is_hello(const struct player *p, const uint8_t *octets, size_t len)
{
	return p->hello && len > 1 && octets[0] == 22 && octets[1] == 3;
}

static void
expect_nothing(struct player *p, const struct talk_step *step, int milliseconds)
{
	char got[160];
	const uint8_t *octets;
	size_t len;

	if (p->deaf || p->failed || link_ended(p->link) != NULL ||
	    !link_hears(p->link, milliseconds))
		return;
	octets = link_input(p->link, &len);
	if (len == 0 && link_fill(p->link) <= 0)
		return; /* it left; what it left unsaid is found below */
	octets = link_input(p->link, &len);
	text_vis(got, sizeof(got), octets, len);
	blame(p, step, "before this the client says more: '%s'", got);
}

/* The rest of the stream is empty. */
static void
expect_end(struct player *p)
{
	const struct talk_step *last = &p->talk->steps[p->talk->count - 1];
	char got[160];
	const uint8_t *octets;
	size_t len;
	long n;

	if (p->gone)
		return;
	n = link_fill(p->link);
	octets = link_input(p->link, &len);
	while (p->deaf && n > 0) {
		link_take(p->link, len);
		n = link_fill(p->link);
		octets = link_input(p->link, &len);
	}
	if (p->deaf || is_hello(p, octets, len))
		return;
	text_vis(got, sizeof(got), octets, len);
	if (len > 0)
		blame(p, last, "behind this the client says more: '%s'", got);
	else if (strcmp(link_ended(p->link), "timeout") == 0)
		blame(p, last, "the client does not leave");
}

static void
swallow_hello(struct player *p)
{
	size_t len;

	link_fill(p->link);
	link_input(p->link, &len);
	link_take(p->link, len);
}

static void
shake_hands(struct player *p, const struct talk_step *step)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	const char *why;
	int rc;

	switch (step->tls) {
	case TALK_TLS_VERIFIED:
	case TALK_TLS_UNVERIFIED:
		if (link_start_tls(p->link, &why) != 0)
			blame(p, step, "the handshake fails: %s", why);
		break;
	case TALK_TLS_UNTRUSTED:
		rc = link_start_tls(p->link, &why);
		/* Under TLS 1.3 we are done before the client has judged. */
		if (rc == 0 && link_fill(p->link) > 0)
			blame(p, step, "the client goes on");
		break;
	case TALK_TLS_FAILED:
		swallow_hello(p);
		link_say(p->link, alert, sizeof(alert));
		break;
	case TALK_TLS_LOST:
		swallow_hello(p);
		link_end(p->link, LINK_CUT);
		break;
	}
}

static void
end(struct player *p, const struct talk_step *step)
{
	switch (step->end) {
	case TALK_END_EOF:
		link_end(p->link, LINK_BYE);
		break;
	case TALK_END_RESET:
		link_end(p->link, LINK_RESET);
		p->gone = true;
		break;
	case TALK_END_SILENCE:
		break;
	case TALK_END_QUIET:
		expect_nothing(p, step, QUIET_MS);
		break;
	}
}

static void
say(struct player *p, const struct talk_step *step)
{
	p->hello =
	    p->asked && step->len > 3 && memcmp(step->octets, "220", 3) == 0;
	link_say(p->link, step->octets, step->len);
}

/*
 * Before the server does something, the client has said all that is written
 * above and no more.  Asked before what is held goes out: what the client says
 * upon that is no fault.  Its hello may stand before an implicit handshake.
 */
static bool
is_due(const struct player *p, const struct talk_step *step)
{
	if (!talk_is_action(step) || p->gone)
		return false;
	if (step->kind == TALK_TLS)
		return link_holds(p->link);
	return step->kind != TALK_SERVER || !link_holds(p->link);
}

static void
play_step(struct player *p, const struct talk_step *step)
{
	if (is_due(p, step))
		expect_nothing(p, step, 0);
	if (p->gone || p->failed)
		return;
	if (step->kind == TALK_SERVER)
		say(p, step);
	else if (step->kind != TALK_EVENT)
		link_flush(p->link);
	if (step->kind == TALK_CLIENT && !p->deaf) {
		hear(p, step);
		p->deaf = step->unread;
		p->asked = step->len == strlen("STARTTLS\r\n") &&
			   memcmp(step->octets, "STARTTLS", 8) == 0;
	}
	if (step->kind == TALK_TLS)
		shake_hands(p, step);
	if (step->kind == TALK_END)
		end(p, step);
}

static int
play(const struct host *h, const struct talk *t, int fd)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	struct player p = { .path = h->talk, .talk = t };
	struct flights flights;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	flights_init(&flights);
	p.link = link_new(&(struct link_params){
	    .fd = fd,
	    .flights = &flights,
	    .linger = h->linger,
	    .credentials = h->credentials,
	    .priorities = h->priorities,
	});
	for (size_t i = 0; i < t->count && !p.failed; i++)
		play_step(&p, &t->steps[i]);
	link_flush(p.link);
	if (!p.failed)
		expect_end(&p);
	link_free(p.link, p.failed ? LINK_RESET : LINK_CUT);
	flights_free(&flights);
	return p.failed ? 1 : 0;
}

static int
read_talk(const char *path, struct talk *t)
{
	FILE *f = fopen(path, "re");
	char *text = xmalloc(FILE_MAX);
	struct fail why = { .words = "cannot be read" };
	size_t len;
	int rc = -1;

	if (f != NULL) {
		len = fread(text, 1, FILE_MAX, f);
		fclose(f);
		rc = talk_parse(t, text, len, &why);
	}
	if (rc != 0)
		fprintf(stderr, "smarthost: %s: %s\n", path, why.words);
	free(text);
	return rc;
}

static const struct talk_step *
find_tls(const struct talk *t, enum talk_tls tls)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->steps[i].kind == TALK_TLS && t->steps[i].tls == tls)
			return &t->steps[i];
	return NULL;
}

/* Why it is none for a socket and pneu's command line, or NULL. */
static const char *
unfit(const struct talk *t)
{
	if (t->engine_only)
		return "for the engine only";
	if (find_tls(t, TALK_TLS_UNVERIFIED) != NULL)
		return "pneu always verifies";
	if (t->tls == ENGINE_TLS_NONE && strcmp(t->auth, "off") != 0 &&
	    !t->auth_unverified)
		return "refused by pneu before it connects";
	if (t->original != NULL)
		return "pneu chooses the original recipient itself";
	return NULL;
}

static enum host_kind
kind_of(const struct talk *t)
{
	switch (t->tls) {
	case ENGINE_TLS_IMPLICIT:
		return HOST_ON_IMPLICIT;
	case ENGINE_TLS_STARTTLS:
		return HOST_ON_STARTTLS;
	case ENGINE_TLS_NONE:
		break;
	}
	return HOST_ON_PLAIN;
}

/* False when a signal came and no client. */
static bool
await_client(const struct host *h, int signals, int *fd_r)
{
	struct pollfd p[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = h->listeners[0].fd, .events = POLLIN },
	};

	poll(p, 2, -1);
	if (p[1].revents == 0)
		return false;
	*fd_r = accept4(p[1].fd, NULL, NULL, SOCK_CLOEXEC);
	return true;
}

static int
serve(struct host *h, const struct talk *t, int signals)
{
	bool came;
	int fd;

	h->listeners[0] = (struct host_listener){
		.kind = kind_of(t), .where = "0", .fd = -1
	};
	h->listeners_count = 1;
	if (find_tls(t, TALK_TLS_UNTRUSTED) != NULL)
		h->certificate = "unknown-ca";
	printf("status=%d\n", talk_files_status(t));
	if (host_prepare(h, t->tls != ENGINE_TLS_NONE) != 0 ||
	    host_listen(h) != 0 || talk_files_write(h, t) != 0 ||
	    host_ready() != 0)
		return EX_UNAVAILABLE;
	came = await_client(h, signals, &fd);
	host_stop_listening(h);
	return came ? play(h, t, fd) : 1;
}

int
host_talk(struct host *h, int signals)
{
	struct talk t = { 0 };
	const char *why;
	int rc = EX_DATAERR;

	if (read_talk(h->talk, &t) == 0) {
		why = unfit(&t);
		if (why != NULL)
			printf("skip=%s\nready\n", why);
		rc = why != NULL ? 0 : serve(h, &t, signals);
	}
	talk_free(&t);
	return rc;
}
