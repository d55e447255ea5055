/*
 * Verdicts in words.
 *
 * Two readers: a person, who is told what failed, what the server said and
 * what to do, and nothing at all on success; and a program that reads the log,
 * for which every record is one line of the same keys.
 *
 * Nearly everything here was chosen by strangers (replies, addresses, names in
 * certificates), so all of it is printable before it is put together, and each
 * part has a share of the line that a longer one cannot pass: a recipient of
 * five thousand octets does not hide the reason.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/envelope.h"
#include "smtp/record.h"

enum {
	SERVER_MAX = 160, /* shares of a line for people */
	PATH_MAX_SHOWN = 128,
	LIST_MAX = 65536 /* of a list before it is cut to its share */
};

void
record_init(struct record *r)
{
	*r = (struct record){ 0 };
}

static void
forget_refusals(struct record *r)
{
	for (size_t i = 0; i < r->count; i++)
		verdict_free(&r->refused[i]);
	free(r->refused);
	r->refused = NULL;
	r->count = 0;
}

void
record_free(struct record *r)
{
	forget_refusals(r);
	verdict_free(&r->letter);
	free(r->server);
	free(r->address);
	free(r->tls);
	free(r->mechanism);
	free(r->kept);
	free(r->message_id);
	record_init(r);
}

void
record_set_envelope(struct record *r, const struct envelope *e)
{
	forget_refusals(r);
	r->envelope = e;
	r->refused = xcalloc(e->count, sizeof(*r->refused));
	r->count = e->count;
}

void
record_note(struct record *r, const char *note)
{
	for (size_t i = 0; i < RECORD_NOTES_MAX; i++) {
		if (r->notes[i] == NULL)
			r->notes[i] = note;
		if (strcmp(r->notes[i], note) == 0)
			return;
	}
}

static bool
is_refused(const struct record *r, size_t index)
{
	return index < r->count && r->refused[index].kind != VERDICT_NONE;
}

static size_t
count_refused(const struct record *r)
{
	size_t refused = 0;

	for (size_t i = 0; i < r->count; i++)
		refused += is_refused(r, i);
	return refused;
}

/* Where everybody was refused the letter's own verdict is nobody's. */
static bool
letter_counts(const struct record *r)
{
	return r->count == 0 || count_refused(r) < r->count;
}

int
record_status(const struct record *r)
{
	int status = letter_counts(r) ? status_of(&r->letter) : EX_OK;

	for (size_t i = 0; i < r->count; i++)
		if (is_refused(r, i))
			status =
			    status_worse(status, status_of(&r->refused[i]));
	return status;
}

const struct verdict *
record_verdict(const struct record *r, size_t index)
{
	return is_refused(r, index) ? &r->refused[index] : &r->letter;
}

/* The verdict to show where there is room for one. */
static const struct verdict *
first_verdict(const struct record *r)
{
	size_t i = 0;

	if (letter_counts(r) && r->letter.kind != VERDICT_TAKEN)
		return &r->letter;
	while (i < r->count && !is_refused(r, i))
		i++;
	return record_verdict(r, i);
}

/* ---- printing --------------------------------------------------------- */

/* Ends what did not fit into dst. */
static void
mark_cut(char *dst, size_t size, int wanted)
{
	if (wanted >= (int)size)
		memcpy(dst + size - 4, "...", 4);
}

/* A printable copy of a stranger's text in size octets with the NUL. */
static char *
show(char *dst, size_t size, const char *text)
{
	/* Two octets make at least one that is shown (CR LF a blank), so more
	 * than these cannot matter. */
	size_t len = strnlen(text, 2 * size), room = 4 * len + 1;
	char *all = text_vis(xmalloc(room), room, text, len);

	mark_cut(dst, size, snprintf(dst, size, "%s", all));
	free(all);
	return dst;
}

