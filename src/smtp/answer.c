#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/answer.h"
#include "smtp/record.h"

static void
set(struct answer *a, int code, const char *enhanced)
{
	a->reply.code = code;
	a->reply.enhanced = enhanced;
	a->reply.text = a->text;
}

/* Of those that were refused the first for good, else the first, else the
 * letter's: with one who is refused for good trying again is no use. */
static const struct verdict *
deciding(const struct record *r)
{
	const struct verdict *first = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct verdict *v = &r->refused[i];

		if (v->kind == VERDICT_NONE)
			continue;
		if (v->kind == VERDICT_REPLY && status_of(v) != EX_TEMPFAIL)
			return v;
		if (first == NULL)
			first = v;
	}
	return first != NULL ? first : &r->letter;
}

static bool
is_for_client(const struct verdict *v)
{
	return v->kind == VERDICT_REPLY && v->stage >= STAGE_MAIL &&
	       v->reply.code >= 400 && !status_is_login(v->reply.code);
}

static char *
words_of(const struct record *r)
{
	struct buf words;
	char *text;
	size_t len;

	buf_init(&words, RECORD_MAX);
	record_words(r, &words);
	text = buf_text(&words);
	buf_free(&words);
	len = strlen(text);
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

/* 421 would end our session with the client; 552 to RCPT means 452 (RFC 5321
 * 4.5.3.1.10). */
static void
pass_on(struct answer *a, const struct record *r, const struct verdict *v)
{
	const struct reply *reply = &v->reply;
	int code = reply->code == 421 ? 451 : reply->code;

	a->text = words_of(r);
	snprintf(a->enhanced, sizeof(a->enhanced), "%d.%d.%d", reply->class,
	    reply->subject, reply->detail);
	if (code >= 500 && status_of(v) == EX_TEMPFAIL)
		set(a, 452, "4.5.3");
	else
		set(a, code, reply->class > 0 ? a->enhanced : NULL);
}

/* In our words: the server's own are about us. */
static void
blame_site(struct answer *a, const struct record *r, const struct verdict *v)
{
	const char *server = r->server != NULL ? r->server : "";
	const char *colon = r->server != NULL ? ": " : "";
	const char *where = stage_phrase(v->stage);

	/* That phrase warns of a second copy; who is refused has none. */
	if (v->kind == VERDICT_REPLY && v->stage == STAGE_END)
		where = "the letter";
	if (v->kind == VERDICT_NONE)
		a->text = words_of(r);
	else if (v->kind == VERDICT_FAIL)
		a->text = xasprintf(
		    "%s%s%s: %s", server, colon, where, v->fail.words);
	else
		a->text = xasprintf("%s%s%s: the server refuses, and the "
				    "record says how",
		    server, colon, where);
	set(a, 451, "4.4.0");
}

static const struct {
	enum fail_kind kind;
	int code;
	const char *enhanced;
} local[] = {
	{ FAIL_DATA, 554, "5.6.0" }, /* RFC 3463: the content */
	{ FAIL_NOINPUT, 554, "5.6.0" },
	{ FAIL_NOUSER, 550, "5.1.1" }, /* an alias that is not followed */
	{ FAIL_USAGE, 554, "5.5.0" },
	{ FAIL_TEMP, 452, "4.3.1" }, /* the disk is full */
	{ FAIL_IO, 451, "4.3.0" },
	{ FAIL_OS, 451, "4.3.0" },
	{ FAIL_CANTCREAT, 451, "4.3.0" },
	{ FAIL_BUG, 451, "4.3.0" },
};

void
answer_fail(struct answer *a, const struct fail *f)
{
	memset(a, 0, sizeof(*a));
	a->text = xstrdup(f->words);
	set(a, 451, "4.4.0");
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (local[i].kind == f->kind)
			set(a, local[i].code, local[i].enhanced);
}

static void
take(struct answer *a, const struct record *r)
{
	char *words = reply_words(&r->letter.reply);

	/* All recipients were discarded, and no server was asked. */
	if (r->letter.reply.code == 0)
		a->text = xstrdup("discarded");
	else
		a->text = xasprintf("taken by %s: %s",
		    r->server != NULL ? r->server : "the server", words);
	free(words);
	set(a, 250, "2.0.0");
}

void
answer_init(struct answer *a, const struct record *r)
{
	const struct verdict *v = deciding(r);

	memset(a, 0, sizeof(*a));
	if (v->kind == VERDICT_TAKEN)
		take(a, r);
	else if (is_for_client(v))
		pass_on(a, r, v);
	else if (v->kind == VERDICT_FAIL && v->stage == STAGE_LOCAL)
		answer_fail(a, &v->fail);
	else
		blame_site(a, r, v);
	/* RFC 1870 6.1: the engine does not offer what is too large. */
	if (v->kind == VERDICT_FAIL && v->stage == STAGE_MAIL &&
	    v->fail.kind == FAIL_DATA)
		set(a, 552, "5.3.4");
}

void
answer_free(struct answer *a)
{
	free(a->text);
	memset(a, 0, sizeof(*a));
}
