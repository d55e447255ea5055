/*
 * One client's session: what its handlers share.  Commands are rows
 * (session.c); AUTH and the mail transaction have files of their own.
 */
#ifndef SMARTHOST_SESSION_H
#define SMARTHOST_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "smarthost/flights.h"
#include "smarthost/host.h"
#include "smarthost/link.h"

struct letter;

enum {
	SESSION_LINE_MAX = 16384, /* an AUTH response may have 12288 */
	SESSION_RCPTS_MAX = 10000,
	SESSION_ENVELOPE_MAX = 4194304
};

struct session {
	const struct host *host;
	unsigned long number;
	enum host_kind kind;
	char peer[64]; /* the client's address; "" at a unix socket */
	struct link *link;
	struct flights flights;
	char line[SESSION_LINE_MAX]; /* the command, without its end */
	const char *group_end; /* the verb of the last command, where
	                                 nothing may stand behind it */
	char *ehlo; /* the client's words, NULL before */
	bool esmtp;
	char *user; /* NULL before AUTH */
	char *authorization;
	const char *mechanism;
	struct buf mail, rcpts; /* the envelope's lines */
	size_t rcpts_count;
	bool has_mail, is_utf8, is_8bit;
	struct letter *letter; /* between two chunks of BDAT */
	bool lost_letter; /* it could not be written, or refused */
	unsigned long letters, faults;
	bool over;
	enum link_end end;
	const char *ended;
};

/* Speaks with the client until the end.  fd is the session's. */
void session_run(
    const struct host *h, enum host_kind kind, int fd, unsigned long number);

/* Reads a line into s->line; false when there is none any more. */
bool session_line(struct session *s);

/*
 * A reply of one line: "250 2.1.0 text"; the enhanced code is left out where
 * it is not offered.
 */
void session_say(struct session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A reply as the tests want it; C-like \n begins a new line. */
void session_say_raw(struct session *s, const char *text);

/* The client broke a rule: reported and counted. */
void session_fault(struct session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False where policies held for earlier sessions only. */
bool session_is_ruled(const struct session *s);

/* What is to go wrong at this stage. */
enum host_action session_action(const struct session *s, enum host_stage stage);

/* Does it: true where that has dealt with the matter. */
bool session_policy(struct session *s, enum host_stage stage);

/* The connection is to be left. */
void session_leave(struct session *s, enum link_end end, const char *why);

/* True where AUTH is offered now. */
bool session_may_auth(const struct session *s);

/* auth.c: the AUTH command with what stood behind it. */
void session_auth(struct session *s, char *arguments);

/* transaction.c */
void session_mail(struct session *s, char *arguments);
void session_rcpt(struct session *s, char *arguments);
void session_data(struct session *s, char *arguments);
void session_bdat(struct session *s, char *arguments);
void session_forget(struct session *s); /* the transaction */

#endif
