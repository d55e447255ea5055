/*
 * The other end of a TLS connection, for tests of the client's: a server in a
 * thread on one end of a socket pair.
 */
#ifndef LIB_TLSPEER_H
#define LIB_TLSPEER_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

struct certs;
struct tlspeer;

struct tlspeer_spec {
	const struct certs *const *chain; /* leaf first, ended by NULL */
	const char *priorities;           /* NULL: "NORMAL" */
	gnutls_certificate_request_t ask; /* for a client certificate */
	/* After the handshake; NULL: close_notify. */
	void (*talk)(gnutls_session_t session);
	/* Instead of TLS; it need not close fd. */
	void (*plain)(int fd);
	/* Closes without reading what is left, which the client sees as a
	 * reset. */
	bool reset;
};

/* Starts it; *fd_r is the client's end, non-blocking, the caller's.  What
 * spec points at is borrowed until tlspeer_join(). */
struct tlspeer *tlspeer_new(const struct tlspeer_spec *spec, int *fd_r);

/* Waits for its end and frees it: the code of its handshake.  sni, of 256
 * octets, is filled with the name the client asked for, unless NULL.  The
 * client's end must be closed before, or the peer may wait for it. */
int tlspeer_join(struct tlspeer *p, char *sni);

#endif
