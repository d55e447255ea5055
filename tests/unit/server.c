/*
 * smtp/server: whole dialogues, each in every cut of the client's octets.
 *
 * What the server does is written down as a journal: "S" and a reply's codes,
 * "begins" with the envelope, what the letter holds when it "ends" or is
 * "dropped", "closed" and why.  However the octets came, the journal must be
 * the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "smtp/envelope.h"
#include "smtp/server.h"

enum { JOURNAL_MAX = 1024 * 1024, LETTER_MAX = 65536, SIZE_LIMIT = 1000 };

#define EHLO "EHLO c.example\r\n"
#define FROM "MAIL FROM:<a@example.org>\r\n"
#define TO "RCPT TO:<b@example.org>\r\n"
#define QUIT "QUIT\r\n"
#define HELLO "S 220\nS 250\n"
#define OPEN HELLO "S 250 2.1.0\nS 250 2.1.5\n"
#define BEGINS "begins a@example.org > b@example.org\n"
#define BYE "S 221 2.0.0\nclosed\n"

/* ---- a driver that writes a journal ------------------------------------- */

enum refusing { REFUSE_NOT, REFUSE_BEGINNING, REFUSE_BODY, REFUSE_END };

struct session {
	struct server *server;
	struct buf journal;
	struct buf letter; /* content of the one being told */
	struct buf line; /* of the output, being read */
	enum refusing refusing;
	size_t drain; /* octets of output read at once; 0: all */
	bool raw; /* the journal holds replies whole */
};

static void
note_reply(struct session *x, const char *line)
{
	size_t code = strspn(line, "0123456789");
	size_t enhanced = strspn(line + code + 1, "0123456789.");

	assert_int_equal(code, 3);
	assert_true(strlen(line) <= 510);
	if (x->raw)
		buf_addf(&x->journal, "S %s\n", line);
	else if (line[3] == ' ' && enhanced >= 5 &&
		 strchr(line + 4, '.') != NULL)
		buf_addf(&x->journal, "S %.*s\n", (int)(4 + enhanced), line);
	else if (line[3] == ' ')
		buf_addf(&x->journal, "S %.3s\n", line);
}

static bool
read_output(struct session *x)
{
	size_t len;
	const uint8_t *octets = server_output(x->server, &len);

	if (x->drain > 0 && len > x->drain)
		len = x->drain;
	if (len == 0)
		return false;
	assert_int_equal(buf_add(&x->line, octets, len), 0);
	server_sent(x->server, len);
	for (;;) {
		const char *held = (const char *)buf_data(&x->line);
		const char *end = memmem(held, buf_len(&x->line), "\r\n", 2);
		char *line;

		if (end == NULL)
			return true;
		line = xstrndup(held, (size_t)(end - held));
		assert_null(strpbrk(line, "\r\n"));
		note_reply(x, line);
		buf_take(&x->line, strlen(line) + 2);
		free(line);
	}
}

static void
note_letter(struct session *x, const char *how)
{
	char *shown = xcalloc(4, LETTER_MAX);
	char *to = shown;

	for (size_t i = 0; i < buf_len(&x->letter); i++) {
		char c = (char)buf_data(&x->letter)[i];

		if (c == '\r' || c == '\n')
			to += sprintf(to, c == '\r' ? "\\r" : "\\n");
		else if (c == '\0')
			to += sprintf(to, "\\0");
		else
			*to++ = c;
	}
	*to = '\0';
	buf_addf(&x->journal, "%s [%s]\n", how, shown);
	buf_clear(&x->letter);
	free(shown);
}

static void
note_begin(struct session *x, const struct server_letter *l)
{
	struct buf *j = &x->journal;

	assert_true(l->count > 0);
	buf_addf(j, "begins %s", l->sender);
	if (l->size > 0)
		buf_addf(j, " size=%" PRIu64, l->size);
	if (l->is_8bit)
		buf_add_text(j, " 8bit");
	if (l->ret != NULL)
		buf_addf(j, " ret=%s", l->ret);
	if (l->envid != NULL)
		buf_addf(j, " envid=%s", l->envid);
	for (size_t i = 0; i < l->count; i++) {
		buf_addf(j, " > %s", l->recipients[i]);
		if (l->dsn[i].notify != NULL)
			buf_addf(j, " notify=%s", l->dsn[i].notify);
		if (l->dsn[i].original != NULL)
			buf_addf(j, " orcpt=%s", l->dsn[i].original);
	}
	buf_add_text(j, "\n");
}

static void
answer(struct session *x, enum refusing when)
{
	const struct server_reply yes = { 250, "2.0.0", "taken" };
	const struct server_reply no = { 554, "5.7.1", "refused by test" };

	if (x->refusing == when) {
		server_answer(x->server, &no);
		buf_clear(&x->letter);
	} else {
		server_answer(x->server, &yes); /* early it changes nothing */
	}
}

/* Deals with one event; false when nothing more will happen. */
static bool
step(struct session *x)
{
	struct server_event ev;

	server_next(x->server, &ev);
	if (ev.kind != SERVER_NEED_INPUT && ev.kind != SERVER_BODY)
		while (read_output(x))
			;
	switch (ev.kind) {
	case SERVER_LETTER_BEGINS:
		note_begin(x, ev.letter);
		answer(x, REFUSE_BEGINNING);
		return true;
	case SERVER_BODY:
		assert_true(ev.len > 0);
		assert_int_equal(buf_add(&x->letter, ev.octets, ev.len), 0);
		answer(x, REFUSE_BODY);
		return true;
	case SERVER_LETTER_ENDS:
		note_letter(x, "ends");
		answer(x, REFUSE_END);
		return true;
	case SERVER_LETTER_DROPPED:
		note_letter(x, "dropped");
		return true;
	case SERVER_CLOSED:
		buf_addf(&x->journal, "closed%s%s\n",
		    ev.why != NULL ? ": " : "", ev.why != NULL ? ev.why : "");
		return false;
	default:
		return read_output(x);
	}
}

static void
run(struct session *x)
{
	while (step(x))
		;
}

static void
session_begin(struct session *x)
{
	const struct server_params params = { .name = "host.example",
		.size = SIZE_LIMIT };

	memset(x, 0, sizeof(*x));
	x->server = server_new(&params);
	buf_init(&x->journal, JOURNAL_MAX);
	buf_init(&x->letter, LETTER_MAX);
	buf_init(&x->line, SERVER_OUTPUT_MAX);
}

static void
say(struct session *x, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	while (len > 0) {
		size_t taken = server_input(x->server, at, len);
		struct server_event ev;

		at += taken;
		len -= taken;
		run(x);
		if (taken > 0)
			continue;
		server_next(x->server, &ev);
		assert_int_equal(ev.kind, SERVER_CLOSED);
		break;
	}
}

/* The journal so far, the caller's. */
static char *
session_end(struct session *x)
{
	char *journal;

	assert_int_equal(buf_len(&x->line), 0);
	journal = buf_text(&x->journal);
	server_free(x->server);
	buf_free(&x->journal);
	buf_free(&x->letter);
	buf_free(&x->line);
	return journal;
}

/* ---- whole dialogues ----------------------------------------------------- */

struct cutting {
	size_t first; /* octets of the first piece */
	size_t rest; /* of each further one */
	size_t drain;
	enum refusing refusing;
};

static char *
converse(const char *client, size_t len, const struct cutting *cut)
{
	struct session x;
	size_t at = cut->first < len ? cut->first : len;

	session_begin(&x);
	x.refusing = cut->refusing;
	x.drain = cut->drain;
	run(&x);
	say(&x, client, at);
	while (at < len) {
		size_t piece = cut->rest < len - at ? cut->rest : len - at;

		say(&x, client + at, piece);
		at += piece;
	}
	server_eof(x.server);
	/* "closed" may be there by now, and is written once. */
	if (memmem(buf_data(&x.journal), buf_len(&x.journal), "closed", 6) ==
	    NULL)
		run(&x);
	return session_end(&x);
}

