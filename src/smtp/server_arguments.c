/*
 *   "FROM:" reverse-path [ SP parameters ]
 *   "TO:" forward-path [ SP parameters ]
 *   parameter = keyword [ "=" value ]       value without "=", RFC 5321 4.1.2
 *
 * Programs on this host are heard with more patience than the RFC asks for:
 * blanks around the colon, a path without its brackets, a bare name.  What
 * the path means is mail/addr's to say; here is only where it ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "smtp/server.h"
#include "smtp/server_arguments.h"
#include "smtp/xtext.h"

enum {
	ENVID_MAX = 100, /* octets of xtext, RFC 3461 4.4 */
	ORCPT_MAX = 500 /* RFC 3461 4.2 */
};

static int
refuse(struct server_refusal *why_r, int code, const char *enhanced,
    const char *text)
{
	why_r->code = code;
	why_r->enhanced = enhanced;
	snprintf(why_r->text, sizeof(why_r->text), "%s", text);
	return -1;
}

/* ---- parameters --------------------------------------------------------- */

/* Each of these reads a value (never NULL): 0, or -1. */

/* RFC 1870 3: at most 20 digits; more than can be counted is too large
 * whatever the limit. */
static int
read_size(struct server_arguments *a, const char *value)
{
	size_t digits = strspn(value, "0123456789");

	if (digits == 0 || digits > 20 || value[digits] != '\0')
		return -1;
	for (; *value != '\0'; value++) {
		unsigned digit = (unsigned)(*value - '0');

		if (a->size > (UINT64_MAX - digit) / 10) {
			a->size = UINT64_MAX;
			return 0;
		}
		a->size = 10 * a->size + digit;
	}
	return 0;
}

static int
read_body(struct server_arguments *a, const char *value)
{
	a->is_8bit = text_same(value, "8BITMIME");
	return a->is_8bit || text_same(value, "7BIT") ? 0 : -1;
}

static int
read_return(struct server_arguments *a, const char *value)
{
	if (text_same(value, "FULL"))
		a->ret = "FULL";
	else if (text_same(value, "HDRS"))
		a->ret = "HDRS";
	return a->ret != NULL ? 0 : -1;
}

/* True for xtext (not empty) of what may be printed, RFC 3461 4.2 and 4.4. */
static bool
is_printable_xtext(const char *xtext)
{
	struct buf out;
	bool printable;

	buf_init(&out, SERVER_LINE_MAX);
	printable =
	    *xtext != '\0' && xtext_decode(&out, xtext, strlen(xtext)) == 0;
	for (size_t i = 0; i < buf_len(&out); i++)
		if (buf_data(&out)[i] < ' ' || buf_data(&out)[i] > '~')
			printable = false;
	buf_free(&out);
	return printable;
}

static int
read_envid(struct server_arguments *a, const char *value)
{
	if (strlen(value) > ENVID_MAX || !is_printable_xtext(value))
		return -1;
	a->envid = xstrdup(value);
	return 0;
}

/* NEVER stands alone, RFC 3461 4.1; the others in any order, which does not
 * matter. */
static int
read_notify(struct server_arguments *a, const char *value)
{
	static const char *const names[] = { "SUCCESS", "FAILURE", "DELAY" };
	static const char *const sums[] = { NULL, "SUCCESS", "FAILURE",
		"SUCCESS,FAILURE", "DELAY", "SUCCESS,DELAY", "FAILURE,DELAY",
		"SUCCESS,FAILURE,DELAY" };
	unsigned sum = 0;

	if (text_same(value, "NEVER")) {
		a->notify = "NEVER";
		return 0;
	}
	for (;; value++) {
		size_t len = strcspn(value, ",");
		unsigned row = 0;

		while (row < 3 && (strlen(names[row]) != len ||
				      !text_same_n(names[row], value, len)))
			row++;
		if (row == 3)
			return -1;
		sum |= 1U << row;
		value += len;
		if (*value == '\0')
			break;
	}
	a->notify = sums[sum];
	return 0;
}

/* addr-type ";" xtext; a type is an atom. */
static int
read_original(struct server_arguments *a, const char *value)
{
	size_t type = strcspn(value, ";");

	if (strlen(value) > ORCPT_MAX || type == 0 || value[type] != ';' ||
	    strcspn(value, "()<>@,:\\\".[]") < type ||
	    !is_printable_xtext(value + type + 1))
		return -1;
	a->original = xstrdup(value);
	return 0;
}

