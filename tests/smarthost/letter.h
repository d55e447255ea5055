/*
 * A letter on its way to the disk, Maildir style: written to DIR/tmp, linked
 * to DIR/new/N once it is whole, with DIR/envelope/N beside it.  N counts
 * from 1 and goes on where an earlier run in the same directory ended.  Its
 * octets are kept as they are; what is unusual in them is counted on the way.
 */
#ifndef SMARTHOST_LETTER_H
#define SMARTHOST_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct letter;

/* Makes DIR and what is below it; 0, or -1 with errno. */
int letter_directories(const char *dir);

/* A letter without octets; NULL with errno.  discard: only its envelope will
 * be kept, for measurements that the disk has no part in. */
struct letter *letter_new(const char *dir, bool discard);

/* Forgets it and removes its file where it was not kept; accepts NULL. */
void letter_free(struct letter *l);

int letter_add(struct letter *l, const uint8_t *octets, size_t len);
uint64_t letter_size(const struct letter *l);

/* What a client that kept to the rules has none of: a phrase, or NULL. */
const char *letter_fault(const struct letter *l);
bool letter_is_8bit(const struct letter *l);

/*
 * Stores the letter, and envelope with what is known of the octets as lines
 * of key=value behind it: octets, sha256, longest, bare-cr, bare-lf, nul,
 * 8bit.  Its number, or -1 with errno.
 */
long letter_keep(struct letter *l, const struct buf *envelope);

#endif
