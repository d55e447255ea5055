/*
 * AUTH (RFC 4954): PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), OAUTHBEARER
 * (RFC 7628) and XOAUTH2, SCRAM (scram.c), each with an initial response or
 * without, where it has one.  Nothing of what is read here is reported but the
 * names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smarthost/auth.h"
#include "smarthost/session.h"

enum { RESPONSE_MAX = 12288 };

bool
auth_hear(
    struct session *s, char **initial, const char *prompt, struct buf *response)
{
	const char *text = *initial;

	buf_clear(response);
	*initial = NULL;
	if (text == NULL) {
		session_say_raw(s, prompt);
		s->group_end = "AUTH";
		if (!session_line(s))
			return false;
		flights_name(&s->flights, "response");
		host_transcript(s->host, s->number, "C", "...");
		text = s->line;
		if (strcmp(text, "*") == 0) {
			session_say(s, "501 5.7.0 cancelled");
			return false;
		}
	} else if (strcmp(text, "=") == 0) {
		text = "";
	}
	if (base64_decode(response, text, strlen(text)) == 0)
		return true;
	session_fault(s, "a response that is not base64");
	session_say(s, "501 5.5.2 that is not base64");
	return false;
}

bool
auth_ask(
    struct session *s, const void *challenge, size_t len, struct buf *response)
{
	char *none = NULL, *prompt;
	struct buf line;
	bool heard;

	buf_init(&line, 2 * RESPONSE_MAX);
	buf_add_text(&line, "334 ");
	base64_encode(&line, challenge, len);
	prompt = buf_text(&line);
	heard = auth_hear(s, &none, prompt, response);
	free(prompt);
	buf_free(&line);
	return heard;
}

void
auth_malformed(struct session *s)
{
	session_fault(s, "a malformed %s response", s->mechanism);
	session_say(s, "501 5.5.2 malformed response");
}

void
auth_end(
    struct session *s, const char *authorization, const char *user, bool known)
{
	if (session_policy(s, HOST_AUTH_SAID))
		return;
	if (!known) {
		session_say(s, "535 5.7.8 credentials invalid");
		return;
	}
	s->user = xstrdup(user);
	s->authorization = xstrdup(authorization);
	session_say(s, "235 2.7.0 welcome");
}

static void
judge(struct session *s, const char *authorization, const char *user,
    const char *password)
{
	auth_end(s, authorization, user, host_knows(s->host, user, password));
}

/* message = [authzid] NUL authcid NUL passwd */
static void
plain(struct session *s, char *initial)
{
	struct buf response;
	char *text, *user, *password;

	buf_init(&response, RESPONSE_MAX);
	response.secret = true;
	if (auth_hear(s, &initial, "334 ", &response)) {
		text = buf_text(&response);
		user = memchr(text, '\0', buf_len(&response));
		password =
		    user == NULL
			? NULL
			: memchr(user + 1, '\0',
			      buf_len(&response) - (size_t)(user + 1 - text));
		if (password == NULL || user[1] == '\0' ||
		    strlen(password + 1) + (size_t)(password + 1 - text) !=
			buf_len(&response)) {
			auth_malformed(s);
		} else {
			judge(s, text, user + 1, password + 1);
		}
		explicit_bzero(text, buf_len(&response));
		free(text);
	}
	buf_free(&response);
}

static void
login(struct session *s, char *initial)
{
	struct buf response;
	char *user = NULL, *password = NULL;

	buf_init(&response, RESPONSE_MAX);
	response.secret = true;
	if (auth_hear(s, &initial, "334 VXNlcm5hbWU6", &response)) {
		user = buf_text(&response);
		if (auth_hear(s, &initial, "334 UGFzc3dvcmQ6", &response)) {
			password = buf_text(&response);
			judge(s, "", user, password);
			explicit_bzero(password, strlen(password));
		}
	}
	free(user);
	free(password);
	buf_free(&response);
}

static void
cram(struct session *s, char *initial)
{
	char *challenge, *text, *digest;
	char right[33] = "";
	uint8_t octets[16];
	struct buf response;

	(void)initial;
	buf_init(&response, RESPONSE_MAX);
	challenge = xasprintf("<%lu.%p@localhost>", s->number, (void *)s);
	if (auth_ask(s, challenge, strlen(challenge), &response)) {
		text = buf_text(&response);
		digest = strrchr(text, ' ');
		if (digest != NULL) {
			const char *password;

			*digest++ = '\0';
			password = host_password(s->host, text);
			gnutls_hmac_fast(GNUTLS_MAC_MD5, password,
			    strlen(password), challenge, strlen(challenge),
			    octets);
			for (size_t i = 0; i < sizeof(octets); i++)
				snprintf(right + 2 * i, 3, "%02x", octets[i]);
			auth_end(s, "", text,
			    *password != '\0' && strcmp(digest, right) == 0);
		} else {
			auth_malformed(s);
		}
		free(text);
	}
	free(challenge);
	buf_free(&response);
}

