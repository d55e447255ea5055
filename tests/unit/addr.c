/*
 * mail/addr: exactly the recipients that a list names, each as a path that
 * has one meaning; and nothing that could end a command early.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/addr.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(literal) literal, sizeof(literal) - 1

/* Parses a copy of exactly len octets: an over-read is found. */
static int
parse(struct addr_list *list, const char *text, size_t len, struct fail *f)
{
	char *copy = xmalloc(len);
	int result;

	memcpy(copy, text, len);
	addr_list_init(list);
	result = addr_parse_list(list, copy, len, "To", f);
	free(copy);
	return result;
}

/* The paths, joined by a blank and a bar; the caller's. */
static char *
joined(const struct addr_list *list)
{
	char *all = xstrdup(""), *more;

	for (size_t i = 0; i < list->count; i++) {
		more = xasprintf(
		    "%s%s%s", all, i > 0 ? " | " : "", list->paths[i]);
		free(all);
		all = more;
	}
	return all;
}

static const struct {
	const char *text, *paths;
} lists[] = {
	/* H-05: nothing is nobody */
	{ "", "" },
	{ " \t ", "" },
	{ ",, ,", "" },
	{ "(nobody)", "" },
	{ "undisclosed-recipients:;", "" },
	{ "undisclosed-recipients:", "" },
	{ "A B (c) : (d) , ,;", "" },

	{ "a@b", "a@b" },
	{ "a@b, c@d", "a@b | c@d" },
	{ "a@b,,c@d,", "a@b | c@d" },
	{ "<a@b>", "a@b" },
	{ "< a@b >", "a@b" },
	{ "John Q. Public <a@b.example>", "a@b.example" },
	{ "a@b,\r\n c@d,\r\n\t\r\n e@f", "a@b | c@d | e@f" },
	{ "Pete\r\n <a@b\r\n >", "a@b" },
	{ "A.B-c+d=e!f#g$h%i&j'k*l/m?n^o_p`q{r|s}t~@x.y",
	    "A.B-c+d=e!f#g$h%i&j'k*l/m?n^o_p`q{r|s}t~@x.y" },
	{ "a@B.Example", "a@B.Example" },
	{ "a@xn--mnchen-3ya.example", "a@xn--mnchen-3ya.example" },
	{ "a@host_name.example", "a@host_name.example" },

	/* H-13, G-06, G-07: bare names are plain data and come out bare */
	{ "postmaster", "postmaster" },
	{ "<postmaster>", "postmaster" },
	{ "root, daemon", "root | daemon" },
	{ "first.last", "first.last" },
	{ "-oQ/tmp", "-oQ/tmp" },
	{ "-f@b", "-f@b" },
	{ "/etc/passwd, |sh, `id`@b", "/etc/passwd | |sh | `id`@b" },

	/* H-04: quoted strings, in their shortest form on the way out */
	{ "\"a\"@b", "a@b" },
	{ "\"a.b\"@c", "a.b@c" },
	{ "\"a\".b@c", "a.b@c" },
	{ "\"a b\"@c", "\"a b\"@c" },
	{ "\"a\\b\"@c", "ab@c" },
	{ "\"a\\\"b\\\\c\"@d", "\"a\\\"b\\\\c\"@d" },
	{ "\"a@b\"@c", "\"a@b\"@c" },
	{ "\"a,b\"@c", "\"a,b\"@c" },
	{ "\"a>b\"@c", "\"a>b\"@c" },
	{ "\"a(b\"@c", "\"a(b\"@c" },
	{ "\"a\r\n b\"@c", "\"a b\"@c" },
	{ "\"\"@c", "\"\"@c" },
	{ "\"a b\"", "\"a b\"" },
	{ "a..b@c", "\"a..b\"@c" },
	{ "a.@c", "\"a.\"@c" },
	/* ... and as display names */
	{ "\"Last, First\" <a@b>, \"<x@y>\" <c@d>", "a@b | c@d" },
	{ "\"a@b, c@d\" <e@f>", "e@f" },
	{ "\"unclosed? \\\"\" <a@b>", "a@b" },
	{ "a \"b\" c.d. <e@f>", "e@f" },

	/* H-04: comments, nested, quoting, wherever blanks may be */
	{ "a@b (Name)", "a@b" },
	{ "(x)a(y)@(z)b(w)", "a@b" },
	{ "a (1(2(3))) @ b", "a@b" },
	{ "a@b (\\), c@d), e@f", "a@b | e@f" },
	{ "a@b (x, y <z@z>), c@d", "a@b | c@d" },
	{ "a@(.)b.(.)c", "a@b.c" },
	{ "root (a\r\n b)", "root" },

	/* H-04: groups */
	{ "Friends: a@b, C <c@d>;", "a@b | c@d" },
	{ "x@y, G: a@b;, z@w", "x@y | a@b | z@w" },
	{ "\"G: 1\": a@b;", "a@b" },
	{ "G:a;", "a" },
	{ "G: ;, H: a@b,, c@d", "a@b | c@d" },

	/* H-13: routes are dropped, literals stay */
	{ "<@a,@b:c@d>", "c@d" },
	{ "X <@a.example,,@b:c@d>", "c@d" },
	{ "<@[192.0.2.1]:c@d>", "c@d" },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]" },
	{ "<a@[ 192.0.2.1 ]>", "a@[192.0.2.1]" },

	/* the obsolete blanks around dots and the @ (RFC 5322 4.4) */
	{ "a . b @ c . d", "a.b@c.d" },

	/* H-04: encoded words are words, what they encode is not looked at */
	{ "=?utf-8?Q?a=2C_b=40c?= <d@e>", "d@e" },
	{ "=?utf-8?B?PGFAYj4=?= <d@e>", "d@e" },

	/* seen in letters, with one meaning */
	{ "a@b <c@d>", "c@d" },
	{ "[list] members <a@b>", "a@b" },
	{ "J\xc3\xb6rg <a@b>", "a@b" },
	{ "J\xf6rg <a@b>", "a@b" },

	/* H-09: domains become A-labels */
	{ "a@m\xc3\xbcnchen.example", "a@xn--mnchen-3ya.example" },
	{ "a@M\xc3\x9cNCHEN.example", "a@xn--mnchen-3ya.example" },
	{ "a@fa\xc3\x9f.example", "a@xn--fa-hia.example" },
	{ "a@\xe4\xbe\x8b\xe5\xad\x90.example", "a@xn--fsqu00a.example" },
};

