#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/store.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/needs.h"
#include "net/feed.h"
#include "tool/recode.h"

enum {
	RECODE_BLOCK = 32768, /* octets at a time */
	RECODE_OUT_MAX = MIME_GROWTH * RECODE_BLOCK + MIME_HELD_MAX
};

struct recoding {
	struct mime *mime;
	struct feed feed; /* the old letter */
	struct buf out; /* of the new one, not yet in the store */
	struct store *to;
	struct message *message; /* the new one */
};

/* The next octets of the old letter: 1, 0 at its end, or -1. */
static int
next_block(
    struct recoding *r, const uint8_t **octets_r, size_t *len_r, struct fail *f)
{
	int more = feed_next(&r->feed, octets_r, len_r, f);

	if (more == 1 && *len_r > RECODE_BLOCK)
		*len_r = RECODE_BLOCK;
	return more;
}

/* As mime_scan_end(). */
static int
learn(struct recoding *r, struct fail *f)
{
	const uint8_t *octets;
	size_t len;
	int more;

	while ((more = next_block(r, &octets, &len, f)) == 1) {
		if (mime_scan(r->mime, octets, len, f) != 0)
			return -1;
		feed_take(&r->feed, len);
	}
	return more == 0 ? mime_scan_end(r->mime, f) : -1;
}

static int
keep(struct recoding *r, struct fail *f)
{
	const uint8_t *octets = buf_data(&r->out);
	size_t len = buf_len(&r->out);

	if (store_add(r->to, octets, len, f) != 0 ||
	    message_scan(r->message, octets, len, f) != 0)
		return -1;
	buf_clear(&r->out);
	return 0;
}

static int
write_letter(struct recoding *r, struct fail *f)
{
	const uint8_t *octets;
	size_t len;
	int more;

	while ((more = next_block(r, &octets, &len, f)) == 1) {
		/* There is room: the buffer was empty, and is made for it. */
		if (mime_write(r->mime, octets, len, &r->out) != 0)
			return fail_set(f, FAIL_BUG, "no room to re-encode in");
		if (keep(r, f) != 0)
			return -1;
		feed_take(&r->feed, len);
	}
	if (more != 0)
		return -1;
	if (mime_write_end(r->mime, &r->out) != 0)
		return fail_set(f, FAIL_BUG, "no room to re-encode in");
	if (keep(r, f) != 0)
		return -1;
	return message_scan_end(r->message, f);
}

/* What must not go out must not be there any more. */
static int
check(const struct message *m, unsigned reasons, struct fail *f)
{
	if (message_needs(m) & reasons & NEEDS_MENDING)
		return fail_set(
		    f, FAIL_BUG, "the re-encoded letter cannot be sent either");
	return 1;
}

int
recode(struct message *message, struct store *from, unsigned reasons,
    struct store *to, struct message **message_r, struct fail *f)
{
	struct recoding r = { .to = to };
	int result;

	*message_r = NULL;
	r.mime = mime_new(reasons, message_body_line(message));
	feed_init(&r.feed, message, from);
	result = learn(&r, f);
	feed_free(&r.feed);
	if (result == 1) {
		feed_init(&r.feed, message, from);
		buf_init(&r.out, RECODE_OUT_MAX);
		r.message = message_new(true);
		result = write_letter(&r, f) == 0 ? check(r.message, reasons, f)
						  : -1;
		feed_free(&r.feed);
		buf_free(&r.out);
	}
	if (result == 1)
		*message_r = r.message;
	else
		message_free(r.message);
	mime_free(r.mime);
	return result;
}
