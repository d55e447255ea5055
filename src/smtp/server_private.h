/*
 * What smtp/server.c (the edges: octets, events, time), server_commands.c
 * (what each command means) and server_say.c (replies as octets) share.
 * Nobody else includes it.
 */
#ifndef SMTP_SERVER_PRIVATE_H
#define SMTP_SERVER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "smtp/server.h"

enum {
	SERVER_ENHANCED_MAX = 12, /* "5.255.255" and a NUL */
	SERVER_REPLY_ROOM = 16384 /* the longest answer fits */
};

enum server_state {
	SERVER_COMMAND, /* a command line is wanted */
	SERVER_DATA_BEGINS, /* 354 follows, unless the letter is refused */
	SERVER_DATA, /* the letter, up to CRLF "." CRLF */
	SERVER_CHUNK, /* chunk_left octets of it */
	SERVER_ANSWER, /* it is complete and the driver's answer awaited */
	SERVER_OVER
};

/* What came last of the letter; the command line counts as CRLF. */
enum server_line {
	SERVER_INSIDE,
	SERVER_BEHIND_CR,
	SERVER_BEHIND_LF, /* a bare one */
	SERVER_BEHIND_CRLF
};

/* The refusal of a letter that is still coming in. */
struct server_held {
	int code; /* 0: none */
	char enhanced[SERVER_ENHANCED_MAX];
	char *text;
};

struct server {
	struct server_params params;
	enum server_state state;
	struct buf in, out;
	size_t lent; /* octets at the front of in that BODY told */
	bool ended; /* nothing comes behind what is in in */
	unsigned progress;
	const char *why; /* OVER: see struct server_event */

	bool spoken; /* the first octet was seen */
	bool skipping; /* a command line that is too long */
	bool data_refused; /* what comes next may be a letter */
	bool stopping;
	unsigned errors;
	char client[SERVER_NAME_MAX + 1];
	bool extended;

	bool open; /* MAIL was accepted: there is a letter */
	struct server_letter letter;
	char **originals; /* owned: those to which letter.dsn points */
	size_t room; /* of these arrays */
	size_t envelope; /* octets of it */
	bool chunked; /* BDAT began it */
	uint64_t octets; /* of its content so far */
	bool tell_begins, tell_dropped; /* events to be pulled */
	bool told; /* it was told that it begins, and not how it ended */
	struct server_held held;

	enum server_line line; /* DATA */
	uint64_t chunk_left;
	bool chunk_last;
};

/* Appends a reply: lines of text with the codes before each (RFC 2034 4);
 * enhanced may be NULL. */
void server_say(
    struct server *s, int code, const char *enhanced, const char *text);

/* The same for a command that was wrong; too many of those end the session. */
void server_complain(
    struct server *s, int code, const char *enhanced, const char *text);

/* 500, for a line that is no command: behind a refused DATA it is the letter,
 * and the session is over. */
void server_no_command(
    struct server *s, const char *enhanced, const char *text);

/* Keeps a refusal for the end of the letter that is coming in. */
void server_hold(
    struct server *s, int code, const char *enhanced, const char *text);

/* Says it. */
void server_say_held(struct server *s);
void server_drop_held(struct server *s);

/* The letter is over, as something that was answered or as something that
 * will never be sent. */
void server_end_letter(struct server *s);
void server_drop_letter(struct server *s);

/* The session is over; hanging up says 421 first, why is a constant. */
void server_close(struct server *s, const char *why);
void server_hang_up(struct server *s, const char *enhanced, const char *why);

/* Obeys a command line, which is without its end and holds no control
 * character but tabs. */
void server_command(struct server *s, char *line);

#endif
