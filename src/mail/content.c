/*
 * What an entity says of its content.
 *
 * The fields are read by a cursor over their text, which never fails: where a
 * word should stand and does not, it is empty.
 */
#include <string.h>

#include "base/text.h"
#include "mail/content.h"
#include "mail/header.h"

/* ---- words -------------------------------------------------------------- */

struct cursor {
	const char *at, *end;
};

struct word {
	const char *text;
	size_t len;
};

static bool
is(struct word w, const char *name)
{
	return strlen(name) == w.len && text_same_n(w.text, name, w.len);
}

static bool
begins(struct word w, const char *name)
{
	return strlen(name) <= w.len && text_same_n(w.text, name, strlen(name));
}

static bool
is_printing(char c)
{
	return c > ' ' && c < 127;
}

static void
skip_comment(struct cursor *c)
{
	int depth = 0;

	do {
		if (*c->at == '(')
			depth++;
		else if (*c->at == ')')
			depth--;
		else if (*c->at == '\\' && c->at + 1 < c->end)
			c->at++;
		c->at++;
	} while (c->at < c->end && depth > 0);
}

/* Over blanks, folds and comments. */
static void
skip(struct cursor *c)
{
	while (c->at < c->end) {
		if (*c->at == '(')
			skip_comment(c);
		else if (text_is_blank(*c->at) || *c->at == '\r' ||
			 *c->at == '\n')
			c->at++;
		else
			return;
	}
}

/* The octets before the next one that does not print, or is one of stops. */
static struct word
take(struct cursor *c, const char *stops)
{
	struct word w = { c->at, 0 };

	while (c->at < c->end && is_printing(*c->at) &&
	       strchr(stops, *c->at) == NULL)
		c->at++;
	w.len = (size_t)(c->at - w.text);
	return w;
}

static struct word
take_token(struct cursor *c)
{
	skip(c);
	return take(c, "()<>@,;:\\\"/[]?=");
}

/* Steps over mark, where it comes next. */
static bool
take_mark(struct cursor *c, char mark)
{
	skip(c);
	if (c->at == c->end || *c->at != mark)
		return false;
	c->at++;
	return true;
}

/* ---- Content-Type ------------------------------------------------------- */

/* A value with its quotes taken away; of one that is longer than to the rest
 * is only counted. */
struct value {
	char to[CONTENT_BOUNDARY_MAX];
	size_t len;
};

static void
value_add(struct value *v, char c)
{
	if (v->len < sizeof(v->to))
		v->to[v->len] = c;
	v->len++;
}

static void
take_quoted(struct cursor *c, struct value *v)
{
	while (c->at < c->end && *c->at != '"') {
		if (*c->at == '\\' && c->at + 1 < c->end)
			c->at++;
		if (*c->at != '\r' && *c->at != '\n')
			value_add(v, *c->at);
		c->at++;
	}
	if (c->at < c->end)
		c->at++;
}

/* Some write "=" and the like without the quotes that it wants. */
static void
take_value(struct cursor *c, struct value *v)
{
	struct word w;

	v->len = 0;
	if (take_mark(c, '"')) {
		take_quoted(c, v);
		return;
	}
	w = take(c, ";");
	for (size_t i = 0; i < w.len; i++)
		value_add(v, w.text[i]);
}

/* One that could be meant in two ways is none: a blank at its end is lost on
 * the way (RFC 2046 5.1.1). */
static void
set_boundary(struct content *c, const struct value *v)
{
	bool good = c->boundary_len == 0 && v->len > 0 &&
		    v->len <= CONTENT_BOUNDARY_MAX && v->to[v->len - 1] != ' ';

	for (size_t i = 0; good && i < v->len; i++)
		good = v->to[i] == ' ' || is_printing(v->to[i]);
	if (!good) {
		c->kind = CONTENT_UNCLEAR;
		return;
	}
	memcpy(c->boundary, v->to, v->len);
	c->boundary_len = v->len;
}

