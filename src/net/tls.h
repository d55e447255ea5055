/*
 * TLS over a non-blocking socket: the only file with GnuTLS sessions.
 *
 * TLS 1.2 is the floor (RFC 8996, 9325); SNI for names, not for addresses;
 * no session is resumed, no ticket kept.  Priorities are the account's, or the
 * system's and ours (@SYSTEM with NORMAL behind it), never those of the
 * caller's environment.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct fail;
struct tls;
struct trust;

enum { TLS_AGAIN = -1, TLS_BROKEN = -2 };

/* Which TLS is spoken: trust_speak() tells it to the sessions. */
struct tls_policy {
	const char *priorities; /* GnuTLS's string, borrowed; NULL: the
	                           system's policy without what is weak */
	bool only_1_3;
};

/* 0, or -1 with FAIL_CONFIG: GnuTLS does not understand it, or it leaves
 * nothing to speak. */
int tls_policy_check(const struct tls_policy *p, struct fail *f);

/* A client session on fd (borrowed), for the server called name (a host name,
 * U- or A-labels, or an address); trust is borrowed.  0, or -1: FAIL_CONFIG (no
 * such name, a system's policy that leaves nothing), FAIL_OS. */
int tls_new(struct tls **tls_r, int fd, const char *name, struct trust *trust,
    struct fail *f);

/* Frees without writing; accepts NULL. */
void tls_free(struct tls *t);

/* One step of the handshake: 1 done and the peer verified, 0 the socket must
 * become ready first (see tls_wants_write), -1: FAIL_PROTOCOL (alert,
 * handshake, no TLS spoken: with advice on the port), FAIL_TRUST, FAIL_TEMP
 * (the link was lost). */
int tls_handshake(struct tls *t, struct fail *f);

/* True when the last TLS_AGAIN or 0 waits for the socket to take octets. */
int tls_wants_write(const struct tls *t);

/*
 * As read(2) and write(2), but TLS_AGAIN, and TLS_BROKEN with f filled.  0
 * from tls_read is the peer's close_notify; an end of the stream without one
 * is TLS_BROKEN (FAIL_TEMP), and so is a reset; a fatal alert, an attempt to
 * negotiate again and what breaks TLS's rules is FAIL_PROTOCOL.  After
 * TLS_AGAIN tls_write must be called with the same octets.  Where writing is
 * broken, reading may still bring what the server had to say.
 */
ssize_t tls_read(struct tls *t, void *octets, size_t len, struct fail *f);
ssize_t tls_write(
    struct tls *t, const void *octets, size_t len, struct fail *f);

/* True when decrypted octets are waiting that poll(2) does not know of. */
int tls_pending(const struct tls *t);

/* Sends close_notify, once, without waiting. */
void tls_bye(struct tls *t);

/*
 * What ties a login to this link (RFC 5056), appended to octets: its name, or
 * NULL where there is nothing of the kind.  tls-exporter (RFC 9266) under TLS
 * 1.3; before it tls-unique, the default there (RFC 5802 6), only where the
 * master secret hangs on the whole handshake (RFC 7627); else
 * tls-server-end-point (RFC 5929 4), which has no such need.
 */
const char *tls_binding(const struct tls *t, struct buf *octets);

/* "TLS1.3 AES-256-GCM"; the caller's. */
char *tls_describe(const struct tls *t);

#endif
