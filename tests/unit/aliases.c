/*
 * conf/aliases and tool/local: what a line of the alias file means, and what
 * becomes of a letter to a name of this machine.  Whatever stands in the file,
 * nothing is lost without a word: each name comes to an address, is discarded
 * by a line that says so, or is refused for a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/aliases.h"
#include "lib/scratch.h"
#include "tool/local.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(literal) literal, sizeof(literal) - 1

/* ---- the file ------------------------------------------------------------ */

/* Memory of exactly len octets: an over-read is found. */
static struct aliases *
read_text(const char *text, size_t len)
{
	char *exact = xmalloc(len);
	struct aliases *a;

	memcpy(exact, text, len);
	a = aliases_new("f", exact, len);
	free(exact);
	return a;
}

/* Every line as "NUMBER NAME=VALUE", or "NUMBER!" where it is never used. */
static char *
all_lines(const struct aliases *a)
{
	struct buf out;
	char *text;

	buf_init(&out, 65536);
	for (size_t i = 0; i < aliases_count(a); i++) {
		const struct alias *l = aliases_line(a, i);

		assert_int_equal(l->index, i);
		buf_addf(&out, "%s%u", i > 0 ? " | " : "", l->line);
		if (l->wrong != NULL)
			buf_add_text(&out, "!");
		else
			buf_addf(&out, " %s=%s", l->name, l->value);
	}
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

static const struct {
	const char *text;
	size_t len;
	const char *lines;
} files[] = {
	{ OCTETS(""), "" },
	{ OCTETS("\n\n \n\t\n"), "" },
	{ OCTETS("# root: a\n  # b: c\n"), "" },
	{ OCTETS("root: a@b\n"), "1 root=a@b" },
	{ OCTETS("root: a@b"), "1 root=a@b" },
	{ OCTETS("root:a@b\r\nbob : c\r\n"), "1 root=a@b | 2 bob=c" },
	{ OCTETS("\xEF\xBB\xBFroot: a"), "1 root=a" },
	{ OCTETS("\troot: a\n"), "1 root=a" },
	{ OCTETS("root: a,\n\tb,\n c\nbob: d\n"), "1 root=a, b, c | 4 bob=d" },
	{ OCTETS("root: a,\n# no\n\n  # no\n b\n"), "1 root=a, b" },
	{ OCTETS("root:\n a\n"), "1 root=a" },
	{ OCTETS("root\n : a\n"), "1 root=a" },
	{ OCTETS("\"joe blow\": a\n"), "1 \"joe blow\"=a" },
	{ OCTETS("\"a:b\": c\n"), "1 \"a:b\"=c" },
	{ OCTETS("\"bob\": c\n"), "1 bob=c" },
	{ OCTETS("MAILER-DAEMON: postmaster\n"), "1 MAILER-DAEMON=postmaster" },
	{ OCTETS("*: a\n"), "1 *=a" },
	{ OCTETS("root: a: b\n"), "1 root=a: b" },
	{ OCTETS("root:\n"), "1 root=" },

	/* what is no line */
	{ OCTETS("root\n"), "1!" },
	{ OCTETS(": a\n"), "1!" },
	{ OCTETS("\"root: a\nbob: b\n"), "1! | 2 bob=b" },
	{ OCTETS("a@b: c\n"), "1!" },
	{ OCTETS("@b: c\n"), "1!" },
	{ OCTETS("a b: c\n"), "1!" },
	{ OCTETS("a, b: c\n"), "1!" },
	{ OCTETS("<>: c\n"), "1!" },
	{ OCTETS("j\xC3\xB6rg: c\n"), "1!" },
	{ OCTETS("a\0b: c\n"), "1!" },
	{ OCTETS("a\rb: c\n"), "1!" },
	{ OCTETS("root: a\nROOT: b\nroot: c\n"), "1 root=a | 2! | 3!" },
};

static void
a_file_is_its_lines_whatever_they_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct aliases *a = read_text(files[i].text, files[i].len);
		char *lines = all_lines(a);

		assert_string_equal(lines, files[i].lines);
		free(lines);
		aliases_free(a);
	}
}