static void
a_list_names_exactly_these_recipients(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct addr_list list;
		struct fail f = { 0 };
		char *paths;

		if (parse(&list, lists[i].text, strlen(lists[i].text), &f) != 0)
			fail_msg("%s: %s", lists[i].text, f.words);
		paths = joined(&list);
		assert_string_equal(paths, lists[i].paths);
		free(paths);
		addr_list_free(&list);
	}
}

static void
a_path_read_again_is_the_same_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct addr_list list, again;

		assert_int_equal(
		    parse(&list, lists[i].text, strlen(lists[i].text), NULL),
		    0);
		for (size_t j = 0; j < list.count; j++) {
			const char *path = list.paths[j];

			assert_int_equal(
			    parse(&again, path, strlen(path), NULL), 0);
			assert_int_equal(again.count, 1);
			assert_string_equal(again.paths[0], path);
			addr_list_free(&again);
		}
		addr_list_free(&list);
	}
}

static const struct {
	const char *text;
	size_t len;
	const char *words; /* a part of them */
} refused[] = {
	/* G-09 */
	{ OCTETS("a@b> SIZE=1"), "out of place: a@b> SIZE=1" },
	{ OCTETS("<a@b> SIZE=1"), "out of place" },
	{ OCTETS("a>@b"), "out of place" },
	{ OCTETS("a@b>"), "out of place" },
	{ OCTETS("<a@b"), "'>' is missing" },
	{ OCTETS("<<a@b>>"), "" },
	{ OCTETS("a<b@c"), "'>' is missing" },
	{ OCTETS("<a@b> <c@d>"), "out of place" },
	{ OCTETS("a@[x> SIZE=1]"), "the address literal is none" },
	/* G-05 */
	{ OCTETS("a@b\r\nRCPT TO:<c@d>"), "control character" },
	{ OCTETS("a@b\nRCPT TO:<c@d>"), "control character" },
	{ OCTETS("a@b\rRCPT TO:<c@d>"), "control character" },
	{ OCTETS("a@b\r\n"), "control character" },
	{ OCTETS("a@b\n c@d"), "control character" },
	{ OCTETS("a@b\0c"), "control character" },
	{ OCTETS("\0"), "control character" },
	{ OCTETS("\"a\r\n\"@b"), "control character" },
	{ OCTETS("\"a\0b\"@c"), "control character" },
	{ OCTETS("\"a\\\r\n b\"@c"), "control character" },
	{ OCTETS("\"a\tb\"@c"), "control character" },
	{ OCTETS("a\x7f@b"), "control character" },
	{ OCTETS("x@y (\x1b[2J)"), "control character" },
	{ OCTETS("\xc2\x85 a@b"), "words with no dot" },
	/* H-07 */
	{ OCTETS("\"a@b"), "a quote or bracket is not closed" },
	{ OCTETS("\"a@b\\\""), "a quote or bracket is not closed" },
	{ OCTETS("\"a\\"), "a quote or bracket is not closed" },
	{ OCTETS("a@[192.0.2.1"), "a quote or bracket is not closed" },
	{ OCTETS("a@b (c"), "a comment is not closed" },
	{ OCTETS("a@b (c\\)"), "a comment is not closed" },
	{ OCTETS("a@b ((c)"), "a comment is not closed" },
	{ OCTETS("a@b )"), "out of place" },
	{ OCTETS("a@b ]"), "out of place" },
	{ OCTETS("a\\b@c"), "out of place" },
	/* H-13 */
	{ OCTETS("<>"), "<> cannot be a recipient" },
	{ OCTETS("a@b, <>"), "<> cannot be a recipient: <>" },
	{ OCTETS("X <>"), "<> cannot be a recipient" },
	{ OCTETS("<@a>"), "the route has no end" },
	{ OCTETS("<@a:>"), "nothing stands before" },
	{ OCTETS("<@a"), "the route has no end" },
	{ OCTETS("@a:b@c"), "nothing stands before" },
	/* blanks in a bare word */
	{ OCTETS("a b@c"), "words with no dot" },
	{ OCTETS("a b"), "words with no dot" },
	{ OCTETS("a@b c@d"), "out of place" },
	{ OCTETS("\"a\" \"b\"@c"), "words with no dot" },
	{ OCTETS("<a b@c>"), "words with no dot" },
	/* domains */
	{ OCTETS("a@"), "empty label" },
	{ OCTETS("a@, b@c"), "empty label: a@" },
	{ OCTETS("a@.b"), "empty label" },
	{ OCTETS("a@b."), "empty label" },
	{ OCTETS("a@b..c"), "empty label" },
	{ OCTETS("a@b@c"), "out of place" },
	{ OCTETS("@b"), "nothing stands before" },
	{ OCTETS("<@b>"), "the route has no end" },
	{ OCTETS("a@b=c"), "a character that none has" },
	{ OCTETS("a@$x"), "a character that none has" },
	{ OCTETS("a@\"b\""), "empty label" },
	{ OCTETS("a@[]"), "the address literal is none" },
	{ OCTETS("a@[b\\]c]"), "the address literal is none" },
	{ OCTETS("a@[b]c"), "out of place" },
	/* H-09: no local part but ASCII; no domain but a name */
	{ OCTETS("j\xc3\xb6rg@b"), "is not ASCII" },
	{ OCTETS("j\xf6rg@b"), "is not ASCII" },
	{ OCTETS("\"j\xc3\xb6rg\"@b"), "is not ASCII" },
	{ OCTETS("j\xc3\xb6rg"), "is not ASCII" },
	{ OCTETS("a@\xff.example"), "IDNA" },
	{ OCTETS("a@\xc3\xbc..b"), "empty label" },
	{ OCTETS("a@-\xc3\xbc.example"), "IDNA" },
	/* what libidn2 would leave out: a_ü, full-width >, soft hyphen */
	{ OCTETS("a@a_\xc3\xbc.example"), "IDNA" },
	{ OCTETS("a@\xc3\xbc\xef\xbc\x9e.example"), "IDNA" },
	{ OCTETS("a@\xef\xbc\x9e.example"), "IDNA" },
	{ OCTETS("a@b\xc2\xad.example"), "IDNA" },
	/* groups */
	{ OCTETS(": a@b;"), "out of place" },
	{ OCTETS("a@b: c@d;"), "out of place" },
	{ OCTETS("G: H: a@b;;"), "out of place" },
	{ OCTETS("a@b; c@d"), "out of place" },
	{ OCTETS("G: a@b;;"), "out of place" },
	{ OCTETS(":include:/etc/passwd"), "out of place" },
};

