#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "smarthost/host.h"

enum { BACKLOG = 128 };

static int
listen_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sun.sun_path, path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return -1;
	return fd;
}

static int
listen_tcp(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *ai;
	int on = 1, fd, rc;

	if (getaddrinfo(address, port, &hints, &ai) != 0) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = bind(fd, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	return rc == 0 && listen(fd, BACKLOG) == 0 ? fd : -1;
}

/* The port that the kernel chose. */
static unsigned
port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name;
	socklen_t len = sizeof(name);

	if (getsockname(fd, &name.any, &len) != 0)
		return 0;
	return ntohs(name.any.sa_family == AF_INET6 ? name.in6.sin6_port
						    : name.in.sin_port);
}

static void
print(const struct host *h, const struct host_listener *l)
{
	const char *kind = host_kinds[l->kind];

	if (l->kind == HOST_ON_UNIX)
		printf("unix=%s\n", l->where);
	else if (strchr(h->address, ':') != NULL)
		printf("%s=[%s]:%u\n", kind, h->address, l->port);
	else
		printf("%s=%s:%u\n", kind, h->address, l->port);
}

int
host_listen(struct host *h)
{
	struct host_listener *l = h->listeners;

	for (; l < h->listeners + h->listeners_count; l++) {
		l->fd = l->kind == HOST_ON_UNIX
			    ? listen_unix(l->where)
			    : listen_tcp(h->address, l->where);
		if (l->fd < 0) {
			perror(l->where);
			return -1;
		}
		if (l->kind != HOST_ON_UNIX)
			l->port = port_of(l->fd);
		print(h, l);
	}
	return 0;
}

int
host_ready(void)
{
	printf("ready\n");
	return fflush(stdout) == 0 ? 0 : -1;
}

void
host_stop_listening(struct host *h)
{
	struct host_listener *l = h->listeners;

	for (; l < h->listeners + h->listeners_count; l++) {
		if (l->fd < 0)
			continue;
		close(l->fd);
		l->fd = -1;
		if (l->kind == HOST_ON_UNIX)
			unlink(l->where);
	}
}