/* Every value of a line, with a letter for its kind. */
static char *
all_values(const struct alias *line)
{
	static const char letters[ALIAS_KINDS] = { [ALIAS_ADDRESS] = '@',
		[ALIAS_DISCARD] = '0',
		[ALIAS_PROGRAM] = '|',
		[ALIAS_FILE] = '/',
		[ALIAS_INCLUDE] = ':',
		[ALIAS_UNUSABLE] = '!' };
	struct alias_target t;
	struct buf out;
	size_t at = 0;
	char *text;

	buf_init(&out, 65536);
	while (aliases_next(line, &at, &t)) {
		buf_addf(&out, "%s%c %s", buf_len(&out) > 0 ? "; " : "",
		    letters[t.kind], t.text);
		assert_int_equal(aliases_why(t.kind) == NULL,
		    t.kind == ALIAS_ADDRESS || t.kind == ALIAS_DISCARD);
		free(t.text);
	}
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

static const struct {
	const char *value, *targets;
} values[] = {
	{ "", "" },
	{ ",, ,", "" },
	{ "a", "@ a" },
	{ "a@b", "@ a@b" },
	{ "a, b@c,d", "@ a; @ b@c; @ d" },
	{ ", a ,, b ,", "@ a; @ b" },
	{ "\\a, b", "@ \\a; @ b" },
	{ "A <a@b> (c, d), <e>", "@ a@b; @ e" },
	{ "\"A, B\" <a@b>", "@ a@b" },
	{ "\"a b\"@c", "@ \"a b\"@c" },
	{ "\"a b\"", "@ \"a b\"" },
	{ "\"a,b\", c", "@ \"a,b\"; @ c" },
	{ "<@x,@y:a@b>, c", "@ a@b; @ c" },
	{ "/dev/null", "0 /dev/null" },
	{ "\"/dev/null\"", "0 \"/dev/null\"" },
	{ ":blackhole:", "0 :blackhole:" },

	{ "|prog", "| |prog" },
	{ "|prog a b, c", "| |prog a b; @ c" },
	{ "\"|prog a, b\", c", "| \"|prog a, b\"; @ c" },
	{ "\"|prog \\\"a, b\\\"\"", "| \"|prog \\\"a, b\\\"\"" },
	{ "|\"prog a, b\"", "| |\"prog a, b\"" },
	{ "/var/mail/x", "/ /var/mail/x" },
	{ "\"/var/mail/x y\"", "/ \"/var/mail/x y\"" },
	{ "/dev/nullx, /DEV/NULL", "/ /dev/nullx; / /DEV/NULL" },
	{ ":include:/x, a", ": :include:/x; @ a" },
	{ "\":include: /x\"", ": \":include: /x\"" },
	{ ":fail: no", "! :fail: no" },
	{ "a@, b", "! a@; @ b" },
	{ "a b", "! a b" },
	{ "<>", "! <>" },
	{ "\"a, b", "! \"a, b" },
	{ "(a, b", "! (a, b" },
	{ "G: a, b;", "@ a; ! b;" },
	{ "(nobody)", "! (nobody)" },
	{ "a # comment", "! a # comment" },
	{ "j\xC3\xB6rg", "! j\xC3\xB6rg" },
	{ "\\", "! \\" },
};

static void
a_line_is_its_values_whatever_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char *text = xasprintf("x: %s", values[i].value), *targets;
		struct aliases *a = read_text(text, strlen(text));

		targets = all_values(aliases_line(a, 0));
		assert_string_equal(targets, values[i].targets);
		free(targets);
		free(text);
		aliases_free(a);
	}
}