static void
what_has_no_meaning_or_two_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct addr_list list;
		struct fail f = { 0 };

		if (parse(&list, refused[i].text, refused[i].len, &f) == 0)
			fail_msg("accepted: %s", refused[i].text);
		assert_int_equal(f.kind, FAIL_DATA);
		assert_memory_equal(f.words, "To: ", 4);
		if (strstr(f.words, refused[i].words) == NULL)
			fail_msg("%s: %s", refused[i].text, f.words);
		addr_list_free(&list);
	}
}

/* text with count times unit between before and behind; the caller's. */
static char *
repeated(const char *before, size_t count, const char *unit, const char *behind)
{
	size_t len = strlen(unit);
	char *text = xmalloc(strlen(before) + count * len + strlen(behind) + 1);
	char *at = text + sprintf(text, "%s", before);

	for (size_t i = 0; i < count; i++, at += len)
		memcpy(at, unit, len);
	strcpy(at, behind);
	return text;
}

static const struct {
	const char *before;
	size_t count;
	const char *unit, *behind;
	int result;
} sizes[] = {
	/* H-11: whole at the cap, refused one beyond, never cut */
	{ "", ADDR_LOCAL_MAX, "a", "@b", 0 },
	{ "", ADDR_LOCAL_MAX + 1, "a", "@b", -1 },
	{ "\"", ADDR_LOCAL_MAX - 3, "a", " \"@b", 0 },
	{ "\"", ADDR_LOCAL_MAX - 2, "a", " \"@b", -1 },
	{ "\"", (ADDR_LOCAL_MAX - 2) / 2, "\\\"", "\"@b", 0 },
	{ "\"", ADDR_LOCAL_MAX / 2, "\\\"", "\"@b", -1 },
	{ "a@b", ADDR_DOMAIN_MAX - 1, "b", "", 0 },
	{ "a@b", ADDR_DOMAIN_MAX, "b", "", -1 },
	{ "a@[", ADDR_DOMAIN_MAX - 2, "1", "]", 0 },
	{ "a@[", ADDR_DOMAIN_MAX - 1, "1", "]", -1 },
	{ "a@[", 100000, "1", "]", -1 },
	{ "a@", ADDR_DOMAIN_MAX / 2, "b.", "c", 0 },
	{ "a@", ADDR_DOMAIN_MAX / 2 + 1, "b.", "c", -1 },
	{ "", 5000, "a", "@b", -1 },
	{ "", 5000, "a.", "b@c", -1 },
	{ "a@", 5000, "b", "", -1 },
	{ "a@\xc3\xbc", 5000, "b", "", -1 },
	{ "a@\xc3\xbc", 64, "b", "", -1 },
	{ "", 5000, "Name ", "<a@b>", 0 },
	{ "<@a", 5000, ",@a", ":b@c>", 0 },
	/* H-07 */
	{ "a@b ", ADDR_COMMENT_DEPTH, "(", "", -1 },
	{ "a@b ", 10000, "(", "", -1 },
	{ "a@b ", 1000000, "(a)", "", 0 },
	{ "", 1000000, "\"", "", -1 },
	{ "", 1000000, "<", "", -1 },
	{ "", 1000000, ",", "", 0 },
	{ "", 1000000, "a:", "", -1 },
};

