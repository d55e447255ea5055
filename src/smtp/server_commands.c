/*
 * What each command means (RFC 5321 4.1), in what order commands may come
 * (4.1.4), and what is answered.
 *
 * A letter that is refused may come all the same: programs exist that write a
 * whole dialogue without reading an answer, and its text must not be obeyed as
 * commands.  So a refused chunk is read to its end (RFC 3030 2); BDAT without
 * a size, behind which nobody knows what is what, ends the session; and so
 * does, behind a refused DATA, the first line that is no command.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/envelope.h"
#include "smtp/server_arguments.h"
#include "smtp/server_private.h"

/* ---- who speaks --------------------------------------------------------- */

#define DOMAIN_OCTETS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* True for what looks like a domain or an address literal. */
static bool
is_name(const char *name, size_t len)
{
	if (name[0] != '[')
		return strspn(name, DOMAIN_OCTETS) >= len;
	return len > 2 && strspn(name + 1, DOMAIN_OCTETS ":") == len - 2 &&
	       name[len - 1] == ']';
}

/* The name ends in a Received field, so what is none does not get that far;
 * nobody is refused for it.  Words behind it were once the custom (RFC 5321
 * 4.1.1.1). */
static int
take_client(struct server *s, const char *name)
{
	size_t len = strcspn(name, " \t");

	if (len > SERVER_NAME_MAX) {
		server_complain(s, 501, "5.5.4", "the name is too long");
		return -1;
	}
	if (!is_name(name, len)) {
		name = "unknown";
		len = strlen(name);
	}
	memcpy(s->client, name, len);
	s->client[len] = '\0';
	server_drop_letter(s);
	return 0;
}

static void
helo(struct server *s, char *name)
{
	if (take_client(s, name) != 0)
		return;
	s->extended = false;
	server_say(s, 250, NULL, s->params.name);
}

static void
ehlo(struct server *s, char *name)
{
	char size[32] = "SIZE", *text;

	if (take_client(s, name) != 0)
		return;
	s->extended = true;
	if (s->params.size > 0)
		snprintf(size, sizeof(size), "SIZE %" PRIu64, s->params.size);
	text = xasprintf("%s\nPIPELINING\n%s\n8BITMIME\n"
			 "ENHANCEDSTATUSCODES\nCHUNKING\nDSN",
	    s->params.name, size);
	server_say(s, 250, NULL, text);
	free(text);
}

/* ---- the envelope ------------------------------------------------------- */

/* An address that is none is bad data, and a list may hold many; all else is
 * a bad command. */
static void
refuse_arguments(struct server *s, const struct server_refusal *why)
{
	if (strncmp(why->enhanced, "5.1.", 4) == 0)
		server_say(s, why->code, why->enhanced, why->text);
	else
		server_complain(s, why->code, why->enhanced, why->text);
}

static bool
is_too_large(const struct server *s, uint64_t size)
{
	return s->params.size > 0 && size > s->params.size;
}

static void
mail(struct server *s, char *text)
{
	struct server_arguments a;
	struct server_refusal why;

	if (s->client[0] == '\0') {
		server_complain(s, 503, "5.5.1", "HELO or EHLO comes first");
		return;
	}
	if (s->open) {
		server_complain(s, 503, "5.5.1",
		    "there is a letter already; RSET forgets it");
		return;
	}
	if (server_arguments_read(&a, SERVER_MAIL, text, &why) != 0) {
		refuse_arguments(s, &why);
	} else if (is_too_large(s, a.size)) {
		server_say(s, 552, "5.3.4", "the letter is too large");
	} else {
		server_drop_held(s);
		s->open = true;
		s->letter.size = a.size;
		s->letter.is_8bit = a.is_8bit;
		s->letter.ret = a.ret;
		s->letter.sender = a.path;
		s->letter.envid = a.envid;
		a.path = a.envid = NULL;
		server_say(s, 250, "2.1.0", "sender ok");
	}
	server_arguments_free(&a);
}

static void
make_room(struct server *s)
{
	struct server_letter *l = &s->letter;

	if (l->count < s->room)
		return;
	s->room = s->room > 0 ? 2 * s->room : 8;
	l->recipients =
	    xreallocarray(l->recipients, s->room, sizeof(*l->recipients));
	l->dsn = xreallocarray(l->dsn, s->room, sizeof(*l->dsn));
	s->originals =
	    xreallocarray(s->originals, s->room, sizeof(*s->originals));
}