static void
check(const char *what, const char *client, size_t len, const char *expected,
    const struct cutting *cut)
{
	char *journal = converse(client, len, cut);
	char *once = strstr(journal, "closed");

	/* Octets behind the end ask again, and are told the same. */
	if (once != NULL && (once = strchr(once, '\n')) != NULL)
		once[1] = '\0';
	if (strcmp(journal, expected) != 0)
		print_message("# %s (cut at %zu, then by %zu)\n", what,
		    cut->first, cut->rest);
	assert_string_equal(journal, expected);
	free(journal);
}

static void
check_every_cut(const char *what, const char *client, size_t len,
    const char *expected, enum refusing refusing)
{
	struct cutting cut = { .rest = SIZE_MAX, .refusing = refusing };

	for (cut.first = 0; cut.first <= len; cut.first++)
		check(what, client, len, expected, &cut);
	cut.first = 0;
	for (cut.rest = 1; cut.rest < 4; cut.rest++)
		check(what, client, len, expected, &cut);
	cut.rest = SIZE_MAX;
	cut.drain = 1;
	check(what, client, len, expected, &cut);
}

struct dialogue {
	const char *what;
	const char *client;
	const char *journal;
};

static void
check_rows(const struct dialogue *rows, size_t count, enum refusing refusing)
{
	for (size_t i = 0; i < count; i++)
		check_every_cut(rows[i].what, rows[i].client,
		    strlen(rows[i].client), rows[i].journal, refusing);
}

#define CHECK_ROWS(rows, refusing) \
	check_rows(rows, sizeof(rows) / sizeof((rows)[0]), refusing)