static void
long_addresses_are_taken_whole_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct addr_list list;
		struct fail f = { 0 };
		char *text = repeated(sizes[i].before, sizes[i].count,
		    sizes[i].unit, sizes[i].behind);
		int result = parse(&list, text, strlen(text), &f);

		if (result != sizes[i].result)
			fail_msg("row %zu: %s", i, f.words);
		if (result == -1)
			assert_int_equal(f.kind, FAIL_DATA);
		for (size_t j = 0; j < list.count; j++)
			assert_true(strlen(list.paths[j]) <= ADDR_PATH_MAX);
		addr_list_free(&list);
		free(text);
	}
}

static void
comments_nest_to_a_depth_and_no_deeper(void **state)
{
	char *open, *text;
	struct addr_list list;

	(void)state;
	for (int more = 0; more < 2; more++) {
		open = repeated(
		    "a@b ", (size_t)(ADDR_COMMENT_DEPTH + more), "(", "");
		text = repeated(
		    open, (size_t)(ADDR_COMMENT_DEPTH + more), ")", "");
		assert_int_equal(
		    parse(&list, text, strlen(text), NULL), more ? -1 : 0);
		addr_list_free(&list);
		free(open);
		free(text);
	}
}

static void
a_list_has_a_cap(void **state)
{
	struct addr_list list;
	struct fail f = { 0 };
	char *text = repeated("", ADDR_LIST_MAX, "a@b,", "");

	(void)state;
	/* H-07: half a megabyte of list is no trouble */
	assert_int_equal(parse(&list, text, strlen(text), &f), 0);
	assert_int_equal(list.count, ADDR_LIST_MAX);
	assert_int_equal(addr_list_add(&list, "c@d", &f), -1);
	assert_int_equal(f.kind, FAIL_DATA);
	assert_int_equal(list.count, ADDR_LIST_MAX);
	addr_list_unique(&list);
	assert_int_equal(list.count, 1);
	addr_list_free(&list);
	free(text);
}

