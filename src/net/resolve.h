/*
 * Names to addresses by the libc resolver, with a deadline.
 *
 * getaddrinfo(3) knows no deadline, so a name (not a numeric address) is
 * looked up in a thread of its own; one that answers too late is left behind.
 * At most RESOLVE_MAX addresses of a name are used.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdint.h>
#include <sys/socket.h>

struct fail;

enum { RESOLVE_MAX = 32, RESOLVE_TEXT_MAX = 64 };

struct resolve_address {
	struct sockaddr_storage address;
	socklen_t len;
	char text[RESOLVE_TEXT_MAX]; /* numeric, IPv6 in brackets */
};

struct resolved {
	struct resolve_address addresses[RESOLVE_MAX];
	unsigned count;
};

/*
 * Looks up host: a name (U-labels become A-labels by IDNA 2008), an IPv4 or
 * IPv6 address, the latter also in brackets and with a zone; families mixed
 * in the resolver's order (RFC 6724).  0, or -1: FAIL_NONAME (does not exist),
 * FAIL_TEMP (try again, deadline), FAIL_CONFIG (no possible host name).
 */
int resolve_host(const char *host, unsigned port, int64_t deadline,
    struct resolved *resolved_r, struct fail *f);

#endif
