/*
 * What a failure means.  The rules stand in the order in which they are tried;
 * the first that fits decides.  They are policy and nothing else in pneu
 * repeats them: the engine reports what happened, this says which of
 * sysexits.h's numbers a script may act on.
 *
 * 75 is said if and only if trying again can help; every other number names
 * the thing to mend.
 */
#include <sysexits.h>

#include "smtp/status.h"

static const struct {
	const char *name;
	const char *phrase;
} stages[STAGE_COUNT] = {
	[STAGE_LOCAL] = { "local", "preparing" },
	[STAGE_NAME] = { "name", "looking up the host" },
	[STAGE_CONNECT] = { "connect", "connecting" },
	[STAGE_GREETING] = { "greeting", "waiting for the greeting" },
	[STAGE_EHLO] = { "ehlo", "saying EHLO" },
	[STAGE_STARTTLS] = { "starttls", "asking for TLS" },
	[STAGE_TLS] = { "tls", "setting up TLS" },
	[STAGE_AUTH] = { "auth", "logging in" },
	[STAGE_MAIL] = { "mail", "naming the sender" },
	[STAGE_RCPT] = { "rcpt", "naming the recipients" },
	[STAGE_DATA] = { "data", "asking to send the data" },
	[STAGE_BODY] = { "body", "sending the data" },
	[STAGE_END] = { "end", "sending the end of the data; the letter may be "
			       "delivered twice" },
};

const char *
stage_phrase(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? stages[stage].phrase : "";
}

const char *
stage_name(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? stages[stage].name : "";
}

void
verdict_taken(struct verdict *v, const struct reply *reply)
{
	verdict_reply(v, STAGE_END, reply);
	v->kind = VERDICT_TAKEN;
}

void
verdict_reply(struct verdict *v, enum stage stage, const struct reply *reply)
{
	struct verdict fresh = { .kind = VERDICT_REPLY, .stage = stage };

	reply_copy(&fresh.reply, reply);
	verdict_free(v);
	*v = fresh;
}

void
verdict_fail(struct verdict *v, enum stage stage, const struct fail *f)
{
	struct verdict fresh = { .kind = VERDICT_FAIL, .stage = stage };

	fresh.fail = *f;
	verdict_free(v);
	*v = fresh;
}

void
verdict_copy(struct verdict *to, const struct verdict *from)
{
	struct verdict fresh = *from;

	fresh.reply = (struct reply){ 0 };
	reply_copy(&fresh.reply, &from->reply);
	verdict_free(to);
	*to = fresh;
}

void
verdict_free(struct verdict *v)
{
	reply_free(&v->reply);
	*v = (struct verdict){ 0 };
}

bool
status_is_login(int code)
{
	return code == 432 || code == 530 || code == 534 || code == 535 ||
	       code == 538;
}

static bool
is_enhanced(const struct reply *r, int subject, int detail)
{
	return r->class != 0 && r->subject == subject && r->detail == detail;
}

/* Rule 3: can trying again help?  552 to RCPT is what servers said for "too
 * many recipients" before 452 was (RFC 5321 4.5.3.1.10). */
static bool
is_temporary(enum stage stage, const struct reply *r)
{
	if (reply_is_temporary(r))
		return true;
	return stage == STAGE_RCPT && r->code == 552 &&
	       (r->class == 0 || is_enhanced(r, 5, 3));
}