/* Moves what was read into the letter; -1 when it is full (RFC 5321
 * 4.5.3.1.10). */
static int
add_recipient(struct server *s, struct server_arguments *a)
{
	struct server_letter *l = &s->letter;
	size_t octets =
	    2 * sizeof(char *) + sizeof(*l->dsn) + strlen(a->path) + 1;

	if (a->original != NULL)
		octets += strlen(a->original) + 1;
	if (l->count == SERVER_RECIPIENTS_MAX ||
	    octets > SERVER_ENVELOPE_MAX - s->envelope)
		return -1;
	make_room(s);
	l->recipients[l->count] = a->path;
	s->originals[l->count] = a->original;
	l->dsn[l->count++] = (struct envelope_dsn){ .notify = a->notify,
		.original = a->original };
	a->path = NULL;
	a->original = NULL;
	s->envelope += octets;
	return 0;
}

static void
rcpt(struct server *s, char *text)
{
	struct server_arguments a;
	struct server_refusal why;

	if (!s->open || s->chunked) {
		server_complain(s, 503, "5.5.1",
		    s->open ? "the letter has begun" : "MAIL comes first");
		return;
	}
	if (server_arguments_read(&a, SERVER_RCPT, text, &why) != 0)
		refuse_arguments(s, &why);
	else if (add_recipient(s, &a) != 0)
		server_say(s, 452, "4.5.3", "too many recipients");
	else
		server_say(s, 250, "2.1.5", "recipient ok");
	server_arguments_free(&a);
}

/* ---- the letter --------------------------------------------------------- */

/* Why there can be no letter now, or NULL. */
static const char *
letter_missing(const struct server *s)
{
	if (!s->open)
		return "MAIL comes first";
	return s->letter.count == 0 ? "there is no recipient" : NULL;
}

static void
data(struct server *s, char *text)
{
	const char *missing = letter_missing(s);

	(void)text;
	if (missing == NULL && !s->chunked) {
		s->tell_begins = true;
		s->state = SERVER_DATA_BEGINS;
		return;
	}
	s->data_refused = true;
	server_complain(s, 503, "5.5.1",
	    missing != NULL ? missing : "BDAT and DATA cannot be mixed");
}

/* chunk-size [ SP "LAST" ], RFC 3030 2: 0, or -1. */
static int
read_chunk(struct server *s, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;

	s->chunk_left = 0;
	s->chunk_last = false;
	/* 19 digits always fit. */
	if (digits == 0 || digits > 19)
		return -1;
	for (; text < rest; text++)
		s->chunk_left = 10 * s->chunk_left + (uint64_t)(*text - '0');
	if (*rest == '\0')
		return 0;
	if (!text_is_blank(*rest))
		return -1;
	rest += strspn(rest, " \t");
	s->chunk_last = true;
	return text_same(rest, "LAST") ? 0 : -1;
}

static void
bdat(struct server *s, char *text)
{
	const char *missing = letter_missing(s);

	if (read_chunk(s, text) != 0) {
		server_say(s, 501, "5.5.4",
		    "BDAT wants a number of octets; closing, as nobody knows "
		    "what follows");
		server_close(s, "a BDAT command without a size");
		return;
	}
	s->state = SERVER_CHUNK;
	if (s->held.code != 0)
		return; /* the letter was refused in the chunk before */
	if (missing != NULL) {
		if (++s->errors > SERVER_ERRORS_MAX)
			server_hang_up(s, "4.7.0", "too many bad commands");
		else
			server_hold(s, 503, "5.5.1", missing);
		return;
	}
	if (s->params.size > 0 && s->chunk_left > s->params.size - s->octets) {
		server_drop_letter(s);
		server_hold(s, 552, "5.3.4", "the letter is too large");
		return;
	}
	s->tell_begins = !s->chunked;
	s->chunked = true;
}

/* ---- the rest ----------------------------------------------------------- */

static void
rset(struct server *s, char *text)
{
	(void)text;
	server_drop_letter(s);
	server_say(s, 250, "2.0.0", "ok");
}

