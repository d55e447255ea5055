/*
 * The reader of talk files; tests/talk/README is the grammar.
 *
 * Strict, because a misspelled step in a test is a test that tests nothing:
 * what is not understood is refused with its line.  Dot-stuffing is done here
 * once more on purpose, the simple way over the whole letter: the corpus must
 * not use what it examines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "lib/talk.h"

enum { WORD_MAX = 64, NUMBER_DIGITS = 9 };

const char talk_ehlo_name[] = "client.example";

static const char default_head[] = "From: a@client.example\r\n"
				   "Date: Thu, 01 Jan 2026 12:00:00 +0000\r\n"
				   "Message-ID: <1@client.example>\r\n"
				   "To: b@example.org\r\n"
				   "Subject: hello\r\n"
				   "\r\n";

/* The file as it is being read. */
struct reader {
	struct talk *talk;
	struct fail *fail;
	unsigned line;
	size_t rcpt_room, step_room;
	size_t repeat; /* %letter-repeat */
	bool begun; /* a step was seen: no settings any more */
	bool chunk; /* the client's last line was BDAT */
};

struct choice {
	const char *name;
	int value;
};

static int
refuse(struct reader *r, const char *what, const char *text)
{
	return fail_set(
	    r->fail, FAIL_DATA, "line %u: %s: %s", r->line, what, text);
}

static const struct choice *
find(const struct choice *choices, const char *name)
{
	for (; choices->name != NULL; choices++)
		if (strcmp(choices->name, name) == 0)
			return choices;
	return NULL;
}

static int
read_number(const char *text, size_t *value_r)
{
	size_t value = 0, len = strlen(text), i;

	if (len == 0 || len > NUMBER_DIGITS)
		return -1;
	for (i = 0; i < len; i++) {
		if (!text_is_digit(text[i]))
			return -1;
		value = value * 10 + (size_t)(text[i] - '0');
	}
	*value_r = value;
	return 0;
}

static int
hex_digit(char c)
{
	if (text_is_digit(c))
		return c - '0';
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape behind its backslash: how long it was, or 0. */
static size_t
read_escape(const char *text, char *octet_r)
{
	static const char names[] = "rnt0\\";
	static const char octets[] = "\r\n\t\0\\";
	const char *at;
	int high, low;

	if (*text == 'x') {
		high = hex_digit(text[1]);
		low = high < 0 ? -1 : hex_digit(text[2]);
		*octet_r = (char)(high * 16 + low);
		return low < 0 ? 0 : 3;
	}
	at = *text == '\0' ? NULL : strchr(names, *text);
	if (at == NULL)
		return 0;
	*octet_r = octets[at - names];
	return 1;
}

/* The octets that text with C escapes stands for, NUL behind them. */
static int
read_octets(struct reader *r, const char *text, char **octets_r, size_t *len_r)
{
	char *octets = xmalloc(strlen(text) + 1);
	size_t len = 0, used;

	while (*text != '\0') {
		if (*text != '\\') {
			octets[len++] = *text++;
			continue;
		}
		used = read_escape(text + 1, &octets[len++]);
		if (used == 0) {
			free(octets);
			return refuse(r, "unknown escape", text);
		}
		text += 1 + used;
	}
	octets[len] = '\0';
	*octets_r = octets;
	*len_r = len;
	return 0;
}

/* ---- settings --------------------------------------------------------- */

static int
set_text(struct reader *r, char **field, const char *value)
{
	char *octets;
	size_t len;

	if (read_octets(r, value, &octets, &len) < 0)
		return -1;
	if (strlen(octets) != len) {
		free(octets);
		return refuse(r, "NUL in a text", value);
	}
	free(*field);
	*field = octets;
	return 0;
}

static int
set_choice(struct reader *r, const char *names, const char *value)
{
	size_t len = strlen(value);
	int index = 0;

	for (; *names != '\0'; index++) {
		if (strncmp(names, value, len) == 0 && names[len] == ' ')
			return index;
		names = strchr(names, ' ') + 1;
	}
	return refuse(r, "unknown choice", value);
}

static int
set_tls(struct reader *r, const char *value)
{
	int index = set_choice(r, "implicit starttls none ", value);

	r->talk->tls = index < 0 ? ENGINE_TLS_NONE : (enum engine_tls)index;
	return index < 0 ? -1 : 0;
}

static int
set_chunking(struct reader *r, const char *value)
{
	int index = set_choice(r, "no yes grouped ", value);

	r->talk->chunking = (enum engine_chunking)(index < 0 ? 0 : index);
	return index < 0 ? -1 : 0;
}

static int
set_recipients(struct reader *r, const char *value)
{
	int index = set_choice(r, "any all ", value);

	r->talk->recipients = (enum engine_recipients)(index < 0 ? 0 : index);
	return index < 0 ? -1 : 0;
}

static int
set_auth(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->auth, value);
}

