/*
 * The SMTP server of -bs as a pure state machine: octets in, octets out,
 * events pulled, as in smtp/engine.  It takes letters from one client and
 * knows nothing of what becomes of them; whoever drives it (tool/serve, a
 * test, a fuzzer) reads, writes, waits, keeps the letter, submits it, and
 * then says the answer.  Every function is total: in any state, in any order.
 *
 *   loop: while the event is not SERVER_NEED_INPUT, deal with it;
 *         write what server_output() shows and tell server_sent();
 *         read, and give what came to server_input(), or server_eof();
 *         server_expired() when server_deadline() seconds have passed since
 *         server_progress() last changed.
 *
 * One letter is LETTER_BEGINS, BODY as often as needed, and LETTER_ENDS, upon
 * which nothing more is read before server_answer(); or LETTER_DROPPED at any
 * moment before that, and then it was never sent.  Only CRLF "." CRLF ends
 * what follows DATA (RFC 5321 4.1.1.4): a bare LF or CR is content.
 */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct envelope_dsn;
struct server;

enum {
	SERVER_LINE_MAX = 2048, /* octets of a command and its line end: RFC
	                           5321's 512 and what extensions add */
	SERVER_NAME_MAX =
	    255, /* octets of what HELO says, RFC 5321 4.5.3.1.2 */
	SERVER_RECIPIENTS_MAX = 100000, /* of one letter; as ADDR_LIST_MAX */
	SERVER_ENVELOPE_MAX = 16 * 1024 * 1024, /* octets of one envelope */
	SERVER_ERRORS_MAX = 20, /* bad commands since the last letter taken */
	SERVER_INPUT_MAX = 65536, /* octets read and not yet dealt with */
	SERVER_OUTPUT_MAX = 65536, /* octets to be written */
	SERVER_ANSWER_MAX = 8192, /* octets of an answer's text, printable */
	SERVER_BLOCK = 65536 /* octets of a letter per deadline */
};

struct server_params {
	const char *name; /* this host's, for greeting and EHLO; borrowed until
	                       server_free() */
	uint64_t size; /* octets that a letter may have; 0: no limit */
};

struct server_letter {
	char *sender; /* a path as mail/addr makes it; "" is the null one, and
	                 a bare name may come bare, here and below */
	char **recipients; /* paths */
	struct envelope_dsn *dsn; /* one per recipient: what was said of reports
	                             (RFC 3461), checked and as it came */
	size_t count; /* at least 1 when it is told */
	uint64_t size; /* as declared by SIZE=; 0: not */
	bool is_8bit; /* BODY=8BITMIME */
	const char *ret; /* as struct envelope has it */
	char *envid; /* likewise */
};

enum server_event_kind {
	SERVER_NEED_INPUT, /* nothing to do until octets come or go */
	SERVER_LETTER_BEGINS, /* letter; server_answer() may refuse it now */
	SERVER_BODY, /* octets, len: of the letter, unstuffed, else as
	                     they came; server_answer() may refuse it now */
	SERVER_LETTER_ENDS, /* server_answer() */
	SERVER_LETTER_DROPPED, /* the letter that began will not be sent */
	SERVER_CLOSED /* the end: write the output, then close */
};

struct server_event {
	enum server_event_kind kind;
	const struct server_letter *letter; /* BEGINS: borrowed until the
	                                       answer, or until it is dropped */
	const uint8_t *octets; /* BODY: borrowed until the next call */
	size_t len;
	const char *why; /* CLOSED: what the client did wrong, a constant; NULL
	                    after QUIT and an end between letters */
};

struct server_reply {
	int code; /* 2yz, 4yz or 5yz; what is neither becomes 451 */
	const char *enhanced; /* "5.1.1"; NULL, or one that does not suit the
	                         code: "x.0.0" is said */
	const char *text; /* lines with LF between; any octets: it is made
	                     printable, broken and cut */
};

/* A session about to be spoken: the greeting is ready to be written.
 * server_free() accepts NULL. */
struct server *server_new(const struct server_params *params);
void server_free(struct server *s);

/* Octets from the client: how many were taken (fewer when SERVER_INPUT_MAX of
 * them wait, none once it is closed).  Then their end. */
size_t server_input(struct server *s, const uint8_t *octets, size_t len);
void server_eof(struct server *s);

/* The octets to write now, borrowed until the next call of any other
 * function, and how many of them were written. */
const uint8_t *server_output(const struct server *s, size_t *len_r);
void server_sent(struct server *s, size_t len);

/* The next event.  NEED_INPUT, LETTER_ENDS and CLOSED come again until things
 * have changed; the others come once. */
void server_next(struct server *s, struct server_event *event_r);

/*
 * The answer to the letter (reply is copied), which is over with it.  A
 * refusal may come early, from LETTER_BEGINS on: what is still to come of the
 * letter is then read and thrown away before it is said.  Ignored while no
 * letter is told, and before its end when it is no refusal.
 */
void server_answer(struct server *s, const struct server_reply *reply);

/* Seconds allowed for what is awaited now (0: it is not the client's turn),
 * counted from the last change of server_progress(). */
unsigned server_deadline(const struct server *s);
unsigned server_progress(const struct server *s);
void server_expired(struct server *s);

/* We are asked to stop: 421, unless the letter's answer is awaited. */
void server_stop(struct server *s);

/* What the client calls itself ("" before HELO), in the characters of a domain
 * or an address literal, else "unknown"; and whether by EHLO. */
const char *server_client(const struct server *s);
bool server_is_extended(const struct server *s);

#endif