/* Charsets whose units are wider than an octet, in which a line end is not
 * what it seems: what was done to the lines cannot be undone. */
static bool
is_wide(const struct value *v)
{
	static const char *const names[] = { "utf-16", "utf16", "utf-32",
		"utf32", "ucs-2", "ucs-4", "iso-10646-ucs" };
	struct word charset = { v->to,
		v->len < sizeof(v->to) ? v->len : sizeof(v->to) };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(charset, names[i]))
			return true;
	return false;
}

static void
read_parameters(struct content *c, struct cursor *at)
{
	struct value value;

	while (take_mark(at, ';')) {
		struct word name = take_token(at);

		if (!take_mark(at, '='))
			continue;
		take_value(at, &value);
		if (c->kind == CONTENT_MULTIPART && is(name, "boundary"))
			set_boundary(c, &value);
		else if (c->kind == CONTENT_TEXT && is(name, "charset") &&
			 is_wide(&value))
			c->kind = CONTENT_OTHER;
	}
	skip(at);
	if (c->kind == CONTENT_MULTIPART &&
	    (c->boundary_len == 0 || at->at < at->end))
		c->kind = CONTENT_UNCLEAR;
}

static enum content_kind
kind_of(struct word type, struct word subtype)
{
	if (is(type, "text"))
		return CONTENT_TEXT;
	if (is(type, "message"))
		return CONTENT_MESSAGE;
	if (!is(type, "multipart"))
		return CONTENT_OTHER;
	if (is(subtype, "signed") || is(subtype, "encrypted"))
		return CONTENT_SEALED;
	return CONTENT_MULTIPART;
}

static void
read_type(struct content *c, struct cursor at)
{
	struct content was = *c;
	struct word type = take_token(&at), subtype;

	if (type.len == 0 || !take_mark(&at, '/'))
		return;
	subtype = take_token(&at);
	if (subtype.len == 0)
		return;
	c->kind = kind_of(type, subtype);
	c->has_type = true;
	c->is_digest = is(subtype, "digest");
	read_parameters(c, &at);
	/* The second one of texts may stand; of anything else neither. */
	if (was.has_type &&
	    (was.kind != CONTENT_TEXT || c->kind != CONTENT_TEXT))
		c->kind = CONTENT_UNCLEAR;
}

/* ---- Content-Transfer-Encoding ------------------------------------------ */

static const struct {
	const char *name;
	bool is_8bit;
} identities[] = {
	{ "", false },
	{ "7bit", false },
	{ "8bit", true },
	{ "binary", true },
	/* not these words, but read as if they were */
	{ "7-bit", false },
	{ "8-bit", true },
};

/* False where it stands for anything but the octets themselves. */
static bool
read_encoding(struct content *c, struct cursor at)
{
	struct word name = take_token(&at);

	for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++)
		if (is(name, identities[i].name)) {
			c->says_8bit |= identities[i].is_8bit;
			return true;
		}
	return false;
}

void
content_read(struct content *c, const char *text, size_t len, bool is_letter)
{
	struct header_field field;
	bool encoded = false;
	size_t at = 0;

	memset(c, 0, sizeof(*c));
	c->kind = is_letter ? CONTENT_MESSAGE : CONTENT_TEXT;
	while (header_next(text, len, &at, &field) == 1) {
		struct cursor value = { field.value,
			field.value + field.value_len };

		if (header_is(&field, "Content-Type"))
			read_type(c, value);
		else if (header_is(&field, "Content-Transfer-Encoding") &&
			 !read_encoding(c, value))
			encoded = true;
	}
	/* A multipart must not be encoded as a whole (RFC 2045 6.4). */
	if (encoded && c->kind == CONTENT_MULTIPART)
		c->kind = CONTENT_UNCLEAR;
	if (encoded && c->kind == CONTENT_TEXT)
		c->kind = CONTENT_ENCODED;
	if (c->kind != CONTENT_MULTIPART)
		c->boundary_len = 0;
}