static void
unique_keeps_the_first_of_each_in_order(void **state)
{
	/* H-12: the case of a domain makes no other recipient, that of a
	 * local part does (RFC 5321 2.4). */
	static const char text[] = "c@d, a@B.example, A@b.example, root, "
				   "a@b.EXAMPLE, c@d, a@b.example, root, Root, "
				   "c@e, \"x@y\"@d, \"x@y\"@D, \"x@y\"";
	struct addr_list list;
	char *paths;

	(void)state;
	assert_int_equal(parse(&list, text, strlen(text), NULL), 0);
	addr_list_unique(&list);
	paths = joined(&list);
	assert_string_equal(paths,
	    "c@d | a@B.example | A@b.example | root | Root | c@e | "
	    "\"x@y\"@d | \"x@y\"");
	free(paths);
	addr_list_free(&list);
	addr_list_unique(&list);
	assert_int_equal(list.count, 0);
}

static const struct {
	const char *text, *path; /* NULL: refused */
} senders[] = {
	/* G-02: the null sender */
	{ "", "" },
	{ "<>", "" },
	{ " <> ", "" },
	{ "< >", "" },
	{ "root", "root" },
	{ "a@b", "a@b" },
	{ "<a@b>", "a@b" },
	{ "Name <a@b>", "a@b" },
	{ "\"N, N\" <a@b>", "a@b" },
	{ "a@b (Name)", "a@b" },
	{ "a@m\xc3\xbcnchen.example", "a@xn--mnchen-3ya.example" },
	{ ",", NULL },
	{ "()", NULL },
	{ "a@b, c@d", NULL },
	{ "<>, <>", NULL },
	{ "G: a@b;", NULL },
	{ "G:;", NULL },
	{ "Name", "Name" },
	{ "First Last", NULL },
	/* G-05, G-09, H-09 */
	{ "a@b\r\nRCPT TO:<c@d>", NULL },
	{ "a@b\n", NULL },
	{ "a@b\r\n ", NULL },
	{ "a@b> SIZE=1", NULL },
	{ "\xc3\xb6@b", NULL },
};

static void
a_sender_is_one_path_or_null(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(senders); i++) {
		struct fail f = { 0 };
		char *path = NULL;
		int result =
		    addr_parse_sender(senders[i].text, "-f", &path, &f);

		if (result != (senders[i].path != NULL ? 0 : -1))
			fail_msg("row %zu: %s", i, f.words);
		if (result == 0) {
			assert_string_equal(path, senders[i].path);
		} else {
			assert_null(path);
			assert_int_equal(f.kind, FAIL_DATA);
			assert_memory_equal(f.words, "-f: ", 4);
		}
		free(path);
	}
}

static const struct {
	const char *name, *text;
} mailboxes[] = {
	{ NULL, "<a@b>" },
	{ "", "<a@b>" },
	{ "Name", "Name <a@b>" },
	{ "First Last", "First Last <a@b>" },
	{ "O'Neil {x}", "O'Neil {x} <a@b>" },
	/* quoted where there is need */
	{ "John Q. Public", "\"John Q. Public\" <a@b>" },
	{ "Last, First", "\"Last, First\" <a@b>" },
	{ "a \"b\" \\c", "\"a \\\"b\\\" \\\\c\" <a@b>" },
	{ "<x@y>", "\"<x@y>\" <a@b>" },
	{ "(c)", "\"(c)\" <a@b>" },
	{ "two  blanks", "\"two  blanks\" <a@b>" },
	{ " front", "\" front\" <a@b>" },
	{ "back ", "\"back \" <a@b>" },
	{ " ", "\" \" <a@b>" },
	{ "=?utf-8?Q?no?=", "\"=?utf-8?Q?no?=\" <a@b>" },
	/* encoded words: readable where half of the octets are */
	{ "J\xc3\xb6rg", "=?UTF-8?Q?J=C3=B6rg?= <a@b>" },
	{ "J\xc3\xb6rg M\xc3\xbcller",
	    "=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <a@b>" },
	{ "Ren\xc3\xa9 (home) van Dijk",
	    "=?UTF-8?Q?Ren=C3=A9_=28home=29_van_Dijk?= <a@b>" },
	{ "\xe4\xbe\x8b\xe5\xad\x90", "=?UTF-8?B?5L6L5a2Q?= <a@b>" },
	/* G-05: a line end in a name ends no line */
	{ "x\r\nBcc: v", "=?UTF-8?Q?x=0D=0ABcc=3A_v?= <a@b>" },
	{ "x\x7f", "=?UTF-8?Q?x=7F?= <a@b>" },
};

