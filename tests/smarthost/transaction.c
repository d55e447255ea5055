/*
 * MAIL, RCPT, and the letter by DATA (RFC 5321 4.1.1.4) or BDAT (RFC 3030).
 */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smarthost/letter.h"
#include "smarthost/session.h"
#include "smarthost/syntax.h"
#include "smarthost/unstuff.h"

void
session_forget(struct session *s)
{
	buf_clear(&s->mail);
	buf_clear(&s->rcpts);
	s->rcpts_count = 0;
	s->has_mail = s->is_utf8 = s->is_8bit = s->lost_letter = false;
	letter_free(s->letter);
	s->letter = NULL;
}

/* The row of a refusal that fits, where policies hold. */
static const char *
refusal_of(const struct session *s, const struct host_refusal *rows,
    size_t count, const char *path)
{
	if (!session_is_ruled(s))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (fnmatch(rows[i].pattern, path, 0) == 0)
			return rows[i].text;
	return NULL;
}

/* What keeps a session from MAIL, but for the command itself. */
static const char *
bar_mail(const struct session *s)
{
	bool clear = strcmp(link_tls(s->link), "none") == 0;
	enum host_auth auth = s->host->auth;

	if (s->ehlo == NULL)
		return "503 5.5.1 EHLO first";
	if (s->has_mail)
		return "503 5.5.1 there is a sender already";
	if (s->kind == HOST_ON_STARTTLS && clear &&
	    (s->host->extensions & HOST_STARTTLS) != 0)
		return "530 5.7.0 STARTTLS first";
	if (s->user == NULL && (s->host->extensions & HOST_AUTH) != 0 &&
	    (auth == HOST_AUTH_ALWAYS || (auth == HOST_AUTH_TLS && !clear)))
		return "530 5.7.0 authenticate first";
	return NULL;
}

/* A reply that tells of the client's mistake. */
static void
scold(struct session *s, const char *verb, const char *reply)
{
	session_fault(s, "%s: %s", verb, reply);
	session_say(s, "%s", reply);
}

static unsigned
offered(const struct session *s)
{
	return s->esmtp ? s->host->extensions : 0;
}

/* In a group behind AUTH, a refused AUTH makes this refusal no fault: what
 * follows had been written before. */
void
session_mail(struct session *s, char *arguments)
{
	struct syntax syntax;
	const char *refusal = bar_mail(s);

	if (refusal != NULL && refusal[1] == '3') {
		session_say(s, "%s", refusal);
		return;
	}
	if (refusal == NULL)
		refusal = syntax_mail(arguments, offered(s), &syntax);
	if (refusal != NULL) {
		scold(s, "MAIL", refusal);
		return;
	}
	if (session_policy(s, HOST_MAIL))
		return;
	refusal = refusal_of(
	    s, s->host->senders, s->host->senders_count, syntax.path);
	if (refusal != NULL) {
		session_say_raw(s, refusal);
		return;
	}
	if (s->host->size > 0 && syntax.size > s->host->size) {
		session_say(s, "552 5.3.4 letter too big");
		return;
	}
	buf_addf(&s->mail, "%s\n", s->line);
	s->has_mail = true;
	s->is_utf8 = syntax.is_utf8;
	s->is_8bit = syntax.is_8bit;
	session_say(s, "250 2.1.0 sender taken");
}

void
session_rcpt(struct session *s, char *arguments)
{
	unsigned extensions = offered(s);
	struct syntax syntax;
	const char *refusal;

	/* Not scolded: MAIL before it in the group may have been refused. */
	if (!s->has_mail) {
		session_say(s, "503 5.5.1 MAIL first");
		return;
	}
	if (!s->is_utf8)
		extensions &= ~(unsigned)HOST_SMTPUTF8;
	refusal = syntax_rcpt(arguments, extensions, &syntax);
	if (refusal != NULL) {
		scold(s, "RCPT", refusal);
		return;
	}
	if (session_policy(s, HOST_RCPT))
		return;
	refusal = refusal_of(
	    s, s->host->recipients, s->host->recipients_count, syntax.path);
	if (refusal != NULL) {
		session_say_raw(s, refusal);
		return;
	}
	if (s->rcpts_count == SESSION_RCPTS_MAX ||
	    buf_addf(&s->rcpts, "%s\n", s->line) != 0) {
		session_say(s, "452 4.5.3 too many recipients");
		return;
	}
	s->rcpts_count++;
	session_say(s, "250 2.1.5 recipient taken");
}

