/*
 * A reply as a value, and a parser that can stop at any octet.
 *
 *   Reply-line = *( Reply-code "-" [ textstring ] CRLF )
 *                Reply-code [ SP [ textstring ] ] CRLF     RFC 5321 4.2
 *   Reply-code = %x32-35 %x30-35 %x30-39
 *
 * A second digit over 5 is taken too: the first one is what a client acts on
 * (4.2.1), and a letter taken with 299 has been taken.
 * The codes of all lines must agree (4.2.1).  Lines may end in a bare LF; it
 * is the same everywhere.  A line of only three digits ends a reply.  Anything
 * else, a first digit of 1, a line or a reply over its cap is malformed: the
 * parser then stays in that state.
 * The enhanced code (RFC 2034, 3463) is read from the first line, only when
 * its class agrees with the code's first digit; otherwise there is none.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	REPLY_LINE_MAX = 16384,   /* octets with the line end; an AUTH
	                             challenge may have 12288 (RFC 4954 4) */
	REPLY_TEXT_MAX = 131072,  /* octets of all lines of a reply */
	REPLY_LINES_MAX = 1024,
	REPLY_WORDS_MAX = 4096    /* characters of reply_words() and a NUL */
};

struct reply {
	int code;                          /* 200 to 599 */
	int class, subject, detail;        /* enhanced code; class 0: none */
	char *text; /* owned: the lines' texts (with the enhanced code), joined
	               by LF; raw octets, a NUL in them shown as '?' */
};

/* Makes to, which must be a reply (an all-zero one is empty; what it held is
 * freed), a copy of from. */
void reply_copy(struct reply *to, const struct reply *from);
void reply_free(struct reply *r); /* leaves an empty one */

bool reply_is_success(const struct reply *r);   /* 2yz */
bool reply_is_temporary(const struct reply *r); /* 4yz */
bool reply_is_permanent(const struct reply *r); /* 5yz */

/* One printable line for people: "550 5.1.1 no such user" (lines joined by a
 * blank, repeated enhanced codes dropped, cut after REPLY_WORDS_MAX); the
 * caller's. */
char *reply_words(const struct reply *r);

struct reply_parser {
	struct buf line; /* the octets of the line being read */
	struct buf text;
	int code;
	unsigned lines;
	const char *bad; /* what was wrong, once something was; constant */
};

void reply_parser_init(struct reply_parser *p);
void reply_parser_free(struct reply_parser *p);

/* True when an unfinished reply is held: octets came, its end did not. */
bool reply_parser_is_inside(const struct reply_parser *p);

/*
 * Reads octets up to the end of one reply.  *used_r says how many were taken.
 * 1: reply_r (empty before) is filled and the parser ready for the next one;
 * 0: all taken, more needed; -1: malformed, *why_r says how ("codes differ
 * between lines"), now and at each further call.  What is wrong with a line's
 * first four octets is found without waiting for its end.
 */
int reply_parse(struct reply_parser *p, const uint8_t *octets, size_t len,
    size_t *used_r, struct reply *reply_r, const char **why_r);

#endif