static void
a_mailbox_is_written_as_rfc_5322_and_2047_ask(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mailboxes); i++) {
		char *text = addr_format(mailboxes[i].name, "a@b");

		assert_string_equal(text, mailboxes[i].text);
		free(text);
	}
}

/* Each line of a folded value, "Resent-From: " before it, has at most max
 * octets, and ends in CRLF and goes on with a blank. */
static void
assert_folded(const char *text, size_t max)
{
	size_t len = strlen("Resent-From: ");

	for (; *text != '\0'; text++) {
		assert_true(*text == '\r' || *text == '\n' ||
			    ((unsigned char)*text >= 32 && *text != 127));
		if (*text == '\r') {
			assert_memory_equal(text, "\r\n ", 3);
			text++;
			len = 0;
		} else {
			assert_int_not_equal(*text, '\n');
			len++;
		}
		assert_true(len <= max);
	}
}

static const struct {
	size_t count;
	const char *unit;
	size_t max; /* of a line */
} names[] = {
	{ 60, "x", 76 },
	{ 61, "x", 76 },
	{ 30, "a ", 76 },
	{ 60, "\"", 200 },
	{ 5000, "x", 76 },
	{ 5000, "\"", 76 },
	{ 1000, "\xc3\xb6", 76 },
	{ 1000, "\xe4\xbe\x8b", 76 },
	{ 1000, "\xf0\x9f\x93\xae", 76 },
	{ 1000, "xxxxxxxx\xc3\xb6", 76 },
	{ 1000, "\xff", 76 },
};

static void
long_names_are_folded_and_leave_the_path_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char *name = repeated("", names[i].count, names[i].unit, "");
		char *text = addr_format(name, "a@b.example");
		struct addr_list list;

		assert_folded(text, names[i].max);
		assert_int_equal(parse(&list, text, strlen(text), NULL), 0);
		assert_int_equal(list.count, 1);
		assert_string_equal(list.paths[0], "a@b.example");
		addr_list_free(&list);
		free(text);
		free(name);
	}
}

static void
an_encoded_word_never_splits_a_character(void **state)
{
	/* 12 characters of 3 octets in 48 of base64, 11 of them and one of 4
	 * would be 37 */
	static const char name[] =
	    "\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b"
	    "\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b"
	    "\xe4\xbe\x8b\xf0\x9f\x93\xae";
	char *text = addr_format(name, "a@b");

	(void)state;
	assert_string_equal(text,
	    "=?UTF-8?B?5L6L5L6L5L6L5L6L5L6L5L6L5L6L5L6L5L6L5L6L5L6L?=\r\n"
	    " =?UTF-8?B?8J+Trg==?= <a@b>");
	free(text);
}

static void
a_long_path_stands_on_a_line_of_its_own(void **state)
{
	char *local = repeated("", ADDR_LOCAL_MAX, "a", "@b");
	char *path = repeated(local, ADDR_DOMAIN_MAX - 1, "b", "");
	char *text = addr_format("Name", path);
	char *wanted = xasprintf("Name\r\n <%s>", path);

	(void)state;
	assert_string_equal(text, wanted);
	assert_folded(text, 998);
	free(wanted);
	free(text);
	free(path);
	free(local);
}

static const struct {
	const char *path, *domain, *qualified;
} domains[] = {
	{ "a@b", "b", "a@b" },
	{ "root", NULL, "root@q" },
	{ "\"a@b\"@c", "c", "\"a@b\"@c" },
	{ "\"a@b\"", NULL, "\"a@b\"@q" },
	{ "\"a\\\"@b\"@c", "c", "\"a\\\"@b\"@c" },
	{ "\"a\\\\\"@c", "c", "\"a\\\\\"@c" },
	{ "a@[IPv6:::1]", "[IPv6:::1]", "a@[IPv6:::1]" },
};

static void
a_domain_stands_behind_the_unquoted_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(domains); i++) {
		const char *domain = addr_domain(domains[i].path);
		char *qualified = addr_qualify(domains[i].path, "q");

		if (domains[i].domain == NULL)
			assert_null(domain);
		else
			assert_string_equal(domain, domains[i].domain);
		assert_string_equal(qualified, domains[i].qualified);
		free(qualified);
	}
}

