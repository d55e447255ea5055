/*
 * The letter's octets in their order on the wire: the edited header, then the
 * body made canonical block by block.  Can be started anew for another server.
 */
#ifndef NET_FEED_H
#define NET_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mail/message.h"

struct fail;
struct store;

struct feed {
	struct message *message; /* borrowed: scanned and edited */
	struct store *store; /* borrowed: what was scanned */
	size_t header_at; /* octets of the header taken */
	uint64_t body_at; /* stored octets made canonical, as an offset */
	struct message_reader reader;
	bool finished; /* the body's end has been made canonical */
	struct buf canonical; /* and not yet taken */
	uint64_t taken; /* octets in all */
};

/* From the letter's first octet; feed_free() leaves nothing to free. */
void feed_init(struct feed *feed, struct message *message, struct store *store);
void feed_free(struct feed *feed);

/* 1: *octets_r are the next ones, at least one, borrowed until the next call;
 * 0: there are no more; -1: they cannot be read (FAIL_IO). */
int feed_next(
    struct feed *feed, const uint8_t **octets_r, size_t *len_r, struct fail *f);

/* The first len of them were taken. */
void feed_take(struct feed *feed, size_t len);

#endif
