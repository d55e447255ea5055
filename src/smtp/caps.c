/*
 * The answer to EHLO (RFC 5321 4.1.1.1): its first line greets, each further
 * one is
 *
 *   ehlo-line = ehlo-keyword *( SP ehlo-param )
 *
 * Read as servers write it: keywords in any case, blanks in any number.  A
 * line that is no such thing is passed over; it can add nothing.
 */
#include <string.h>

#include "base/text.h"
#include "smtp/caps.h"
#include "smtp/reply.h"

enum { MECHANISM_MAX = 20 }; /* sasl-mech, RFC 4422 3.1 */

/* A word of a line; not NUL-terminated. */
struct word {
	const char *text;
	size_t len;
};

static const struct keyword {
	const char *name;
	enum caps_flag flag;
} keywords[] = {
	{ "PIPELINING", CAPS_PIPELINING },
	{ "SIZE", CAPS_SIZE },
	{ "8BITMIME", CAPS_8BITMIME },
	{ "ENHANCEDSTATUSCODES", CAPS_ENHANCED },
	{ "CHUNKING", CAPS_CHUNKING },
	{ "STARTTLS", CAPS_STARTTLS },
	{ "AUTH", CAPS_AUTH },
	{ "DSN", CAPS_DSN },
	{ "SMTPUTF8", CAPS_SMTPUTF8 },
};

/* Takes the next word from the rest of a line; its length is 0 at the end. */
static struct word
next_word(struct word *rest)
{
	struct word word;

	while (rest->len > 0 && text_is_blank(*rest->text)) {
		rest->text++;
		rest->len--;
	}
	word = (struct word){ rest->text, 0 };
	while (word.len < rest->len && !text_is_blank(word.text[word.len]))
		word.len++;
	rest->text += word.len;
	rest->len -= word.len;
	return word;
}

static bool
word_is(struct word word, const char *text)
{
	return word.len == strlen(text) &&
	       text_same_n(word.text, text, word.len);
}

/* size-param = [number]; a number that does not fit says as much as none
 * (RFC 1870 4), and so does what is no number. */
static uint64_t
read_size(struct word number)
{
	uint64_t size = 0;

	for (size_t i = 0; i < number.len; i++) {
		char c = number.text[i];

		if (!text_is_digit(c) ||
		    __builtin_mul_overflow(size, 10u, &size) ||
		    __builtin_add_overflow(size, (unsigned)(c - '0'), &size))
			return 0;
	}
	return size;
}

/* sasl-mech = 1*20( UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE ), but in any
 * case: some servers write "Login". */
static bool
is_mechanism(struct word name)
{
	if (name.len == 0 || name.len > MECHANISM_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.text[i];

		if (!text_is_alpha(c) && !text_is_digit(c) && c != '-' &&
		    c != '_')
			return false;
	}
	return true;
}

static bool
is_offered(const struct caps *caps, struct word name)
{
	struct word rest = { caps->auth, strlen(caps->auth) }, word;

	while ((word = next_word(&rest)).len > 0)
		if (word.len == name.len &&
		    text_same_n(word.text, name.text, name.len))
			return true;
	return false;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static void
add_mechanism(struct caps *caps, struct word name)
{
	size_t used = strlen(caps->auth);

	if (!is_mechanism(name) || is_offered(caps, name) ||
	    used + 1 + name.len >= sizeof(caps->auth))
		return;
	if (used > 0)
		caps->auth[used++] = ' ';
	for (size_t i = 0; i < name.len; i++)
		caps->auth[used++] = upper(name.text[i]);
	caps->auth[used] = '\0';
}

/* "AUTH=LOGIN PLAIN" was written before RFC 2554 and is still met beside or
 * in place of "AUTH LOGIN PLAIN". */
static void
split_old_auth(struct word *keyword, struct word *rest)
{
	static const size_t len = sizeof("AUTH=") - 1;

	if (keyword->len < len || !text_same_n(keyword->text, "AUTH=", len))
		return;
	rest->text -= keyword->len - len;
	rest->len += keyword->len - len;
	keyword->len = len - 1;
}

static unsigned
find_flag(struct word keyword)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (word_is(keyword, keywords[i].name))
			return keywords[i].flag;
	return 0;
}

static void
read_line(struct caps *caps, struct word rest)
{
	struct word keyword = next_word(&rest), name;
	unsigned flag;

	split_old_auth(&keyword, &rest);
	flag = find_flag(keyword);
	if (flag == CAPS_SIZE && !(caps->flags & CAPS_SIZE))
		caps->size = read_size(next_word(&rest));
	if (flag == CAPS_AUTH)
		while ((name = next_word(&rest)).len > 0)
			add_mechanism(caps, name);
	caps->flags |= flag;
}

void
caps_parse(struct caps *caps_r, const struct reply *reply)
{
	const char *line = reply->text != NULL ? reply->text : "";

	*caps_r = (struct caps){ 0 };
	while ((line = strchr(line, '\n')) != NULL) {
		line++;
		read_line(caps_r, (struct word){ line, strcspn(line, "\n") });
	}
}

bool
caps_offers_auth(const struct caps *caps, const char *mechanism)
{
	return is_offered(caps, (struct word){ mechanism, strlen(mechanism) });
}
