/*
 * AUTH (RFC 4954): PLAIN (RFC 4616) and LOGIN, each with an initial response
 * or without.  Nothing of what is read here is reported but the names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smarthost/session.h"

enum { RESPONSE_MAX = 12288 };

/*
 * The client's next response, decoded; the first may have come with the
 * command.  prompt is what is asked otherwise, in base64.  False when the
 * exchange is over, answered.
 */
static bool
hear_response(
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

static void
judge(struct session *s, const char *authorization, const char *user,
    const char *password)
{
	if (session_policy(s, HOST_AUTH_SAID))
		return;
	if (!host_knows(s->host, user, password)) {
		session_say(s, "535 5.7.8 credentials invalid");
		return;
	}
	s->user = xstrdup(user);
	s->authorization = xstrdup(authorization);
	session_say(s, "235 2.7.0 welcome");
}

/* message = [authzid] NUL authcid NUL passwd */
static void
plain(struct session *s, char *initial)
{
	struct buf response;
	char *text, *user, *password;

	buf_init(&response, RESPONSE_MAX);
	response.secret = true;
	if (hear_response(s, &initial, "334 ", &response)) {
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
			session_fault(s, "a malformed PLAIN response");
			session_say(s, "501 5.5.2 malformed response");
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
	if (hear_response(s, &initial, "334 VXNlcm5hbWU6", &response)) {
		user = buf_text(&response);
		if (hear_response(s, &initial, "334 UGFzc3dvcmQ6", &response)) {
			password = buf_text(&response);
			judge(s, "", user, password);
			explicit_bzero(password, strlen(password));
		}
	}
	free(user);
	free(password);
	buf_free(&response);
}

static const struct mechanism {
	const char *name;
	void (*run)(struct session *s, char *initial);
} mechanisms[] = {
	{ "PLAIN", plain },
	{ "LOGIN", login },
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