static const struct {
	const char *path, *pattern;
	bool matches;
} patterns[] = {
	{ "a@b.example", "a@b.example", true },
	{ "a@b.example", "*", true },
	{ "a@b.example", "*@b.example", true },
	{ "a@B.Example", "*@b.eXAMPLE", true },
	{ "a@b.example", "a@*", true },
	{ "a@b.example", "*@*.example", true },
	{ "a@b.example", "?@?.example", true },
	{ "a@b.example", "**a**@b*", true },
	{ "root", "root", true },
	{ "root", "r*t", true },
	{ "", "*", true },
	{ "", "", true },
	{ "aab@x", "*ab@x", true },
	{ "[a]@x", "[a]@x", true },
	{ "a@b.example", "A@b.example", false },
	{ "A@b.example", "a@*", false },
	{ "a@b.example", "@b.example", false },
	{ "a@b.example", "b.example", false },
	{ "a@b.example", "*@b.exampl", false },
	{ "a@b.example", "*@b.example.org", false },
	{ "a@c.b.example", "*@b.example", false },
	{ "a@b.example", "?", false },
	{ "a@b.example", "", false },
	{ "", "?", false },
	{ "root", "ROOT", false },
	{ "a@x", "[ab]@x", false },
	{ "\"x@b\"@c", "*@b", false },
};

static void
patterns_match_whole_paths(void **state)
{
	char *path = repeated("", 256, "a", "@b");
	char *pattern = repeated("", 1000, "*a", "c");

	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++)
		assert_true(addr_matches(patterns[i].path,
				patterns[i].pattern) == patterns[i].matches);
	/* The worst pattern costs no more than its length times the path's. */
	assert_false(addr_matches(path, pattern));
	free(pattern);
	free(path);
}

/* Names of this machine: a backslash says that one is not to be looked up. */

static const struct {
	const char *text, *paths; /* NULL: refused */
} local_names[] = {
	{ "\\root", "\\root" },
	{ "\\root, bob, \\eve@b", "\\root | bob | \\eve@b" },
	{ "Root <\\root>", "\\root" },
	{ "\\\"a b\"", "\\\"a b\"" },
	{ "\\(x) root", "\\root" },
	{ "G: \\root;", "\\root" },
	{ "root", "root" },
	{ "\"\\root\"", "root" },

	{ "\\", NULL },
	{ "\\, root", NULL },
	{ "\\\\root", NULL },
	{ "ro\\ot", NULL },
	{ "root\\", NULL },
	{ "\\root <a@b>", NULL },
	{ "\\Root: a@b;", NULL },
	{ "<\\>", NULL },
	{ "<\\@b>", NULL },
};

static void
a_backslash_stands_before_a_name_and_nowhere_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(local_names); i++) {
		const char *text = local_names[i].text;
		struct addr_list list;
		struct fail f = { 0 };
		char *paths;
		int result;

		addr_list_init(&list);
		result = addr_parse_names(&list, text, strlen(text), "To", &f);
		if ((result == 0) != (local_names[i].paths != NULL))
			fail_msg("%s: %s", text, f.words);
		paths = joined(&list);
		if (local_names[i].paths != NULL)
			assert_string_equal(paths, local_names[i].paths);
		free(paths);
		addr_list_free(&list);
	}
}

/* Other addresses in a text that remains; "" stands for those that do. */

static const struct {
	const char *text;
	const char *to[3];
	size_t count;
	const char *written; /* NULL: refused */
} rewritten[] = {
	{ "root", { "a@b" }, 1, "a@b" },
	{ " root ", { "a@b" }, 1, " a@b " },
	{ " root (Cron Daemon)", { "a@b" }, 1, " a@b (Cron Daemon)" },
	{ "(x) root (y)", { "a@b" }, 1, "(x) a@b (y)" },
	{ "<root>", { "a@b" }, 1, "<a@b>" },
	{ "< root >", { "a@b" }, 1, "< a@b >" },
	{ "\"R, O\" <root> (x)", { "a@b" }, 1, "\"R, O\" <a@b> (x)" },
	{ "J\xC3\xB6rg <root>", { "a@b" }, 1, "J\xC3\xB6rg <a@b>" },
	{ "=?UTF-8?Q?J?= <root>", { "a@b" }, 1, "=?UTF-8?Q?J?= <a@b>" },
	{ "root, x@y, bob", { "a@b", "", "c@d" }, 3, "a@b, x@y, c@d" },
	{ ",, root ,,bob,", { "", "c@d" }, 2, ",, root ,,c@d," },
	{ "A <root>,\r\n\tB\r\n <bob>", { "a@b", "c@d" }, 2,
	    "A <a@b>,\r\n\tB\r\n <c@d>" },
	{ "G: root, bob;, eve", { "a@b", "c@d", "e@f" }, 3,
	    "G: a@b, c@d;, e@f" },
	{ "x . y (z) @ v . w", { "a@b" }, 1, "a@b" },
	{ "x.@y", { "a@b" }, 1, "a@b" },
	{ "x.", { "a@b" }, 1, "a@b" },
	{ "\"x y\"", { "a@b" }, 1, "a@b" },
	{ "\"x y\"@z", { "a@b" }, 1, "a@b" },
	{ "x@[192.0.2.1] (y)", { "a@b" }, 1, "a@b (y)" },
	{ "\\root", { "a@b" }, 1, "a@b" },
	{ "<\\ root>", { "a@b" }, 1, "<a@b>" },
	{ "x@y <root>", { "a@b" }, 1, "x@y <a@b>" },
	{ "root", { "" }, 1, "root" },
	{ "nobody: ;", { NULL }, 0, "nobody: ;" },
	{ "", { NULL }, 0, "" },

	{ "root", { NULL }, 0, NULL },
	{ "root", { "a@b", "c@d" }, 2, NULL },
	{ "", { "a@b" }, 1, NULL },
	{ "root root", { "a@b" }, 1, NULL },
	{ "<>", { "a@b" }, 1, NULL },
	{ "<root", { "a@b" }, 1, NULL },
	{ "(root", { "a@b" }, 1, NULL },
	{ "root\r\n", { "a@b" }, 1, NULL },
};

