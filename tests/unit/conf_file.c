/*
 * pneu.conf: line by line from memory, then as a file on disk: who may own it,
 * how large it may be, and where it is looked for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/file.h"
#include "conf/place.h"
#include "conf/profile.h"
#include "lib/scratch.h"
#include "lib/words.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define LINES(text) (text), sizeof(text) - 1

static const struct {
	const char *text;
	size_t len;
	const char *profiles; /* name(host,password)... */
} good_files[] = {
	{ LINES(""), "default(,)" },
	{ LINES("\n\n"), "default(,)" },
	{ LINES("host=a"), "default(a,)" },
	{ LINES(" \t host \t=\t a \t\n"), "default(a,)" },
	{ LINES("host = a\r\n[b]\r\nhost = c\r\n"), "default(a,) b(c,)" },
	{ LINES("\xEF\xBB\xBFhost = a\n"), "default(a,)" },
	{ LINES("# host = a\n  # host = a\n#"), "default(,)" },
	{ LINES("password = a # b"), "default(,a # b)" },
	{ LINES("password = =#[x]\"'"), "default(,=#[x]\"')" },
	{ LINES("password = \" a \""), "default(, a )" },
	{ LINES("password = \"\"a\"\""), "default(,\"a\")" },
	{ LINES("password = \""), "default(,\")" },
	{ LINES("password = a\tb\x7F\xFF"), "default(,a\tb\x7F\xFF)" },
	{ LINES("[default]\nhost = a\n[ b c ]\n[#]\nhost = x\n"),
	    "default(a,) b c(,) #(x,)" },
};

static char *
describe(const struct file *file)
{
	struct buf out;
	char *text;

	buf_init(&out, 10000);
	for (size_t i = 0; i < file->count; i++) {
		const struct settings *set = &file->profiles[i].layer.set;

		buf_addf(&out, "%s%s(%s,%s)", i == 0 ? "" : " ",
		    file->profiles[i].name,
		    set->host.count > 0 ? set->host.items[0] : "",
		    set->password != NULL ? set->password : "");
	}
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

static void
files_are_read_line_by_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_files); i++) {
		struct file file;
		struct fail f;
		char *text;

		file_init(&file, "pneu.conf");
		assert_int_equal(
		    file_parse(&file, (const uint8_t *)good_files[i].text,
			good_files[i].len, &f),
		    0);
		text = describe(&file);
		assert_string_equal(text, good_files[i].profiles);
		free(text);
		file_free(&file);
	}
}

static const struct {
	const char *text;
	size_t len;
	const char *words, *advice;
} bad_files[] = {
	{ LINES("hsot = a"), "pneu.conf:1: hsot: there is no such key",
	    "did you mean host?" },
	{ LINES("\n\ntls_trust = a"),
	    "pneu.conf:3: tls_trust: there is no such key",
	    "did you mean tls-trust?" },
	{ LINES("Host = a"), "pneu.conf:1: this is no key",
	    "did you mean host?" },
	{ LINES("quux = a"), "pneu.conf:1: this is no key", "" },
	{ LINES("config = /x"), "pneu.conf:1: this is no key", "" },
	{ LINES("help = yes"), "pneu.conf:1: this is no key", "" },
	{ LINES("= a"), "pneu.conf:1: this is no key", "" },
	{ LINES("host"), "pneu.conf:1: there is no = in this line", "" },
	{ LINES("host ="), "pneu.conf:1: host: \"\" is empty", "" },
	{ LINES("host = \"\""), "pneu.conf:1: host: \"\" is empty", "" },
	{ LINES("host = a\nport = 5\nhost = b"),
	    "pneu.conf:3: host: this key stands there already", "" },
	{ LINES("tls = off"),
	    "pneu.conf:1: tls: \"off\" is none of implicit, "
	    "starttls, none",
	    "" },
	{ LINES("port = 5 # x"),
	    "pneu.conf:1: port: \"5 # x\" is no number "
	    "from 1 to 65535",
	    "" },
	{ LINES("host = a\0b"), "pneu.conf:1: a NUL is in this line", "" },
	{ LINES("#\0"), "pneu.conf:1: a NUL is in this line", "" },
	{ LINES("host = a\rport = 5"),
	    "pneu.conf:1: host: \"a\\rport = 5\" "
	    "holds a control character",
	    "" },
	{ LINES("[a"), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("["), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("[a] # b"), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("[]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[ ]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[a]b]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[a\033]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[a]\n[b]\n[a]"),
	    "pneu.conf:3: a: this profile stands there already", "" },
	{ LINES("host = a\n[default]"),
	    "pneu.conf:2: default: this profile stands there already", "" },
	{ LINES("[a]\n[default]"),
	    "pneu.conf:2: default: this profile stands there already", "" },
	{ LINES("[a]\npassword-file = /x\npassword-command = y"),
	    "password-file (pneu.conf:2) and password-command (pneu.conf:3): "
	    "a password is in one place only",
	    "" },
	/* P-16: not even where the line itself is broken */
	{ LINES("password = hunter2\npassword = hunter2"),
	    "pneu.conf:2: password: this key stands there already", "" },
	{ LINES("password hunter2"), "pneu.conf:1: there is no = in this line",
	    "" },
	{ LINES("passwrod = hunter2"),
	    "pneu.conf:1: passwrod: there is no such key",
	    "did you mean password?" },
	{ LINES("password = a\nhunter2=="), "pneu.conf:2: this is no key", "" },
	{ LINES("hunter2 = password"), "pneu.conf:1: this is no key", "" },
	{ LINES("[hunter2"), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("password = hunter2\rx"),
	    "pneu.conf:1: password: holds a line end", "" },
	{ LINES("password-command = hunter2\001"),
	    "pneu.conf:1: password-command: holds a control character", "" },
	{ LINES("password-file = hunter2"),
	    "pneu.conf:1: password-file: does not begin with / or ~/", "" },
};

