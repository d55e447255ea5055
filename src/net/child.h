/*
 * Runs a program and reads what it writes, with a deadline.
 *
 * The command line is split as documented in pneu.conf(5): blanks separate,
 * single quotes keep everything, double quotes keep all but \" and \\, a
 * backslash outside quotes keeps the next octet; no shell, no expansion but a
 * "~/" that begins a word, outside quotes.  The child gets stdin from
 * /dev/null, stdout to us, stderr of ours, no other descriptor, default signal
 * dispositions, an empty mask, and a process group of its own: it cannot read
 * from the terminal, and Ctrl-C reaches it through us.
 */
#ifndef NET_CHILD_H
#define NET_CHILD_H

#include <stdint.h>

struct buf;
struct fail;

/* Splits line; *argv_r is NULL-terminated, for child_free_argv().  0, or -1
 * with FAIL_CONFIG: an open quote, a backslash at the end, no program in it,
 * "~/" where no home is known. */
int child_split(const char *line, char ***argv_r, struct fail *f);
void child_free_argv(char **argv);

/* Runs argv (found by PATH) and appends its stdout to out.  0 after exit
 * status 0; -1: FAIL_AUTH when it cannot be run, fails, is killed, passes the
 * deadline (it is then killed with its process group) or fills out; FAIL_TEMP
 * when a signal asked us to stop; FAIL_OS where no process can be made.  What
 * it wrote until then is in out in each case.  A SIGCHLD that the caller
 * ignores does no harm; no other thread may wait for children. */
int child_read(
    char *const argv[], int64_t deadline, struct buf *out, struct fail *f);

#endif
