/*
 * Where the user is at home: what $HOME says, else the password database.
 * For uid 0 only the database, since sudo and su may leave another user's
 * HOME to root, and root would then obey that user's files.
 */
#ifndef BASE_HOME_H
#define BASE_HOME_H

/* The home directory, an absolute path, the caller's; NULL: none is known. */
char *home_directory(void);

/* A copy of path, the caller's, in which a leading "~/" is the home
 * directory; NULL where that is asked for and none is known. */
char *home_expand(const char *path);

#endif