static void
bad_files_are_78_with_a_line_and_show_no_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_files); i++) {
		struct file file;
		struct fail f;

		file_init(&file, "pneu.conf");
		assert_int_equal(
		    file_parse(&file, (const uint8_t *)bad_files[i].text,
			bad_files[i].len, &f),
		    -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_string_equal(f.words, bad_files[i].words);
		assert_string_equal(f.advice, bad_files[i].advice);
		assert_null(strstr(f.words, "hunter2"));
		assert_null(strstr(f.advice, "hunter2"));
		file_free(&file);
	}
}

/* A file on disk, and what reading it says. */

static int
read_scratch(const struct scratch *s, struct fail *f)
{
	char *line = xasprintf("pneu|-C|%s", s->path), *argv[WORDS_MAX];
	struct wishes *w;
	int argc = words_split(line, argv), result;

	result = wishes_read(&w, argc, argv, NULL, f);
	if (result == 0)
		result = wishes_check(w, f);
	wishes_free(w);
	words_free(argv);
	free(line);
	return result;
}

static const struct {
	const char *text;
	mode_t mode;
	const char *words; /* NULL: taken */
} modes[] = {
	{ "host = a\n", 0600, NULL },
	{ "host = a\n", 0644, NULL },
	{ "host = a\n", 0664, "has mode 0664: others may write to it" },
	{ "host = a\n", 0602, "has mode 0602: others may write to it" },
	{ "password = hunter2\n", 0600, NULL },
	{ "password = hunter2\n", 0400, NULL },
	{ "password = hunter2\n", 0644,
	    "has mode 0644: others may read a "
	    "secret in it" },
	{ "[x]\npassword = hunter2\n", 0640,
	    "has mode 0640: others may read "
	    "a secret in it" },
	{ "password-file = /x\n", 0644, NULL },
};

static void
G_12_a_file_with_a_secret_is_private(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct scratch s;
		struct fail f = { FAIL_NONE, "", "" };
		int result;

		scratch_make(
		    &s, modes[i].text, strlen(modes[i].text), modes[i].mode);
		result = read_scratch(&s, &f);
		assert_int_equal(result, modes[i].words == NULL ? 0 : -1);
		if (modes[i].words != NULL) {
			assert_int_equal(f.kind, FAIL_CONFIG);
			assert_non_null(strstr(f.words, modes[i].words));
			assert_non_null(strstr(f.advice, "chmod"));
			assert_null(strstr(f.words, "hunter2"));
		}
		scratch_remove(&s);
	}
}

