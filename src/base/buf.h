/*
 * A capped queue of octets: added at the end, taken from the front.
 *
 * Every growth in pneu has a cap that its owner names; here the cap is given
 * once and an addition that would pass it fails and changes nothing.  The
 * struct is open so that parsers can look at buf_data() without copying, but
 * only these functions change it.  A buffer that ever held a secret is told
 * so (secret = true) and wipes octets when they are taken, moved or freed.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *octets; /* owned; use buf_data() */
	size_t begin;    /* octets before this have been taken */
	size_t end;
	size_t room;
	size_t max;      /* the cap on the octets held */
	bool secret;     /* wipe what leaves */
};

/* An empty buffer that will hold at most max octets; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);

/* Releases (and, when secret, wipes) everything; b is empty and usable. */
void buf_free(struct buf *b);

/* The octets held, buf_len() of them; not NUL-terminated; borrowed until the
 * next change. */
const uint8_t *buf_data(const struct buf *b);
size_t buf_len(const struct buf *b);

/* How many octets may still be added. */
size_t buf_space(const struct buf *b);

/* Appends; 0, or -1 with nothing changed when the cap would be passed. */
int buf_add(struct buf *b, const void *octets, size_t len);
int buf_add_text(struct buf *b, const char *text);
int buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for len more octets, to be filled and then declared by buf_added();
 * NULL when the cap would be passed. */
uint8_t *buf_reserve(struct buf *b, size_t len);
void buf_added(struct buf *b, size_t len);

/* Takes len octets (at most buf_len()) from the front. */
void buf_take(struct buf *b, size_t len);

/* Takes everything. */
void buf_clear(struct buf *b);

/* A NUL-terminated copy of the octets, the caller's. */
char *buf_text(const struct buf *b);

#endif