static int
set_user(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->user, value);
}

static int
set_password(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->password, value);
}

static int
set_authorization(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->authorization, value);
}

static int
set_notify(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->notify, value);
}

static int
set_original(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->original, value);
}

static int
set_ret(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->ret, value);
}

static int
set_envid(struct reader *r, const char *value)
{
	return set_text(r, &r->talk->envid, value);
}

/* As it stands in the exchange: base64 of what was random. */
static int
set_nonce(struct reader *r, const char *value)
{
	struct talk *t = r->talk;
	struct buf octets;
	int result;

	buf_init(&octets, sizeof(t->nonce));
	result = base64_decode(&octets, value, strlen(value));
	t->nonce_len = buf_len(&octets);
	memcpy(t->nonce, buf_data(&octets), t->nonce_len);
	buf_free(&octets);
	return result == 0 ? 0 : refuse(r, "no base64, or too long", value);
}

static int
set_binding(struct reader *r, const char *value)
{
	static const char *const names[] = { "tls-exporter ", "tls-unique ",
		"tls-server-end-point " };
	static const char *const bare[] = { "tls-exporter", "tls-unique",
		"tls-server-end-point" };
	struct sasl_binding *b = &r->talk->binding;
	char *octets;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(value, names[i], strlen(names[i])) == 0)
			break;
	if (i == sizeof(names) / sizeof(names[0]) || b->name != NULL)
		return refuse(r, "unknown binding, or a second one", value);
	if (read_octets(r, value + strlen(names[i]), &octets, &b->len) < 0)
		return -1;
	r->talk->bound = octets;
	b->octets = (uint8_t *)octets;
	b->name = bare[i];
	return 0;
}

static int
set_secret(struct reader *r, const char *value)
{
	r->talk->no_secret = true;
	return set_choice(r, "missing ", value);
}

static int
set_auth_unverified(struct reader *r, const char *value)
{
	r->talk->auth_unverified = true;
	return set_choice(r, "yes ", value);
}

static int
set_auth_pipelining(struct reader *r, const char *value)
{
	r->talk->auth_pipelining = true;
	return set_choice(r, "yes ", value);
}

static int
set_engine(struct reader *r, const char *value)
{
	r->talk->engine_only = true;
	return set_choice(r, "only ", value);
}

static int
set_split(struct reader *r, const char *value)
{
	r->talk->no_split = true;
	return set_choice(r, "no ", value);
}

static int
set_timeout(struct reader *r, const char *value)
{
	size_t seconds;

	if (read_number(value, &seconds) < 0)
		return refuse(r, "not a number", value);
	r->talk->timeout = (unsigned)seconds;
	return 0;
}

static int
set_sender(struct reader *r, const char *value)
{
	return set_text(
	    r, &r->talk->sender, strcmp(value, "<>") == 0 ? "" : value);
}

