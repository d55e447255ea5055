#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smarthost/session.h"

void
session_leave(struct session *s, enum link_end end, const char *why)
{
	s->over = true;
	s->end = end;
	s->ended = why;
}

void
session_fault(struct session *s, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	s->faults++;
	host_report(s->host, "fault session=%lu %s", s->number, text);
	free(text);
}

static void
say_line(struct session *s, const char *line)
{
	host_transcript(s->host, s->number, "S", line);
	link_say(s->link, line, strlen(line));
}

static const char *
skip_enhanced(const char *text)
{
	size_t len = strspn(text, "0123456789.");

	return len > 0 && text[len] == ' ' ? text + len + 1 : text;
}

void
session_say(struct session *s, const char *format, ...)
{
	char text[1024], line[1100];
	const char *rest = text + 4;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if ((s->host->extensions & HOST_ENHANCED) == 0)
		rest = skip_enhanced(rest);
	snprintf(line, sizeof(line), "%.4s%s\r\n", text, rest);
	say_line(s, line);
}

void
session_say_raw(struct session *s, const char *text)
{
	const char *end;
	char *line;

	for (; text != NULL; text = end == NULL ? NULL : end + 2) {
		end = strstr(text, "\\n");
		line = xasprintf("%.*s\r\n",
		    end == NULL ? (int)strlen(text) : (int)(end - text), text);
		say_line(s, line);
		free(line);
	}
}

/* Until the client has had enough. */
static void
be_silent(struct session *s)
{
	size_t len;

	while (link_fill(s->link) > 0) {
		link_input(s->link, &len);
		link_take(s->link, len);
	}
	session_leave(s, LINK_CUT, "silence");
}

bool
session_is_ruled(const struct session *s)
{
	return s->host->first == 0 || s->number <= s->host->first;
}

enum host_action
session_action(const struct session *s, enum host_stage stage)
{
	return session_is_ruled(s) ? s->host->policies[stage].action
				   : HOST_GO_ON;
}

bool
session_policy(struct session *s, enum host_stage stage)
{
	switch (session_action(s, stage)) {
	case HOST_GO_ON:
		return false;
	case HOST_REPLY:
		session_say_raw(s, s->host->policies[stage].text);
		break;
	case HOST_CLOSE:
		session_leave(s, LINK_CUT, "closed");
		break;
	case HOST_SILENT:
		be_silent(s);
		break;
	case HOST_RESET:
		session_leave(s, LINK_RESET, "reset");
		break;
	}
	return true;
}

/* What RFC 2920 3.1 forbids can be seen where our reply is still held. */
static void
check_group(struct session *s)
{
	if (!link_holds(s->link))
		return;
	if (s->group_end != NULL)
		session_fault(s, "octets behind %s", s->group_end);
	else if (s->ehlo != NULL &&
		 (s->host->extensions & HOST_PIPELINING) == 0)
		session_fault(s, "a group without PIPELINING");
}

static void
check_line(struct session *s, size_t len, bool has_cr)
{
	if (!has_cr)
		session_fault(s, "a line that ends in a bare LF");
	if (memchr(s->line, '\0', len) != NULL)
		session_fault(s, "a NUL in a command");
	if (memchr(s->line, '\r', len) != NULL)
		session_fault(s, "a bare CR in a command");
}

bool
session_line(struct session *s)
{
	const uint8_t *octets, *lf = NULL;
	size_t len, seen = 0;
	bool has_cr;

	for (;;) {
		octets = link_input(s->link, &len);
		if (len > seen)
			lf = memchr(octets + seen, '\n', len - seen);
		if (lf != NULL || len >= SESSION_LINE_MAX)
			break;
		seen = len;
		if (link_fill(s->link) <= 0) {
			if (len > 0)
				session_fault(s, "an unfinished line");
			session_leave(s, LINK_BYE, link_ended(s->link));
			return false;
		}
	}
	len = lf == NULL ? len : (size_t)(lf - octets);
	if (len >= SESSION_LINE_MAX) {
		session_fault(s, "a line over %d octets", SESSION_LINE_MAX);
		session_say(s, "500 5.5.6 that line is too long");
		session_leave(s, LINK_BYE, "line");
		return false;
	}
	check_group(s);
	has_cr = len > 0 && octets[len - 1] == '\r';
	memcpy(s->line, octets, len);
	link_take(s->link, len + 1);
	len -= has_cr ? 1 : 0;
	s->line[len] = '\0';
	check_line(s, len, has_cr);
	return true;
}