static void
names_are_found_in_any_case_and_the_star_for_all_others(void **state)
{
	static const char text[] = "b: 1\nA: 2\n\"x y\": 3\na: 4\n*: 5\nc: 6\n";
	static const struct {
		const char *name, *value;
	} rows[] = { { "a", "2" }, { "A", "2" }, { "b", "1" }, { "C", "6" },
		{ "\"X Y\"", "3" }, { "*", "5" }, { "ab", "5" }, { "", "5" },
		{ "zz", "5" } };
	struct aliases *a = read_text(text, strlen(text));

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(
		    aliases_find(a, rows[i].name)->value, rows[i].value);
	assert_true(aliases_is_catch_all(aliases_find(a, "zz")));
	assert_false(aliases_is_catch_all(aliases_find(a, "a")));
	aliases_free(a);
	a = read_text("a: b", 4);
	assert_null(aliases_find(a, "b"));
	assert_null(aliases_find(a, "*"));
	aliases_free(a);
}

static void
a_file_is_read_where_it_is_safe_and_not_too_large(void **state)
{
	char *large = xmalloc(ALIASES_FILE_MAX + 1);
	struct scratch s;
	struct aliases *a;
	struct fail f;

	(void)state;
	scratch_make(&s, "root: a@b\n", 10, 0644);
	assert_int_equal(aliases_read(&a, s.path, &f), 0);
	assert_string_equal(aliases_path(a), s.path);
	assert_string_equal(aliases_find(a, "root")->value, "a@b");
	aliases_free(a);
	scratch_remove(&s);
	assert_int_equal(aliases_read(&a, s.path, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);

	scratch_make(&s, "root: a@b\n", 10, 0666);
	assert_int_equal(aliases_read(&a, s.path, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	scratch_remove(&s);

	memset(large, '\n', ALIASES_FILE_MAX + 1);
	memcpy(large, "a: b", 4);
	scratch_make(&s, large, ALIASES_FILE_MAX, 0600);
	assert_int_equal(aliases_read(&a, s.path, &f), 0);
	assert_int_equal(aliases_count(a), 1);
	aliases_free(a);
	scratch_remove(&s);
	scratch_make(&s, large, ALIASES_FILE_MAX + 1, 0600);
	assert_int_equal(aliases_read(&a, s.path, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.words, "larger than"));
	scratch_remove(&s);
	free(large);
}

static void
the_systems_file_may_be_missing(void **state)
{
	struct aliases *a;
	struct fail f;

	(void)state;
	assert_int_equal(aliases_read(&a, ALIASES_SYSTEM, &f), 0);
	if (access(ALIASES_SYSTEM, F_OK) != 0)
		assert_int_equal(aliases_count(a), 0);
	aliases_free(a);
}

/* ---- names of this machine ----------------------------------------------- */

static const struct local_params machine = {
	.domain = "example.org", .host = "mail.example.net", .node = "box"
};

static const struct {
	const char *path;
	bool local;
	const char *whole;
} hosts[] = {
	{ "root", true, "root@example.org" },
	{ "\"a b\"", true, "\"a b\"@example.org" },
	{ "\\root", true, "root@example.org" },
	{ "root@localhost", true, "root@example.org" },
	{ "root@LOCALHOST.localdomain", true, "root@example.org" },
	{ "root@mail", true, "root@example.org" },
	{ "root@Box", true, "root@example.org" },
	/* it may well be a mail domain */
	{ "root@mail.example.net", true, "root@mail.example.net" },
	{ "\\root@mail.example.net", true, "root@mail.example.net" },

	{ "root@example.org", false, "root@example.org" },
	{ "root@example.net", false, "root@example.net" },
	{ "root@mail.example", false, "root@mail.example" },
	{ "root@mail.example.net.org", false, "root@mail.example.net.org" },
	{ "root@mai", false, "root@mai" },
	{ "root@boxes", false, "root@boxes" },
	{ "root@box.example.org", false, "root@box.example.org" },
	{ "\"a@localhost\"@b", false, "\"a@localhost\"@b" },
	{ "root@[127.0.0.1]", false, "root@[127.0.0.1]" },
};

static void
a_name_is_local_without_a_domain_or_at_this_host(void **state)
{
	struct local *l = local_new(&machine);

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		char *whole;
		struct fail f;

		assert_int_equal(local_is(l, hosts[i].path), hosts[i].local);
		assert_int_equal(
		    local_receiver(l, hosts[i].path, &whole, &f), 0);
		assert_string_equal(whole, hosts[i].whole);
		free(whole);
		assert_int_equal(local_sender(l, hosts[i].path, &whole, &f), 0);
		assert_string_equal(whole, hosts[i].whole);
		free(whole);
	}
	local_free(l);
}

/* "f:LINE: NAME: VALUE: why" with the file's path as "f" and the reason left
 * out; the caller's. */
static char *
short_why(const char *why, const char *path)
{
	const char *found = strstr(why, path);
	size_t before = (size_t)(found - why);

	assert_non_null(found);
	return xasprintf("%.*sf%s", (int)before, why, found + strlen(path));
}

/* All outcomes: addresses as they are, "0" with what discards, "!" with what
 * refuses. */
static char *
all_outcomes(const struct local_outcomes *o, const char *path)
{
	struct buf out;
	char *text;

	buf_init(&out, 65536);
	for (size_t i = 0; i < o->count; i++) {
		const struct local_outcome *one = &o->items[i];
		char *why = one->why != NULL ? short_why(one->why, path) : NULL;

		assert_int_equal(one->fate == LOCAL_SENT, why == NULL);
		buf_addf(&out, "%s%s%s", i > 0 ? " | " : "",
		    one->fate == LOCAL_SENT	 ? one->path
		    : one->fate == LOCAL_REFUSED ? "!"
						 : "0",
		    why != NULL ? why : "");
		free(why);
	}
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

static const struct {
	const char *file, *name, *outcomes;
} expansions[] = {
	{ "", "root", "root@example.org" },
	{ "root: a@b", "root", "a@b" },
	{ "root: a@b", "Root@localhost", "a@b" },
	{ "root: a@b", "root@mail.example.net", "a@b" },
	{ "root: a@b", "root@example.org", "root@example.org" },
	{ "root: a@b", "\\root", "root@example.org" },
	{ "root: a@b", "\\root@localhost", "root@example.org" },
	{ "root: a@b, bob\nbob: c@d, eve", "root",
	    "a@b | c@d | eve@example.org" },
	{ "a: b\nb: c\nc: d\nd: e@f", "a", "e@f" },
	{ "a: b@localhost\nb: c@d", "a", "c@d" },
	{ "\"joe blow\": a@b", "\"joe blow\"", "a@b" },
	{ "a: b, c\nb: d\nc: d\nd: e@f", "a", "e@f" },

	/* a name in its own line is itself */
	{ "eve: eve, a@b", "eve", "eve@example.org | a@b" },
	{ "eve: eve", "eve", "eve@example.org" },
	{ "eve: Eve@localhost", "eve", "Eve@example.org" },
	{ "eve: \\eve, a@b", "eve", "eve@example.org | a@b" },
	{ "a: eve\neve: eve", "a", "eve@example.org" },

	/* loops are cut, and end nowhere */
	{ "a: b, x@y\nb: a", "a", "x@y" },
	{ "a: b\nb: a, x@y", "a", "x@y" },
	{ "a: b\nb: c\nc: b, d@e", "a", "d@e" },
	{ "a: b\nb: a", "a", "!f:1: a: b: it leads back to itself alone" },
	{ "a: b\nb: c\nc: b", "a",
	    "!a: f:2: b: c: it leads back to itself alone" },
	{ "a:", "a", "!f:1: a: it leads nowhere" },
	{ "a: ,", "a", "!f:1: a: ,: it leads nowhere" },

	/* the catch-all */
	{ "*: a@b", "bob", "a@b" },
	{ "*: a@b\nbob: c@d", "bob", "c@d" },
	{ "*: a@b", "bob@example.org", "bob@example.org" },
	{ "*: eve", "bob", "eve@example.org" },
	{ "*: eve", "eve", "eve@example.org" },
	{ "*: eve\neve: bob", "bob", "bob@example.org" },
	{ "*: eve, a@b\neve: c", "bob", "a@b | c@example.org" },
	{ "bob: eve\n*: a@b", "bob", "a@b" },

	/* what discards, and what is not followed */
	{ "a: /dev/null", "a", "0f:1: a: /dev/null" },
	{ "a: b\nb: /dev/null", "a", "0a: f:2: b: /dev/null" },
	{ "a: /dev/null, b@c", "a", "0f:1: a: /dev/null | b@c" },
	{ "a: |p", "a", "!f:1: a: |p: a letter is given to no program" },
	{ "a: /f", "a", "!f:1: a: /f: a letter is written to no file" },
	{ "a: :include:/f", "a",
	    "!f:1: a: :include:/f: no other file is read" },
	{ "a: b c", "a", "!f:1: a: b c: this is no address" },
	{ "a: b\n\nb: |p, c@d", "a",
	    "!a: f:3: b: |p: a letter is given to no program | c@d" },
};

static void
a_name_comes_to_addresses_or_is_refused_for_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expansions); i++) {
		struct local_params params = machine;
		struct local_outcomes o = { NULL, 0, 0 };
		struct scratch s;
		struct local *l;
		struct fail f;
		char *outcomes;

		scratch_make(
		    &s, expansions[i].file, strlen(expansions[i].file), 0600);
		params.aliases = s.path;
		l = local_new(&params);
		assert_int_equal(
		    local_expand(l, expansions[i].name, &o, &f), 0);
		outcomes = all_outcomes(&o, s.path);
		assert_string_equal(outcomes, expansions[i].outcomes);
		free(outcomes);
		local_outcomes_free(&o);
		local_free(l);
		scratch_remove(&s);
	}
}

