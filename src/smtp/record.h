/*
 * What became of a submission, as a value and as words: the log record, and
 * the lines that a person reads.  Filled by net/deliver (verdicts, what was
 * seen of the server) and tool/ (profile, Message-ID, status).
 */
#ifndef SMTP_RECORD_H
#define SMTP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp/status.h"

struct buf;
struct envelope;

enum {
	RECORD_NOTES_MAX = 8,
	RECORD_MAX = 65536,      /* a cap for the buffer of either form */
	RECORD_LINE_MAX = 496,   /* of a line for people, its LF included: with
	                            the program's name it stays below 512 */
	RECORD_LOGFMT_MAX = 8192,
	RECORD_REFUSALS_MAX = 20 /* told one by one; the rest are counted */
};

struct record {
	const struct envelope *envelope; /* borrowed; NULL: none yet */
	struct verdict letter;           /* of everybody without a refusal */
	struct verdict *refused; /* owned; one per recipient, VERDICT_NONE where
	                            RCPT was accepted or never answered */
	size_t count;            /* of refused; the envelope may be gone when
	                            the record is freed */
	char *server;            /* owned, "host:port" or a socket's path; the
	                            last one tried */
	char *address;           /* owned: the numeric address */
	char *tls;               /* owned: "TLS1.3 AES-256-GCM", or NULL */
	char *mechanism;         /* owned: "PLAIN", or NULL */
	char *kept; /* owned: the file in which it was kept, or NULL */
	char *message_id;        /* owned: with <>, or NULL */
	const char *profile;     /* borrowed */
	const char *notes[RECORD_NOTES_MAX]; /* borrowed constants: what was
	                            accepted and ignored, octets cut by a dot */
	int64_t milliseconds;    /* from connect to verdict */
	int status;              /* the exit status */
};

void record_init(struct record *r);
void record_free(struct record *r);

/* Sizes the table of refusals for the envelope (borrowed until the record has
 * been told); what stood there is forgotten. */
void record_set_envelope(struct record *r, const struct envelope *e);

/* Adds a note; a note that is there already or does not fit is dropped. */
void record_note(struct record *r, const char *note);

/* The exit status of what is in r: one function of the letter's verdict, where
 * it concerns anybody, and all refusals (see smtp/status). */
int record_status(const struct record *r);

/* What became of recipient number index: its refusal, else the letter's. */
const struct verdict *record_verdict(const struct record *r, size_t index);

/*
 * Appends the words for people: nothing on success; else one line for each
 * thing that failed ("smtp.example.org:465: RCPT <a@b>: 550 5.1.1 no such
 * user"), in a mixed outcome one that says how many were served (and would be
 * reached twice by trying again), and at most one of advice.  Each line ends
 * in LF and has no program name; lines are printable, at most RECORD_LINE_MAX
 * octets; past RECORD_REFUSALS_MAX refusals the rest are counted.
 */
void record_words(const struct record *r, struct buf *out);

/* Appends the log record: one line of logfmt (key=value, values quoted where
 * needed, in quotes a backslash before '"' and '\\'), printable, without a
 * line end, at most RECORD_LOGFMT_MAX octets.  Keys: host address tls auth from
 * to recipients size message-id profile status stage code text refused ms
 * notes; what is not known is left out. */
void record_logfmt(const struct record *r, struct buf *out);

#endif