static void
all_but_the_address_remains(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rewritten); i++) {
		size_t len = strlen(rewritten[i].text);
		char *exact = xmalloc(len), *to[3] = { NULL }, *written;

		memcpy(exact, rewritten[i].text, len);
		for (size_t j = 0; j < rewritten[i].count; j++)
			if (*rewritten[i].to[j] != '\0')
				to[j] = xstrdup(rewritten[i].to[j]);
		written = addr_rewrite(exact, len, to, rewritten[i].count);
		if (rewritten[i].written == NULL && written != NULL)
			fail_msg("%s: %s", rewritten[i].text, written);
		if (rewritten[i].written != NULL) {
			assert_non_null(written);
			assert_string_equal(written, rewritten[i].written);
		}
		for (size_t j = 0; j < 3; j++)
			free(to[j]);
		free(written);
		free(exact);
	}
}

static void
a_line_that_grows_too_long_is_folded_before_an_address(void **state)
{
	enum { ADDRESSES = 200 };
	char *text = repeated("bob", ADDRESSES - 1, ", bob", "");
	char *to[ADDRESSES], *written;
	struct addr_list list;
	size_t column = 0;

	(void)state;
	for (size_t i = 0; i < ADDRESSES; i++)
		to[i] = xasprintf("bob%zu@mail.example.org", i);
	written = addr_rewrite(text, strlen(text), to, ADDRESSES);
	assert_non_null(written);
	for (const char *c = written; *c != '\0'; c++, column++) {
		if (*c == '\r') {
			assert_memory_equal(c, "\r\n b", 4);
			column = 0;
			c++;
		}
		assert_true(column <= ADDR_LINE_MAX);
	}
	assert_int_equal(parse(&list, written, strlen(written), NULL), 0);
	assert_int_equal(list.count, ADDRESSES);
	for (size_t i = 0; i < ADDRESSES; i++) {
		assert_string_equal(list.paths[i], to[i]);
		free(to[i]);
	}
	addr_list_free(&list);
	free(written);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_names_exactly_these_recipients),
		cmocka_unit_test(a_path_read_again_is_the_same_path),
		cmocka_unit_test(what_has_no_meaning_or_two_is_refused),
		cmocka_unit_test(long_addresses_are_taken_whole_or_not),
		cmocka_unit_test(comments_nest_to_a_depth_and_no_deeper),
		cmocka_unit_test(a_list_has_a_cap),
		cmocka_unit_test(unique_keeps_the_first_of_each_in_order),
		cmocka_unit_test(a_sender_is_one_path_or_null),
		cmocka_unit_test(a_mailbox_is_written_as_rfc_5322_and_2047_ask),
		cmocka_unit_test(
		    long_names_are_folded_and_leave_the_path_alone),
		cmocka_unit_test(an_encoded_word_never_splits_a_character),
		cmocka_unit_test(a_long_path_stands_on_a_line_of_its_own),
		cmocka_unit_test(a_domain_stands_behind_the_unquoted_at),
		cmocka_unit_test(patterns_match_whole_paths),
		cmocka_unit_test(
		    a_backslash_stands_before_a_name_and_nowhere_else),
		cmocka_unit_test(all_but_the_address_remains),
		cmocka_unit_test(
		    a_line_that_grows_too_long_is_folded_before_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