/* Why there can be no letter, or NULL. */
static const char *
bar_letter(const struct session *s)
{
	if (!s->has_mail)
		return "503 5.5.1 MAIL first";
	if (s->rcpts_count == 0)
		return "554 5.5.1 no valid recipients";
	return NULL;
}

/* A full disk and the like: the octets are read all the same. */
static void
add(struct session *s, const uint8_t *octets, size_t len)
{
	if (s->lost_letter || s->letter == NULL)
		return;
	if (letter_add(s->letter, octets, len) != 0)
		s->lost_letter = true;
}

static void
describe(const struct session *s, const char *way, struct buf *out)
{
	buf_addf(out,
	    "session=%lu\nlistener=%s\npeer=%s\ntls=%s\ncipher=%s\nsni=%s\n%s\n"
	    "auth=%s\nauthorization=%s\nmechanism=%s\nway=%s\n",
	    s->number, host_kinds[s->kind], s->peer, link_tls(s->link),
	    link_cipher(s->link), link_name(s->link), s->ehlo,
	    s->user != NULL ? s->user : "",
	    s->authorization != NULL ? s->authorization : "",
	    s->user != NULL ? s->mechanism : "", way);
	buf_add(out, buf_data(&s->mail), buf_len(&s->mail));
	buf_add(out, buf_data(&s->rcpts), buf_len(&s->rcpts));
}

static void
find_faults(struct session *s)
{
	const char *fault = letter_fault(s->letter);

	if (fault != NULL)
		session_fault(s, "%s", fault);
	if (letter_is_8bit(s->letter) && !s->is_8bit)
		session_fault(s, "8-bit octets without BODY=8BITMIME");
}

static long
store(struct session *s, const char *way)
{
	struct buf envelope;
	long number;

	if (s->lost_letter || s->letter == NULL)
		return -1;
	buf_init(&envelope, 2 * SESSION_ENVELOPE_MAX);
	describe(s, way, &envelope);
	number = letter_keep(s->letter, &envelope);
	buf_free(&envelope);
	if (number < 0)
		perror("smarthost: a letter cannot be stored");
	else
		s->letters++;
	return number;
}

static void
report_verdict(struct session *s, long number)
{
	unsigned count;
	char *way = flights_take(&s->flights, &count);

	host_report(s->host, "letter=%ld session=%lu flights=%u tls=%s way=%s",
	    number, s->number, count, link_tls(s->link), way);
	free(way);
}

static bool
is_too_big(const struct session *s)
{
	return s->host->size > 0 && letter_size(s->letter) > s->host->size;
}

/* The whole letter is here.  One whose answer is lost (closed, reset, silent)
 * has been taken all the same: that is what "unknown" means. */
static void
finish_letter(struct session *s, const char *way)
{
	bool refused =
	    is_too_big(s) || session_action(s, HOST_END) == HOST_REPLY;
	long number = 0;

	find_faults(s);
	if (!refused)
		number = store(s, way);
	report_verdict(s, number);
	if (is_too_big(s))
		session_say(s, "552 5.3.4 letter too big");
	else if (session_policy(s, HOST_END))
		; /* said, or left */
	else if (number < 0)
		session_say(s, "451 4.3.0 cannot be stored");
	else
		session_say(s, "250 2.0.0 taken as %ld", number);
	session_forget(s);
}

