/*
 * What smtp/engine.c (the edges: octets, time), smtp/engine_events.c (what is
 * told, how a session ends) and smtp/engine_steps.c (what each command writes
 * and what its answer means)
 * share.  Nobody else includes it.
 */
#ifndef SMTP_ENGINE_PRIVATE_H
#define SMTP_ENGINE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "smtp/body.h"
#include "smtp/caps.h"
#include "smtp/engine.h"
#include "smtp/reply.h"
#include "smtp/sasl.h"
#include "smtp/status.h"

/*
 * Where the writing side stands.  The first group are commands: rows of the
 * table in engine_steps.c, written as soon as that is allowed.  The second
 * are passive: something else must happen first.
 */
enum step {
	STEP_GREETING, /* written by nobody, but answered */
	STEP_EHLO,
	STEP_STARTTLS,
	STEP_AUTH,
	STEP_RESPONSE, /* AUTH's further rounds */
	STEP_CANCEL, /* "*", RFC 4954 section 4 */
	STEP_RSET,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_BDAT,
	STEP_DOT, /* the lone dot of RFC 2920 3.1 */
	STEP_END, /* the letter's last octet: written by the body */
	STEP_COMMANDS,

	STEP_WAIT = STEP_COMMANDS, /* replies must come first */
	STEP_TLS, /* the driver shakes hands */
	STEP_CREDENTIAL, /* the driver fetches the secret */
	STEP_READY, /* a letter is wanted */
	STEP_RECODE, /* seven bits are wanted of it */
	STEP_BODY, /* the letter's octets are wanted */
	STEP_CLOSED,
	STEP_SAME /* only returned: stay where we are */
};

/* A reply that is owed to us. */
struct expect {
	enum step step;
	size_t index; /* RCPT: which */
	uint64_t at; /* e->sent from which on it has been asked for; END's is
	                 UINT64_MAX until the letter's end is written */
};

struct engine;

struct step_row {
	enum stage stage;
	unsigned seconds; /* RFC 5321 4.5.3.2, or in its spirit */
	bool ends_group; /* RFC 2920 3.1: nothing may follow unanswered */
	enum step (*write)(struct engine *e);
	enum step (*reply)(
	    struct engine *e, const struct expect *x, const struct reply *r);
};

extern const struct step_row engine_steps[STEP_COMMANDS];

/* One letter's way. */
struct transaction {
	size_t next; /* recipient to be written next */
	size_t answered;
	size_t accepted;
	struct verdict held; /* a refusal of AUTH or MAIL, or the first of a
	                        recipient: the verdict unless it is taken */
	bool grouped; /* the letter rode in the recipients' group */
	bool chunked; /* BDAT: no transparency */
	struct body body;
	uint64_t octets; /* of the letter written so far */
	bool complete; /* all octets are here, their end is to be written */
	uint64_t end_at; /* e->sent from which on it is out; 0: not written */
	bool early; /* its answer had begun before it was out */
};

struct pending; /* an event that waits to be pulled */

struct engine {
	struct engine_params params;
	bool link_protected;
	bool link_verified;
	bool authenticated;
	struct caps caps;

	enum step step;
	bool group_ended; /* nothing more may be written before it is empty: */
	struct expect *fifo;
	size_t fifo_first, fifo_count, fifo_room;

	struct buf out;
	uint64_t sent; /* octets ever given to the link */
	unsigned progress;
	bool flush;

	struct reply_parser parser;
	struct pending *events, **events_end, *told;

	struct sasl_binding binding; /* name NULL: the link has none */
	struct buf bound; /* its octets */
	const struct sasl_mechanism *mechanism;
	struct sasl_exchange *exchange; /* until AUTH is over */
	struct buf response; /* raw, waiting for STEP_RESPONSE; secret */
	bool held; /* it is the initial one, and waits for a 334 */
	char *heard; /* the text of a 334 or 235 as it came; secret */
	struct fail why; /* the exchange is cancelled */

	const struct envelope *letter;
	bool settled; /* whether it is to be recoded has been answered */
	bool letters_end; /* engine_quit() was called */
	bool open; /* a transaction was begun and not ended */
	struct transaction tx;
	struct verdict last; /* why it closed, for a letter that comes late */
};

/* Octets appended to the output so far, sent or not. */
uint64_t engine_written(const struct engine *e);

/* Expects a reply to what is now written; the row may be completed until the
 * next call. */
struct expect *engine_expect(struct engine *e, enum step step);

/* Writes a command line (CRLF is added) and expects its reply; the transcript
 * shows shown, or the line itself where that is NULL. */
struct expect *engine_say(
    struct engine *e, enum step step, const char *line, const char *shown);

/* A line for the transcript: printable copy, nothing if nobody listens. */
void engine_tell(struct engine *e, bool from_server, const char *line);

/* A reply, for the transcript. */
void engine_tell_reply(struct engine *e, const struct reply *r);

/* Tells an answer to RCPT. */
void engine_tell_rcpt(struct engine *e, size_t index, const struct reply *r);

/* The next event that was told: true, and it is borrowed until the next call;
 * engine_free_events() drops them all. */
bool engine_pull_event(struct engine *e, struct engine_event *event_r);
void engine_free_events(struct engine *e);

/* Writes QUIT, whose answer nobody waits for. */
void engine_write_quit(struct engine *e);

/* The letter is over: tells the verdict (copied). */
void engine_finish(struct engine *e, const struct verdict *v);

/*
 * The session is over by what a reply said: the letter's verdict is v, unless
 * a refusal that came before decides.  QUIT is said where polite.
 */
enum step engine_refused(
    struct engine *e, const struct verdict *v, bool polite);

/* The session is over without a reply to judge: unknown where the letter is
 * out, else a refusal that came before, else kind and words. */
enum step engine_broken(struct engine *e, enum stage stage, enum fail_kind kind,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
enum step engine_broken_by(
    struct engine *e, enum stage stage, const struct fail *why);

/* True where no recipient can be reached by this transaction any more. */
bool engine_nobody_stands(const struct engine *e);

/* True from the moment in which the letter's last octet was given to the link
 * until its verdict. */
bool engine_is_out(const struct engine *e);

/* A server may repeat what it was given, as it came or in base64: what
 * the mechanism has to say never leaves the engine in a reply.  What the
 * mechanism has to hear is kept first, as it came. */
void engine_redact(struct engine *e, struct reply *r);

/* What AUTH can be chosen from. */
struct sasl_offer engine_offer(const struct engine *e);

/* Forgets and wipes the credential. */
void engine_forget_credential(struct engine *e);

/* True where the server has not said that the letter is too large for it. */
bool engine_fits(const struct engine *e);

/* The step with which a session that may take a letter goes on. */
enum step engine_ready(struct engine *e);

#endif