static const struct parameter {
	const char *keyword;
	unsigned verbs;
	int (*read)(struct server_arguments *a, const char *value);
	const char *wanted;
} parameters[] = {
	{ "SIZE", SERVER_MAIL, read_size, "SIZE= wants a number of octets" },
	{ "BODY", SERVER_MAIL, read_body, "BODY= wants 7BIT or 8BITMIME" },
	{ "RET", SERVER_MAIL, read_return, "RET= wants FULL or HDRS" },
	{ "ENVID", SERVER_MAIL, read_envid,
	    "ENVID= wants xtext of at most 100 characters" },
	{ "NOTIFY", SERVER_RCPT, read_notify,
	    "NOTIFY= wants NEVER, or some of SUCCESS, FAILURE and DELAY" },
	{ "ORCPT", SERVER_RCPT, read_original,
	    "ORCPT= wants a type, a semicolon and xtext of at most 500 "
	    "characters in all" },
};

enum { PARAMETERS = sizeof(parameters) / sizeof(parameters[0]) };

static int
read_parameter(struct server_arguments *a, enum server_verb verb, char *word,
    struct server_refusal *why_r)
{
	size_t len = strcspn(word, "="), row = 0;

	while (row < PARAMETERS &&
	       ((parameters[row].verbs & verb) == 0 ||
		   strlen(parameters[row].keyword) != len ||
		   !text_same_n(parameters[row].keyword, word, len)))
		row++;
	if (row == PARAMETERS)
		return refuse(
		    why_r, 555, "5.5.4", "a parameter that is not known here");
	if ((a->said & 1U << row) != 0)
		return refuse(why_r, 501, "5.5.4", "a parameter comes twice");
	a->said |= 1U << row;
	if (word[len] == '\0' || parameters[row].read(a, word + len + 1) != 0)
		return refuse(why_r, 501, "5.5.4", parameters[row].wanted);
	return 0;
}

/* ---- path --------------------------------------------------------------- */

/* How long the path is: up to its '>', or where it has no brackets to a blank;
 * neither counts in quotes (RFC 5321 4.1.2 Quoted-string). */
static size_t
path_length(const char *text)
{
	bool brackets = *text == '<', quoted = false;
	size_t i = 0;

	for (; text[i] != '\0'; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == '\\' && text[i + 1] != '\0')
			i++;
		else if (!quoted && brackets && text[i] == '>')
			return i + 1;
		else if (!quoted && !brackets && text_is_blank(text[i]))
			return i;
	}
	return i;
}

static int
read_path(struct server_arguments *a, enum server_verb verb, const char *text,
    size_t len, struct server_refusal *why_r)
{
	bool brackets = *text == '<';
	char *path = xasprintf("%s%.*s%s", brackets ? "" : "<", (int)len, text,
	    brackets ? "" : ">");
	struct fail f;
	int result = 0;

	if (addr_parse_sender(
		path, verb == SERVER_MAIL ? "MAIL" : "RCPT", &a->path, &f) != 0)
		result = refuse(why_r, 501,
		    verb == SERVER_MAIL ? "5.1.7" : "5.1.3", f.words);
	else if (verb == SERVER_RCPT && a->path[0] == '\0')
		result = refuse(
		    why_r, 501, "5.1.3", "the null path cannot be a recipient");
	free(path);
	return result;
}

static char *
skip_blanks(char *text)
{
	while (text_is_blank(*text))
		text++;
	return text;
}

int
server_arguments_read(struct server_arguments *a, enum server_verb verb,
    char *text, struct server_refusal *why_r)
{
	const char *word = verb == SERVER_MAIL ? "FROM" : "TO";
	const char *wanted = verb == SERVER_MAIL
				 ? "MAIL FROM:<address> is wanted"
				 : "RCPT TO:<address> is wanted";
	size_t len = strlen(word);

	memset(a, 0, sizeof(*a));
	if (!text_same_n(text, word, len))
		return refuse(why_r, 501, "5.5.4", wanted);
	text = skip_blanks(text + len);
	if (*text != ':')
		return refuse(why_r, 501, "5.5.4", wanted);
	text = skip_blanks(text + 1);
	len = path_length(text);
	if (len == 0)
		return refuse(why_r, 501, "5.5.4", wanted);
	if (text[len] != '\0' && !text_is_blank(text[len]))
		return refuse(why_r, 501, "5.5.4",
		    "a blank is wanted behind the address");
	if (read_path(a, verb, text, len, why_r) != 0)
		return -1;
	for (text = skip_blanks(text + len); *text != '\0';) {
		len = strcspn(text, " \t");
		char *next = skip_blanks(text + len);

		text[len] = '\0';
		if (read_parameter(a, verb, text, why_r) != 0)
			return -1;
		text = next;
	}
	return 0;
}

void
server_arguments_free(struct server_arguments *a)
{
	free(a->path);
	free(a->envid);
	free(a->original);
}