static int
add_rcpt(struct reader *r, char *path)
{
	struct talk *t = r->talk;

	if (t->envelope.count == TALK_RCPTS_MAX) {
		free(path);
		return refuse(r, "too many recipients", "");
	}
	if (t->envelope.count == r->rcpt_room) {
		r->rcpt_room = r->rcpt_room * 2 + 16;
		t->rcpts =
		    xreallocarray(t->rcpts, r->rcpt_room, sizeof(*t->rcpts));
	}
	t->rcpts[t->envelope.count++] = path;
	return 0;
}

static int
set_rcpt(struct reader *r, const char *value)
{
	char *path = NULL;

	if (set_text(r, &path, value) < 0)
		return -1;
	return add_rcpt(r, path);
}

static int
set_rcpts(struct reader *r, const char *value)
{
	size_t count, i;

	if (read_number(value, &count) < 0 || count > TALK_RCPTS_MAX)
		return refuse(r, "not a number of recipients", value);
	for (i = 1; i <= count; i++)
		if (add_rcpt(r, xasprintf("r%zu@example.org", i)) < 0)
			return -1;
	return 0;
}

static int
set_letter(struct reader *r, const char *value)
{
	char *octets;

	if (read_octets(r, value, &octets, &r->talk->letter_len) < 0)
		return -1;
	free(r->talk->letter);
	r->talk->letter = (uint8_t *)octets;
	return 0;
}

static int
set_body(struct reader *r, const char *value)
{
	size_t head = strlen(default_head), len;
	char *body;

	if (read_octets(r, value, &body, &len) < 0)
		return -1;
	free(r->talk->letter);
	r->talk->letter = xmalloc(head + len + 1);
	memcpy(r->talk->letter, default_head, head);
	memcpy(r->talk->letter + head, body, len);
	r->talk->letter_len = head + len;
	free(body);
	return 0;
}

static int
set_letter_repeat(struct reader *r, const char *value)
{
	if (read_number(value, &r->repeat) < 0 || r->repeat == 0)
		return refuse(r, "not a number of lines", value);
	return 0;
}

static int
set_letter_breaks(struct reader *r, const char *value)
{
	if (read_number(value, &r->talk->breaks_at) < 0)
		return refuse(r, "not a number of octets", value);
	return 0;
}

static const struct {
	const char *key;
	int (*set)(struct reader *r, const char *value);
} settings[] = {
	{ "tls", set_tls },
	{ "auth", set_auth },
	{ "user", set_user },
	{ "password", set_password },
	{ "authorization", set_authorization },
	{ "nonce", set_nonce },
	{ "binding", set_binding },
	{ "secret", set_secret },
	{ "auth-unverified", set_auth_unverified },
	{ "auth-pipelining", set_auth_pipelining },
	{ "chunking", set_chunking },
	{ "recipients", set_recipients },
	{ "timeout", set_timeout },
	{ "sender", set_sender },
	{ "rcpt", set_rcpt },
	{ "rcpts", set_rcpts },
	{ "notify", set_notify },
	{ "orcpt", set_original },
	{ "ret", set_ret },
	{ "envid", set_envid },
	{ "letter", set_letter },
	{ "body", set_body },
	{ "letter-repeat", set_letter_repeat },
	{ "letter-breaks", set_letter_breaks },
	{ "engine", set_engine },
	{ "split", set_split },
};

static int
read_setting(struct reader *r, char *text)
{
	char *value = strchr(text, ' ');
	size_t i;

	if (r->begun)
		return refuse(r, "a setting behind the first step", text);
	if (value == NULL)
		return refuse(r, "a setting without a value", text);
	*value++ = '\0';
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].key, text) == 0)
			return settings[i].set(r, value);
	return refuse(r, "unknown setting", text);
}