static void
G_13_a_file_has_a_cap_and_is_a_file(void **state)
{
	char *big = xmalloc(FILE_MAX + 1);
	struct scratch s;
	struct fail f;

	(void)state;
	memset(big, '\n', FILE_MAX + 1);
	scratch_make(&s, big, FILE_MAX, 0600);
	assert_int_equal(read_scratch(&s, &f), 0);
	scratch_remove(&s);
	scratch_make(&s, big, FILE_MAX + 1, 0600);
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_non_null(strstr(f.words, "larger than 1048576 octets"));
	scratch_remove(&s);
	free(big);

	strcpy(s.path, "/tmp");
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	strcpy(s.path, "/nonexistent/pneu.conf");
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	scratch_make(&s, "", 0, 0600);
	scratch_remove(&s);
	assert_int_equal(mkfifo(s.path, 0600), 0);
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_non_null(strstr(f.words, "is not a regular file"));
	scratch_remove(&s);
}

static void
profiles_have_a_cap(void **state)
{
	struct file file;
	struct fail f;
	char line[32];

	(void)state;
	file_init(&file, "c");
	for (int i = 1; i < FILE_PROFILES_MAX; i++) {
		snprintf(line, sizeof(line), "[p%d]", i);
		assert_int_equal(file_line(&file, line, strlen(line), &f), 0);
	}
	assert_int_equal(file_line(&file, "[more]", 6, &f), -1);
	assert_string_equal(f.words, "c:1000: too many profiles");
	file_free(&file);
}

/* Where it is looked for. */

/* A home with two places for the file. */
struct home {
	char path[32], xdg[64], dots[64];
	char *environment[WORDS_MAX];
};

