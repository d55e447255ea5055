#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/start.h"

#include "net/clock.h"
#include "net/dial.h"
#include "net/host.h"
#include "net/resolve.h"
#include "net/wait.h"

static unsigned
port_of(const struct resolve_address *to)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (to->address.ss_family == AF_INET6) {
		memcpy(&six, &to->address, sizeof(six));
		return ntohs(six.sin6_port);
	}
	memcpy(&four, &to->address, sizeof(four));
	return ntohs(four.sin_port);
}

static int
set_option(int fd, int level, int name)
{
	const int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on));
}

/* Binds to source where the families agree. */
static int
bind_source(int fd, int family, const char *source, struct fail *f)
{
	struct sockaddr_storage address;
	struct host host;
	socklen_t len;

	if (source == NULL)
		return 0;
	if (host_parse(&host, source, f) < 0)
		return -1;
	if (host.family == AF_UNSPEC)
		return fail_set(f, FAIL_CONFIG,
		    "source-address %s: not a numeric address", source);
	if (host.family != family)
		return 0;
	if (host_sockaddr(&host, 0, &address, &len, f) < 0)
		return -1;
	/* The port is chosen by connect(2), which knows the other end and so
	 * has far more to choose from; older kernels do without. */
	set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
	if (bind(fd, (const struct sockaddr *)&address, len) < 0)
		return fail_errno(
		    f, FAIL_CONFIG, errno, "source-address %s", source);
	return 0;
}

static int
not_connected(const struct resolve_address *to, int error, struct fail *f)
{
	return fail_errno(f, FAIL_TEMP, error, "cannot connect to %s:%u",
	    to->text, port_of(to));
}

/* Sees a connect(2) that was begun through to its end. */
static int
finish_connect(
    int fd, const struct resolve_address *to, int64_t deadline, struct fail *f)
{
	int error = 0, ready = wait_fd(fd, POLLOUT, deadline, f);
	socklen_t len = sizeof(error);

	if (ready < 0)
		return -1;
	if (ready == 0)
		return not_connected(to, ETIMEDOUT, f);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return error == 0 ? 0 : not_connected(to, error, f);
}

static int
connect_address(
    int fd, const struct resolve_address *to, int64_t deadline, struct fail *f)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY);
	if (connect(fd, (const struct sockaddr *)&to->address, to->len) == 0)
		return 0;
	/* Interrupted, it goes on by itself as well. */
	if (errno != EINPROGRESS && errno != EINTR)
		return not_connected(to, errno, f);
	return finish_connect(fd, to, deadline, f);
}

int
dial_address(const struct resolve_address *to, const char *source,
    int64_t deadline, struct fail *f)
{
	int family = to->address.ss_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return not_connected(to, errno, f);
	if (bind_source(fd, family, source, f) < 0 ||
	    connect_address(fd, to, deadline, f) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What a person must mend, as against a service that is not up. */
static enum fail_kind
kind_of_unix_error(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case EPROTOTYPE:
		return FAIL_CONFIG;
	default:
		return FAIL_TEMP;
	}
}

/*
 * A unix socket whose backlog is full cannot be polled for room: connect(2)
 * itself must wait, for as long as SO_SNDTIMEO says.
 */
static int
connect_unix(
    int fd, const struct sockaddr_un *to, int64_t deadline, struct fail *f)
{
	for (;;) {
		int ms = clock_poll_timeout(deadline);
		struct timeval limit = { ms / 1000, ms % 1000 * 1000L };

		if (ms == 0)
			return fail_errno(f, FAIL_TEMP, ETIMEDOUT,
			    "cannot connect to %s", to->sun_path);
		if (ms > 0)
			setsockopt(
			    fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
			return 0;
		if (errno == EINTR && start_stop != 0)
			return fail_set(f, FAIL_TEMP, "stopped by a signal");
		if (errno != EINTR && errno != EAGAIN)
			return fail_errno(f, kind_of_unix_error(errno), errno,
			    "cannot connect to %s", to->sun_path);
	}
}

int
dial_unix(const char *path, int64_t deadline, struct fail *f)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len == 0 || len >= sizeof(to.sun_path))
		return fail_set(f, FAIL_CONFIG,
		    "the path of the socket has %zu octets; 1 to %zu fit", len,
		    sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail_errno(f, FAIL_TEMP, errno, "socket");
	if (connect_unix(fd, &to, deadline, f) < 0) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}
