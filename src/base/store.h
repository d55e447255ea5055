/*
 * Octets at rest: the letter, copied from stdin before anything else happens,
 * so that a slow producer never holds a session open, the size is known, and
 * a second server can be tried.
 *
 * Kept in memory up to a limit, beyond that in an unlinked file; appended to,
 * then read at any offset, any number of times.  Knows nothing of mail.
 */
#ifndef BASE_STORE_H
#define BASE_STORE_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct store;

enum { STORE_MEMORY_MAX = 1024 * 1024 }; /* octets; the default limit */

/* An empty store; memory_max octets stay in memory, more goes to an unlinked
 * file (O_TMPFILE, else mkostemp and unlink; 0600, close-on-exec) in
 * directory, which is borrowed.  store_free() accepts NULL. */
struct store *store_new(size_t memory_max, const char *directory);
void store_free(struct store *s);

/* Appends; 0, or -1: disk full FAIL_TEMP, other errors FAIL_IO. */
int store_add(
    struct store *s, const void *octets, size_t len, struct fail *f);

/* Octets held. */
uint64_t store_size(const struct store *s);

/*
 * Borrows a view of up to len octets from offset: *octets_r points at them
 * (into the store's memory, or into scratch, which has room for len).
 * Returns how many (0 at the end), or -1 with FAIL_IO.
 */
long store_read(const struct store *s, uint64_t offset, size_t len,
    uint8_t *scratch, const uint8_t **octets_r, struct fail *f);

#endif