static void add_line(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add_line(struct buf *out, const char *format, ...)
{
	char line[RECORD_LINE_MAX];
	va_list ap;

	va_start(ap, format);
	mark_cut(line, sizeof(line), vsnprintf(line, sizeof(line), format, ap));
	va_end(ap);
	buf_addf(out, "%s\n", line);
}

/* ---- for people ------------------------------------------------------- */

/* "smtp.example.org:465: ", or "" before there was a server. */
static char *
show_server(char *dst, const struct record *r)
{
	dst[0] = '\0';
	if (r->server == NULL)
		return dst;
	show(dst, SERVER_MAX, r->server);
	return strcat(dst, ": ");
}

/* What a reply answered: "MAIL <a@b>". */
static char *
show_command(char *dst, size_t size, enum stage stage, const char *path)
{
	static const char *const commands[STAGE_COUNT] = {
		[STAGE_GREETING] = "greeting",
		[STAGE_EHLO] = "EHLO",
		[STAGE_STARTTLS] = "STARTTLS",
		[STAGE_AUTH] = "AUTH",
		[STAGE_MAIL] = "MAIL",
		[STAGE_RCPT] = "RCPT",
		[STAGE_DATA] = "DATA",
		[STAGE_BODY] = "the letter",
		[STAGE_END] = "the letter",
	};
	const char *command =
	    commands[stage] != NULL ? commands[stage] : stage_phrase(stage);
	char shown[PATH_MAX_SHOWN];

	if (path != NULL && (stage == STAGE_MAIL || stage == STAGE_RCPT))
		snprintf(dst, size, "%s <%s>", command,
		    show(shown, sizeof(shown), path));
	else
		snprintf(dst, size, "%s", command);
	return dst;
}

static void
say_reply(const struct record *r, const struct verdict *v, const char *path,
    struct buf *out)
{
	char server[SERVER_MAX + 3], command[PATH_MAX_SHOWN + 64];
	char *words = reply_words(&v->reply);

	add_line(out, "%s%s: %s", show_server(server, r),
	    show_command(command, sizeof(command), v->stage, path), words);
	free(words);
}

/* The words of a failure are printable already (base/fail). */
static void
say_fail(const struct record *r, const struct verdict *v, struct buf *out)
{
	char server[SERVER_MAX + 3];
	const char *doubt =
	    v->fail.kind == FAIL_UNKNOWN && v->stage != STAGE_END
		? "; the letter may be delivered twice"
		: "";

	if (v->stage == STAGE_LOCAL)
		add_line(out, "%s", v->fail.words);
	else
		add_line(out, "%s%s%s: %s", show_server(server, r),
		    stage_phrase(v->stage), doubt, v->fail.words);
}

static void
say_refusals(const struct record *r, struct buf *out)
{
	size_t told = 0, refused = count_refused(r);
	char server[SERVER_MAX + 3];

	for (size_t i = 0; i < r->count && told < RECORD_REFUSALS_MAX; i++) {
		const struct verdict *v = &r->refused[i];

		if (v->kind == VERDICT_REPLY)
			say_reply(r, v, r->envelope->recipients[i], out);
		else if (v->kind == VERDICT_FAIL)
			say_fail(r, v, out);
		told += is_refused(r, i);
	}
	if (refused > told)
		add_line(out, "%s%zu more recipients were refused",
		    show_server(server, r), refused - told);
}

/* Is the letter's verdict what was said of one recipient (recipients = all)?
 * A 421 among the recipients' answers, which is nobody's, is not. */
static bool
is_one_for_all(const struct record *r)
{
	if (r->letter.kind != VERDICT_REPLY || r->letter.stage != STAGE_RCPT)
		return false;
	for (size_t i = 0; i < r->count; i++)
		if (r->refused[i].kind == VERDICT_REPLY &&
		    r->refused[i].reply.code == r->letter.reply.code)
			return true;
	return false;
}

static void
say_letter(const struct record *r, struct buf *out)
{
	size_t others = r->count - count_refused(r);
	char server[SERVER_MAX + 3];

	if (is_one_for_all(r)) {
		add_line(out,
		    "%snothing was sent to the other %zu of %zu "
		    "recipients (recipients = all)",
		    show_server(server, r), others, r->count);
		return;
	}
	switch (r->letter.kind) {
	case VERDICT_TAKEN:
		add_line(out,
		    "%sthe letter was taken for %zu of %zu recipients; "
		    "trying again would send it to them twice",
		    show_server(server, r), others, r->count);
		break;
	case VERDICT_REPLY:
		say_reply(r, &r->letter,
		    r->envelope != NULL && r->letter.stage == STAGE_MAIL
			? r->envelope->sender
			: NULL,
		    out);
		break;
	case VERDICT_FAIL:
		say_fail(r, &r->letter, out);
		break;
	case VERDICT_NONE:
		add_line(out,
		    "%sthe delivery ended without a verdict; this is a "
		    "bug of pneu",
		    show_server(server, r));
		break;
	}
}

/* ---- advice ----------------------------------------------------------- */

#define AT(stage) (1u << STAGE_##stage)

static const struct {
	unsigned stages;
	int code;
	const char *advice;
} advices[] = {
	{ AT(AUTH), 432,
	    "the server wants a new password, or one login by auth = PLAIN "
	    "that tells it the present one" },
	{ AT(AUTH), 534,
	    "the provider may want an \"app password\", made in the "
	    "account's settings, in place of the usual one" },
	{ AT(AUTH), 535,
	    "check user and password; some providers want an \"app "
	    "password\", made in the account's settings" },
	{ AT(AUTH) | AT(MAIL) | AT(RCPT) | AT(DATA), 538,
	    "the server wants TLS before a login: set tls = starttls or "
	    "implicit" },
	{ ~0u, 530,
	    "the server wants TLS or a login first: set tls, and user with "
	    "its password" },
};

static const char *
advice_on_reply(const struct record *r, const struct verdict *v)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].code == v->reply.code &&
		    (advices[i].stages & 1u << v->stage))
			return advices[i].advice;
	/* "Relaying denied": the answer to whoever is not known. */
	if (r->mechanism == NULL && v->stage >= STAGE_MAIL &&
	    status_of(v) == EX_NOPERM)
		return "there was no login: set user and its password if the "
		       "server wants one";
	return "";
}