/* A file of lines "aN: aN+1", the last of which is the address a@b. */
static void
make_chain(struct scratch *s, unsigned links)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	for (unsigned i = 0; i < links; i++)
		buf_addf(&text, "a%u: a%u\n", i, i + 1);
	buf_addf(&text, "a%u: a@b\n", links);
	scratch_make(s, buf_data(&text), buf_len(&text), 0600);
	buf_free(&text);
}

static void
a_chain_of_aliases_has_a_cap(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct local_params params = machine;
		struct local_outcomes o = { NULL, 0, 0 };
		struct scratch s;
		struct local *l;
		struct fail f;

		make_chain(&s, LOCAL_DEPTH_MAX + more);
		params.aliases = s.path;
		l = local_new(&params);
		assert_int_equal(local_expand(l, "a0", &o, &f), 0);
		assert_int_equal(o.count, 1);
		assert_int_equal(
		    o.items[0].fate, more ? LOCAL_REFUSED : LOCAL_SENT);
		local_outcomes_free(&o);
		local_free(l);
		scratch_remove(&s);
	}
}

/* A list of a thousand, which a letter may name that often and once more. */
static void
what_one_letter_may_ask_has_a_cap(void **state)
{
	enum { MEMBERS = 999 };
	struct local_params params = machine;
	struct scratch s;
	struct buf text;
	struct local *l;
	struct fail f;
	int status = 0;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_add_text(&text, "all: b");
	for (int i = 1; i < MEMBERS; i++)
		buf_add_text(&text, ", b");
	scratch_make(&s, buf_data(&text), buf_len(&text), 0600);
	buf_free(&text);
	params.aliases = s.path;
	l = local_new(&params);
	for (int i = 0; i <= LOCAL_STEPS_MAX / (MEMBERS + 1); i++) {
		struct local_outcomes o = { NULL, 0, 0 };

		assert_int_equal(status, 0);
		status = local_expand(l, "all", &o, &f);
		local_outcomes_free(&o);
	}
	assert_int_equal(status, -1);
	assert_int_equal(f.kind, FAIL_DATA);
	local_free(l);
	scratch_remove(&s);
}