/* Rule 5: the enhanced code knows more than the code; 0 where it does not. */
static int
by_enhanced_code(const struct reply *r)
{
	static const struct {
		int subject, detail; /* detail -1: any other */
		int status;
	} rows[] = {
		{ 1, 7, EX_DATAERR }, /* bad sender's address, syntax */
		{ 1, 8, EX_DATAERR }, /* bad sender's system */
		{ 1, 2, EX_NOHOST }, /* bad destination system */
		{ 1, 10, EX_NOHOST }, /* null MX (RFC 7505) */
		{ 1, -1, EX_NOUSER }, /* bad destination mailbox */
		{ 2, 3, EX_DATAERR }, /* longer than the mailbox allows */
		{ 3, 4, EX_DATAERR }, /* too big for the system */
		{ 6, -1, EX_DATAERR }, /* content */
		{ 7, -1, EX_NOPERM }, /* security, policy */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (r->class != 0 && r->subject == rows[i].subject &&
		    (rows[i].detail == -1 || r->detail == rows[i].detail))
			return rows[i].status;
	return 0;
}

/* Rule 6: without an enhanced code, by what was asked; 0 where that does not
 * tell either. */
static int
by_command(enum stage stage, int code)
{
	static const struct {
		enum stage stage;
		int code;
		int status;
	} rows[] = {
		{ STAGE_RCPT, 550, EX_NOUSER },
		{ STAGE_RCPT, 551, EX_NOUSER },
		{ STAGE_RCPT, 553, EX_NOUSER },
		{ STAGE_MAIL, 552, EX_DATAERR },
		{ STAGE_BODY, 552, EX_DATAERR }, /* said before its end */
		{ STAGE_END, 552, EX_DATAERR },
		{ STAGE_MAIL, 501, EX_DATAERR },
		{ STAGE_MAIL, 553, EX_DATAERR },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (stage == rows[i].stage && code == rows[i].code)
			return rows[i].status;
	return 0;
}

static int
of_reply(enum stage stage, const struct reply *r)
{
	int status;

	/* 3. 4yz: trying again helps.  But 432 wants the password changed. */
	if (r->code == 432)
		return EX_NOPERM;
	if (is_temporary(stage, r))
		return EX_TEMPFAIL;
	/* 4. The login. */
	if (reply_is_permanent(r) &&
	    (stage == STAGE_AUTH || status_is_login(r->code)))
		return EX_NOPERM;
	/* 5. The enhanced code, where there is a letter to speak of. */
	if (reply_is_permanent(r) && stage >= STAGE_MAIL) {
		status = by_enhanced_code(r);
		/* 6. Without one. */
		if (r->class == 0)
			status = by_command(stage, r->code);
		if (status != 0)
			return status;
	}
	/* 7. Any other refusal, a greeting's too. */
	if (reply_is_permanent(r))
		return EX_UNAVAILABLE;
	/* 2., 8. 2yz or 3yz where it is none of the answers: the protocol is
	 * broken, and behind the last octet nobody knows what it means. */
	return stage == STAGE_END ? EX_TEMPFAIL : EX_PROTOCOL;
}

int
status_of(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_TAKEN:
		return EX_OK;
	case VERDICT_REPLY:
		return of_reply(v->stage, &v->reply);
	case VERDICT_FAIL:
		return status_of_fail(v->fail.kind);
	case VERDICT_NONE:
		break;
	}
	return EX_SOFTWARE;
}

/* Rules 1, 2, 4 and 8: no reply to judge. */
int
status_of_fail(enum fail_kind kind)
{
	static const int statuses[] = {
		[FAIL_NONE] = EX_SOFTWARE,
		[FAIL_USAGE] = EX_USAGE,
		[FAIL_DATA] = EX_DATAERR,
		[FAIL_NOINPUT] = EX_NOINPUT,
		[FAIL_NOUSER] = EX_NOUSER,
		[FAIL_NONAME] = EX_NOHOST,
		[FAIL_UNKNOWN] = EX_TEMPFAIL,
		[FAIL_TEMP] = EX_TEMPFAIL,
		[FAIL_PROTOCOL] = EX_PROTOCOL,
		[FAIL_TRUST] = EX_PROTOCOL,
		[FAIL_AUTH] = EX_NOPERM,
		[FAIL_CONFIG] = EX_CONFIG,
		[FAIL_OS] = EX_OSERR,
		[FAIL_CANTCREAT] = EX_CANTCREAT,
		[FAIL_IO] = EX_IOERR,
		[FAIL_SETID] = EX_NOPERM,
		[FAIL_BUG] = EX_SOFTWARE,
	};

	if ((unsigned)kind >= sizeof(statuses) / sizeof(statuses[0]))
		return EX_SOFTWARE;
	return statuses[kind];
}

/* Where a status stands among several: the lower, the worse.  Temporary comes
 * first because a duplicate is better than a loss; the rest is the order in
 * which the rules name them. */
static size_t
rank(int status)
{
	static const int order[] = { EX_TEMPFAIL, EX_USAGE, EX_DATAERR,
		EX_NOINPUT, EX_NOPERM, EX_NOHOST, EX_NOUSER, EX_UNAVAILABLE,
		EX_PROTOCOL, EX_OSERR, EX_CANTCREAT, EX_IOERR, EX_CONFIG };
	size_t i, count = sizeof(order) / sizeof(order[0]);

	for (i = 0; i < count && order[i] != status; i++)
		;
	/* EX_SOFTWARE and numbers that are none of ours, then success. */
	return status == EX_OK ? count + 1 : i;
}

int
status_worse(int a, int b)
{
	return rank(b) < rank(a) ? b : a;
}

/* Input that is wrong here and wrong everywhere. */
static bool
is_bad_input(enum fail_kind kind)
{
	return kind == FAIL_USAGE || kind == FAIL_DATA ||
	       kind == FAIL_NOINPUT || kind == FAIL_NOUSER;
}

bool
status_is_site(const struct verdict *v)
{
	if (v->kind == VERDICT_FAIL)
		/* A broken link or protocol, a disk error, our own bug: none
		 * of them is a reason to send the letter back. */
		return !is_bad_input(v->fail.kind) &&
		       v->fail.kind != FAIL_UNKNOWN && v->stage < STAGE_END;
	if (v->kind != VERDICT_REPLY)
		return false;
	return v->stage < STAGE_MAIL || v->reply.code == 530;
}

bool
status_may_move_on(const struct verdict *v)
{
	if (v->kind == VERDICT_REPLY && v->stage >= STAGE_MAIL)
		return v->reply.code == 421;
	if (v->kind == VERDICT_REPLY)
		/* The same account would be locked server by server. */
		return v->stage != STAGE_AUTH || !reply_is_permanent(&v->reply);
	if (v->kind != VERDICT_FAIL)
		return false;
	switch (v->fail.kind) {
	case FAIL_TEMP:
		return v->stage > STAGE_LOCAL && v->stage < STAGE_END;
	case FAIL_NONAME:
	case FAIL_PROTOCOL:
	case FAIL_TRUST:
		return v->stage < STAGE_MAIL;
	default:
		return false;
	}
}

const char *
status_name(int status)
{
	static const struct {
		int status;
		const char *name;
	} names[] = {
		{ EX_OK, "EX_OK" },
		{ EX_USAGE, "EX_USAGE" },
		{ EX_DATAERR, "EX_DATAERR" },
		{ EX_NOINPUT, "EX_NOINPUT" },
		{ EX_NOUSER, "EX_NOUSER" },
		{ EX_NOHOST, "EX_NOHOST" },
		{ EX_UNAVAILABLE, "EX_UNAVAILABLE" },
		{ EX_SOFTWARE, "EX_SOFTWARE" },
		{ EX_OSERR, "EX_OSERR" },
		{ EX_OSFILE, "EX_OSFILE" },
		{ EX_CANTCREAT, "EX_CANTCREAT" },
		{ EX_IOERR, "EX_IOERR" },
		{ EX_TEMPFAIL, "EX_TEMPFAIL" },
		{ EX_PROTOCOL, "EX_PROTOCOL" },
		{ EX_NOPERM, "EX_NOPERM" },
		{ EX_CONFIG, "EX_CONFIG" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return "";
}