static int
repeat_last_line(struct reader *r)
{
	struct talk *t = r->talk;
	size_t start = t->letter_len - 1, line, i;

	if (r->repeat <= 1)
		return 0;
	while (start > 0 && t->letter[start - 1] != '\n')
		start--;
	line = t->letter_len - start;
	if (r->repeat > TALK_LETTER_MAX / (line + 1) ||
	    start + r->repeat * line > TALK_LETTER_MAX)
		return refuse(r, "the letter is too long", "");
	t->letter = xreallocarray(t->letter, start + r->repeat * line, 1);
	for (i = 1; i < r->repeat; i++)
		memcpy(t->letter + start + i * line, t->letter + start, line);
	t->letter_len = start + r->repeat * line;
	return 0;
}

/* What the settings leave open, and what follows from them. */
static int
settle(struct reader *r)
{
	struct talk *t = r->talk;
	size_t i;

	r->begun = true;
	if (t->auth == NULL)
		t->auth = xstrdup("off");
	if (t->user == NULL)
		t->user = xstrdup("alice");
	if (t->password == NULL)
		t->password = xstrdup("sesame");
	if (t->sender == NULL)
		t->sender = xstrdup("a@client.example");
	if (t->envelope.count == 0)
		add_rcpt(r, xstrdup("b@example.org"));
	if (t->nonce_len == 0)
		set_nonce(r, "bm9uY2Vub25jZW5vbmNl");
	if (t->letter == NULL && set_body(r, "hello\\r\\n") < 0)
		return -1;
	if (t->letter == NULL || t->letter_len == 0)
		return refuse(r, "an empty letter", "");
	if (repeat_last_line(r) < 0)
		return -1;
	t->envelope.sender = t->sender;
	t->envelope.recipients = (const char *const *)t->rcpts;
	t->envelope.size = t->letter_len;
	t->envelope.ret = t->ret;
	t->envelope.envid = t->envid;
	if (t->notify != NULL || t->original != NULL) {
		t->dsn = xcalloc(t->envelope.count, sizeof(*t->dsn));
		for (size_t n = 0; n < t->envelope.count; n++) {
			t->dsn[n].notify = t->notify;
			t->dsn[n].original = t->original;
		}
		t->envelope.dsn = t->dsn;
	}
	for (i = 0; i < t->letter_len; i++)
		if (t->letter[i] > 127)
			t->envelope.is_8bit = true;
	return 0;
}

/* ---- steps ------------------------------------------------------------ */

static struct talk_step *
add_step(struct reader *r, enum talk_kind kind)
{
	struct talk *t = r->talk;
	struct talk_step *step;

	if (t->count == TALK_STEPS_MAX) {
		refuse(r, "too many steps", "");
		return NULL;
	}
	if (t->count == r->step_room) {
		r->step_room = r->step_room * 2 + 16;
		t->steps =
		    xreallocarray(t->steps, r->step_room, sizeof(*t->steps));
	}
	step = &t->steps[t->count++];
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->line = r->line;
	return step;
}

static int
add_line(struct reader *r, enum talk_kind kind, const char *text)
{
	struct talk_step *step = add_step(r, kind);

	if (step == NULL)
		return -1;
	step->len = strlen(text) + 2;
	step->octets = (uint8_t *)xasprintf("%s\r\n", text);
	if (kind == TALK_CLIENT)
		r->chunk = strncmp(text, "BDAT ", 5) == 0;
	return 0;
}

static int
add_octets(struct reader *r, enum talk_kind kind, const char *text)
{
	struct talk_step *step = add_step(r, kind);
	char *octets = NULL;

	if (step == NULL || read_octets(r, text, &octets, &step->len) != 0)
		return -1;
	step->octets = (uint8_t *)octets;
	return 0;
}

/* The letter as it stands on the wire: RFC 5321 4.5.2, or as it is in a
 * chunk (RFC 3030). */
static void
wire_letter(const struct reader *r, struct talk_step *step)
{
	const struct talk *t = r->talk;
	uint8_t *out = xmalloc(2 * t->letter_len + 5);
	uint8_t last = '\n';
	size_t i;

	step->letter = true;
	step->octets = out;
	for (i = 0; i < t->letter_len; i++) {
		if (!r->chunk && t->letter[i] == '.' && last == '\n')
			out[step->len++] = '.';
		last = out[step->len++] = t->letter[i];
	}
	if (r->chunk)
		return;
	if (last != '\n') {
		memcpy(out + step->len, "\r\n", 2);
		step->len += 2;
	}
	memcpy(out + step->len, ".\r\n", 3);
	step->len += 3;
}

