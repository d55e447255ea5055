/*
 * Replies as octets: lines of RFC 5321 4.2.1 that never pass its 512 octets,
 * whatever a text that a stranger wrote (a smarthost's refusal) holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/server_private.h"

enum {
	COLUMNS = 480, /* of text; codes and the line end fit besides */
	LINES_MAX = 64
};

/* A reply being written: a line waits until it is known whether it is the
 * last one. */
struct saying {
	struct server *server;
	int code;
	const char *enhanced;
	unsigned lines;
	char waiting[COLUMNS + 1];
};

static void
flush_line(struct saying *y, char mark)
{
	buf_addf(&y->server->out, "%d%c%s%s%s\r\n", y->code, mark,
	    y->enhanced != NULL ? y->enhanced : "",
	    y->enhanced != NULL ? " " : "", y->waiting);
}

/* How much of a printable text goes into one line: broken at a blank where
 * there is one. */
static size_t
fitting(const char *text)
{
	size_t len = strlen(text);

	if (len <= COLUMNS)
		return len;
	for (len = COLUMNS; len > COLUMNS / 2; len--)
		if (text[len] == ' ')
			return len;
	return COLUMNS;
}

static void
say_printable(struct saying *y, const char *text)
{
	do {
		size_t len = fitting(text);

		if (y->lines == LINES_MAX)
			return;
		if (y->lines++ > 0)
			flush_line(y, '-');
		memcpy(y->waiting, text, len);
		y->waiting[len] = '\0';
		text += len;
		if (*text == ' ')
			text++;
	} while (*text != '\0');
}

void
server_say(struct server *s, int code, const char *enhanced, const char *text)
{
	struct saying y = { .server = s, .code = code, .enhanced = enhanced };
	char *printable = xmalloc(SERVER_ANSWER_MAX + 1);
	size_t left = SERVER_ANSWER_MAX;

	for (;;) {
		size_t len = strcspn(text, "\n");

		text_vis(printable, left + 1, text, len);
		left -= strlen(printable);
		say_printable(&y, printable);
		if (text[len] == '\0' || left == 0)
			break;
		text += len + 1;
	}
	flush_line(&y, ' ');
	free(printable);
}

void
server_complain(
    struct server *s, int code, const char *enhanced, const char *text)
{
	if (++s->errors > SERVER_ERRORS_MAX)
		server_hang_up(s, "4.7.0", "too many bad commands");
	else
		server_say(s, code, enhanced, text);
}

void
server_no_command(struct server *s, const char *enhanced, const char *text)
{
	if (s->data_refused)
		server_hang_up(s, "4.7.0",
		    "what followed the refused letter is no command");
	else
		server_complain(s, 500, enhanced, text);
}

void
server_hang_up(struct server *s, const char *enhanced, const char *why)
{
	server_say(s, 421, enhanced, why);
	server_close(s, why);
}

void
server_drop_held(struct server *s)
{
	free(s->held.text);
	memset(&s->held, 0, sizeof(s->held));
}

void
server_hold(struct server *s, int code, const char *enhanced, const char *text)
{
	server_drop_held(s);
	s->held.code = code;
	snprintf(s->held.enhanced, sizeof(s->held.enhanced), "%s", enhanced);
	s->held.text = xstrndup(text, SERVER_ANSWER_MAX);
}

void
server_say_held(struct server *s)
{
	server_say(s, s->held.code, s->held.enhanced, s->held.text);
	server_drop_held(s);
}
