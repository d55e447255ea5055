/*
 * Allocation that does not fail.
 *
 * A program that lives for one letter has nothing better to do without memory
 * than to say so and leave: these functions end it with EX_OSERR (71), which
 * is why nothing above checks for NULL.  Everything returned is the caller's,
 * for free(3) where nothing else is said.  A size of 0 yields a pointer that
 * may be freed.
 */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);

/* As xmalloc, every octet zero; ends the program if count * size overflows. */
void *xcalloc(size_t count, size_t size);

/* Resizes old (or NULL) to count * size octets; an overflow ends the
 * program. */
void *xreallocarray(void *old, size_t count, size_t size);

/* Pages that hold nothing else, every octet zero; for munmap(2). */
void *xmap(size_t size);

char *xstrdup(const char *text);

/* A NUL-terminated copy of at most len octets of text, ending at a NUL. */
char *xstrndup(const char *text, size_t len);

/* printf into new memory. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