static void
lose_client(struct session *s)
{
	session_leave(s, LINK_CUT, link_ended(s->link));
	host_report(s->host, "incomplete session=%lu octets=%" PRIu64,
	    s->number, s->letter != NULL ? letter_size(s->letter) : 0);
}

/* False when the letter did not come to its end. */
static bool
hear_data(struct session *s, struct unstuff *u)
{
	struct unstuff_run run;
	const uint8_t *octets;
	size_t len, taken;
	bool first = true;

	while (!u->done) {
		octets = link_input(s->link, &len);
		if (len == 0 && link_fill(s->link) <= 0) {
			lose_client(s);
			return false;
		}
		if (len == 0)
			continue;
		if (first && link_holds(s->link))
			session_fault(s, "octets behind DATA");
		taken = unstuff(u, octets, len, &run);
		add(s, run.octets, run.len);
		link_take(s->link, taken);
		if (first && session_policy(s, HOST_BODY) && s->over)
			return false;
		first = false;
	}
	return true;
}

void
session_data(struct session *s, char *arguments)
{
	struct unstuff u = { 0 };
	const char *refusal = bar_letter(s);

	s->group_end = "DATA";
	if (*arguments != '\0')
		refusal = "501 5.5.4 DATA takes no argument";
	else if (s->letter != NULL)
		refusal = "503 5.5.1 BDAT has begun";
	if (refusal != NULL) {
		session_say(s, "%s", refusal);
		return;
	}
	if (session_policy(s, HOST_DATA))
		return;
	s->letter = letter_new(s->host->dir, s->host->discard);
	if (s->letter == NULL) {
		session_say(s, "451 4.3.0 no letter can be stored");
		return;
	}
	session_say(s, "354 go on");
	if (!hear_data(s, &u))
		return;
	flights_name(&s->flights, "letter");
	s->group_end = NULL;
	if (u.naked > 0)
		session_fault(s, "%lu lines with a naked dot", u.naked);
	finish_letter(s, "DATA");
}

static bool
hear_chunk(struct session *s, uint64_t left)
{
	const uint8_t *octets;
	size_t len;

	while (left > 0) {
		octets = link_input(s->link, &len);
		if (len == 0 && link_fill(s->link) <= 0) {
			lose_client(s);
			return false;
		}
		if (len > left)
			len = (size_t)left;
		add(s, octets, len);
		link_take(s->link, len);
		left -= len;
	}
	return true;
}

static bool
read_chunk(const char *arguments, uint64_t *size_r, bool *last_r)
{
	char *end;

	if (!text_is_digit(*arguments))
		return false;
	errno = 0;
	*size_r = strtoumax(arguments, &end, 10);
	*last_r = text_same(end, " LAST");
	return errno == 0 && (*last_r || *end == '\0');
}

/* RFC 3030 2: a chunk that is refused is read all the same. */
void
session_bdat(struct session *s, char *arguments)
{
	const char *refusal = bar_letter(s);
	uint64_t size;
	bool last;

	if ((offered(s) & HOST_CHUNKING) == 0 ||
	    !read_chunk(arguments, &size, &last)) {
		/* Nobody knows where the chunk would end. */
		scold(s, "BDAT", "501 5.5.4 malformed, or not offered");
		session_leave(s, LINK_BYE, "BDAT");
		return;
	}
	if (refusal == NULL && s->letter == NULL) {
		s->letter = letter_new(s->host->dir, s->host->discard);
		s->lost_letter = s->letter == NULL;
	}
	if (!hear_chunk(s, size))
		return;
	if (refusal != NULL)
		session_say(s, "%s", refusal);
	else if (s->letter == NULL)
		session_say(s, "451 4.3.0 no letter can be stored");
	else if (last)
		finish_letter(s, "BDAT");
	else if (!session_policy(s, HOST_BODY))
		session_say(s, "250 2.0.0 %" PRIu64 " octets", size);
}
