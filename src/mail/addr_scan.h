/*
 * The tokens of RFC 5322 3.2 in a text that may be hostile: what
 * addr_parse.c's grammar is read from.  Of the files addr*.c only.
 */
#ifndef MAIL_ADDR_SCAN_H
#define MAIL_ADDR_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct addr_list;
struct fail;

/* Kinds of tokens; a special stands for itself. */
enum { TOKEN_END = 256, TOKEN_ATOM, TOKEN_QUOTED, TOKEN_LITERAL };

struct addr_scan {
	const char *text;
	size_t len, at;
	const char *where; /* names the text in errors */
	struct fail *f;
	size_t element; /* where the address that errors show begins */

	int token;
	size_t start, end; /* its text, without quotes or brackets */
};

/* One of the octets that have a meaning of their own, RFC 5322 3.2.3. */
bool addr_is_special(char c);

/* A blank, or an octet of a fold. */
bool addr_is_blank(char c);

/*
 * Looks at the whole text for control characters: all but a tab and the CRLF
 * of a fold are refused, so that those are blanks from then on.  0, or -1
 * with FAIL_DATA.
 */
int addr_scan_begin(struct addr_scan *s);

/* Reads the next token, passing over blanks and comments; the octets of an
 * atom are any but blanks and specials, 8-bit ones too.  0, or -1 with
 * FAIL_DATA where a quote, bracket or comment has no end. */
int addr_scan_next(struct addr_scan *s);

/* Where an address stands in the text: what is between two commas begins at
 * element, the addr-spec itself is the octets from start to end. */
struct addr_spot {
	size_t element, start, end;
};

/* A growing list of them; all zero is an empty one.  Its items are for
 * free(3). */
struct addr_spots {
	struct addr_spot *items;
	size_t count, room;
};

/* As addr_parse_names(), and tells where each address stands. */
int addr_parse_spots(struct addr_list *list, struct addr_spots *spots,
    const char *text, size_t len);

/* FAIL_DATA: where, why, and the text of the address that was being read;
 * returns -1. */
int addr_scan_refuse(const struct addr_scan *s, const char *why);

#endif