static int
add_letter(struct reader *r)
{
	struct talk_step *step = add_step(r, TALK_CLIENT);

	if (step == NULL)
		return -1;
	wire_letter(r, step);
	return 0;
}

/* "C/ 10": the first ten octets of it; "C/ -1": all but the last one. */
static int
add_part(struct reader *r, const char *text)
{
	bool from_end = *text == '-';
	struct talk_step *step;
	size_t n;

	if (read_number(text + from_end, &n) < 0)
		return refuse(r, "not a number of octets", text);
	step = add_step(r, TALK_CLIENT);
	if (step == NULL)
		return -1;
	wire_letter(r, step);
	if (n > step->len)
		return refuse(r, "the letter has less octets", text);
	step->len = from_end ? step->len - n : n;
	step->unread = true;
	return 0;
}

static int
add_tls(struct reader *r, const char *text)
{
	static const struct choice words[] = {
		{ "verified", TALK_TLS_VERIFIED },
		{ "unverified", TALK_TLS_UNVERIFIED },
		{ "untrusted", TALK_TLS_UNTRUSTED },
		{ "failed", TALK_TLS_FAILED },
		{ "lost", TALK_TLS_LOST },
		{ NULL, 0 },
	};
	const struct choice *word = find(words, text);
	struct talk_step *step;

	if (word == NULL)
		return refuse(r, "unknown end of a handshake", text);
	step = add_step(r, TALK_TLS);
	if (step == NULL)
		return -1;
	step->tls = (enum talk_tls)word->value;
	return 0;
}

static int
add_end(struct reader *r, const char *text)
{
	static const struct choice words[] = {
		{ "eof", TALK_END_EOF },
		{ "reset", TALK_END_RESET },
		{ "silence", TALK_END_SILENCE },
		{ "quiet", TALK_END_QUIET },
		{ NULL, 0 },
	};
	const struct choice *word = find(words, text);
	struct talk_step *step;

	if (word == NULL)
		return refuse(r, "unknown doing", text);
	step = add_step(r, TALK_END);
	if (step == NULL)
		return -1;
	step->end = (enum talk_end)word->value;
	return 0;
}

static int
add_next(struct reader *r, const char *text)
{
	if (strcmp(text, "next") != 0)
		return refuse(r, "only \"N: next\" is known", text);
	return add_step(r, TALK_NEXT) == NULL ? -1 : 0;
}

/* ---- events ----------------------------------------------------------- */

/* Words of a line, at most three and one that must not be there. */
struct words {
	char text[WORD_MAX];
	const char *word[4];
	size_t count;
};

static int
split_words(struct words *w, const char *text)
{
	char *rest = w->text;

	if (strlen(text) >= sizeof(w->text))
		return -1;
	memcpy(w->text, text, strlen(text));
	while (rest != NULL && w->count < 4) {
		w->word[w->count++] = rest;
		rest = strchr(rest, ' ');
		if (rest != NULL)
			*rest++ = '\0';
	}
	return 0;
}

static int
event_code(const char *word, struct talk_event *event)
{
	size_t code;

	if (strlen(word) != 3 || read_number(word, &code) < 0)
		return -1;
	event->code = (int)code;
	return 0;
}

/* From the greeting on: before it there is no conversation. */
static int
event_stage(const char *name, struct talk_event *event)
{
	int stage;

	for (stage = STAGE_GREETING; stage < STAGE_COUNT; stage++)
		if (strcmp(stage_name((enum stage)stage), name) == 0) {
			event->stage = (enum stage)stage;
			return 0;
		}
	return -1;
}