static const struct {
	const char *path, *shown;
} shown[] = {
	{ "root", "a@b" },
	{ "list", "list@example.org" },
	{ "prog", "prog@example.org" },
	{ "null", "null@example.org" },
	{ "loop", "loop@example.org" },
	{ "mixed", "mixed@example.org" },
	{ "bob", "bob@example.org" },
	{ "c@d", "c@d" },
};

static void
a_header_shows_whom_a_name_stands_for_and_no_list(void **state)
{
	static const char text[] = "root: a@b\nlist: a@b, c@d\nprog: |p\n"
				   "null: /dev/null\nloop: loop2\n"
				   "loop2: loop\nmixed: a@b, |p\n";
	struct local_params params = machine;
	struct scratch s;
	struct local *l;

	(void)state;
	scratch_make(&s, text, strlen(text), 0600);
	params.aliases = s.path;
	l = local_new(&params);
	for (size_t i = 0; i < COUNT(shown); i++) {
		char *whole;
		struct fail f;

		assert_int_equal(
		    local_receiver(l, shown[i].path, &whole, &f), 0);
		assert_string_equal(whole, shown[i].shown);
		free(whole);
	}
	local_free(l);
	scratch_remove(&s);
}

static const struct {
	const char *path, *sender; /* NULL: FAIL_CONFIG */
} senders[] = {
	{ "root", "a@b" },
	{ "ROOT@localhost", "a@b" },
	{ "bob", "c@example.org" },
	{ "\\root", "root@example.org" },
	{ "eve", "eve@example.org" },
	{ "root@example.org", "root@example.org" },

	{ "two", NULL },
	{ "none", NULL },
	{ "prog", NULL },
	{ "null", NULL },
};