bool
session_may_auth(const struct session *s)
{
	if ((s->host->extensions & HOST_AUTH) == 0)
		return false;
	if (s->kind == HOST_ON_UNIX)
		return s->host->auth == HOST_AUTH_ALWAYS;
	return s->kind != HOST_ON_STARTTLS || s->host->auth_before_tls ||
	       strcmp(link_tls(s->link), "none") != 0;
}

static bool
may_start_tls(const struct session *s)
{
	return s->kind == HOST_ON_STARTTLS &&
	       (s->host->extensions & HOST_STARTTLS) != 0 &&
	       strcmp(link_tls(s->link), "none") == 0;
}

static void
offer(struct session *s, struct buf *out, const struct host_extension_row *e)
{
	const char *keyword = e->keyword;

	if ((s->host->extensions & e->flag) == 0 ||
	    (e->flag == HOST_STARTTLS && !may_start_tls(s)) ||
	    (e->flag == HOST_AUTH && !session_may_auth(s)))
		return;
	if (e->flag == HOST_AUTH)
		buf_addf(out, "\\n250-%s %s", keyword, s->host->mechanisms);
	else if (e->flag == HOST_SIZE && s->host->size > 0)
		buf_addf(out, "\\n250-%s %" PRIu64, keyword, s->host->size);
	else
		buf_addf(out, "\\n250-%s", keyword);
}

static void
ehlo(struct session *s, char *arguments)
{
	struct buf out;
	char *text;

	s->group_end = "EHLO";
	session_forget(s);
	if (session_policy(s, HOST_EHLO))
		return;
	if (*arguments == '\0') {
		session_fault(s, "EHLO without a name");
		session_say(s, "501 5.5.4 EHLO needs a name");
		return;
	}
	free(s->ehlo);
	s->ehlo = xasprintf("EHLO %s", arguments);
	s->esmtp = true;
	buf_init(&out, 8192);
	buf_addf(&out, "250-localhost");
	for (size_t i = 0; i < host_extensions_count; i++)
		offer(s, &out, &host_extensions[i]);
	if (s->host->ehlo_line != NULL)
		buf_addf(&out, "\\n250-%s", s->host->ehlo_line);
	buf_addf(&out, "\\n250 HELP");
	text = buf_text(&out);
	session_say_raw(s, text);
	free(text);
	buf_free(&out);
}

static void
helo(struct session *s, char *arguments)
{
	s->group_end = "HELO";
	session_forget(s);
	free(s->ehlo);
	s->ehlo = xasprintf("HELO %s", arguments);
	s->esmtp = false;
	session_say(s, "250 localhost");
}

static void
shake_hands(struct session *s)
{
	const char *why;

	if (session_policy(s, HOST_TLS))
		return;
	if (link_start_tls(s->link, &why) == 0)
		return;
	host_report(
	    s->host, "handshake session=%lu failed: %s", s->number, why);
	session_leave(s, LINK_CUT, "handshake");
}

/* RFC 3207 4.2: all that was learned before is forgotten. */
static void
starttls(struct session *s, char *arguments)
{
	size_t behind;

	s->group_end = "STARTTLS";
	if (*arguments != '\0') {
		session_fault(s, "an argument behind STARTTLS");
		session_say(s, "501 5.5.4 STARTTLS takes no argument");
		return;
	}
	if (session_policy(s, HOST_STARTTLS_SAID))
		return;
	if (!may_start_tls(s)) {
		session_fault(s, "STARTTLS was not offered");
		session_say(s, "503 5.5.1 STARTTLS is not offered");
		return;
	}
	link_input(s->link, &behind);
	if (behind > 0)
		session_fault(s, "octets behind STARTTLS");
	session_say(s, "220 2.0.0 go ahead");
	session_forget(s);
	free(s->ehlo);
	s->ehlo = NULL;
	s->group_end = NULL;
	shake_hands(s);
}