static int
event_verdict(const struct words *w, struct talk_event *event)
{
	static const struct choice kinds[] = {
		{ "temp", FAIL_TEMP },
		{ "protocol", FAIL_PROTOCOL },
		{ "trust", FAIL_TRUST },
		{ "auth", FAIL_AUTH },
		{ "unknown", FAIL_UNKNOWN },
		{ "data", FAIL_DATA },
		{ "noinput", FAIL_NOINPUT },
		{ "io", FAIL_IO },
		{ NULL, 0 },
	};
	const struct choice *kind;

	event->kind = TALK_EVENT_VERDICT;
	if (w->count != 3)
		return -1;
	if (strcmp(w->word[1], "taken") == 0) {
		event->verdict = VERDICT_TAKEN;
		return event_code(w->word[2], event);
	}
	if (event_stage(w->word[1], event) < 0)
		return -1;
	event->verdict = VERDICT_REPLY;
	if (event_code(w->word[2], event) == 0)
		return 0;
	event->verdict = VERDICT_FAIL;
	kind = find(kinds, w->word[2]);
	event->fail = kind == NULL ? FAIL_NONE : (enum fail_kind)kind->value;
	return kind == NULL ? -1 : 0;
}

static int
event_status(const struct words *w, struct talk_event *event)
{
	size_t code;

	event->kind = TALK_EVENT_STATUS;
	if (w->count != 2 || read_number(w->word[1], &code) < 0)
		return -1;
	event->code = (int)code;
	return 0;
}

static int
event_rcpt(const struct words *w, struct talk_event *event)
{
	event->kind = TALK_EVENT_RCPT;
	if (w->count != 3 || read_number(w->word[1], &event->index) < 0)
		return -1;
	return event_code(w->word[2], event);
}

static int
event_alone(const struct words *w, struct talk_event *event)
{
	static const struct choice words[] = {
		{ "credential", TALK_EVENT_CREDENTIAL },
		{ "closed", TALK_EVENT_CLOSED },
		{ "dropped", TALK_EVENT_DROPPED },
		{ NULL, 0 },
	};
	const struct choice *word = find(words, w->word[0]);

	if (word == NULL || w->count != 1)
		return -1;
	event->kind = (enum talk_event_kind)word->value;
	return 0;
}

static int
read_event(const char *text, struct talk_event *event)
{
	struct words w = { 0 };

	if (split_words(&w, text) < 0)
		return -1;
	if (strcmp(w.word[0], "rcpt") == 0)
		return event_rcpt(&w, event);
	if (strcmp(w.word[0], "verdict") == 0)
		return event_verdict(&w, event);
	if (strcmp(w.word[0], "status") == 0)
		return event_status(&w, event);
	return event_alone(&w, event);
}

static int
add_event(struct reader *r, const char *text)
{
	struct talk_step *step = add_step(r, TALK_EVENT);

	if (step == NULL)
		return -1;
	if (read_event(text, &step->event) < 0)
		return refuse(r, "unknown event", text);
	return 0;
}

/* ---- lines ------------------------------------------------------------ */

/* "S: text": who, how, and the text behind one blank. */
static int
read_step(struct reader *r, char who, char how, const char *text)
{
	if (who == 'S' && how == ':')
		return add_line(r, TALK_SERVER, text);
	if (who == 'S' && how == '~')
		return add_octets(r, TALK_SERVER, text);
	if (who == 'C' && how == ':')
		return add_line(r, TALK_CLIENT, text);
	if (who == 'C' && how == '~')
		return add_octets(r, TALK_CLIENT, text);
	if (who == 'C' && how == '*' && *text == '\0')
		return add_letter(r);
	if (who == 'C' && how == '/')
		return add_part(r, text);
	if (who == 'T' && how == ':')
		return add_tls(r, text);
	if (who == 'X' && how == ':')
		return add_end(r, text);
	if (who == 'N' && how == ':')
		return add_next(r, text);
	if (who == 'E' && how == ':')
		return add_event(r, text);
	return refuse(r, "unknown step", text);
}

