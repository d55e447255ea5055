/*
 * The secret, fetched when the engine really needs it and not before: from
 * password (in a private config), password-file or password-command.
 * Core dumps are turned off, and tracing by the same user, before it is read
 * (RLIMIT_CORE, PR_SET_DUMPABLE); it is locked in memory where that is
 * allowed, and wiped by secret_free().
 */
#ifndef NET_SECRET_H
#define NET_SECRET_H

#include <stdint.h>

struct fail;
struct settings;

enum { SECRET_MAX = 65536 }; /* octets of a password or token */

/*
 * *secret_r: the first line of the file or of the command's output, without
 * its line end; NUL-terminated; for secret_free().  deadline is a moment of
 * net/clock.  0, or -1: FAIL_AUTH (none configured, file or command gives
 * none, command fails, times out or writes more than SECRET_MAX), FAIL_CONFIG
 * (a file others can read, with the chmod that mends it).
 */
int secret_get(const struct settings *set, int64_t deadline, char **secret_r,
    struct fail *f);
void secret_free(char *secret);

#endif
