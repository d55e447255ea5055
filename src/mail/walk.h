/*
 * A letter as a tree of entities (RFC 2046 5.1), in the order of its octets:
 * octets are pushed, cut anywhere, and pieces pulled.
 *
 *   entity    := HEADER ( *BODY | multipart ) CLOSE
 *   multipart := *BODY *( DELIMITER entity ) [ DELIMITER *BODY ]
 * Every octet is in one piece but for line ends, which ends stands for (and
 * "ends" of a HEADER for the blank line), so the pieces make up the letter
 * again.
 *
 * A boundary ends all that was begun inside of it, the outermost first; one
 * that never comes is no fault.  What begins like a boundary and goes on is
 * text.  message/rfc822 is not entered: a letter in the letter is its own.
 * Bounded: what is beyond the limits below is not taken apart, but octets of
 * whatever it is beyond them in.
 */
#ifndef MAIL_WALK_H
#define MAIL_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"

struct content;
struct walk;

enum {
	WALK_DEPTH_MAX = 20, /* multiparts in multiparts */
	WALK_ENTITIES_MAX = 10000, /* in a letter */
	WALK_HEADER_MAX = /* octets of one: a letter's, and what was added */
	MESSAGE_HEADER_MAX + 65536
};

enum walk_kind {
	WALK_HEADER, /* fields with CRLF line ends, without the blank line */
	WALK_BODY, /* octets of a line: of a leaf, or of a multipart around its
	              parts */
	WALK_DELIMITER, /* a whole line that holds a boundary of the entity */
	WALK_CLOSE /* the entity is over; no octets */
};

struct walk_piece {
	enum walk_kind kind;
	size_t entity; /* its number in order of appearance, from 0 */
	size_t parent; /* that of the multipart it is in; 0 for the letter */
	const struct content *content; /* of the entity; borrowed, as all */
	const uint8_t *octets;
	size_t len;
	bool ends; /* the line ends, or a blank line ends the header */
	uint64_t line; /* which of the letter's body it begins in, from 0 */
};

/* walk_free() accepts NULL. */
struct walk *walk_new(void);
void walk_free(struct walk *w);

/* Hands over the next octets, when all pieces of those before were pulled; and
 * after the last ones, that they end: a last line end is then supplied. */
void walk_feed(struct walk *w, const uint8_t *octets, size_t len);
void walk_feed_end(struct walk *w);

/* The next piece, borrowed until the next call; false when there is none until
 * more octets are handed over.  A piece has at most as many octets as were
 * handed over, or as WALK_HEADER_MAX and a line. */
bool walk_next(struct walk *w, struct walk_piece *piece_r);

#endif
