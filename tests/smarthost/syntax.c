#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "smarthost/host.h"
#include "smarthost/syntax.h"

static const char bad_path[] = "501 5.1.7 malformed path";
static const char bad_value[] = "501 5.5.4 malformed parameter";

static bool
is_number(const char *value)
{
	size_t len = strspn(value, "0123456789");

	return len > 0 && len <= 20 && value[len] == '\0';
}

/* xchar / hexchar of RFC 3461 4. */
static bool
is_xtext(const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value < '!' || *value > '~' || *value == '=')
			return false;
		if (*value != '+')
			continue;
		if (strspn(value + 1, "0123456789ABCDEF") < 2)
			return false;
		value += 2;
	}
	return true;
}

static bool
is_one_of(const char *value, const char *words)
{
	size_t len = strlen(value), word;

	for (; *words != '\0'; words += word + strspn(words + word, " ")) {
		word = strcspn(words, " ");
		if (word == len && text_same_n(words, value, len))
			return true;
	}
	return false;
}

static bool
read_size(const char *value, struct syntax *r)
{
	if (!is_number(value))
		return false;
	r->size = strtoumax(value, NULL, 10);
	return true;
}

static bool
read_body(const char *value, struct syntax *r)
{
	r->is_binary = text_same(value, "BINARYMIME");
	r->is_8bit = r->is_binary || text_same(value, "8BITMIME");
	return r->is_8bit || text_same(value, "7BIT");
}

static bool
read_utf8(const char *value, struct syntax *r)
{
	r->is_utf8 = true;
	return value == NULL;
}

static bool
read_ret(const char *value, struct syntax *r)
{
	(void)r;
	return is_one_of(value, "FULL HDRS");
}

static bool
read_envid(const char *value, struct syntax *r)
{
	(void)r;
	return strlen(value) <= 100 && is_xtext(value);
}

static bool
read_auth(const char *value, struct syntax *r)
{
	(void)r;
	return is_xtext(value);
}

static bool
read_notify(const char *value, struct syntax *r)
{
	char word[16];
	size_t len;

	(void)r;
	if (text_same(value, "NEVER"))
		return true;
	for (;; value += len + 1) {
		len = strcspn(value, ",");
		if (len >= sizeof(word))
			return false;
		memcpy(word, value, len);
		word[len] = '\0';
		if (!is_one_of(word, "SUCCESS FAILURE DELAY"))
			return false;
		if (value[len] == '\0')
			return true;
	}
}

static bool
read_orcpt(const char *value, struct syntax *r)
{
	const char *semicolon = strchr(value, ';');

	(void)r;
	return strlen(value) <= 500 && semicolon != NULL && semicolon > value &&
	       is_xtext(semicolon + 1);
}

/* Only SMTPUTF8 has no value. */
static const struct parameter {
	const char *key;
	unsigned extension;
	bool of_mail;
	bool (*read)(const char *value, struct syntax *r);
} parameters[] = {
	{ "SIZE", HOST_SIZE, true, read_size },
	{ "BODY", HOST_8BITMIME | HOST_BINARYMIME, true, read_body },
	{ "SMTPUTF8", HOST_SMTPUTF8, true, read_utf8 },
	{ "RET", HOST_DSN, true, read_ret },
	{ "ENVID", HOST_DSN, true, read_envid },
	{ "AUTH", HOST_AUTH, true, read_auth },
	{ "NOTIFY", HOST_DSN, false, read_notify },
	{ "ORCPT", HOST_DSN, false, read_orcpt },
};

enum { PARAMETERS = sizeof(parameters) / sizeof(parameters[0]) };

