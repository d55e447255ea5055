/*
 * Files whose words we obey or whose secret we use: a config, an alias file,
 * a password file.  One rule for all of them, asked of the open descriptor
 * (never of a path, which somebody could swap in between):
 *
 * a regular file, owned by the effective user or root (for root: by root),
 * that nobody else may write; and, where it holds a secret, nobody else may
 * read.  There is no exception for files that a container mounts: the advice
 * says how to mount them.  Symbolic links are followed; the owner of what
 * they lead to is what counts.
 */
#ifndef BASE_TRUSTED_H
#define BASE_TRUSTED_H

#include <stdbool.h>

struct fail;

enum { TRUSTED_REFUSED = -1, TRUSTED_MISSING = -2 };

/*
 * Opens path for reading (close-on-exec, never waits for a FIFO, never takes
 * a terminal) and applies the rule; secret: it is known to hold one.  The
 * descriptor, the caller's; or TRUSTED_REFUSED: FAIL_CONFIG with the command
 * that mends it as advice; or TRUSTED_MISSING: there is no such file,
 * FAIL_CONFIG in words, for the caller to judge.
 */
int trusted_open(const char *path, bool secret, struct fail *f);

/* For a credential that a service manager keeps for us as directory/name: a
 * directory of the user or root that others may not even look into, in it a
 * file that others may not read.  The group may read, since that is how an
 * access list for our user looks in a mode.  As trusted_open(). */
int trusted_open_credential(
    const char *directory, const char *name, struct fail *f);

/* For a file, opened so, in which a secret was found only while reading it:
 * 0, or -1 as TRUSTED_REFUSED. */
int trusted_with_secret(int fd, const char *path, struct fail *f);

#endif