static void
rset(struct session *s, char *arguments)
{
	(void)arguments;
	if (session_policy(s, HOST_RSET))
		return;
	session_forget(s);
	session_say(s, "250 2.0.0 reset");
}

static void
noop(struct session *s, char *arguments)
{
	(void)arguments;
	s->group_end = "NOOP";
	session_say(s, "250 2.0.0 nothing done");
}

static void
quit(struct session *s, char *arguments)
{
	(void)arguments;
	s->group_end = "QUIT";
	if (session_policy(s, HOST_QUIT))
		return;
	session_say(s, "221 2.0.0 bye");
	session_leave(s, LINK_BYE, "quit");
}

static void
unknown(struct session *s, char *arguments)
{
	(void)arguments;
	session_fault(s, "a command that is none");
	session_say(s, "500 5.5.2 no such command");
}

static const struct command {
	const char *verb;
	void (*run)(struct session *s, char *arguments);
} commands[] = {
	{ "EHLO", ehlo },
	{ "HELO", helo },
	{ "STARTTLS", starttls },
	{ "AUTH", session_auth },
	{ "MAIL", session_mail },
	{ "RCPT", session_rcpt },
	{ "DATA", session_data },
	{ "BDAT", session_bdat },
	{ "RSET", rset },
	{ "NOOP", noop },
	{ "QUIT", quit },
	{ "?", unknown },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
show_command(struct session *s, const struct command *c)
{
	if (strcmp(c->verb, "AUTH") == 0)
		host_transcript(s->host, s->number, "C", "AUTH ...");
	else
		host_transcript(s->host, s->number, "C", s->line);
}

static void
obey(struct session *s)
{
	const struct command *c = commands;
	size_t len = strcspn(s->line, " ");
	char *arguments = s->line + len;

	while (c < commands + COMMANDS - 1 &&
	       !(strlen(c->verb) == len && text_same_n(c->verb, s->line, len)))
		c++;
	arguments += *arguments == ' ' ? 1 : 0;
	flights_name(&s->flights, c->verb);
	show_command(s, c);
	s->group_end = NULL;
	c->run(s, arguments);
	explicit_bzero(s->line, sizeof(s->line));
}

static void
report_end(struct session *s)
{
	unsigned count;
	char *way = flights_take(&s->flights, &count);

	host_report(s->host,
	    "session=%lu letters=%lu faults=%lu flights=%u ended=%s way=%s",
	    s->number, s->letters, s->faults, count,
	    s->ended != NULL ? s->ended : "?", way);
	free(way);
}

static void
find_peer(struct session *s, int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (s->kind != HOST_ON_UNIX &&
	    getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		getnameinfo((struct sockaddr *)&ss, len, s->peer,
		    sizeof(s->peer), NULL, 0, NI_NUMERICHOST);
}

void
session_run(
    const struct host *h, enum host_kind kind, int fd, unsigned long number)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->host = h;
	s->number = number;
	s->kind = kind;
	find_peer(s, fd);
	flights_init(&s->flights);
	buf_init(&s->mail, SESSION_LINE_MAX + 2);
	buf_init(&s->rcpts, SESSION_ENVELOPE_MAX);
	s->link = link_new(&(struct link_params){
	    .fd = fd,
	    .flights = &s->flights,
	    .linger = h->linger,
	    .credentials = h->credentials,
	    .priorities = h->priorities,
	});
	if (kind == HOST_ON_IMPLICIT)
		shake_hands(s);
	s->group_end = "the connection, before the greeting";
	if (!s->over && !session_policy(s, HOST_GREETING))
		session_say(s, "220 localhost ESMTP smarthost");
	while (!s->over && session_line(s))
		obey(s);
	link_flush(s->link);
	report_end(s);
	link_free(s->link, s->end);
	session_forget(s);
	flights_free(&s->flights);
	buf_free(&s->mail);
	buf_free(&s->rcpts);
	free(s->ehlo);
	free(s->user);
	free(s->authorization);
	free(s);
}
