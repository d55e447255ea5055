/*
 * smarthost: a little submission server for tests and for a first try.
 *
 * A real one: STARTTLS, implicit TLS, AUTH, letters stored Maildir style; or,
 * with --talk, one side of a conversation that is written down.  It is written
 * without the client's own protocol code, so that a mistake there is not
 * mirrored here.  One thread for each session; the main thread accepts, and
 * ends the program when it is told to, when its parent is gone, or when the
 * sessions it was to serve are over.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "smarthost/host.h"
#include "smarthost/session.h"

struct accepted {
	const struct host *host;
	enum host_kind kind;
	int fd, over; /* over: an eventfd, told when the session ends */
	unsigned long number;
};

static void *
run(void *argument)
{
	struct accepted a = *(struct accepted *)argument;

	free(argument);
	session_run(a.host, a.kind, a.fd, a.number);
	if (eventfd_write(a.over, 1) != 0)
		abort();
	return NULL;
}

static void
start_session(const struct host *h, const struct host_listener *l, int over,
    unsigned long number)
{
	struct accepted *a = xcalloc(1, sizeof(*a));
	pthread_attr_t detached;
	pthread_t thread;

	*a = (struct accepted){ h, l->kind,
		accept4(l->fd, NULL, NULL, SOCK_CLOEXEC), over, number };
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, run, a) != 0) {
		fprintf(stderr, "smarthost: no thread to be had\n");
		exit(EX_OSERR);
	}
	pthread_attr_destroy(&detached);
}

enum { AT_SIGNAL, AT_OVER, AT_LISTENERS };

/* False when a signal came. */
static bool
serve(const struct host *h, int signals, int over)
{
	struct pollfd p[AT_LISTENERS + HOST_LISTENERS_MAX];
	unsigned long accepted = 0;
	eventfd_t ended, all_ended = 0;
	size_t i, n = AT_LISTENERS;

	p[AT_SIGNAL] = (struct pollfd){ .fd = signals, .events = POLLIN };
	p[AT_OVER] = (struct pollfd){ .fd = over, .events = POLLIN };
	for (i = 0; i < h->listeners_count; i++)
		p[n++] = (struct pollfd){ .fd = h->listeners[i].fd,
			.events = POLLIN };
	while (h->sessions == 0 || all_ended < h->sessions) {
		bool full = h->sessions != 0 && accepted == h->sessions;

		poll(p, full ? AT_LISTENERS : n, -1);
		if (p[AT_SIGNAL].revents != 0)
			return false;
		if (p[AT_OVER].revents != 0 && eventfd_read(over, &ended) == 0)
			all_ended += ended;
		for (i = 0; !full && i < h->listeners_count; i++) {
			if (p[AT_LISTENERS + i].revents == 0)
				continue;
			start_session(h, &h->listeners[i], over, ++accepted);
			full = accepted == h->sessions;
		}
	}
	return true;
}

static int
watch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int
main(int argc, char *argv[])
{
	pid_t parent = getppid();
	int signals = watch_signals(), over = eventfd(0, EFD_CLOEXEC);
	bool finished;
	int status;
	struct host h;

	host_options(&h, argc, argv);
	if (h.with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			return 0;
	}
	if (h.talk != NULL) {
		status = host_talk(&h, signals);
		host_free(&h);
		return status;
	}
	if (host_prepare(&h, true) != 0 || host_listen(&h) != 0 ||
	    host_ready() != 0)
		return EX_UNAVAILABLE;
	finished = serve(&h, signals, over);
	host_stop_listening(&h);
	if (!finished)
		_exit(0); /* under the hands of sessions that still run */
	host_free(&h);
	return 0;
}
