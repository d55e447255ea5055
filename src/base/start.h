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
 * Descriptors 0, 1 and 2 exist (a closed one becomes /dev/null, as stdout one
 * that cannot be written to) and those above are closed, but for that of
 * start_keep(); umask 077; SIGPIPE and SIGXFSZ ignored (a full disk is an
 * errno), other dispositions default, nothing blocked; SIGTERM, and SIGINT and
 * SIGHUP unless they were ignored (as in the background, under nohup), set
 * start_stop, without SA_RESTART, so that
 * no file of ours stays behind; a set-id caller's ids are dropped for good to
 * the real ones, and then no word of the environment is believed; GNUTLS_*,
 * SSLKEYLOGFILE and the like leave the environment before GnuTLS, which is
 * started here, can read them.  0, or -1: FAIL_SETID (our own file carries
 * such a bit), FAIL_OS.
 *
 * environ, and not main's third argument, is what is left.
 */
int start_safely(struct fail *f);

/* Before start_safely(): leave this descriptor (-1: none), which the caller
 * gave us on purpose, open. */
void start_keep(int fd);

/* Where it is now, closed on exec; -1: there is none. */
int start_kept(void);

/* True when stdin was closed at the start. */
bool start_had_no_stdin(void);

/* The signal that asked us to stop, or 0.  It has a file of its own, so that a
 * test of what reads it does not have to call start_safely(). */
extern volatile sig_atomic_t start_stop;

#endif
