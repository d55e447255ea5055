/*
 * A descriptor, with TLS or without: a pump of octets with a deadline.  Asks
 * "TLS or plain" in one place, so nobody above does.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct conn;
struct fail;
struct tls;
struct trust;

enum { CONN_AGAIN = -1, CONN_LOST = -2 };

/* Takes over fd (non-blocking).  conn_free() closes it at once, sending
 * close_notify first where TLS is in good order; accepts NULL. */
struct conn *conn_new(int fd);
void conn_free(struct conn *c);

/* Shakes hands and verifies the peer as name, within the deadline (a moment
 * of net/clock).  0, or -1 as tls_handshake and FAIL_TEMP for the deadline.
 * Octets that came in clear behind the last reply must not exist any more:
 * the engine refuses them. */
int conn_start_tls(struct conn *c, const char *name, struct trust *trust,
    int64_t deadline, struct fail *f);

/* Octets read (0: the end, orderly under TLS), CONN_AGAIN, or CONN_LOST with
 * f (FAIL_TEMP: reset, truncated TLS stream; FAIL_PROTOCOL: a fatal alert and
 * whatever else tls_read says so of). */
ssize_t conn_read(struct conn *c, void *octets, size_t len, struct fail *f);

/* Octets written, CONN_AGAIN or CONN_LOST; a reply may still be read after
 * it.  SIGPIPE is not raised. */
ssize_t conn_write(
    struct conn *c, const void *octets, size_t len, struct fail *f);

/* Waits until reading, or writing where want_write, may make progress: 1; 0
 * when the deadline has passed; -1: FAIL_OS on an error of poll(2), FAIL_TEMP
 * when a signal asked us to stop. */
int conn_wait(struct conn *c, bool want_write, int64_t deadline,
    struct fail *f);

/* What ties a login to the link, as tls_binding(); NULL in clear. */
const char *conn_binding(const struct conn *c, struct buf *octets);

/* What protects the link ("TLS1.3 AES-256-GCM"), the caller's; NULL in
 * clear. */
char *conn_describe(const struct conn *c);

/* Our own end as an address literal ("[192.0.2.1]", RFC 5321 4.1.3), for a
 * client without a full name; the loopback address for a unix socket.  The
 * caller's. */
char *conn_literal(const struct conn *c);

#endif