static void
make_file(const char *directory, const char *name)
{
	char *path = xasprintf("%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
	free(path);
}

static void
home_make(struct home *h)
{
	char config[48], *line;

	strcpy(h->path, "/tmp/pneu-home-XXXXXX");
	assert_non_null(mkdtemp(h->path));
	snprintf(config, sizeof(config), "%s/.config", h->path);
	snprintf(h->dots, sizeof(h->dots), "%s/pneu", config);
	snprintf(h->xdg, sizeof(h->xdg), "%s/pneu", h->path);
	assert_int_equal(mkdir(h->xdg, 0700), 0);
	assert_int_equal(mkdir(config, 0700), 0);
	assert_int_equal(mkdir(h->dots, 0700), 0);
	make_file(h->xdg, "pneu.conf");
	make_file(h->dots, "pneu.conf");
	line = xasprintf("XDG_CONFIG_HOME=%s", h->path);
	words_split(line, h->environment);
	free(line);
	setenv("HOME", h->path, 1);
}

static void
home_remove(struct home *h)
{
	static const char *const names[] = { "pneu/pneu.conf", "pneu",
		".config/pneu/pneu.conf", ".config/pneu", ".config", "" };

	for (size_t i = 0; i < COUNT(names); i++) {
		char *path = xasprintf("%s/%s", h->path, names[i]);

		(void)remove(path);
		free(path);
	}
	words_free(h->environment);
}

/* Looks for the file; it must be name in directory (or the system's, NULL). */
static int
look(const char *explicit, char *const environment[], const char *directory)
{
	char *path = NULL, *want;
	struct fail f;
	int fd = place_open(explicit, environment, &path, &f);

	want = directory != NULL ? xasprintf("%s/pneu.conf", directory)
				 : xstrdup(PLACE_SYSTEM);
	assert_string_equal(path, want);
	if (fd >= 0)
		close(fd);
	if (fd == -1)
		assert_int_equal(f.kind, FAIL_CONFIG);
	free(path);
	free(want);
	return fd >= 0 ? 0 : fd;
}

static void
the_user_s_own_file_comes_before_the_system_s(void **state)
{
	char *bare[] = { NULL }, *relative[WORDS_MAX], *empty[WORDS_MAX];
	struct home h;

	(void)state;
	home_make(&h);
	words_split("XDG_CONFIG_HOME=relative", relative);
	words_split("XDG_CONFIG_HOME=", empty);
	assert_int_equal(look(NULL, h.environment, h.xdg), 0);
	assert_int_equal(look(NULL, bare, h.dots), 0);
	assert_int_equal(look(NULL, NULL, h.dots), 0);
	assert_int_equal(look(NULL, relative, h.dots), 0);
	assert_int_equal(look(NULL, empty, h.dots), 0);
	words_free(relative);
	words_free(empty);
	home_remove(&h);
}

/* Unlike a file that is missing, one that cannot be read is never passed over:
 * the next one might be less safe. */
static void
a_file_that_is_there_and_cannot_be_read_is_78(void **state)
{
	char *bare[] = { NULL }, *path;
	struct home h;

	(void)state;
	home_make(&h);
	path = xasprintf("%s/pneu.conf", h.dots);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(look(NULL, bare, h.dots), -1);
	assert_int_equal(chmod(path, 0622), 0);
	assert_int_equal(look(NULL, bare, h.dots), -1);
	free(path);
	home_remove(&h);
}

static void
a_directory_that_may_not_be_searched_is_passed_over(void **state)
{
	char *bare[] = { NULL };
	struct home h;

	(void)state;
	home_make(&h);
	assert_int_equal(chmod(h.dots, 0600), 0);
	assert_int_not_equal(look(NULL, bare, NULL), -1);
	assert_int_equal(chmod(h.dots, 0700), 0);
	home_remove(&h);
}

/* Who is told to write one must be able to. */
static void
without_a_file_the_user_s_own_is_to_be_written(void **state)
{
	char *bare[] = { NULL }, *path;
	struct home h;

	(void)state;
	home_make(&h);
	path = xasprintf("%s/pneu.conf", h.dots);
	assert_int_equal(unlink(path), 0);
	if (access(PLACE_SYSTEM, F_OK) != 0)
		assert_int_equal(look(NULL, bare, h.dots), PLACE_NONE);
	else
		assert_int_not_equal(look(NULL, bare, NULL), PLACE_NONE);
	free(path);
	home_remove(&h);
}

static void
a_file_that_was_named_must_exist(void **state)
{
	char *path;
	struct home h;

	(void)state;
	home_make(&h);
	path = xasprintf("%s/pneu.conf", h.xdg);
	assert_int_equal(look(path, h.environment, h.xdg), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(look(path, h.environment, h.xdg), -1);
	free(path);
	home_remove(&h);
}

static void
as_root_neither_HOME_nor_XDG_CONFIG_HOME_counts(void **state)
{
	char *path = NULL;
	struct home h;
	struct fail f;
	int fd;

	(void)state;
	home_make(&h);
	fd = place_open(NULL, h.environment, &path, &f);
	assert_null(strstr(path, h.path));
	if (fd >= 0)
		close(fd);
	free(path);
	home_remove(&h);
}

static void
the_names_of_the_host_are_domains(void **state)
{
	char *names[] = { place_host(), place_domain("a.example"),
		place_node() };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_true(names[i][0] != '\0' && strlen(names[i]) < 256);
		assert_int_equal(
		    strspn(names[i], "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"),
		    strlen(names[i]));
		free(names[i]);
	}
}

/* Root may read everything: these are run as somebody else. */
static int
become_somebody(void **state)
{
	(void)state;
	return geteuid() == 0 ? seteuid(12345) : 0;
}

static int
become_root_again(void **state)
{
	(void)state;
	return getuid() == 0 ? seteuid(0) : 0;
}

#define AS_SOMEBODY(test) \
	cmocka_unit_test_setup_teardown( \
	    test, become_somebody, become_root_again)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_line_by_line),
		cmocka_unit_test(
		    bad_files_are_78_with_a_line_and_show_no_secret),
		cmocka_unit_test(G_12_a_file_with_a_secret_is_private),
		cmocka_unit_test(G_13_a_file_has_a_cap_and_is_a_file),
		cmocka_unit_test(profiles_have_a_cap),
		AS_SOMEBODY(the_user_s_own_file_comes_before_the_system_s),
		AS_SOMEBODY(a_file_that_is_there_and_cannot_be_read_is_78),
		AS_SOMEBODY(
		    a_directory_that_may_not_be_searched_is_passed_over),
		AS_SOMEBODY(without_a_file_the_user_s_own_is_to_be_written),
		AS_SOMEBODY(a_file_that_was_named_must_exist),
		cmocka_unit_test(the_names_of_the_host_are_domains),
		cmocka_unit_test(
		    as_root_neither_HOME_nor_XDG_CONFIG_HOME_counts),
	};

	if (geteuid() != 0)
		cmocka_set_skip_filter("as_root_*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
