#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lib/talk.h"
#include "smarthost/host.h"
#include "smarthost/talk_files.h"

/* A client that the server keeps waiting gives up after so many seconds where
 * that is what the talk is about; elsewhere a slow machine shall not matter. */
enum { DEADLINE_SHORT = 1, DEADLINE_LONG = 60 };

static FILE *
create(const struct host *h, const char *name)
{
	char *path = xasprintf("%s/%s", h->dir, name);
	FILE *f = fopen(path, "we");

	if (f == NULL)
		perror(path);
	free(path);
	return f;
}

static bool
has_silence(const struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->steps[i].kind == TALK_END &&
		    t->steps[i].end == TALK_END_SILENCE)
			return true;
	return false;
}

static unsigned
deadline(const struct talk *t)
{
	if (!has_silence(t))
		return DEADLINE_LONG;
	return t->timeout > 0 ? t->timeout : DEADLINE_SHORT;
}

static void
write_login(FILE *f, const struct talk *t)
{
	if (t->auth == NULL || strcmp(t->auth, "off") == 0)
		return;
	fprintf(f, "user = \"%s\"\n", t->user);
	if (t->authorization != NULL)
		fprintf(f, "authorization-id = \"%s\"\n", t->authorization);
	if (t->no_secret)
		fputs("password-command = false\n", f);
	else
		fprintf(f, "password = \"%s\"\n", t->password);
	fprintf(f, "auth-unverified = %s\nauth-pipelining = %s\n",
	    t->auth_unverified ? "yes" : "no",
	    t->auth_pipelining ? "yes" : "no");
}

static void
write_config(FILE *f, const struct host *h, const struct talk *t)
{
	static const char *const tls[] = {
		[ENGINE_TLS_IMPLICIT] = "implicit",
		[ENGINE_TLS_STARTTLS] = "starttls",
		[ENGINE_TLS_NONE] = "none",
	};
	static const char *const chunking[] = {
		[ENGINE_CHUNKING_NO] = "no",
		[ENGINE_CHUNKING_YES] = "yes",
		[ENGINE_CHUNKING_GROUPED] = "grouped",
	};

	/* An address: a name may have two, and the second would be tried. */
	fprintf(f, "host = %s\nport = %u\ntls = %s\n", h->address,
	    h->listeners[0].port, tls[t->tls]);
	if (t->tls != ENGINE_TLS_NONE)
		fprintf(f, "tls-trust = \"%s/ca.pem\"\n", h->dir);
	fprintf(f, "auth = %s\n", t->auth != NULL ? t->auth : "off");
	write_login(f, t);
	fprintf(f, "chunking = %s\nrecipients = %s\ntimeout = %u\n",
	    chunking[t->chunking],
	    t->recipients == ENGINE_RECIPIENTS_ALL ? "all" : "any",
	    deadline(t));
	fprintf(f, "ehlo-name = %s\ndomain = %s\nlog = none\n", talk_ehlo_name,
	    talk_ehlo_name);
}

static int
finish(FILE *f)
{
	int bad = ferror(f);

	return fclose(f) == 0 && !bad ? 0 : -1;
}

int
talk_files_write(const struct host *h, const struct talk *t)
{
	FILE *config = create(h, "pneu.conf"), *letter = create(h, "letter");
	FILE *sender = create(h, "sender"), *rcpts = create(h, "recipients");
	int rc = 0;

	if (config == NULL || letter == NULL || sender == NULL || rcpts == NULL)
		return -1; /* and then the program ends */
	write_config(config, h, t);
	fwrite(t->letter, 1, t->letter_len, letter);
	fprintf(sender, "<%s>\n", t->envelope.sender);
	for (size_t i = 0; i < t->envelope.count; i++)
		fprintf(rcpts, "<%s>\n", t->envelope.recipients[i]);
	rc |= finish(config);
	rc |= finish(letter);
	rc |= finish(sender);
	rc |= finish(rcpts);
	return rc;
}

int
talk_files_status(const struct talk *t)
{
	int status = -1;

	for (size_t i = 0; i < t->count; i++)
		if (t->steps[i].kind == TALK_EVENT &&
		    t->steps[i].event.kind == TALK_EVENT_STATUS)
			status = t->steps[i].event.code;
	return status;
}