static const char *
advice_on(const struct record *r, const struct verdict *v)
{
	if (v->kind == VERDICT_NONE || v->kind == VERDICT_TAKEN)
		return "";
	if (v->fail.advice[0] != '\0')
		return v->fail.advice;
	if (v->kind == VERDICT_REPLY)
		return advice_on_reply(r, v);
	if (v->fail.kind == FAIL_UNKNOWN)
		return "the letter may have been delivered; find out before "
		       "you send it again";
	return "";
}

static void
advise(const struct record *r, struct buf *out)
{
	const char *advice = letter_counts(r) ? advice_on(r, &r->letter) : "";

	for (size_t i = 0; i < r->count && advice[0] == '\0'; i++)
		advice = advice_on(r, &r->refused[i]);
	if (advice[0] != '\0')
		add_line(out, "%s", advice);
}

void
record_words(const struct record *r, struct buf *out)
{
	if (record_status(r) == EX_OK)
		return;
	say_refusals(r, out);
	if (letter_counts(r))
		say_letter(r, out);
	advise(r, out);
}

/* ---- for programs ----------------------------------------------------- */

/* Adds a value that is printable already, in quotes where a reader of logfmt
 * needs them; at most share octets. */
static void
add_value(struct buf *line, const char *value, size_t share)
{
	size_t end = buf_len(line) + share - sizeof("...\"");

	if (value[0] != '\0' && value[strcspn(value, " \"=\\")] == '\0' &&
	    strlen(value) < share) {
		buf_add_text(line, value);
		return;
	}
	buf_add(line, "\"", 1);
	for (; *value != '\0' && buf_len(line) < end; value++)
		buf_addf(line, "%s%c",
		    *value == '"' || *value == '\\' ? "\\" : "", *value);
	buf_add_text(line, *value != '\0' ? "...\"" : "\"");
}

static void
add_key(struct buf *line, const char *key)
{
	buf_addf(line, "%s%s=", buf_len(line) > 0 ? " " : "", key);
}

/* A stranger's text, made printable; nothing where it is not known. */
static void
add_text(struct buf *line, const char *key, const char *text, size_t share)
{
	char *shown;

	if (text == NULL)
		return;
	shown = xmalloc(share + 1);
	add_key(line, key);
	add_value(line, show(shown, share + 1, text), share);
	free(shown);
}

static void
add_number(struct buf *line, const char *key, int64_t number)
{
	add_key(line, key);
	buf_addf(line, "%" PRId64, number);
}

