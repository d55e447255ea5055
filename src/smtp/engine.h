/*
 * The SMTP client as a pure state machine: octets in, octets out, events
 * pulled.  It owns no descriptor, no clock, no secret store; whoever drives it
 * (net/deliver, a test, a fuzzer) does the reading, writing, waiting and the
 * TLS handshake.  Every function is total: in any state, in any order.
 *
 *   loop: while the event is not ENGINE_NEED_INPUT, deal with it;
 *         write what engine_output() shows and tell engine_sent();
 *         read, and give what came to engine_input(), or engine_lost();
 *         engine_expired() when engine_deadline() seconds have passed since
 *         engine_progress() last changed.
 *
 * Commands written wait in a FIFO for their replies (RFC 2920), so lock-step,
 * pipelining and AUTH's rounds are one mechanism.  The rules it keeps, each
 * with its RFC clause, stand beside the code and in tests/talk/.
 */
#ifndef SMTP_ENGINE_H
#define SMTP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp/status.h"

struct caps;
struct engine;
struct envelope;
struct sasl_binding;
struct sasl_credential;
struct sasl_mechanism;

enum engine_tls {
	ENGINE_TLS_IMPLICIT, /* the link is protected before the greeting */
	ENGINE_TLS_STARTTLS, /* RFC 3207, or nothing is sent */
	ENGINE_TLS_NONE
};

enum engine_chunking {
	ENGINE_CHUNKING_NO, /* DATA */
	ENGINE_CHUNKING_YES, /* BDAT after the recipients' answers */
	ENGINE_CHUNKING_GROUPED /* BDAT in the recipients' group for letters up
	                           to ENGINE_GROUPED_MAX */
};

enum engine_recipients {
	ENGINE_RECIPIENTS_ANY, /* the letter goes to those accepted */
	ENGINE_RECIPIENTS_ALL /* one refusal and nobody gets it */
};

enum {
	ENGINE_GROUPED_MAX =
	    65536, /* octets of a letter that rides in a group */
	ENGINE_OUTPUT_MAX = 131072, /* octets waiting to be written, at most */
	ENGINE_BLOCK = 65536 /* octets of body per block deadline */
};

struct engine_params {
	const char *ehlo_name; /* a domain or address literal; borrowed, as
	                            everything here, until engine_free() */
	enum engine_tls tls;
	enum engine_chunking chunking;
	enum engine_recipients recipients;
	const char *auth; /* "off", "auto" or mechanism names */
	bool auth_unverified; /* AUTH also where the link is not verified */
	bool auth_pipelining; /* AUTH heads the first letter's group */
	unsigned timeout; /* seconds for every reply; 0: the RFC's own */
	bool transcript; /* tell ENGINE_TRANSCRIPT events at all */
};

enum engine_event_kind {
	ENGINE_NEED_INPUT, /* nothing to do until octets come or go */
	ENGINE_START_TLS, /* flush, shake hands, engine_tls_started() */
	ENGINE_NEED_CREDENTIAL, /* mechanism: engine_credential() */
	ENGINE_WANT_LETTER, /* engine_letter() or engine_quit() */
	ENGINE_WANT_7BIT, /* engine_recoded(): the letter has 8-bit octets and
	                     the server no 8BITMIME */
	ENGINE_WANT_BODY, /* engine_body() or engine_body_end() */
	ENGINE_RCPT, /* index, reply: an answer to RCPT; it means
	                           nothing with a verdict before STAGE_MAIL */
	ENGINE_VERDICT, /* verdict: of the letter, once per letter */
	ENGINE_TRANSCRIPT, /* from_server, line: printable, no secret */
	ENGINE_CLOSED /* the end: flush if told to, then close */
};

struct engine_event {
	enum engine_event_kind kind;
	size_t index; /* RCPT: the recipient */
	const struct sasl_mechanism *mechanism; /* NEED_CREDENTIAL */
	const struct reply *reply; /* RCPT: borrowed till the next call */
	const struct verdict *verdict; /* VERDICT: likewise */
	bool from_server; /* TRANSCRIPT */
	const char *line; /* TRANSCRIPT: likewise */
	bool flush; /* CLOSED: output is worth writing */
};

/* A session about to be spoken on a fresh connection.  verified: implicit TLS
 * was verified (ignored otherwise).  engine_free() accepts NULL. */
struct engine *engine_new(const struct engine_params *params, bool verified);
void engine_free(struct engine *e);

/* Octets from the server: how many were taken (all, unless it is closed). */
size_t engine_input(struct engine *e, const uint8_t *octets, size_t len);

/* The link is gone: end of file (why NULL), or what happened to it. */
void engine_lost(struct engine *e, const struct fail *why);

/* The octets to write now, borrowed until the next call of any other
 * function, and how many of them were written (TLS may keep them). */
const uint8_t *engine_output(const struct engine *e, size_t *len_r);
void engine_sent(struct engine *e, size_t len);

/* The next event.  NEED_INPUT, START_TLS, NEED_CREDENTIAL, WANT_* and CLOSED
 * come again until they are answered; the others come once. */
void engine_next(struct engine *e, struct engine_event *event_r);

/* The handshake is done; verified says whether the peer is who we wanted. */
void engine_tls_started(struct engine *e, bool verified);

/* What ties a login to the TLS link (copied), as soon as that stands: after
 * engine_new() with implicit TLS, after engine_tls_started() else. */
void engine_binding(struct engine *e, const struct sasl_binding *binding);

/* The credential (copied, wiped after AUTH), or NULL and why there is none. */
void engine_credential(
    struct engine *e, const struct sasl_credential *c, const struct fail *why);

/* The next letter (borrowed until its verdict).  May be given as soon as the
 * engine exists.  -1 while there is one already. */
int engine_letter(struct engine *e, const struct envelope *envelope);

/* The letter in seven bits (borrowed like the first, for the same recipients),
 * or NULL: it goes as it is, which servers take more often than not. */
void engine_recoded(struct engine *e, const struct envelope *envelope);

/* No further letter: QUIT and close. */
void engine_quit(struct engine *e);

/* Octets of the letter, canonical, header first: how many were taken (0 when
 * the output is full or none are wanted).  Then its end; octets must add up
 * to the envelope's size. */
size_t engine_body(struct engine *e, const uint8_t *octets, size_t len);
void engine_body_end(struct engine *e);

/* The letter cannot be read to its end: the transaction is given up without
 * completing it, and why becomes its verdict. */
void engine_body_failed(struct engine *e, const struct fail *why);

/* Seconds allowed for what is awaited now (0: nothing is), counted from the
 * last change of engine_progress(). */
unsigned engine_deadline(const struct engine *e);
unsigned engine_progress(const struct engine *e);
void engine_expired(struct engine *e);

/* What is being done, as a stage; the capabilities in force; the mechanism
 * that was used (NULL before AUTH succeeded). */
enum stage engine_stage(const struct engine *e);
const struct caps *engine_caps(const struct engine *e);
const char *engine_mechanism(const struct engine *e);

#endif
