/*
 * What a setting calls a host: a name or an address.
 *
 * The resolver, SNI and the certificate check must mean the same thing by it,
 * so it is read once, here: U-labels become A-labels (IDNA 2008), letters
 * lower case, an IPv6 address may stand in brackets and have a zone.  A name
 * is what a host may be called (letters, digits, hyphens, and underscores,
 * which private networks use); what inet_aton(3) would take for an address,
 * such as "127.1" or "0x7f000001", is neither.
 */
#ifndef NET_HOST_H
#define NET_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct fail;

enum {
	HOST_TEXT_MAX = 256, /* a name of 253 octets, and a NUL */
	HOST_ZONE_MAX = 16 /* an interface's name, and a NUL */
};

struct host {
	int family; /* AF_UNSPEC: a name */
	char text[HOST_TEXT_MAX]; /* the name without a final dot, or the
	                             address without brackets and zone */
	bool rooted;              /* the name had a final dot */
	uint8_t octets[16];       /* the address: 4 or 16, by family */
	char zone[HOST_ZONE_MAX]; /* of an IPv6 address; "" for none */
};

/* Fills h from text; 0, or -1 with FAIL_CONFIG: no possible host. */
int host_parse(struct host *h, const char *text, struct fail *f);

/* The socket address of an address (not of a name); 0, or -1 with
 * FAIL_CONFIG where this machine has no such zone. */
int host_sockaddr(const struct host *h, unsigned port,
    struct sockaddr_storage *address_r, socklen_t *len_r, struct fail *f);

#endif