/* A list that buf_text() ends; what does not fit any more is left out, the
 * value is cut far earlier. */
static void
add_list(struct buf *line, const char *key, struct buf *list, size_t share)
{
	char *text = buf_text(list);

	buf_free(list);
	if (text[0] != '\0') {
		add_key(line, key);
		add_value(line, text, share);
	}
	free(text);
}

static void
add_recipients(struct buf *line, const struct envelope *e)
{
	char shown[PATH_MAX_SHOWN * 2];
	struct buf list;

	buf_init(&list, LIST_MAX);
	for (size_t i = 0; i < e->count; i++)
		if (buf_addf(&list, "%s%s", i > 0 ? "," : "",
			show(shown, sizeof(shown), e->recipients[i])) != 0)
			break;
	add_list(line, "to", &list, 2048);
	add_number(line, "recipients", (int64_t)e->count);
}

static void
add_refusals(struct buf *line, const struct record *r)
{
	char shown[PATH_MAX_SHOWN];
	struct buf list;
	int full = 0;

	buf_init(&list, LIST_MAX);
	for (size_t i = 0; i < r->count && !full; i++) {
		char *words;

		if (!is_refused(r, i))
			continue;
		words = r->refused[i].kind == VERDICT_REPLY
			    ? reply_words(&r->refused[i].reply)
			    : xstrdup(r->refused[i].fail.words);
		full = buf_addf(&list, "%s<%s> %.256s",
		    buf_len(&list) > 0 ? "; " : "",
		    show(shown, sizeof(shown), r->envelope->recipients[i]),
		    words);
		free(words);
	}
	add_list(line, "refused", &list, 1536);
}

static void
add_notes(struct buf *line, const struct record *r)
{
	char shown[PATH_MAX_SHOWN];
	struct buf list;

	buf_init(&list, LIST_MAX);
	for (size_t i = 0; i < RECORD_NOTES_MAX && r->notes[i] != NULL; i++)
		buf_addf(&list, "%s%s", i > 0 ? "; " : "",
		    show(shown, sizeof(shown), r->notes[i]));
	add_list(line, "notes", &list, 512);
}

static void
add_envelope(struct buf *line, const struct envelope *e)
{
	add_text(line, "from", e->sender, 512);
	add_recipients(line, e);
	add_number(
	    line, "size", e->size < INT64_MAX ? (int64_t)e->size : INT64_MAX);
}

static void
add_verdict(struct buf *line, const struct verdict *v)
{
	char *words;

	/* Taken by nobody: all recipients were discarded (a note says so). */
	if (v->kind == VERDICT_NONE ||
	    (v->kind == VERDICT_TAKEN && v->reply.code == 0))
		return;
	add_text(line, "stage", stage_name(v->stage), 32);
	if (v->kind == VERDICT_FAIL) {
		add_key(line, "text");
		add_value(line, v->fail.words, 1024);
		return;
	}
	add_number(line, "code", v->reply.code);
	words = reply_words(&v->reply);
	add_key(line, "text");
	/* Behind "250 "; the code has a key of its own. */
	add_value(line, words + 3 + (words[3] == ' '), 1024);
	free(words);
}

void
record_logfmt(const struct record *r, struct buf *out)
{
	const char *name = status_name(r->status);
	struct buf line;

	buf_init(&line, RECORD_LOGFMT_MAX);
	add_text(&line, "host", r->server, 512);
	add_text(&line, "address", r->address, 128);
	add_text(&line, "tls", r->tls, 128);
	add_text(&line, "auth", r->mechanism, 64);
	if (r->envelope != NULL)
		add_envelope(&line, r->envelope);
	add_text(&line, "message-id", r->message_id, 512);
	add_text(&line, "profile", r->profile, 128);
	add_text(&line, "kept", r->kept, 512);
	if (name[0] != '\0')
		add_text(&line, "status", name, 32);
	else
		add_number(&line, "status", r->status);
	add_verdict(&line, first_verdict(r));
	if (r->envelope != NULL)
		add_refusals(&line, r);
	add_number(&line, "ms", r->milliseconds);
	add_notes(&line, r);
	buf_add(out, buf_data(&line), buf_len(&line));
	buf_free(&line);
}