static void
a_sender_has_the_one_address_of_the_map(void **state)
{
	static const char text[] = "root: A <a@b>\nbob: c\ntwo: a@b, c@d\n"
				   "none:\nprog: |p\nnull: /dev/null\n";
	struct local_params params = machine;
	struct scratch s;
	struct local *l;

	(void)state;
	scratch_make(&s, text, strlen(text), 0600);
	params.sender_map = s.path;
	l = local_new(&params);
	for (size_t i = 0; i < COUNT(senders); i++) {
		char *whole;
		struct fail f;
		int status = local_sender(l, senders[i].path, &whole, &f);

		assert_int_equal(status, senders[i].sender != NULL ? 0 : -1);
		if (senders[i].sender != NULL)
			assert_string_equal(whole, senders[i].sender);
		else
			assert_int_equal(f.kind, FAIL_CONFIG);
		free(whole);
	}
	local_free(l);
	scratch_remove(&s);
}

static void
a_file_is_read_for_names_of_this_machine_alone(void **state)
{
	static const struct local_params params = { .domain = "example.org",
		.aliases = "/nonexistent",
		.sender_map = "/nonexistent",
		.host = "mail.example.net",
		.node = "mail" };
	struct local *l = local_new(&params);
	struct local_outcomes o = { NULL, 0, 0 };
	struct fail f;
	char *whole;

	(void)state;
	assert_int_equal(local_expand(l, "root@example.org", &o, &f), 0);
	assert_int_equal(local_expand(l, "\\root", &o, &f), 0);
	assert_int_equal(o.count, 2);
	assert_int_equal(local_sender(l, "root@example.org", &whole, &f), 0);
	free(whole);
	assert_int_equal(local_expand(l, "root", &o, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_int_equal(local_sender(l, "root", &whole, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_int_equal(o.count, 2);
	local_outcomes_free(&o);
	local_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_its_lines_whatever_they_hold),
		cmocka_unit_test(a_line_is_its_values_whatever_they_are),
		cmocka_unit_test(
		    names_are_found_in_any_case_and_the_star_for_all_others),
		cmocka_unit_test(
		    a_file_is_read_where_it_is_safe_and_not_too_large),
		cmocka_unit_test(the_systems_file_may_be_missing),
		cmocka_unit_test(
		    a_name_is_local_without_a_domain_or_at_this_host),
		cmocka_unit_test(
		    a_name_comes_to_addresses_or_is_refused_for_a_reason),
		cmocka_unit_test(a_chain_of_aliases_has_a_cap),
		cmocka_unit_test(what_one_letter_may_ask_has_a_cap),
		cmocka_unit_test(
		    a_header_shows_whom_a_name_stands_for_and_no_list),
		cmocka_unit_test(a_sender_has_the_one_address_of_the_map),
		cmocka_unit_test(
		    a_file_is_read_for_names_of_this_machine_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
