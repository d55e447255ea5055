/*
 * What a failure means: the one place that turns what happened into one of
 * sysexits.h's numbers.  The rules are numbered in the body of status.c in the
 * order in which they are tried, and the table test walks them all.
 */
#ifndef SMTP_STATUS_H
#define SMTP_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "smtp/reply.h"

/* How far a submission had come.  What lies before STAGE_MAIL is the site's
 * business, the rest the letter's own. */
enum stage {
	STAGE_LOCAL,    /* before any connection: settings, letter, secret */
	STAGE_NAME,     /* looking up the host */
	STAGE_CONNECT,
	STAGE_GREETING,
	STAGE_EHLO,
	STAGE_STARTTLS, /* the command and its answer */
	STAGE_TLS,      /* the handshake, the certificate */
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,     /* the DATA command and its answer */
	STAGE_BODY,     /* sending the letter, a BDAT chunk but the last */
	STAGE_END,      /* from the last octet of the letter to its answer */
	STAGE_COUNT
};

/* The stage in words for people and as a name for records: "sending the end
 * of the data; the letter may be delivered twice", "end". */
const char *stage_phrase(enum stage stage);
const char *stage_name(enum stage stage);

enum verdict_kind {
	VERDICT_NONE,  /* nothing yet */
	VERDICT_TAKEN, /* the server took responsibility; reply says so */
	VERDICT_REPLY, /* a reply decided otherwise */
	VERDICT_FAIL   /* no reply to judge: fail (FAIL_UNKNOWN among them) */
};

/* What became of a letter, or of one recipient of it. */
struct verdict {
	enum verdict_kind kind;
	enum stage stage;
	struct reply reply; /* owned; with TAKEN and REPLY */
	struct fail fail;   /* with FAIL; with REPLY only its advice counts */
};

/* Each of these makes v (to) anew and frees what it held: it must be a verdict
 * already, and an all-zero one is VERDICT_NONE. */
void verdict_taken(struct verdict *v, const struct reply *reply);
void verdict_reply(
    struct verdict *v, enum stage stage, const struct reply *reply);
void verdict_fail(struct verdict *v, enum stage stage, const struct fail *f);
void verdict_copy(struct verdict *to, const struct verdict *from);
void verdict_free(struct verdict *v); /* leaves VERDICT_NONE */

/* True for the codes that speak of the account, whatever was asked. */
bool status_is_login(int code);

/* The exit status that a verdict alone would give; 0 for TAKEN, EX_SOFTWARE
 * for NONE. */
int status_of(const struct verdict *v);

/* The same for a failure without a verdict. */
int status_of_fail(enum fail_kind kind);

/* The status of several: temporary outranks permanent, permanent ones rank in
 * the order of the rules, anything outranks 0. */
int status_worse(int a, int b);

/* True where the failure is the site's and not the letter's own: everything
 * before MAIL, 530 anywhere, and before the letter's last octet whatever is
 * no reply: a lost link, a broken protocol, a local error (the last is for a
 * queue; FAIL_USAGE, FAIL_DATA, FAIL_NOINPUT and FAIL_NOUSER never are). */
bool status_is_site(const struct verdict *v);

/* True where another address or host may be tried for the same letter: any
 * failure of the server or of the way to it but AUTH 5yz and FAIL_AUTH (no
 * secret, no mechanism: the same everywhere); from MAIL on only 421 and a link
 * lost before the letter's last octet. */
bool status_may_move_on(const struct verdict *v);

/* "EX_TEMPFAIL" for 75; "" for a number sysexits.h does not have. */
const char *status_name(int status);

#endif