static const char *
read_parameter(
    const char *key, unsigned offered, bool of_mail, struct syntax *r)
{
	size_t len = strcspn(key, "=");
	const char *value = key[len] == '=' ? key + len + 1 : NULL;
	const struct parameter *p = parameters;

	while (p < parameters + PARAMETERS &&
	       !(strlen(p->key) == len && text_same_n(p->key, key, len) &&
		   p->of_mail == of_mail))
		p++;
	if (p == parameters + PARAMETERS || (p->extension & offered) == 0)
		return "555 5.5.4 parameter not offered";
	if (p->read != read_utf8 && (value == NULL || *value == '\0'))
		return bad_value;
	if (!p->read(value, r))
		return bad_value;
	if (r->is_binary && (offered & HOST_BINARYMIME) == 0)
		return "555 5.5.4 BINARYMIME not offered";
	return NULL;
}

static bool
came_before(const char *all, const char *key)
{
	size_t len = strcspn(key, "= ");
	const char *at;

	for (at = all; at < key; at += strcspn(at, " ") + 1)
		if (text_same_n(at, key, len) && strcspn(at, "= ") == len)
			return true;
	return false;
}

/* text begins with the blank before the first parameter, or is "". */
static const char *
read_parameters(
    const char *text, unsigned offered, bool of_mail, struct syntax *r)
{
	const char *all = text + 1, *refusal;
	char word[1024];
	size_t len;

	for (; *text != '\0'; text += len) {
		if (*text++ != ' ')
			return bad_path;
		len = strcspn(text, " ");
		if (len == 0 || len >= sizeof(word) || came_before(all, text))
			return bad_value;
		memcpy(word, text, len);
		word[len] = '\0';
		refusal = read_parameter(word, offered, of_mail, r);
		if (refusal != NULL)
			return refusal;
	}
	return NULL;
}

/* Up to the '>' outside of quotes; NULL when there is none, or a blank or a
 * control before it. */
static const char *
end_of_path(const char *at)
{
	bool quoted = false;

	for (; *at != '\0'; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at[1] != '\0')
			at++;
		else if (!quoted && *at == '>')
			return at;
		else if (text_is_control(*at) || (!quoted && *at == ' '))
			return NULL;
	}
	return NULL;
}

static bool
is_mailbox(const char *path)
{
	const char *at = strrchr(path, '@');

	return at != NULL && at > path && at[1] != '\0' && path[0] != '@' &&
	       strlen(path) <= 254;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 127)
			return false;
	return true;
}

static const char *
read_path(const char *arguments, const char *keyword, struct syntax *r,
    const char **rest_r)
{
	size_t len = strlen(keyword);
	const char *end;

	memset(r, 0, sizeof(*r));
	if (!text_same_n(arguments, keyword, len) || arguments[len] != '<')
		return bad_path;
	arguments += len + 1;
	end = end_of_path(arguments);
	if (end == NULL || end - arguments >= SYNTAX_PATH_MAX)
		return bad_path;
	memcpy(r->path, arguments, (size_t)(end - arguments));
	*rest_r = end + 1;
	return NULL;
}

const char *
syntax_mail(const char *arguments, unsigned offered, struct syntax *syntax_r)
{
	const char *rest, *refusal;

	refusal = read_path(arguments, "FROM:", syntax_r, &rest);
	if (refusal == NULL)
		refusal = read_parameters(rest, offered, true, syntax_r);
	if (refusal != NULL)
		return refusal;
	if (syntax_r->path[0] != '\0' && !is_mailbox(syntax_r->path))
		return bad_path;
	if (!syntax_r->is_utf8 && !is_ascii(syntax_r->path))
		return "553 5.6.7 8-bit octets without SMTPUTF8";
	return NULL;
}

const char *
syntax_rcpt(const char *arguments, unsigned offered, struct syntax *syntax_r)
{
	const char *rest, *refusal;

	refusal = read_path(arguments, "TO:", syntax_r, &rest);
	if (refusal == NULL)
		refusal = read_parameters(rest, offered, false, syntax_r);
	if (refusal != NULL)
		return refusal;
	if (!is_mailbox(syntax_r->path) &&
	    !text_same(syntax_r->path, "postmaster"))
		return "501 5.1.3 malformed path";
	if (!is_ascii(syntax_r->path) && (offered & HOST_SMTPUTF8) == 0)
		return "553 5.6.7 8-bit octets without SMTPUTF8";
	return NULL;
}