/* The reason of the refusal, which the client must answer first (RFC 7628
 * 3.2.3): answer is what with. */
static void
refuse_token(struct session *s, const char *answer)
{
	static const char reason[] =
	    "{\"status\":\"invalid_token\",\"scope\":\"mail\"}";
	struct buf response;

	buf_init(&response, RESPONSE_MAX);
	if (auth_ask(s, reason, sizeof(reason) - 1, &response)) {
		if (buf_len(&response) != strlen(answer) ||
		    memcmp(buf_data(&response), answer, strlen(answer)) != 0)
			session_fault(s, "the reason is answered otherwise");
		session_say(s, "535 5.7.8 credentials invalid");
	}
	buf_free(&response);
}

/* user ^A "auth=Bearer " token ^A ^A: text is at the user. */
static void
judge_token(struct session *s, char *user, const char *answer)
{
	static const char before[] = "\1auth=Bearer ";
	char *end = strchr(user, 1);
	char *token = end == NULL ? NULL : end + strlen(before);

	if (end == NULL || strncmp(end, before, strlen(before)) != 0 ||
	    strlen(token) < 3 ||
	    strcmp(token + strlen(token) - 2, "\1\1") != 0) {
		auth_malformed(s);
		return;
	}
	*end = '\0';
	token[strlen(token) - 2] = '\0';
	user[strcspn(user, ",")] = '\0';
	if (host_knows(s->host, user, token))
		auth_end(s, "", user, true);
	else
		refuse_token(s, answer);
}

static void
token(struct session *s, char *initial, const char *prefix, const char *answer)
{
	struct buf response;
	char *text;

	buf_init(&response, RESPONSE_MAX);
	response.secret = true;
	if (auth_hear(s, &initial, "334 ", &response)) {
		text = buf_text(&response);
		if (strncmp(text, prefix, strlen(prefix)) == 0)
			judge_token(s, text + strlen(prefix), answer);
		else
			auth_malformed(s);
		explicit_bzero(text, buf_len(&response));
		free(text);
	}
	buf_free(&response);
}

static void
oauthbearer(struct session *s, char *initial)
{
	token(s, initial, "n,a=", "\1");
}

static void
xoauth2(struct session *s, char *initial)
{
	token(s, initial, "user=", "");
}

static const struct mechanism {
	const char *name;
	void (*run)(struct session *s, char *initial);
} mechanisms[] = {
	{ "PLAIN", plain },
	{ "LOGIN", login },
	{ "CRAM-MD5", cram },
	{ "OAUTHBEARER", oauthbearer },
	{ "XOAUTH2", xoauth2 },
	{ "SCRAM-SHA-1", auth_scram },
	{ "SCRAM-SHA-1-PLUS", auth_scram },
	{ "SCRAM-SHA-256", auth_scram },
	{ "SCRAM-SHA-256-PLUS", auth_scram },
};

/* Offered, and one that is known here. */
static const struct mechanism *
find_mechanism(const struct session *s, const char *name)
{
	const char *offered = s->host->mechanisms;
	size_t len = strlen(name), i;

	while (*offered != '\0') {
		size_t word = strcspn(offered, " ");

		if (word == len && text_same_n(offered, name, len))
			break;
		offered += word + strspn(offered + word, " ");
	}
	if (*offered == '\0')
		return NULL;
	for (i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (text_same(mechanisms[i].name, name))
			return &mechanisms[i];
	return NULL;
}

static const char *
refuse(struct session *s)
{
	if (!s->esmtp || !session_may_auth(s))
		return "503 5.5.1 AUTH is not offered";
	if (s->user != NULL)
		return "503 5.5.1 already authenticated";
	if (s->has_mail)
		return "503 5.5.1 not in a transaction";
	return NULL;
}

void
session_auth(struct session *s, char *arguments)
{
	char *initial = strchr(arguments, ' ');
	const struct mechanism *m;
	const char *refusal = refuse(s);

	if (refusal != NULL) {
		session_fault(s, "AUTH out of order: %s", refusal);
		session_say(s, "%s", refusal);
		return;
	}
	if (initial != NULL)
		*initial++ = '\0';
	m = find_mechanism(s, arguments);
	if (m == NULL) {
		session_fault(s, "a mechanism that was not offered");
		session_say(s, "504 5.5.4 mechanism not offered");
		return;
	}
	s->mechanism = m->name;
	m->run(s, initial);
}
