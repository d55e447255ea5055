/*
 * The surroundings a caller leaves us in, made safe before anything else:
 * whatever starts pneu may be hostile or careless (cron, a web server, a
 * set-id program).
 */
#ifndef BASE_START_H
#define BASE_START_H

#include <signal.h>
#include <stdbool.h>

struct fail;

/*
 * Descriptors 0, 1 and 2 exist (a closed one becomes /dev/null) and those
 * above are closed; umask 077; SIGPIPE ignored, other dispositions default,
 * nothing blocked; SIGINT, SIGTERM and SIGHUP (unless it was ignored) set
 * start_stop, without SA_RESTART, so that no file of ours stays behind; set-id callers' ids are dropped
 * for good to the real ones; GNUTLS_* , SSLKEYLOGFILE and the like leave the
 * environment.  0, or -1: FAIL_SETID (our own file carries such a bit),
 * FAIL_OS.
 */
int start_safely(struct fail *f);

/* True when stdin was closed at the start. */
bool start_had_no_stdin(void);

/* The signal that asked us to stop, or 0. */
extern volatile sig_atomic_t start_stop;

#endif
