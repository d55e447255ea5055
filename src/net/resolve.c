#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"

#include "net/host.h"
#include "net/resolve.h"
#include "net/wait.h"

/* What the thread and its caller share; freed by the last of the two. */
struct lookup {
	atomic_int owners;
	int done; /* an eventfd, readable when the rest is filled */
	char name[HOST_TEXT_MAX + 1];
	char port[8];
	struct addrinfo *list;
	int result, error; /* of getaddrinfo(3); its errno */
};

static struct lookup *
lookup_new(const struct host *host, unsigned port)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	atomic_init(&l->owners, 1);
	l->done = eventfd(0, EFD_CLOEXEC);
	snprintf(l->name, sizeof(l->name), "%s%s", host->text,
	    host->rooted ? "." : "");
	snprintf(l->port, sizeof(l->port), "%u", port);
	return l;
}

static void
lookup_release(struct lookup *l)
{
	if (atomic_fetch_sub(&l->owners, 1) > 1)
		return;
	if (l->list != NULL)
		freeaddrinfo(l->list);
	close(l->done);
	free(l);
}

static void *
lookup_run(void *arg)
{
	/* Not AI_ADDRCONFIG: it hides addresses of hosts(5) on a machine with
	 * only a loopback, and RFC 6724 puts what cannot be reached last. */
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	struct lookup *l = arg;
	const uint64_t one = 1;

	l->result = getaddrinfo(l->name, l->port, &hints, &l->list);
	l->error = errno;
	if (write(l->done, &one, sizeof(one)) < 0)
		abort();
	lookup_release(l);
	return NULL;
}

/* All signals are blocked in the thread, so that those that ask us to stop
 * end the caller's wait. */
static int
lookup_start(struct lookup *l)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&l->owners, 1);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, lookup_run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (error != 0)
		atomic_fetch_sub(&l->owners, 1);
	return error;
}

/* "127.0.0.1", "[::1]", "[fe80::1%eth0]". */
static void
set_text(struct resolve_address *a)
{
	char text[RESOLVE_TEXT_MAX - 2];

	if (getnameinfo((const struct sockaddr *)&a->address, a->len, text,
		sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		text[0] = '\0';
	snprintf(a->text, sizeof(a->text),
	    a->address.ss_family == AF_INET6 ? "[%s]" : "%s", text);
}

static void
add_host(struct resolved *r, const char *address, unsigned port)
{
	struct resolve_address *a = &r->addresses[r->count++];
	struct host host;

	if (host_parse(&host, address, NULL) == 0)
		host_sockaddr(&host, port, &a->address, &a->len, NULL);
	set_text(a);
}

static void
copy_list(struct resolved *r, const struct addrinfo *list)
{
	for (; list != NULL && r->count < RESOLVE_MAX; list = list->ai_next) {
		struct resolve_address *a = &r->addresses[r->count];

		if (list->ai_family != AF_INET && list->ai_family != AF_INET6)
			continue;
		memcpy(&a->address, list->ai_addr, list->ai_addrlen);
		a->len = list->ai_addrlen;
		set_text(a);
		r->count++;
	}
}

static int
explain(const struct lookup *l, struct fail *f)
{
	switch (l->result) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		fail_set(f, FAIL_NONAME, "host %s does not exist (%s)", l->name,
		    gai_strerror(l->result));
		fail_advise(f, "check the setting host");
		return -1;
	case EAI_SYSTEM:
		return fail_errno(
		    f, FAIL_TEMP, l->error, "looking up host %s", l->name);
	default:
		return fail_set(f, FAIL_TEMP, "looking up host %s: %s", l->name,
		    gai_strerror(l->result));
	}
}

static int
look_up(const struct host *host, unsigned port, int64_t deadline,
    struct resolved *r, struct fail *f)
{
	struct lookup *l = lookup_new(host, port);
	int error = l->done < 0 ? errno : lookup_start(l);
	int ready = error == 0 ? wait_fd(l->done, POLLIN, deadline, f) : -1;

	if (error != 0) {
		fail_errno(f, FAIL_OS, error, "looking up host %s", l->name);
	} else if (ready == 0) {
		ready = fail_set(f, FAIL_TEMP,
		    "looking up host %s: no answer in time", l->name);
	} else if (ready > 0 && l->result != 0) {
		ready = explain(l, f);
	} else if (ready > 0) {
		copy_list(r, l->list);
		if (r->count == 0)
			ready = fail_set(
			    f, FAIL_NONAME, "host %s has no address", l->name);
	}
	lookup_release(l);
	return ready > 0 ? 0 : -1;
}

/* RFC 6761 section 6.3: such names are the loopback's, whoever is asked. */
static bool
is_localhost(const char *name)
{
	static const char localhost[] = "localhost";
	size_t len = strlen(name), tail = sizeof(localhost) - 1;

	return len >= tail && strcmp(name + len - tail, localhost) == 0 &&
	       (len == tail || name[len - tail - 1] == '.');
}

int
resolve_host(const char *host, unsigned port, int64_t deadline,
    struct resolved *resolved_r, struct fail *f)
{
	struct resolve_address *first = &resolved_r->addresses[0];
	struct host parsed;

	resolved_r->count = 0;
	if (host_parse(&parsed, host, f) < 0)
		return -1;
	if (parsed.family != AF_UNSPEC) {
		if (host_sockaddr(
			&parsed, port, &first->address, &first->len, f) < 0)
			return -1;
		set_text(first);
		resolved_r->count = 1;
		return 0;
	}
	if (is_localhost(parsed.text)) {
		/* What listens on one of the two only is nearly always here. */
		add_host(resolved_r, "127.0.0.1", port);
		add_host(resolved_r, "::1", port);
		return 0;
	}
	return look_up(&parsed, port, deadline, resolved_r, f);
}
