/*
 * A mailbox written for a From field.
 *
 * A display name that RFC 5322 can say is said in ASCII, quoted where it must
 * be; any other (8-bit, control characters, long ones, which could not be
 * folded) goes into encoded words of RFC 2047.  So whatever the name holds, no
 * line end and no long line comes of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/text.h"
#include "mail/addr.h"
#include "mail/addr_scan.h"

enum {
	LINE_MAX_LEN = 76, /* RFC 2047 section 2 */
	FIELD_NAME_LEN = 13, /* what may stand before: "Resent-From: " */
	PLAIN_MAX = 60, /* octets of a name that is not encoded */
	WORD_MAX = 48, /* encoded octets in a word: a multiple of 4 */
};

static bool
is_atom(char c)
{
	return c > 32 && c < 127 && !addr_is_special(c);
}

/* What RFC 2047 5 (3) lets stand for itself in a phrase. */
static bool
is_plain_in_q(char c)
{
	return text_is_alpha(c) || text_is_digit(c) ||
	       (c != '\0' && strchr("!*+-/", c) != NULL);
}

/* The octets of the UTF-8 character that begins at text; a malformed one is
 * one octet. */
static size_t
character_len(const char *text)
{
	unsigned char first = (unsigned char)*text;
	size_t len = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

	for (size_t i = 1; i < len; i++)
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return 1;
	return len;
}

static size_t
q_len(const char *text, size_t len)
{
	size_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += is_plain_in_q(text[i]) || text[i] == ' ' ? 1 : 3;
	return sum;
}

static size_t
b_len(size_t len)
{
	return (len + 2) / 3 * 4;
}

static void
add_q(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == ' ')
			buf_add(out, "_", 1);
		else if (is_plain_in_q(text[i]))
			buf_add(out, &text[i], 1);
		else
			buf_addf(out, "=%02X", (unsigned char)text[i]);
}

/* How many of the octets of text, whole characters, one word can hold. */
static size_t
word_len(const char *text, bool q)
{
	size_t len = 0;

	while (text[len] != '\0') {
		size_t more = len + character_len(text + len);

		if ((q ? q_len(text, more) : b_len(more)) > WORD_MAX)
			break;
		len = more;
	}
	return len;
}

/* The name as encoded words, folded between them. */
static void
add_encoded(struct buf *out, const char *name)
{
	size_t all = strlen(name);
	/* Q where half of the octets stay readable, B is shorter else. */
	bool q = q_len(name, all) <= 2 * all;

	while (*name != '\0') {
		size_t len = word_len(name, q);

		buf_addf(out, "=?UTF-8?%c?", q ? 'Q' : 'B');
		if (q)
			add_q(out, name, len);
		else
			base64_encode(out, name, len);
		name += len;
		buf_add_text(out, *name != '\0' ? "?=\r\n " : "?=");
	}
}

static void
add_quoted(struct buf *out, const char *name)
{
	buf_add(out, "\"", 1);
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_add(out, "\\", 1);
		buf_add(out, name, 1);
	}
	buf_add(out, "\"", 1);
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 32 || *text > 126)
			return false;
	return true;
}

/* True where the name needs no quotes: atoms with one blank between two, none
 * of which would be taken for an encoded word. */
static bool
is_phrase(const char *name)
{
	if (strstr(name, "=?") != NULL)
		return false;
	for (size_t i = 0; name[i] != '\0'; i++)
		if (!is_atom(name[i]) &&
		    (name[i] != ' ' || i == 0 || !is_atom(name[i + 1])))
			return false;
	return true;
}

/* The length of the last line of what is held. */
static size_t
last_line(const struct buf *b)
{
	const uint8_t *text = buf_data(b);
	size_t len = 0;

	while (len < buf_len(b) && text[buf_len(b) - len - 1] != '\n')
		len++;
	return len == buf_len(b) ? len + FIELD_NAME_LEN : len;
}

char *
addr_format(const char *name, const char *path)
{
	struct buf out;
	char *text;

	/* No cap is needed: the name is as long as our argument. */
	buf_init(&out, SIZE_MAX / 2);
	if (name != NULL && *name != '\0') {
		if (!is_ascii(name) || strlen(name) > PLAIN_MAX)
			add_encoded(&out, name);
		else if (is_phrase(name))
			buf_add_text(&out, name);
		else
			add_quoted(&out, name);
		if (last_line(&out) + strlen(path) + 3 > LINE_MAX_LEN)
			buf_add(&out, "\r\n", 2);
		buf_add(&out, " ", 1);
	}
	buf_addf(&out, "<%s>", path);
	text = buf_text(&out);
	buf_free(&out);
	return text;
}
