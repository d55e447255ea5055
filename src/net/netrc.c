/*
 * A scanner of words, and one entry at a time: whether it is the one is known
 * when it ends, since its tokens have no order.  What is not understood is no
 * netrc: to read over a word could make a keyword of a password.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "net/netrc.h"

enum { WORD_MAX = 65536 };

struct scanner {
	const char *at, *end;
	unsigned line;
	struct buf word; /* the last one; secret */
};

struct entry {
	bool begun, fallback, other; /* other: it is for somebody else */
	bool has_login, has_password;
	struct buf password;
};

static bool
is_space(char c)
{
	return text_is_blank(c) || c == '\n' || c == '\r';
}

static void
skip_spaces(struct scanner *s)
{
	for (; s->at < s->end && is_space(*s->at); s->at++)
		s->line += *s->at == '\n';
}

/* To the line end, which stays. */
static void
skip_line(struct scanner *s)
{
	while (s->at < s->end && *s->at != '\n')
		s->at++;
}

/* To the end of an empty line, or of all. */
static void
skip_macro(struct scanner *s)
{
	bool empty = false;

	for (; !empty && s->at < s->end; s->at++) {
		const char *line = s->at;

		skip_line(s);
		if (s->at == s->end)
			return;
		s->line++;
		/* The first is what is left of the line that macdef is in. */
		empty = line[-1] == '\n' &&
			(s->at == line || (s->at == line + 1 && *line == '\r'));
	}
}

/* A word in quotes, which end in its line. */
static int
quoted(struct scanner *s)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' && s->at + 1 < s->end)
			s->at++;
		if (*s->at == '\n' || buf_add(&s->word, s->at, 1) < 0)
			return -1;
	}
	if (s->at == s->end)
		return -1;
	s->at++;
	return 1;
}

/* The next word: 1, 0 at the end, or -1. */
static int
next_word(struct scanner *s)
{
	const char *from;

	buf_clear(&s->word);
	skip_spaces(s);
	if (s->at == s->end)
		return 0;
	if (*s->at == '"')
		return quoted(s);
	from = s->at;
	while (s->at < s->end && !is_space(*s->at))
		s->at++;
	return buf_add(&s->word, from, (size_t)(s->at - from)) < 0 ? -1 : 1;
}

static bool
is_word(const struct scanner *s, const char *text)
{
	return buf_len(&s->word) == strlen(text) &&
	       memcmp(buf_data(&s->word), text, strlen(text)) == 0;
}

static bool
is_machine(const struct scanner *s, const char *name)
{
	return buf_len(&s->word) == strlen(name) &&
	       text_same_n(
		   (const char *)buf_data(&s->word), name, strlen(name));
}

static bool
is_port(const struct scanner *s, unsigned port)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", port);
	return is_word(s, text);
}

static void
begin(struct entry *e)
{
	struct buf password = e->password;

	buf_clear(&password);
	*e = (struct entry){ .begun = true, .password = password };
}

static bool
is_the_one(const struct entry *e)
{
	return e->begun && !e->other && e->has_password &&
	       (e->has_login || !e->fallback);
}

/* What a keyword says of the entry, its value being the last word. */
static int
take(struct scanner *s, struct entry *e, char key, const struct netrc_wish *w)
{
	if (!e->begun)
		return -1;
	if (key == 'm') {
		e->other = !is_machine(s, w->machine);
	} else if (key == 'l') {
		e->has_login = true;
		e->other = e->other || !is_word(s, w->user);
	} else if (key == 'p') {
		e->other = e->other || !is_port(s, w->port);
	} else if (key == 's') {
		e->has_password = true;
		buf_clear(&e->password);
		return buf_add(
		    &e->password, buf_data(&s->word), buf_len(&s->word));
	}
	return 0;
}

/* The keyword that the last word is, as take() knows it, or 0. */
static char
keyword(const struct scanner *s)
{
	static const struct {
		const char *word;
		char key;
	} words[] = { { "machine", 'm' }, { "default", 'd' }, { "login", 'l' },
		{ "password", 's' }, { "port", 'p' }, { "account", 'a' },
		{ "macdef", 'x' } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is_word(s, words[i].word))
			return words[i].key;
	return 0;
}

/* One keyword with what follows it.  1: go on; 0: the entry before this word
 * was the one, or all is read; -1. */
static int
step(struct scanner *s, struct entry *e, const struct netrc_wish *w)
{
	int more = next_word(s);
	char key;

	if (more <= 0)
		return more;
	if (buf_len(&s->word) > 0 && *buf_data(&s->word) == '#') {
		skip_line(s);
		return 1;
	}
	key = keyword(s);
	if (key == 'm' || key == 'd') {
		if (is_the_one(e))
			return 0;
		begin(e);
		e->fallback = key == 'd';
	}
	if (key == 'd')
		return 1;
	if (key == 0 || next_word(s) <= 0)
		return -1;
	if (key == 'x') {
		skip_macro(s);
		return 1;
	}
	return take(s, e, key, w) < 0 ? -1 : 1;
}

int
netrc_find(const struct buf *text, const struct netrc_wish *wish,
    struct buf *out, unsigned *line_r)
{
	size_t len = buf_len(text);
	const char *octets = len > 0 ? (const char *)buf_data(text) : "";
	struct scanner s = { .at = octets, .end = octets + len, .line = 1 };
	struct entry e = { .begun = false };
	int result;

	buf_init(&s.word, WORD_MAX);
	buf_init(&e.password, WORD_MAX);
	s.word.secret = e.password.secret = true;
	while ((result = step(&s, &e, wish)) > 0)
		;
	if (result == 0 && is_the_one(&e))
		result = buf_add(out, buf_data(&e.password),
			     buf_len(&e.password)) < 0
			     ? -1
			     : 1;
	*line_r = s.line;
	buf_free(&s.word);
	buf_free(&e.password);
	return result;
}