/* The line once, with number in the place of each '#'. */
static int
read_numbered(struct reader *r, char who, const char *rest, size_t number)
{
	char digits[32];
	char *line = xmalloc(strlen(rest) * sizeof(digits) + 1);
	char *out = line;
	const char *c, *d, *text;
	int result;

	snprintf(digits, sizeof(digits), "%zu", number);
	for (c = rest; *c != '\0'; c++) {
		if (*c != '#') {
			*out++ = *c;
			continue;
		}
		for (d = digits; *d != '\0'; d++)
			*out++ = *d;
	}
	*out = '\0';
	text = line[0] != '\0' && line[1] == ' ' ? line + 2 : "";
	result = read_step(r, who, line[0], text);
	free(line);
	return result;
}

/* "C[1-50]: RCPT TO:<r#@example.org>": the same line many times. */
static int
read_range(struct reader *r, char who, char *text)
{
	char *dash = strchr(text, '-');
	char *end = dash == NULL ? NULL : strchr(dash, ']');
	size_t from, to;

	if (end == NULL)
		return refuse(r, "a range without its end", text);
	*dash = *end = '\0';
	if (read_number(text, &from) < 0 || read_number(dash + 1, &to) < 0 ||
	    from > to || to - from >= TALK_STEPS_MAX)
		return refuse(r, "not a range", text);
	for (; from <= to; from++)
		if (read_numbered(r, who, end + 1, from) < 0)
			return -1;
	return 0;
}

static int
read_line(struct reader *r, char *line)
{
	size_t len = strlen(line);

	if (len == 0 || line[0] == '#')
		return 0;
	if (line[0] == '%')
		return read_setting(r, line + 1);
	if (!r->begun && settle(r) < 0)
		return -1;
	if (line[1] == '[')
		return read_range(r, line[0], line + 2);
	if (len == 2 || (len > 2 && line[2] == ' '))
		return read_step(r, line[0], line[1], len == 2 ? "" : line + 3);
	return refuse(r, "unknown line", line);
}

/* Printable ASCII, so that a file is what it looks like; anything goes in a
 * comment. */
static int
check_line(struct reader *r, const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len && line[0] != '#'; i++)
		if (line[i] < ' ' || line[i] > '~')
			return refuse(r, "an octet to be escaped", "");
	return 0;
}

int
talk_parse(struct talk *t, const char *text, size_t len, struct fail *f)
{
	struct reader r = { .talk = t, .fail = f };
	const char *end = text + len, *eol;
	char *line;
	int result = 0;

	memset(t, 0, sizeof(*t));
	t->tls = ENGINE_TLS_NONE;
	t->breaks_at = SIZE_MAX;
	while (text < end && result == 0) {
		eol = memchr(text, '\n', (size_t)(end - text));
		eol = eol == NULL ? end : eol;
		r.line++;
		result = check_line(&r, text, (size_t)(eol - text));
		line = xstrndup(text, (size_t)(eol - text));
		if (result == 0)
			result = read_line(&r, line);
		free(line);
		text = eol + 1;
	}
	if (result == 0 && t->count == 0)
		result = refuse(&r, "no steps", "");
	return result;
}

void
talk_free(struct talk *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		free(t->steps[i].octets);
	for (i = 0; i < t->envelope.count; i++)
		free(t->rcpts[i]);
	free(t->steps);
	free(t->rcpts);
	free(t->sender);
	free(t->letter);
	free(t->auth);
	free(t->user);
	free(t->password);
	free(t->authorization);
	free(t->bound);
	free(t->notify);
	free(t->original);
	free(t->ret);
	free(t->envid);
	free(t->dsn);
	memset(t, 0, sizeof(*t));
}

bool
talk_is_action(const struct talk_step *step)
{
	return step->kind != TALK_CLIENT && step->kind != TALK_EVENT;
}