static void
noop(struct server *s, char *text)
{
	(void)text;
	server_say(s, 250, "2.0.0", "ok");
}

/* RFC 5321 3.5.3: who is reached is known by the smarthost. */
static void
vrfy(struct server *s, char *text)
{
	(void)text;
	server_say(s, 252, "2.1.5", "not verified; send a letter and see");
}

static void
absent(struct server *s, char *text)
{
	(void)text;
	server_complain(s, 502, "5.5.1", "not offered here");
}

static void
stranger(struct server *s, char *text)
{
	(void)text;
	server_hang_up(s, "4.7.0", "this is SMTP, and that is not");
}

static void
quit(struct server *s, char *text)
{
	(void)text;
	server_say(s, 221, "2.0.0", "goodbye");
	server_close(s, NULL);
}

static void help(struct server *s, char *text);

enum argument { ARGUMENT_NONE, ARGUMENT_ANY, ARGUMENT_NEEDED };

static const struct command {
	const char *verb;
	enum argument argument;
	void (*run)(struct server *s, char *text);
} commands[] = {
	{ "HELO", ARGUMENT_NEEDED, helo },
	{ "EHLO", ARGUMENT_NEEDED, ehlo },
	{ "MAIL", ARGUMENT_NEEDED, mail },
	{ "RCPT", ARGUMENT_NEEDED, rcpt },
	{ "DATA", ARGUMENT_NONE, data },
	{ "BDAT", ARGUMENT_ANY, bdat },
	{ "RSET", ARGUMENT_NONE, rset },
	{ "NOOP", ARGUMENT_ANY, noop },
	{ "VRFY", ARGUMENT_NEEDED, vrfy },
	{ "HELP", ARGUMENT_ANY, help },
	{ "QUIT", ARGUMENT_NONE, quit },
	{ "EXPN", ARGUMENT_ANY, absent },
	{ "STARTTLS", ARGUMENT_ANY, absent },
	{ "AUTH", ARGUMENT_ANY, absent },
	{ "ETRN", ARGUMENT_ANY, absent },
	{ "TURN", ARGUMENT_ANY, absent },
	{ "SEND", ARGUMENT_ANY, absent },
	{ "SOML", ARGUMENT_ANY, absent },
	{ "SAML", ARGUMENT_ANY, absent },
	/* What a browser can be made to write to any port or socket. */
	{ "GET", ARGUMENT_ANY, stranger },
	{ "POST", ARGUMENT_ANY, stranger },
	{ "CONNECT", ARGUMENT_ANY, stranger },
	{ "HEAD", ARGUMENT_ANY, stranger },
	{ "PUT", ARGUMENT_ANY, stranger },
	{ "OPTIONS", ARGUMENT_ANY, stranger },
	{ "PATCH", ARGUMENT_ANY, stranger },
	{ "DELETE", ARGUMENT_ANY, stranger },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
help(struct server *s, char *text)
{
	char verbs[128] = "";

	(void)text;
	for (size_t i = 0; i < COMMANDS; i++) {
		size_t len = strlen(verbs);

		if (commands[i].run != absent && commands[i].run != stranger)
			snprintf(verbs + len, sizeof(verbs) - len, "%s%s",
			    len > 0 ? " " : "", commands[i].verb);
	}
	server_say(s, 214, "2.0.0", verbs);
}

static const struct command *
find(const char *verb, size_t len)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strlen(commands[i].verb) == len &&
		    text_same_n(commands[i].verb, verb, len))
			return &commands[i];
	return NULL;
}

void
server_command(struct server *s, char *line)
{
	size_t len = strcspn(line, " \t");
	char *text = line + len + strspn(line + len, " \t");
	const struct command *c = find(line, len);

	if (c == NULL) {
		server_no_command(s, "5.5.1", "not a command");
		return;
	}
	s->data_refused = false;
	if (c->argument == ARGUMENT_NONE && *text != '\0') {
		s->data_refused = c->run == data;
		server_complain(s, 501, "5.5.4", "it takes no argument");
	} else if (c->argument == ARGUMENT_NEEDED && *text == '\0') {
		server_complain(s, 501, "5.5.4", "it wants an argument");
	} else {
		c->run(s, text);
	}
}
