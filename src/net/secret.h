/*
 * The secret, fetched when the engine really needs it and not before: from
 * password (in a private config), password-file, password-command,
 * password-credential (of the service manager), password-netrc or password-fd
 * (a descriptor that the caller gave us); or, where none is set, from whoever
 * sits at the terminal of a program that is called pneu.
 * Core dumps are turned off, and tracing by the same user, before it is read
 * (RLIMIT_CORE, PR_SET_DUMPABLE); it is a text of base/locked, which the
 * settings hold too where it is theirs, and is wiped by whoever frees it
 * last.
 */
#ifndef NET_SECRET_H
#define NET_SECRET_H

#include <stdint.h>

struct fail;
struct settings;

enum {
	SECRET_MAX = 65536, /* octets of a password or token */
	SECRET_COMMAND_SECONDS = 60 /* for a command or descriptor, at most */
};

/*
 * host: the server that asks, as the settings call it, for whom a netrc may
 * have a password.
 * *secret_r: the password, or exactly the first line of the file or the
 * command's output, without its line end (LF or CR LF); NUL-terminated; for
 * secret_free().  The command has until deadline (a moment of net/clock), but
 * never more than SECRET_COMMAND_SECONDS: somebody may have to answer it, and
 * a letter waits.  0, or -1: FAIL_AUTH (none configured, file or command gives
 * none or an empty line or one with a NUL, command fails, times out or writes
 * more than SECRET_MAX), FAIL_CONFIG (a file that is not safe, see
 * base/trusted, with what mends it; a command that cannot be split),
 * FAIL_TEMP, FAIL_OS as child_read().
 */
int secret_get(const struct settings *set, const char *host, int64_t deadline,
    char **secret_r, struct fail *f);

/* Wipes what can be had only once, and was kept for the next to ask. */
void secret_forget(void);

/* Wipes; accepts NULL. */
void secret_free(char *secret);

#endif