static const struct dialogue good[] = {
	{ "a letter, as Alpine and nmh send it",
	    EHLO FROM TO "DATA\r\nSubject: s\r\n\r\nbody\r\n.\r\n" QUIT,
	    OPEN BEGINS "S 354\nends [Subject: s\\r\\n\\r\\nbody\\r\\n]\n"
			"S 250 2.0.0\n" BYE },
	{ "a letter, as Swift Mailer and Symfony send it",
	    "HELO [127.0.0.1]\r\n" FROM TO "DATA\r\nx\r\n\r\n.\r\n",
	    OPEN BEGINS "S 354\nends [x\\r\\n\\r\\n]\nS 250 2.0.0\nclosed\n" },
	{ "literals of both kinds",
	    "EHLO [IPv6:::1]\r\nHELO [192.0.2.1] somebody\r\n" QUIT,
	    HELLO "S 250\n" BYE },
	{ "several transactions, with and without RSET between",
	    EHLO FROM TO "DATA\r\n1\r\n.\r\n" FROM TO "DATA\r\n2\r\n.\r\n"
			 "RSET\r\n" FROM TO "DATA\r\n3\r\n.\r\n" QUIT,
	    OPEN BEGINS "S 354\nends [1\\r\\n]\nS 250 2.0.0\n"
			"S 250 2.1.0\nS 250 2.1.5\n" BEGINS
			"S 354\nends [2\\r\\n]\nS 250 2.0.0\nS 250 2.0.0\n"
			"S 250 2.1.0\nS 250 2.1.5\n" BEGINS
			"S 354\nends [3\\r\\n]\nS 250 2.0.0\n" BYE },
	{ "RSET forgets sender and recipients",
	    EHLO "MAIL FROM:<x@example.org>\r\nRCPT TO:<y@example.org>\r\n"
		 "RSET\r\n" FROM TO "DATA\r\n.\r\n" QUIT,
	    OPEN "S 250 2.0.0\nS 250 2.1.0\nS 250 2.1.5\n" BEGINS
		 "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "RSET, NOOP, VRFY, HELP at any time",
	    "RSET\r\nNOOP\r\nNOOP with words\r\nVRFY a\r\nHELP\r\nHELP "
	    "MAIL\r\n" EHLO FROM "NOOP\r\n" TO
	    "VRFY a\r\nHELP\r\nDATA\r\n.\r\n" QUIT,
	    "S 220\nS 250 2.0.0\nS 250 2.0.0\nS 250 2.0.0\nS 252 2.1.5\n"
	    "S 214 2.0.0\nS 214 2.0.0\nS 250\nS 250 2.1.0\nS 250 2.0.0\n"
	    "S 250 2.1.5\nS 252 2.1.5\nS 214 2.0.0\n" BEGINS
	    "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "EHLO in the middle forgets the transaction",
	    EHLO FROM TO EHLO FROM
	    "RCPT TO:<c@example.org>\r\nDATA\r\n.\r\n" QUIT,
	    OPEN "S 250\nS 250 2.1.0\nS 250 2.1.5\n"
		 "begins a@example.org > c@example.org\n"
		 "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "the null sender, a source route, postmaster, a bare name, quotes",
	    EHLO "MAIL FROM:<>\r\nRCPT TO:<@x,@y:b@example.org>\r\n"
		 "RCPT TO:<postmaster>\r\nRCPT TO:<PostMaster>\r\n"
		 "RCPT TO:<root>\r\nRCPT TO:<\"a b>c\"@[192.0.2.1]>\r\n"
		 "DATA\r\n.\r\n" QUIT,
	    HELLO "S 250 2.1.0\nS 250 2.1.5\nS 250 2.1.5\nS 250 2.1.5\n"
		  "S 250 2.1.5\nS 250 2.1.5\n"
		  "begins  > b@example.org > postmaster > PostMaster > root"
		  " > \"a b>c\"@[192.0.2.1]\n"
		  "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "commands in any case, blanks where people put them, bare LF",
	    "ehlo c\r\nMail From: <a@example.org>  \r\n"
	    "rcpt to:b@example.org\nRCPT\tTO :<c@example.org>\t\n"
	    "data\n.\r\nquit\n",
	    OPEN "S 250 2.1.5\n"
		 "begins a@example.org > b@example.org > c@example.org\n"
		 "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "parameters of MAIL and RCPT",
	    EHLO "MAIL FROM:<a@example.org> SIZE=1000 body=8BITMIME RET=HDRS "
		 "ENVID=x+2By\r\n"
		 "RCPT TO:<b@example.org> NOTIFY=success,DELAY,FAILURE "
		 "ORCPT=rfc822;B+40example.org\r\n"
		 "RCPT TO:<c@example.org> NOTIFY=NEVER\r\nDATA\r\n.\r\n" QUIT,
	    OPEN "S 250 2.1.5\n"
		 "begins a@example.org size=1000 8bit ret=HDRS envid=x+2By"
		 " > b@example.org "
		 "notify=SUCCESS,FAILURE,DELAY orcpt=rfc822;B+40example.org"
		 " > c@example.org notify=NEVER\n"
		 "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "BODY=7BIT, RET=FULL, SIZE=0",
	    EHLO "MAIL FROM:<a@example.org> BODY=7BIT RET=FULL SIZE=0\r\n" TO
		 "DATA\r\n.\r\n" QUIT,
	    OPEN "begins a@example.org ret=FULL > b@example.org\n"
		 "S 354\nends []\nS 250 2.0.0\n" BYE },
	{ "a pipelined group, and what is behind it waits for the answer",
	    FROM EHLO FROM TO "DATA\r\none\r\n.\r\n" FROM TO
			      "DATA\r\ntwo\r\n.\r\nNOOP\r\n" QUIT,
	    "S 220\nS 503 5.5.1\nS 250\nS 250 2.1.0\nS 250 2.1.5\n" BEGINS
	    "S 354\nends [one\\r\\n]\nS 250 2.0.0\nS 250 2.1.0\nS 250 "
	    "2.1.5\n" BEGINS
	    "S 354\nends [two\\r\\n]\nS 250 2.0.0\nS 250 2.0.0\n" BYE },
	{ "nothing behind QUIT is read", EHLO QUIT FROM TO, HELLO BYE },
	{ "QUIT in the middle of a transaction", EHLO FROM TO QUIT, OPEN BYE },
	{ "a letter in chunks",
	    EHLO FROM TO "BDAT 6\r\none\r\n.BDAT 5 LAST\r\n\r\n.\r\n" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nends [one\\r\\n.\\r\\n.\\r\\n]\n"
			"S 250 2.0.0\n" BYE },
	{ "a letter in one chunk, another behind it",
	    EHLO FROM TO "BDAT 3 LAST\r\na\r\n" FROM TO
			 "bdat 2 last\r\nxy" QUIT,
	    OPEN BEGINS "ends [a\\r\\n]\nS 250 2.0.0\n"
			"S 250 2.1.0\nS 250 2.1.5\n" BEGINS
			"ends [xy]\nS 250 2.0.0\n" BYE },
	{ "BDAT 0 LAST ends a letter",
	    EHLO FROM TO "BDAT 3\r\na\r\nBDAT 0 LAST\r\n" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nends [a\\r\\n]\nS 250 2.0.0\n" BYE },
	{ "BDAT 0 and BDAT 0 LAST make an empty letter",
	    EHLO FROM TO "BDAT 0\r\nBDAT 0 LAST\r\n" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nends []\nS 250 2.0.0\n" BYE },
	{ "a chunk may hold what looks like commands",
	    EHLO FROM TO "BDAT 12 LAST\r\nRSET\r\nQUIT\r\n" QUIT,
	    OPEN BEGINS "ends [RSET\\r\\nQUIT\\r\\n]\nS 250 2.0.0\n" BYE },
	{ "RSET amid chunks: the letter is never sent",
	    EHLO FROM TO "BDAT 3\r\na\r\nNOOP\r\nRSET\r\n" FROM TO
			 "BDAT 1 LAST\r\nz" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nS 250 2.0.0\nS 250 2.0.0\n"
			"dropped [a\\r\\n]\nS 250 2.1.0\nS 250 2.1.5\n" BEGINS
			"ends [z]\nS 250 2.0.0\n" BYE },
	{ "EHLO amid chunks", EHLO FROM TO "BDAT 1\r\naEHLO c\r\n" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nS 250\ndropped [a]\n" BYE },
	{ "QUIT amid chunks", EHLO FROM TO "BDAT 1\r\na" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nS 221 2.0.0\ndropped [a]\nclosed\n" },
};

static void
dialogues_go_as_they_should_however_they_are_cut(void **state)
{
	(void)state;
	CHECK_ROWS(good, REFUSE_NOT);
}

/* ---- the end of DATA ----------------------------------------------------- */

#define DATA EHLO FROM TO "DATA\r\n"
#define ENDS(content) OPEN BEGINS "S 354\nends [" content "]\nS 250 2.0.0\n" BYE
/* What would be a second transaction if the server took the end for one. */
#define SMUGGLED FROM TO "DATA\r\nsmuggled\r\n"
#define AS_CONTENT \
	"MAIL FROM:<a@example.org>\\r\\nRCPT TO:<b@example.org>\\r\\n" \
	"DATA\\r\\nsmuggled\\r\\n"

static const struct dialogue ends[] = {
	{ "transparency is undone", DATA "..\r\n...\r\n.x\r\na.\r\n.\r\n" QUIT,
	    ENDS(".\\r\\n..\\r\\nx\\r\\na.\\r\\n") },
	{ "an empty letter", DATA ".\r\n" QUIT, ENDS("") },
	{ "an empty line", DATA "\r\n.\r\n" QUIT, ENDS("\\r\\n") },
	{ "who stuffs at a bare LF has two dots there, and loses one",
	    DATA "a\n..\n...\n..b\n.\r\n\r\n.\r\n" QUIT,
	    ENDS("a\\n.\\n..\\n.b\\n.\\r\\n\\r\\n") },
	{ "who does not keeps one", DATA "a\n.b\n.\rc\n.\r\n.\r\n" QUIT,
	    ENDS("a\\n.b\\n.\\rc\\n.\\r\\n") },
	{ "dots behind a bare CR are content", DATA "a\r..b\r.c\r\n.\r\n" QUIT,
	    ENDS("a\\r..b\\r.c\\r\\n") },
	{ "NUL and 8-bit octets are content", DATA "\xc3\xa4\r\n.\r\n" QUIT,
	    ENDS("\xc3\xa4\\r\\n") },
	/* Each of these is one transaction. */
	{ "M-20: LF . LF", DATA "x\n.\n" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\n.\\n" AS_CONTENT) },
	{ "M-21: LF . CRLF", DATA "x\n.\r\n" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\n.\\r\\n" AS_CONTENT) },
	{ "M-22: CRLF . LF", DATA "x\r\n.\n" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\r\\n\\n" AS_CONTENT) },
	{ "M-23: CR . CR", DATA "x\r.\r" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\r.\\r" AS_CONTENT) },
	{ "M-24: CRLF . CR", DATA "x\r\n.\r" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\r\\n\\r" AS_CONTENT) },
	{ "M-25: CR . CRLF", DATA "x\r.\r\n" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\r.\\r\\n" AS_CONTENT) },
	{ "M-26: CRCRLF . CRCRLF", DATA "x\r\r\n.\r\r\n" SMUGGLED ".\r\n" QUIT,
	    ENDS("x\\r\\r\\n\\r\\r\\n" AS_CONTENT) },
	{ "CRLF . CR CRLF . CRLF", DATA "x\r\n.\r\r\n.\r\n" QUIT,
	    ENDS("x\\r\\n\\r\\r\\n") },
	{ "a dot at the very beginning, ended by LF",
	    DATA ".\n.\r\n\r\n.\r\n" QUIT, ENDS("\\n.\\r\\n\\r\\n") },
	{ "CR LF . CR LF where the CR was behind a CR", DATA "\r\r\n.\r\n" QUIT,
	    ENDS("\\r\\r\\n") },
};

static void
only_crlf_dot_crlf_ends_the_letter(void **state)
{
	(void)state;
	CHECK_ROWS(ends, REFUSE_NOT);
}

static void
m_27_a_nul_before_the_dot_ends_nothing(void **state)
{
	static const char client[] =
	    DATA "x\r\n\0.\r\n" SMUGGLED "\0\r\n.\r\n" QUIT;

	(void)state;
	check_every_cut("CRLF NUL . CRLF", client, sizeof(client) - 1,
	    ENDS("x\\r\\n\\0.\\r\\n" AS_CONTENT "\\0\\r\\n"), REFUSE_NOT);
}

/* ---- what is refused ----------------------------------------------------- */

#define ONLY(client, reply) \
	{ \
		client, client QUIT, "S 220\nS " reply "\n" BYE \
	}
#define MAIL_ARG(text, reply) \
	{ \
		text, EHLO "MAIL FROM:<a@example.org> " text "\r\n" QUIT, \
		    HELLO "S " reply "\n" BYE \
	}
#define RCPT_ARG(text, reply) \
	{ \
		text, EHLO FROM "RCPT TO:<b@example.org> " text "\r\n" QUIT, \
		    HELLO "S 250 2.1.0\nS " reply "\n" BYE \
	}
#define MAIL_BAD(text, reply) \
	{ \
		text, EHLO "MAIL " text "\r\n" QUIT, HELLO "S " reply "\n" BYE \
	}
#define RCPT_BAD(text, reply) \
	{ \
		text, EHLO FROM "RCPT " text "\r\n" QUIT, \
		    HELLO "S 250 2.1.0\nS " reply "\n" BYE \
	}
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct dialogue bad[] = {
	/* commands */
	ONLY("XYZZY\r\n", "500 5.5.1"),
	ONLY("MAILX FROM:<a@example.org>\r\n", "500 5.5.1"),
	ONLY("HEL x\r\n", "500 5.5.1"),
	ONLY("HELO\r\n", "501 5.5.4"),
	ONLY("EHLO  \r\n", "501 5.5.4"),
	ONLY("MAIL\r\n", "501 5.5.4"),
	ONLY("RCPT\r\n", "501 5.5.4"),
	ONLY("VRFY\r\n", "501 5.5.4"),
	ONLY("DATA x\r\n", "501 5.5.4"),
	ONLY("RSET x\r\n", "501 5.5.4"),
	ONLY("QUIT x\r\n", "501 5.5.4"),
	ONLY("EXPN list\r\n", "502 5.5.1"),
	ONLY("STARTTLS\r\n", "502 5.5.1"),
	ONLY("AUTH PLAIN AGEAYg==\r\n", "502 5.5.1"),
	ONLY("NO\x01OP\r\n", "500 5.5.2"),
	ONLY("NOOP\r\r\n", "500 5.5.2"),
	ONLY("NO\x1b[31m\r\n", "500 5.5.2"),
	{ "an empty line", "NOOP\r\n\r\n\n" QUIT,
	    "S 220\nS 250 2.0.0\nS 500 5.5.1\nS 500 5.5.1\n" BYE },
	/* sequence, RFC 5321 4.1.4 */
	ONLY("MAIL FROM:<a@example.org>\r\n", "503 5.5.1"),
	ONLY("RCPT TO:<a@example.org>\r\n", "503 5.5.1"),
	ONLY("DATA\r\n", "503 5.5.1"),
	ONLY("BDAT 0 LAST\r\n", "503 5.5.1"),
	ONLY("BDAT 4\r\nQUIT", "503 5.5.1"),
	{ "RCPT before MAIL", EHLO TO QUIT, HELLO "S 503 5.5.1\n" BYE },
	{ "MAIL within a letter", EHLO FROM FROM TO FROM QUIT,
	    HELLO "S 250 2.1.0\nS 503 5.5.1\nS 250 2.1.5\nS 503 5.5.1\n" BYE },
	{ "DATA without recipient", EHLO FROM "DATA\r\n" TO QUIT,
	    HELLO "S 250 2.1.0\nS 503 5.5.1\nS 250 2.1.5\n" BYE },
	{ "DATA behind refused recipients",
	    EHLO FROM "RCPT TO:<@>\r\nDATA\r\n" QUIT,
	    HELLO "S 250 2.1.0\nS 501 5.1.3\nS 503 5.5.1\n" BYE },
	{ "BDAT without recipient: the chunk is no command",
	    EHLO FROM "BDAT 6\r\nQUIT\r\n" TO "BDAT 1 LAST\r\nx" QUIT,
	    HELLO "S 250 2.1.0\nS 503 5.5.1\nS 250 2.1.5\n" BEGINS
		  "ends [x]\nS 250 2.0.0\n" BYE },
	{ "DATA amid chunks",
	    EHLO FROM TO "BDAT 1\r\naDATA\r\n"
			 "BDAT 1 LAST\r\nb" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nS 503 5.5.1\nends [ab]\n"
			"S 250 2.0.0\n" BYE },
	{ "MAIL and RCPT amid chunks",
	    EHLO FROM TO "BDAT 1\r\na" FROM TO "BDAT 0 LAST\r\n" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nS 503 5.5.1\nS 503 5.5.1\nends [a]\n"
			"S 250 2.0.0\n" BYE },
	{ "chunks behind the last one",
	    EHLO FROM TO "BDAT 1 LAST\r\naBDAT 4\r\nQUITBDAT 0 LAST\r\n" QUIT,
	    OPEN BEGINS
	    "ends [a]\nS 250 2.0.0\nS 503 5.5.1\nS 503 5.5.1\n" BYE },
	{ "MAIL before HELO, then all over", FROM EHLO FROM QUIT,
	    "S 220\nS 503 5.5.1\nS 250\nS 250 2.1.0\n" BYE },
	/* paths */
	MAIL_BAD("a@example.org", "501 5.5.4"),
	MAIL_BAD("TO:<a@example.org>", "501 5.5.4"),
	MAIL_BAD("FROM <a@example.org>", "501 5.5.4"),
	MAIL_BAD("FROM:", "501 5.5.4"),
	MAIL_BAD("FROM:<a@example.org>x", "501 5.5.4"),
	MAIL_BAD("FROM:<a@example.org", "501 5.1.7"),
	MAIL_BAD("FROM:a@example.org>", "501 5.1.7"),
	MAIL_BAD("FROM:<a@example.org,b@example.org>", "501 5.1.7"),
	MAIL_BAD("FROM:<g:a@example.org;>", "501 5.1.7"),
	MAIL_BAD("FROM:<N <a@example.org>>", "501 5.5.4"),
	MAIL_BAD("FROM:N <a@example.org>", "555 5.5.4"),
	MAIL_BAD("FROM:<a@>", "501 5.1.7"),
	MAIL_BAD("FROM:<@example.org>", "501 5.1.7"),
	MAIL_BAD("FROM:<a b@example.org>", "501 5.1.7"),
	MAIL_BAD("FROM:<\"a@example.org>", "501 5.1.7"),
	MAIL_BAD("FROM:<\xc3\xa4@example.org>", "501 5.1.7"),
	RCPT_BAD("FROM:<a@example.org>", "501 5.5.4"),
	RCPT_BAD("TO:<>", "501 5.1.3"),
	RCPT_BAD("TO:<a@exa mple.org>", "501 5.1.3"),
	RCPT_BAD("TO:<a@-_$.org>", "501 5.1.3"),
	RCPT_BAD("TO:<a@[1.2.3.4>", "501 5.1.3"),
	/* parameters */
	MAIL_ARG("SIZE=1001", "552 5.3.4"),
	MAIL_ARG("SIZE=18446744073709551616", "552 5.3.4"),
	MAIL_ARG("SIZE=99999999999999999999", "552 5.3.4"),
	MAIL_ARG("SIZE=000000000000000000001", "501 5.5.4"),
	MAIL_ARG("SIZE=", "501 5.5.4"),
	MAIL_ARG("SIZE", "501 5.5.4"),
	MAIL_ARG("SIZE=-1", "501 5.5.4"),
	MAIL_ARG("SIZE=1 SIZE=1", "501 5.5.4"),
	MAIL_ARG("BODY=BINARYMIME", "501 5.5.4"),
	MAIL_ARG("BODY=", "501 5.5.4"),
	MAIL_ARG("RET=ALL", "501 5.5.4"),
	MAIL_ARG("ENVID=", "501 5.5.4"),
	MAIL_ARG("ENVID=a=b", "501 5.5.4"),
	MAIL_ARG("ENVID=+0A", "501 5.5.4"),
	MAIL_ARG("ENVID=+2b", "501 5.5.4"),
	MAIL_ARG("ENVID=" HUNDRED "0", "501 5.5.4"),
	MAIL_ARG("NOTIFY=NEVER", "555 5.5.4"),
	MAIL_ARG("SMTPUTF8", "555 5.5.4"),
	MAIL_ARG("AUTH=<>", "555 5.5.4"),
	MAIL_ARG("=", "555 5.5.4"),
	RCPT_ARG("NOTIFY=", "501 5.5.4"),
	RCPT_ARG("NOTIFY=NEVER,DELAY", "501 5.5.4"),
	RCPT_ARG("NOTIFY=DELAY,", "501 5.5.4"),
	RCPT_ARG("NOTIFY=ALWAYS", "501 5.5.4"),
	RCPT_ARG("ORCPT=b@example.org", "501 5.5.4"),
	RCPT_ARG("ORCPT=;b@example.org", "501 5.5.4"),
	RCPT_ARG("ORCPT=rfc822;", "501 5.5.4"),
	RCPT_ARG("ORCPT=rfc@822;b", "501 5.5.4"),
	RCPT_ARG("ORCPT=rfc822;a+0Db", "501 5.5.4"),
	RCPT_ARG("ORCPT=rfc822;" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED,
	    "501 5.5.4"),
	RCPT_ARG("SIZE=3", "555 5.5.4"),
};

static void
bad_commands_are_refused_and_the_session_goes_on(void **state)
{
	(void)state;
	CHECK_ROWS(bad, REFUSE_NOT);
}

#define STRANGER "S 421 4.7.0\nclosed: this is SMTP, and that is not\n"
#define CUT "closed: the input ended in the middle of the letter\n"
#define INSIDE "S 421 4.4.2\n" CUT
#define INSIDE_OF(content) "S 421 4.4.2\ndropped [" content "]\n" CUT
#define BEHIND \
	"S 421 4.7.0\nclosed: what followed the refused letter is no " \
	"command\n"

static const struct dialogue over[] = {
	{ "GET", "GET / HTTP/1.1\r\n" EHLO, "S 220\n" STRANGER },
	{ "POST", "POST / HTTP/1.1\r\n" EHLO, "S 220\n" STRANGER },
	{ "CONNECT later", EHLO "connect x:25 HTTP/1.1\r\n" FROM,
	    HELLO STRANGER },
	{ "TLS", "\x16\x03\x01", "S 220\n" STRANGER },
	{ "a blank first", " EHLO x\r\n", "S 220\n" STRANGER },
	{ "an empty line first", "\r\n" EHLO, "S 220\n" STRANGER },
	{ "no letter, later", EHLO "1\r\n" FROM, HELLO STRANGER },
	{ "BDAT without a size", EHLO FROM TO "BDAT\r\nQUIT\r\n",
	    OPEN "S 501 5.5.4\nclosed: a BDAT command without a size\n" },
	{ "BDAT with a size that is none", EHLO FROM TO "BDAT x\r\nQUIT\r\n",
	    OPEN "S 501 5.5.4\nclosed: a BDAT command without a size\n" },
	{ "BDAT with a negative size", EHLO FROM TO "BDAT -1 LAST\r\n" QUIT,
	    OPEN "S 501 5.5.4\nclosed: a BDAT command without a size\n" },
	{ "BDAT with a size beyond counting",
	    EHLO FROM TO "BDAT 18446744073709551617 LAST\r\n" QUIT,
	    OPEN "S 501 5.5.4\nclosed: a BDAT command without a size\n" },
	{ "BDAT with another word", EHLO FROM TO "BDAT 1 FIRST\r\nx" QUIT,
	    OPEN "S 501 5.5.4\nclosed: a BDAT command without a size\n" },
	{ "BDAT amid chunks without a size",
	    EHLO FROM TO "BDAT 1\r\naBDAT 1x LAST\r\nx" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nS 501 5.5.4\ndropped [a]\n"
			"closed: a BDAT command without a size\n" },
	/* what was not to come, but comes */
	{ "the letter behind a refused DATA",
	    EHLO FROM
	    "DATA\r\nSubject: x\r\n\r\nMAIL FROM:<e@example.org>\r\n.\r\n" QUIT,
	    HELLO "S 250 2.1.0\nS 503 5.5.1\n" BEHIND },
	{ "an empty line behind a refused DATA", EHLO FROM "DATA x\r\n\r\n",
	    HELLO "S 250 2.1.0\nS 501 5.5.4\n" BEHIND },
	{ "a control character behind a refused DATA",
	    EHLO FROM "DATA\r\nx\x01\r\n",
	    HELLO "S 250 2.1.0\nS 503 5.5.1\n" BEHIND },
	/* the end of the input */
	{ "nothing at all", "", "S 220\nclosed\n" },
	{ "an end behind a command", EHLO, HELLO "closed\n" },
	{ "an end within a command", EHLO "QUI", HELLO "closed\n" },
	{ "an end within the envelope", EHLO FROM TO, OPEN "closed\n" },
	{ "an end where the letter should begin", EHLO FROM TO "DATA\r\n",
	    OPEN BEGINS "S 354\n" INSIDE_OF("") },
	{ "an end within the letter", EHLO FROM TO "DATA\r\nx\r\n",
	    OPEN BEGINS "S 354\n" INSIDE_OF("x\\r\\n") },
	{ "an end within the letter's end", EHLO FROM TO "DATA\r\nx\r\n.\r",
	    OPEN BEGINS "S 354\n" INSIDE_OF("x\\r\\n") },
	{ "an end behind a dot and LF", EHLO FROM TO "DATA\nx\n.\n",
	    OPEN BEGINS "S 354\n" INSIDE_OF("x\\n.\\n") },
	{ "an end within a chunk", EHLO FROM TO "BDAT 3 LAST\r\nx\r",
	    OPEN BEGINS INSIDE_OF("x\\r") },
	{ "an end between chunks", EHLO FROM TO "BDAT 1\r\nx",
	    OPEN BEGINS "S 250 2.0.0\n" INSIDE_OF("x") },
	{ "an end within a chunk that nobody wanted", "BDAT 3\r\nx",
	    "S 220\n" INSIDE },
};

static void
some_things_end_the_session_and_leave_no_letter(void **state)
{
	(void)state;
	CHECK_ROWS(over, REFUSE_NOT);
}

/* ---- the driver's refusals ----------------------------------------------- */

static const struct dialogue refused_first[] = {
	{ "DATA", DATA "RSET\r\n" QUIT,
	    OPEN BEGINS "S 554 5.7.1\nS 250 2.0.0\n" BYE },
	{ "DATA, and the letter comes", DATA "Subject: x\r\n.\r\n",
	    OPEN BEGINS "S 554 5.7.1\n" BEHIND },
	{ "BDAT", EHLO FROM TO "BDAT 6 LAST\r\nQUIT\r\n" QUIT,
	    OPEN BEGINS "S 554 5.7.1\n" BYE },
	{ "BDAT, and pipelined ones",
	    EHLO FROM TO "BDAT 6\r\nQUIT\r\nBDAT 2 LAST\r\nxy" QUIT,
	    OPEN BEGINS "S 554 5.7.1\nS 503 5.5.1\n" BYE },
};

static const struct dialogue refused_body[] = {
	{ "DATA", DATA "QUIT\r\n.\r\nNOOP\r\n" QUIT,
	    OPEN BEGINS "S 354\nS 554 5.7.1\nS 250 2.0.0\n" BYE },
	{ "BDAT", EHLO FROM TO "BDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\n" QUIT,
	    OPEN BEGINS "S 554 5.7.1\nS 503 5.5.1\n" BYE },
	{ "an end of the input", DATA "x", OPEN BEGINS "S 354\n" INSIDE },
};

static const struct dialogue refused_end[] = {
	{ "DATA, then another letter",
	    DATA "x\r\n.\r\n" FROM TO "DATA\r\n.\r\n" QUIT,
	    OPEN BEGINS "S 354\nends [x\\r\\n]\nS 554 5.7.1\n"
			"S 250 2.1.0\nS 250 2.1.5\n" BEGINS
			"S 354\nends []\nS 554 5.7.1\n" BYE },
	{ "BDAT", EHLO FROM TO "BDAT 1\r\nxBDAT 0 LAST\r\n" QUIT,
	    OPEN BEGINS "S 250 2.0.0\nends [x]\nS 554 5.7.1\n" BYE },
};

static void
a_letter_may_be_refused_from_its_beginning_on(void **state)
{
	(void)state;
	CHECK_ROWS(refused_first, REFUSE_BEGINNING);
	CHECK_ROWS(refused_body, REFUSE_BODY);
	CHECK_ROWS(refused_end, REFUSE_END);
}

static void
an_answer_between_chunks_is_given_to_the_next_one(void **state)
{
	const struct server_reply no = { 452, "4.3.1", "the disk is full" };
	struct session x;
	char *journal;

	(void)state;
	session_begin(&x);
	run(&x);
	say(&x, EHLO FROM TO "BDAT 1\r\na", strlen(EHLO FROM TO "BDAT 1\r\na"));
	server_answer(x.server, &no);
	say(&x, "BDAT 2\r\nbc" FROM, strlen("BDAT 2\r\nbc" FROM));
	journal = session_end(&x);
	assert_string_equal(
	    journal, OPEN BEGINS "S 250 2.0.0\nS 452 4.3.1\nS 250 2.1.0\n");
	free(journal);
}

static const struct {
	struct server_reply reply;
	const char *shown;
} answers[] = {
	{ { 250, "2.0.0", "ok" }, "S 250 2.0.0 ok\n" },
	{ { 250, NULL, "" }, "S 250 2.0.0 \n" },
	{ { 450, "5.1.1", "class" }, "S 450 4.0.0 class\n" },
	{ { 550, "5.1", "short" }, "S 550 5.0.0 short\n" },
	{ { 550, "5.1.1x", "long" }, "S 550 5.0.0 long\n" },
	{ { 550, "5.1000.1", "long" }, "S 550 5.0.0 long\n" },
	{ { 550, "5.1.1", "a\nb\n\nc" },
	    "S 550-5.1.1 a\nS 550-5.1.1 b\nS 550-5.1.1 \nS 550 5.1.1 c\n" },
	{ { 550, "5.1.1", "\x1b[31m\r\n\xff" },
	    "S 550-5.1.1 \\^[[31m\\r\nS 550 5.1.1 \\M^?\n" },
	{ { 354, NULL, "x" }, "S 451 4.0.0 x\n" },
	{ { 0, "0.0.0", "x" }, "S 451 4.0.0 x\n" },
	{ { 600, "6.0.0", "x" }, "S 451 4.0.0 x\n" },
};

static void
answers_are_made_fit_to_be_sent(void **state)
{
	struct session x;
	char *journal;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct server_event ev;

		session_begin(&x);
		run(&x);
		server_input(x.server, (const uint8_t *)(DATA ".\r\n"),
		    strlen(DATA ".\r\n"));
		do {
			server_next(x.server, &ev);
			assert_int_not_equal(ev.kind, SERVER_NEED_INPUT);
		} while (ev.kind != SERVER_LETTER_ENDS);
		while (read_output(&x))
			;
		buf_clear(&x.journal);
		x.raw = true;
		server_answer(x.server, &answers[i].reply);
		run(&x);
		journal = session_end(&x);
		assert_string_equal(journal, answers[i].shown);
		free(journal);
	}
}

static void
an_answer_is_broken_into_lines_and_cut(void **state)
{
	const char *client = DATA ".\r\n";
	char *text = xmalloc(100001);
	struct server_reply reply = { 550, "5.1.1", text };
	struct server_event ev;
	struct session x;
	char *journal;

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		memset(text,
		    kind == 0	? 'x'
		    : kind == 1 ? '\n'
				: '\xff',
		    100000);
		text[100000] = '\0';
		session_begin(&x);
		server_input(x.server, (const uint8_t *)client, strlen(client));
		do
			server_next(x.server, &ev);
		while (ev.kind != SERVER_LETTER_ENDS);
		/* Nothing has been read yet: it must fit all the same. */
		server_answer(x.server, &reply);
		x.raw = true;
		while (read_output(&x)) /* lines of at most 512 octets */
			;
		journal = session_end(&x);
		assert_true(strlen(journal) > 500);
		assert_true(strlen(journal) < 2 * (size_t)SERVER_ANSWER_MAX);
		assert_non_null(strstr(journal, "\nS 550 5.1.1 "));
		free(journal);
	}
	free(text);
}

static void
answers_that_nobody_waits_for_are_ignored(void **state)
{
	const struct server_reply yes = { 250, "2.0.0", "ok" };
	const struct server_reply no = { 550, "5.0.0", "no" };
	struct session x;
	char *journal;

	(void)state;
	session_begin(&x);
	server_answer(x.server, &no);
	run(&x);
	say(&x, EHLO FROM TO, strlen(EHLO FROM TO));
	server_answer(x.server, &no);
	server_answer(x.server, &yes);
	say(&x, "DATA\r\n.\r\n", 9);
	server_answer(x.server, &no);
	say(&x, QUIT, 6);
	server_answer(x.server, &no);
	run(&x);
	journal = session_end(&x);
	assert_string_equal(journal, ENDS("") "closed\n");
	free(journal);
}

/* ---- limits -------------------------------------------------------------- */

static void
a_line_may_be_as_long_as_the_limit(void **state)
{
	char line[SERVER_LINE_MAX + 2];
	char *journal;
	struct session x;

	(void)state;
	for (size_t more = 0; more < 2; more++)
		for (size_t piece = 1; piece < 4000; piece += 1023) {
			size_t len = SERVER_LINE_MAX + more;

			memset(line, 'x', sizeof(line));
			memcpy(line, "NOOP ", 5);
			memcpy(line + len - 2, "\r\n", 2);
			session_begin(&x);
			run(&x);
			for (size_t at = 0; at < len; at += piece)
				say(&x, line + at,
				    piece < len - at ? piece : len - at);
			say(&x, QUIT, 6);
			journal = session_end(&x);
			assert_string_equal(
			    journal, more ? "S 220\nS 500 5.5.2\n" BYE
					  : "S 220\nS 250 2.0.0\n" BYE);
			free(journal);
		}
}

static void
a_line_without_end_costs_no_memory(void **state)
{
	char *junk = xmalloc(SERVER_INPUT_MAX);
	char *journal;
	struct session x;

	(void)state;
	memset(junk, 'x', SERVER_INPUT_MAX);
	session_begin(&x);
	run(&x);
	for (int i = 0; i < 100; i++) {
		unsigned before = server_progress(x.server);

		say(&x, junk, SERVER_INPUT_MAX);
		/* and it does not extend the deadline */
		assert_int_equal(server_progress(x.server), before);
	}
	say(&x, "\n" QUIT, 7);
	journal = session_end(&x);
	assert_string_equal(journal, "S 220\nS 500 5.5.2\n" BYE);
	free(journal);
	free(junk);
}

static void
bad_commands_are_counted_since_the_last_letter(void **state)
{
	char *journal;
	struct session x;

	(void)state;
	session_begin(&x);
	run(&x);
	for (int i = 0; i < SERVER_ERRORS_MAX; i++)
		say(&x, "XYZZY\r\n", 7);
	say(&x, EHLO, strlen(EHLO));
	/* addresses are data and do not count */
	say(&x, FROM "RCPT TO:<@>\r\n" TO, strlen(FROM "RCPT TO:<@>\r\n" TO));
	say(&x, "DATA\r\n.\r\n", 9);
	for (int i = 0; i < SERVER_ERRORS_MAX; i++)
		say(&x, "DATA\r\n", 6);
	buf_clear(&x.journal);
	say(&x, "BDAT 0\r\n" QUIT, strlen("BDAT 0\r\n" QUIT));
	journal = session_end(&x);
	assert_string_equal(
	    journal, "S 421 4.7.0\nclosed: too many bad commands\n");
	free(journal);
}

static void
recipients_are_taken_up_to_the_limit(void **state)
{
	struct session x;
	char *journal;

	(void)state;
	session_begin(&x);
	run(&x);
	say(&x, EHLO FROM, strlen(EHLO FROM));
	for (int i = 0; i < SERVER_RECIPIENTS_MAX; i++) {
		buf_clear(&x.journal);
		say(&x, TO, strlen(TO));
	}
	say(&x, TO, strlen(TO));
	journal = session_end(&x);
	assert_string_equal(journal, "S 250 2.1.5\nS 452 4.5.3\n");
	free(journal);
}

static void
an_envelope_is_taken_up_to_the_limit(void **state)
{
	static const char rcpt[] =
	    "RCPT TO:<b@example.org> ORCPT=rfc822;" HUNDRED HUNDRED HUNDRED
		HUNDRED "\r\n";
	/* what it costs: the row, both strings */
	size_t each = 2 * sizeof(char *) + sizeof(struct envelope_dsn) +
		      sizeof("b@example.org") + sizeof("rfc822;") + 400;
	size_t fit = SERVER_ENVELOPE_MAX / each;
	struct session x;
	char *journal;

	(void)state;
	assert_true(fit < SERVER_RECIPIENTS_MAX);
	session_begin(&x);
	run(&x);
	say(&x, EHLO FROM, strlen(EHLO FROM));
	for (size_t i = 0; i < fit; i++) {
		buf_clear(&x.journal);
		say(&x, rcpt, sizeof(rcpt) - 1);
	}
	say(&x, rcpt, sizeof(rcpt) - 1);
	journal = session_end(&x);
	assert_string_equal(journal, "S 250 2.1.5\nS 452 4.5.3\n");
	free(journal);
}

static void
a_letter_may_be_as_large_as_the_limit(void **state)
{
	static const char end[] = "\r\n.\r\nNOOP\r\n" QUIT;
	char client[2048];
	char *journal;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t begin = strlen(DATA), len = begin;
		const struct cutting whole = { .rest = SIZE_MAX };
		const struct cutting octets = { .rest = 1 };

		memcpy(client, DATA, begin);
		memset(client + len, 'x', SIZE_LIMIT - 2 + more);
		len += SIZE_LIMIT - 2 + more;
		memcpy(client + len, end, sizeof(end) - 1);
		len += sizeof(end) - 1;
		for (int i = 0; i < 2; i++) {
			journal =
			    converse(client, len, i == 0 ? &whole : &octets);
			if (more) {
				assert_non_null(strstr(journal, "dropped ["));
				assert_non_null(strstr(
				    journal, "S 552 5.3.4\nS 250 2.0.0\n" BYE));
				assert_null(strstr(journal, "ends"));
			} else {
				assert_non_null(strstr(journal,
				    "\\r\\n]\nS 250 2.0.0\nS 250 2.0.0\n"));
			}
			free(journal);
		}
	}
}

static void
chunks_may_add_up_to_the_limit(void **state)
{
	char client[4096];
	char *journal;

	(void)state;
	for (int more = 0; more < 2; more++) {
		const struct cutting whole = { .rest = SIZE_MAX };
		int len = snprintf(client, sizeof(client),
		    EHLO FROM TO "BDAT 990\r\n%0990dBDAT %d LAST\r\n%0*d" QUIT,
		    0, 10 + more, 10 + more, 0);

		journal = converse(client, (size_t)len, &whole);
		if (more)
			assert_non_null(strstr(journal, "S 552 5.3.4\n" BYE));
		else
			assert_non_null(strstr(journal, "S 250 2.0.0\n" BYE));
		assert_true((strstr(journal, "ends") == NULL) == more);
		assert_true((strstr(journal, "dropped") != NULL) == more);
		free(journal);
	}
}

static void
a_chunk_beyond_the_limit_is_read_to_its_end(void **state)
{
	static const char begin[] = EHLO FROM TO "BDAT 1000000 LAST\r\n";
	char junk[1000];
	struct session x;
	char *journal;

	(void)state;
	memset(junk, '\n', sizeof(junk));
	session_begin(&x);
	run(&x);
	say(&x, begin, sizeof(begin) - 1);
	for (int i = 0; i < 1000; i++)
		say(&x, junk, sizeof(junk));
	say(&x, QUIT, 6);
	journal = session_end(&x);
	assert_string_equal(journal, OPEN "S 552 5.3.4\n" BYE);
	free(journal);
}

static void
who_reads_no_answer_is_not_served(void **state)
{
	const struct server_params params = { .name = "host.example" };
	struct server *s = server_new(&params);
	struct server_event ev;
	size_t given = 0, len;

	(void)state;
	while (server_input(s, (const uint8_t *)"HELP\r\n", 6) == 6) {
		given++;
		server_next(s, &ev);
		assert_int_equal(ev.kind, SERVER_NEED_INPUT);
		server_output(s, &len);
		assert_true(len <= SERVER_OUTPUT_MAX);
		assert_true(given < 100000);
	}
	/* The input is full too, and time passes. */
	assert_true(server_deadline(s) > 0);
	server_output(s, &len);
	server_sent(s, len);
	server_next(s, &ev);
	assert_int_equal(server_input(s, (const uint8_t *)"HELP\r\n", 6), 6);
	server_free(s);
}

/* ---- time ---------------------------------------------------------------- */

static void
silence_ends_the_session(void **state)
{
	static const struct {
		const char *client;
		const char *journal;
		const char *dropped;
	} rows[] = {
		{ "", "S 220\n", "" },
		{ "EHL", "S 220\n", "" },
		{ EHLO FROM, HELLO "S 250 2.1.0\n", "" },
		{ DATA "x", OPEN BEGINS "S 354\n", "dropped [x]\n" },
		{ EHLO FROM TO "BDAT 3\r\nx", OPEN BEGINS, "dropped [x]\n" },
		{ EHLO FROM TO "BDAT 1\r\nx", OPEN BEGINS "S 250 2.0.0\n",
		    "dropped [x]\n" },
	};
	struct session x;
	char *journal, *expected;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		session_begin(&x);
		run(&x);
		say(&x, rows[i].client, strlen(rows[i].client));
		assert_int_equal(server_deadline(x.server), 300);
		server_expired(x.server);
		assert_int_equal(server_deadline(x.server), 10);
		run(&x);
		assert_int_equal(server_deadline(x.server), 0);
		assert_int_equal(
		    server_input(x.server, (const uint8_t *)"x", 1), 0);
		journal = session_end(&x);
		expected = xasprintf("%sS 421 4.4.2\n%s"
				     "closed: nothing came for five minutes\n",
		    rows[i].journal, rows[i].dropped);
		assert_string_equal(journal, expected);
		free(expected);
		free(journal);
	}
}

static void
progress_is_a_command_or_a_block_but_not_an_octet(void **state)
{
	const struct server_params params = { .name = "host.example" };
	struct server *s = server_new(&params);
	const char *client = EHLO FROM TO "DATA\r\n";
	struct server_event ev;
	unsigned before;
	size_t len;

	(void)state;
	server_input(s, (const uint8_t *)client, strlen(client));
	do
		server_next(s, &ev);
	while (ev.kind != SERVER_NEED_INPUT);
	server_output(s, &len);
	server_sent(s, len);
	before = server_progress(s);
	for (int i = 1; i < SERVER_BLOCK; i++) {
		server_input(s, (const uint8_t *)"x", 1);
		server_next(s, &ev);
		assert_int_equal(ev.kind, SERVER_BODY);
	}
	assert_int_equal(server_progress(s), before);
	server_input(s, (const uint8_t *)"x", 1);
	server_next(s, &ev);
	assert_int_not_equal(server_progress(s), before);
	server_free(s);
}

static void
while_the_letter_is_ours_no_time_passes_for_the_client(void **state)
{
	const struct server_params params = { .name = "host.example" };
	struct server *s = server_new(&params);
	const char *client = DATA ".\r\n" QUIT;
	struct server_event ev;
	size_t len;

	(void)state;
	server_input(s, (const uint8_t *)client, strlen(client));
	do
		server_next(s, &ev);
	while (ev.kind != SERVER_LETTER_ENDS);
	server_output(s, &len);
	server_sent(s, len);
	assert_int_equal(server_deadline(s), 0);
	server_expired(s);
	server_next(s, &ev);
	assert_int_equal(ev.kind, SERVER_LETTER_ENDS);
	server_free(s);
}

static void
a_stop_waits_for_the_answer_to_the_letter(void **state)
{
	const struct server_params params = { .name = "host.example" };
	const struct server_reply yes = { 250, "2.0.0", "taken" };
	const char *client = DATA ".\r\n" QUIT;
	struct server_event ev;
	struct session x = { .server = server_new(&params) };
	char *journal;

	(void)state;
	buf_init(&x.journal, JOURNAL_MAX);
	buf_init(&x.line, SERVER_OUTPUT_MAX);
	server_input(x.server, (const uint8_t *)client, strlen(client));
	do
		server_next(x.server, &ev);
	while (ev.kind != SERVER_LETTER_ENDS);
	server_stop(x.server);
	server_next(x.server, &ev);
	assert_int_equal(ev.kind, SERVER_LETTER_ENDS);
	server_answer(x.server, &yes);
	run(&x);
	journal = session_end(&x);
	assert_string_equal(journal, OPEN "S 354\nS 250 2.0.0\nS 421 4.3.2\n"
					  "closed: stopped by a signal\n");
	free(journal);
}

static void
a_stop_amid_the_letter_drops_it(void **state)
{
	struct session x;
	char *journal;

	(void)state;
	session_begin(&x);
	run(&x);
	say(&x, DATA "x", strlen(DATA "x"));
	server_stop(x.server);
	run(&x);
	journal = session_end(&x);
	assert_string_equal(journal,
	    OPEN BEGINS "S 354\nS 421 4.3.2\ndropped [x]\n"
			"closed: stopped by a signal\n");
	free(journal);
}

/* ---- questions ----------------------------------------------------------- */

static void
ehlo_offers_what_there_is(void **state)
{
	struct session x;
	char *journal;

	(void)state;
	session_begin(&x);
	x.raw = true;
	run(&x);
	say(&x, "HELO c\r\n" EHLO, strlen("HELO c\r\n" EHLO));
	journal = session_end(&x);
	assert_string_equal(journal,
	    "S 220 host.example ESMTP pneu\nS 250 host.example\n"
	    "S 250-host.example\nS 250-PIPELINING\nS 250-SIZE 1000\n"
	    "S 250-8BITMIME\nS 250-ENHANCEDSTATUSCODES\nS 250-CHUNKING\n"
	    "S 250 DSN\n");
	free(journal);
}

static void
help_names_the_commands(void **state)
{
	struct session x;
	char *journal;

	(void)state;
	session_begin(&x);
	run(&x);
	x.raw = true;
	buf_clear(&x.journal);
	say(&x, "HELP\r\n", 6);
	journal = session_end(&x);
	assert_string_equal(journal,
	    "S 214 2.0.0 HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP "
	    "QUIT\n");
	free(journal);
}

static void
the_clients_name_can_stand_in_a_header(void **state)
{
	static const char *const rows[][2] = {
		{ "c.example", "c.example" },
		{ "[127.0.0.1]", "[127.0.0.1]" },
		{ "[IPv6:2001:db8::1] me", "[IPv6:2001:db8::1]" },
		{ "my_host-1.", "my_host-1." },
		{ "a(comment)", "unknown" },
		{ "a;b", "unknown" },
		{ "[]", "unknown" },
		{ "[1]x", "unknown" },
		{ "x[1]", "unknown" },
		{ "b\xc3\xbcro", "unknown" },
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session x;
		char *journal;

		session_begin(&x);
		run(&x);
		assert_string_equal(server_client(x.server), "");
		snprintf(line, sizeof(line), "%s %s\r\n",
		    i % 2 ? "EHLO" : "HELO", rows[i][0]);
		say(&x, line, strlen(line));
		assert_string_equal(server_client(x.server), rows[i][1]);
		assert_int_equal(server_is_extended(x.server), i % 2);
		journal = session_end(&x);
		assert_string_equal(journal, HELLO);
		free(journal);
	}
}

static void
a_name_may_be_as_long_as_the_limit(void **state)
{
	char line[SERVER_NAME_MAX + 16];

	(void)state;
	for (int more = 0; more < 2; more++) {
		struct session x;
		char *journal;

		session_begin(&x);
		run(&x);
		snprintf(line, sizeof(line), "EHLO %0*d\r\n",
		    SERVER_NAME_MAX + more, 0);
		say(&x, line, strlen(line));
		assert_int_equal(strlen(server_client(x.server)),
		    more ? 0 : SERVER_NAME_MAX);
		journal = session_end(&x);
		assert_string_equal(
		    journal, more ? "S 220\nS 501 5.5.4\n" : HELLO);
		free(journal);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    dialogues_go_as_they_should_however_they_are_cut),
		cmocka_unit_test(only_crlf_dot_crlf_ends_the_letter),
		cmocka_unit_test(m_27_a_nul_before_the_dot_ends_nothing),
		cmocka_unit_test(
		    bad_commands_are_refused_and_the_session_goes_on),
		cmocka_unit_test(
		    some_things_end_the_session_and_leave_no_letter),
		cmocka_unit_test(a_letter_may_be_refused_from_its_beginning_on),
		cmocka_unit_test(
		    an_answer_between_chunks_is_given_to_the_next_one),
		cmocka_unit_test(answers_are_made_fit_to_be_sent),
		cmocka_unit_test(an_answer_is_broken_into_lines_and_cut),
		cmocka_unit_test(answers_that_nobody_waits_for_are_ignored),
		cmocka_unit_test(a_line_may_be_as_long_as_the_limit),
		cmocka_unit_test(a_line_without_end_costs_no_memory),
		cmocka_unit_test(
		    bad_commands_are_counted_since_the_last_letter),
		cmocka_unit_test(recipients_are_taken_up_to_the_limit),
		cmocka_unit_test(an_envelope_is_taken_up_to_the_limit),
		cmocka_unit_test(a_letter_may_be_as_large_as_the_limit),
		cmocka_unit_test(chunks_may_add_up_to_the_limit),
		cmocka_unit_test(a_chunk_beyond_the_limit_is_read_to_its_end),
		cmocka_unit_test(who_reads_no_answer_is_not_served),
		cmocka_unit_test(silence_ends_the_session),
		cmocka_unit_test(
		    progress_is_a_command_or_a_block_but_not_an_octet),
		cmocka_unit_test(
		    while_the_letter_is_ours_no_time_passes_for_the_client),
		cmocka_unit_test(a_stop_waits_for_the_answer_to_the_letter),
		cmocka_unit_test(a_stop_amid_the_letter_drops_it),
		cmocka_unit_test(ehlo_offers_what_there_is),
		cmocka_unit_test(help_names_the_commands),
		cmocka_unit_test(the_clients_name_can_stand_in_a_header),
		cmocka_unit_test(a_name_may_be_as_long_as_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
