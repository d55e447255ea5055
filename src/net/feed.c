#include <string.h>

#include "base/fail.h"
#include "base/store.h"
#include "net/feed.h"

enum { FEED_BLOCK = 32768 /* octets read from the store at a time */ };

void
feed_init(struct feed *feed, struct message *message, struct store *store)
{
	memset(feed, 0, sizeof(*feed));
	feed->message = message;
	feed->store = store;
	feed->body_at = message_body_start(message);
	buf_init(&feed->canonical, 2 * FEED_BLOCK + 4);
}

void
feed_free(struct feed *feed)
{
	buf_free(&feed->canonical);
}

/* Makes the next stretch of the body canonical, which may yield nothing (the
 * first half of a line end). */
static int
read_body(struct feed *feed, struct fail *f)
{
	uint64_t left = message_body_end(feed->message) - feed->body_at;
	size_t want = left < FEED_BLOCK ? (size_t)left : FEED_BLOCK;
	uint8_t scratch[FEED_BLOCK];
	const uint8_t *octets;
	long len;

	if (left == 0) {
		feed->finished = true;
		return message_body_finish(
		    feed->message, &feed->reader, &feed->canonical);
	}
	len = store_read(feed->store, feed->body_at, want, scratch, &octets, f);
	if (len < 0)
		return -1;
	if (len == 0)
		return fail_set(
		    f, FAIL_IO, "the copy of the letter has become shorter");
	feed->body_at += (uint64_t)len;
	/* There is room: the buffer was empty, and is twice a block. */
	return message_body(feed->message, &feed->reader, octets, (size_t)len,
	    &feed->canonical);
}

int
feed_next(
    struct feed *feed, const uint8_t **octets_r, size_t *len_r, struct fail *f)
{
	size_t header_len;
	const uint8_t *header = message_header(feed->message, &header_len);

	if (feed->header_at < header_len) {
		*octets_r = header + feed->header_at;
		*len_r = header_len - feed->header_at;
		return 1;
	}
	while (buf_len(&feed->canonical) == 0) {
		if (feed->finished)
			return 0;
		fail_set(f, FAIL_BUG, "no room for the letter's octets");
		if (read_body(feed, f) < 0)
			return -1;
	}
	*octets_r = buf_data(&feed->canonical);
	*len_r = buf_len(&feed->canonical);
	return 1;
}

void
feed_take(struct feed *feed, size_t len)
{
	size_t header_len;

	message_header(feed->message, &header_len);
	if (feed->header_at < header_len)
		feed->header_at += len;
	else
		buf_take(&feed->canonical, len);
	feed->taken += len;
}
