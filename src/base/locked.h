/*
 * A secret text at rest: in pages of its own that are not swapped out (where
 * locking is allowed) nor dumped, once however many hold it, and wiped when
 * the last of them lets go.
 */
#ifndef BASE_LOCKED_H
#define BASE_LOCKED_H

#include <stddef.h>

/* A NUL-terminated copy with one holder, for locked_free(). */
char *locked_new(const void *octets, size_t len);

/* The same text for one holder more; each ends with locked_free(). */
char *locked_share(char *text);

/* Wipes where nobody else holds it; accepts NULL. */
void locked_free(char *text);

#endif
