#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/xalloc.h"

#include "net/conn.h"
#include "net/tls.h"
#include "net/wait.h"

struct conn {
	int fd;
	struct tls *tls; /* NULL in clear */
};

struct conn *
conn_new(int fd)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	return c;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	if (c->tls != NULL)
		tls_bye(c->tls);
	tls_free(c->tls);
	close(c->fd);
	free(c);
}

int
conn_start_tls(struct conn *c, const char *name, struct trust *trust,
    int64_t deadline, struct fail *f)
{
	int done, ready;

	if (tls_new(&c->tls, c->fd, name, trust, f) < 0) {
		/* What should have been protected must not go in clear. */
		shutdown(c->fd, SHUT_RDWR);
		return -1;
	}
	while ((done = tls_handshake(c->tls, f)) == 0) {
		ready = wait_fd(c->fd,
		    tls_wants_write(c->tls) ? POLLOUT : POLLIN, deadline, f);
		if (ready == 0)
			fail_set(f, FAIL_TEMP, "TLS with %s: no answer in time",
			    name);
		if (ready <= 0)
			return -1;
	}
	return done > 0 ? 0 : -1;
}

static ssize_t
lost(struct fail *f)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return CONN_AGAIN;
	fail_errno(f, FAIL_TEMP, errno, "the connection was lost");
	return CONN_LOST;
}

/* The codes of tls_read() and tls_write() in ours. */
static ssize_t
from_tls(ssize_t n)
{
	if (n >= 0)
		return n;
	return n == TLS_AGAIN ? CONN_AGAIN : CONN_LOST;
}

ssize_t
conn_read(struct conn *c, void *octets, size_t len, struct fail *f)
{
	ssize_t n;

	if (c->tls != NULL)
		return from_tls(tls_read(c->tls, octets, len, f));
	n = recv(c->fd, octets, len, 0);
	return n >= 0 ? n : lost(f);
}

ssize_t
conn_write(struct conn *c, const void *octets, size_t len, struct fail *f)
{
	ssize_t n;

	if (c->tls != NULL)
		return from_tls(tls_write(c->tls, octets, len, f));
	n = send(c->fd, octets, len, MSG_NOSIGNAL);
	return n >= 0 ? n : lost(f);
}

/* Under TLS a read may have to write first, and the other way round. */
int
conn_wait(struct conn *c, bool want_write, int64_t deadline, struct fail *f)
{
	short events = POLLIN;

	if (c->tls != NULL && tls_pending(c->tls))
		return 1;
	if (want_write || (c->tls != NULL && tls_wants_write(c->tls)))
		events |= POLLOUT;
	return wait_fd(c->fd, events, deadline, f);
}

const char *
conn_binding(const struct conn *c, struct buf *octets)
{
	return c->tls != NULL ? tls_binding(c->tls, octets) : NULL;
}

char *
conn_describe(const struct conn *c)
{
	return c->tls != NULL ? tls_describe(c->tls) : NULL;
}

char *
conn_literal(const struct conn *c)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
		struct sockaddr_storage storage;
	} end = { 0 };
	socklen_t len = sizeof(end);
	char text[INET6_ADDRSTRLEN];

	if (getsockname(c->fd, &end.any, &len) < 0)
		return xstrdup("[127.0.0.1]");
	if (end.any.sa_family == AF_INET &&
	    inet_ntop(AF_INET, &end.in4.sin_addr, text, sizeof(text)) != NULL)
		return xasprintf("[%s]", text);
	if (end.any.sa_family == AF_INET6 &&
	    inet_ntop(AF_INET6, &end.in6.sin6_addr, text, sizeof(text)) != NULL)
		return xasprintf("[IPv6:%s]", text);
	return xstrdup("[127.0.0.1]");
}
