/*
 * A connected stream socket: non-blocking, close-on-exec, TCP_NODELAY set
 * before anything is written (GnuTLS sends its Finished in small writes;
 * Nagle and delayed ACK would cost 40 ms each).
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdint.h>

struct fail;
struct resolve_address;

/* Connects to to, from source (a numeric address without a port, or NULL)
 * where the families agree.  The descriptor, or -1: FAIL_TEMP (refused,
 * unreachable, deadline), FAIL_CONFIG (a source address that is not ours). */
int dial_address(const struct resolve_address *to, const char *source,
    int64_t deadline, struct fail *f);

/* Connects to the unix socket at path: as above; a path that does not fit or
 * may not be used is FAIL_CONFIG, one that is missing or refuses FAIL_TEMP. */
int dial_unix(const char *path, int64_t deadline, struct fail *f);

#endif
