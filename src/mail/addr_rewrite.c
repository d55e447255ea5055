/*
 * Other addresses in a header field that remains what it was.
 *
 * Only the octets of an addr-spec are exchanged; comments within one go with
 * it.  A longer address makes a longer line, and lines have an end (RFC 5322
 * 2.1.1), so an address that would pass it goes to a line of its own: folding
 * white space may stand before any address of a list (3.2.2).
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mail/addr.h"
#include "mail/addr_scan.h"

struct rewriting {
	const char *text;
	size_t len, at; /* what is before at has been copied */
	struct buf out;
	size_t column; /* octets of the last line of out */
};

static void
add(struct rewriting *r, const char *octets, size_t len)
{
	buf_add(&r->out, octets, len);
	r->column += len;
	for (size_t i = len; i > 0; i--)
		if (octets[i - 1] == '\n') {
			r->column = len - i;
			break;
		}
}

static void
copy_to(struct rewriting *r, size_t place)
{
	add(r, r->text + r->at, place - r->at);
	r->at = place;
}

/* The octets from here to the end of the line, or to where the next address
 * begins. */
static size_t
rest_of_line(const struct rewriting *r, size_t from, size_t next)
{
	const char *end = memchr(r->text + from, '\n', next - from);

	return end != NULL ? (size_t)(end - (r->text + from)) : next - from;
}

/* One address, up to where the next begins. */
static void
rewrite(struct rewriting *r, const struct addr_spot *spot, const char *to,
    size_t next)
{
	size_t more = rest_of_line(r, spot->element, next);

	if (to != NULL)
		more = spot->start - spot->element + strlen(to) +
		       rest_of_line(r, spot->end, next);
	copy_to(r, spot->element);
	/* A line of a single blank would be none (RFC 5322 4.2). */
	if (r->column > 1 && r->column + more > ADDR_LINE_MAX)
		add(r, "\r\n ", 3);
	if (to == NULL)
		return;
	copy_to(r, spot->start);
	add(r, to, strlen(to));
	r->at = spot->end;
}

char *
addr_rewrite(const char *text, size_t len, char *const *to, size_t count)
{
	struct rewriting r = { .text = text, .len = len };
	struct addr_spots spots = { NULL, 0, 0 };
	struct addr_list list;
	char *result = NULL;

	addr_list_init(&list);
	/* No cap is needed: as long as what we were given. */
	buf_init(&r.out, SIZE_MAX / 2);
	if (addr_parse_spots(&list, &spots, text, len) != 0 ||
	    spots.count != count)
		goto out;
	for (size_t i = 0; i < count; i++)
		rewrite(&r, &spots.items[i], to[i],
		    i + 1 < count ? spots.items[i + 1].element : len);
	copy_to(&r, len);
	result = buf_text(&r.out);
out:
	buf_free(&r.out);
	addr_list_free(&list);
	free(spots.items);
	return result;
}
