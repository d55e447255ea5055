/*
 * The secret: where it may come from, what of it counts, and what is refused
 * (A-13, G-12, G-15, O-04, P-15).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/locked.h"
#include "base/xalloc.h"
#include "conf/settings.h"
#include "net/clock.h"
#include "net/secret.h"

enum { AMPLE_SECONDS = 30 };

static char directory[64];
static char *path;

static int
make_directory(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	strcpy(directory, "/tmp/pneu-secret.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	path = xasprintf("%s/secret", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return rmdir(directory);
}

static void
put(const char *octets, size_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, len), len);
	close(fd);
}

/* The secret from the file or the command, the caller's, or NULL with f. */
static char *
get(char *file, char *command, struct fail *f)
{
	struct settings set = {
		.password_file = file,
		.password_command = command,
	};
	char *secret = NULL;
	int result;

	f->kind = FAIL_NONE;
	f->advice[0] = '\0';
	result =
	    secret_get(&set, "h.example", clock_in(AMPLE_SECONDS), &secret, f);
	assert_int_equal(result, secret != NULL ? 0 : -1);
	return secret;
}

static const struct row {
	const char *octets;
	size_t len;
	const char *want; /* NULL: refused */
} rows[] = {
	{ "sesame\n", 7, "sesame" },
	{ "sesame", 6, "sesame" },
	{ "sesame\r\n", 8, "sesame" },
	{ "one\ntwo\n", 8, "one" },
	{ "one\r\ntwo", 8, "one" },
	{ "one\n\n", 5, "one" },
	/* Exactly the first line: nothing is trimmed or read over. */
	{ " se same \t\n", 11, " se same \t" },
	{ "a\rb\n", 4, "a\rb" },
	{ "a\r\r\n", 4, "a\r" },
	{ "a\r", 2, "a\r" },
	{ "\r", 1, "\r" },
	{ "s\303\251same=,\\\"'#\n", 13, "s\303\251same=,\\\"'#" },
	/* What stands behind it does not matter. */
	{ "one\n\0", 5, "one" },
	{ "", 0, NULL },
	{ "\n", 1, NULL },
	{ "\r\n", 2, NULL },
	{ "\nsesame\n", 8, NULL },
	{ "\r\nsesame\r\n", 10, NULL },
	{ "se\0same\n", 8, NULL },
	{ "\0", 1, NULL },
};

static void
assert_row(const struct row *row, char *file, char *command)
{
	struct fail f;
	char *secret = get(file, command, &f);

	if (row->want != NULL) {
		assert_non_null(secret);
		assert_string_equal(secret, row->want);
	} else {
		assert_null(secret);
		assert_int_equal(f.kind, FAIL_AUTH);
		assert_null(strstr(f.words, "same"));
	}
	secret_free(secret);
}

static void
exactly_the_first_line_of_a_file_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put(rows[i].octets, rows[i].len);
		assert_row(&rows[i], path, NULL);
	}
}

static void
exactly_the_first_line_of_a_command_counts(void **state)
{
	char *command = xasprintf("cat %s", path);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put(rows[i].octets, rows[i].len);
		assert_row(&rows[i], NULL, command);
	}
	free(command);
}

static void
a_first_line_has_a_cap(void **state)
{
	static const struct {
		size_t len;
		const char *end;
		bool accepted;
	} ends[] = {
		{ SECRET_MAX, "", true },
		{ SECRET_MAX, "\n", true },
		{ SECRET_MAX, "\r\n", true },
		{ SECRET_MAX + 1, "", false },
		{ SECRET_MAX + 1, "\n", false },
		{ SECRET_MAX + 1, "\r\n", false },
		{ SECRET_MAX * 16, "\n", false },
	};
	char *text = xmalloc(SECRET_MAX * 16 + 3);
	char *command = xasprintf("cat %s", path);

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		for (unsigned by_command = 0; by_command < 2; by_command++) {
			struct fail f;
			char *secret;

			memset(text, 'x', ends[i].len);
			strcpy(text + ends[i].len, ends[i].end);
			put(text, strlen(text));
			secret = by_command ? get(NULL, command, &f)
					    : get(path, NULL, &f);
			if (ends[i].accepted) {
				assert_non_null(secret);
				assert_int_equal(strlen(secret), ends[i].len);
			} else {
				assert_null(secret);
				assert_int_equal(f.kind, FAIL_AUTH);
			}
			secret_free(secret);
		}
	free(command);
	free(text);
}

static void
a_file_may_be_long_behind_its_first_line(void **state)
{
	char *text = xmalloc(1000000);
	struct fail f;
	char *secret;

	(void)state;
	memset(text, '\n', 1000000);
	memcpy(text, "sesame", 6);
	put(text, 1000000);
	secret = get(path, NULL, &f);
	assert_string_equal(secret, "sesame");
	secret_free(secret);
	free(text);
}

static void
a_file_open_to_others_is_refused_with_what_mends(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0620, 0602, 0444, 0644 };
	static const mode_t good[] = { 0600, 0400 };
	struct fail f;
	char *secret;

	(void)state;
	put("sesame\n", 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(chmod(path, bad[i]), 0);
		assert_null(get(path, NULL, &f));
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_non_null(strstr(f.advice, "chmod go-rwx "));
		assert_non_null(strstr(f.advice, path));
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(chmod(path, good[i]), 0);
		secret = get(path, NULL, &f);
		assert_non_null(secret);
		secret_free(secret);
	}
}

static void
what_is_no_regular_file_is_refused_without_waiting(void **state)
{
	struct fail f;

	(void)state;
	assert_null(get(directory, NULL, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(get(path, NULL, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.words, "is not a regular file"));
}

static void
as_root_anothers_file_is_refused(void **state)
{
	struct fail f;

	(void)state;
	put("sesame\n", 7);
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_null(get(path, NULL, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.advice, "chown 0 "));
}

static void
a_missing_file_gives_no_secret(void **state)
{
	struct fail f;

	(void)state;
	assert_null(get(path, NULL, &f));
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_non_null(strstr(f.words, path));
}

static void
a_command_that_fails_gives_no_secret_whatever_it_wrote(void **state)
{
	static const struct {
		const char *command;
		enum fail_kind kind;
	} commands[] = {
		{ "sh -c 'echo sesame; exit 1'", FAIL_AUTH },
		{ "pneu-no-such-program", FAIL_AUTH },
		{ "true", FAIL_AUTH },
		{ "echo", FAIL_AUTH },
		{ "head -c 1048576 /dev/zero", FAIL_AUTH },
		{ "sh -c 'echo sesame; yes'", FAIL_AUTH },
		{ "echo 'sesame", FAIL_CONFIG },
		{ " ", FAIL_CONFIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		char *command = xstrdup(commands[i].command);
		struct fail f;

		assert_null(get(NULL, command, &f));
		assert_int_equal(f.kind, commands[i].kind);
		assert_null(strstr(f.words, "sesame"));
		free(command);
	}
}

static void
a_command_is_given_no_shell(void **state)
{
	char command[] = "echo $HOME;id|`id`";
	struct fail f;
	char *secret = get(NULL, command, &f);

	(void)state;
	assert_string_equal(secret, "$HOME;id|`id`");
	secret_free(secret);
}

static void
a_command_has_until_the_deadline(void **state)
{
	char command[] = "sleep 1000";
	struct settings set = { .password_command = command };
	char *secret = NULL;
	struct fail f;

	(void)state;
	assert_int_equal(
	    secret_get(&set, "h.example", clock_in(1), &secret, &f), -1);
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_null(secret);
}

/* What the kernel says of the pages at an address, in kB. */
static unsigned long
locked_at(const char *address)
{
	char line[512];
	unsigned long from, to, locked = 0;
	bool inside = false;
	FILE *maps = fopen("/proc/self/smaps", "re");

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (unsigned long)address &&
				 (unsigned long)address < to;
		else if (inside)
			sscanf(line, "Locked: %lu", &locked);
	fclose(maps);
	return locked;
}

static void
a_password_of_the_settings_is_not_copied(void **state)
{
	static const char text[] = " with blanks, and \303\251 ";
	struct settings set = { .password = locked_new(text, strlen(text)) };
	char *secret = NULL;
	struct fail f;

	(void)state;
	assert_int_equal(
	    secret_get(&set, "h.example", clock_in(AMPLE_SECONDS), &secret, &f),
	    0);
	assert_ptr_equal(secret, set.password);
	secret_free(secret);
	assert_string_equal(set.password, text);
	secret_free(set.password);
	secret_free(NULL);
}

static void
a_secret_stays_locked_when_another_is_let_go(void **state)
{
	char *one = locked_new("sesame", 6), *two = locked_new("sesame", 6);

	(void)state;
	locked_free(one);
	assert_true(locked_at(two) > 0);
	assert_string_equal(two, "sesame");
	locked_free(two);
}

/* The file as a credential, with the modes of it and of its directory. */
static char *
credential(char *name, mode_t mode, mode_t outer, struct fail *f)
{
	struct settings set = { .password_credential = name };
	char *secret = NULL;
	int result;

	chmod(path, mode);
	chmod(directory, outer);
	f->kind = FAIL_NONE;
	result =
	    secret_get(&set, "h.example", clock_in(AMPLE_SECONDS), &secret, f);
	assert_int_equal(result, secret != NULL ? 0 : -1);
	chmod(directory, 0700);
	return secret;
}

static void
a_credential_is_what_the_service_manager_gives_us_alone(void **state)
{
	static const struct {
		mode_t mode, outer;
		bool accepted;
	} modes[] = {
		{ 0400, 0700, true },
		{ 0400, 0500, true },
		{ 0600, 0700, true },
		{ 0440, 0550, true }, /* with an access list */
		{ 0440, 0750, true },
		{ 0404, 0700, false },
		{ 0444, 0500, false },
		{ 0460, 0700, false },
		{ 0402, 0700, false },
		{ 0400, 0755, false },
		{ 0400, 0701, false },
		{ 0400, 0770, false },
	};
	char name[] = "secret";
	struct fail f;
	char *secret;

	(void)state;
	put("sesame", 6);
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		secret = credential(name, modes[i].mode, modes[i].outer, &f);
		if (modes[i].accepted)
			assert_string_equal(secret, "sesame");
		else
			assert_null(secret);
		assert_int_equal(
		    f.kind, modes[i].accepted ? FAIL_NONE : FAIL_CONFIG);
		secret_free(secret);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void
a_credential_that_is_none_is_refused(void **state)
{
	char name[] = "secret", other[] = "other";
	struct fail f;

	(void)state;
	put("sesame", 6);
	assert_null(credential(name, 0400, 0700, &f));
	assert_int_equal(f.kind, FAIL_AUTH); /* there is no directory */
	setenv("CREDENTIALS_DIRECTORY", ".", 1);
	assert_null(credential(name, 0400, 0700, &f));
	assert_int_equal(f.kind, FAIL_AUTH); /* nor is this one */
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	assert_null(credential(other, 0400, 0700, &f));
	assert_int_equal(f.kind, FAIL_AUTH);
	unlink(path); /* nobody may write to it any more */
	put("", 0);
	assert_null(credential(name, 0400, 0700, &f));
	assert_int_equal(f.kind, FAIL_AUTH);
	unlink(path);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_null(credential(name, 0400, 0700, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	unlink(path);
	assert_int_equal(mkfifo(path, 0400), 0);
	assert_null(credential(name, 0400, 0700, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void
none_configured_is_told_with_what_to_set(void **state)
{
	struct fail f;

	(void)state;
	assert_null(get(NULL, NULL, &f));
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_non_null(strstr(f.advice, "password-command"));
}

static void
cores_and_tracing_are_off_once_a_secret_was_asked_for(void **state)
{
	struct rlimit core;
	struct fail f;

	(void)state;
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
	assert_null(get(path, NULL, &f));
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(core.rlim_cur, 0);
	assert_int_equal(core.rlim_max, 0);
}

/* RLIMIT_MEMLOCK may be 0, and sanitizers lock nothing. */
static bool
memory_can_be_locked(void)
{
	char *text = locked_new("sesame", 6);
	bool can = locked_at(text) > 0;

	locked_free(text);
	return can;
}

int
main(void)
{
#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(exactly_the_first_line_of_a_file_counts),
		TEST(exactly_the_first_line_of_a_command_counts),
		TEST(a_first_line_has_a_cap),
		TEST(a_file_may_be_long_behind_its_first_line),
		TEST(a_file_open_to_others_is_refused_with_what_mends),
		TEST(what_is_no_regular_file_is_refused_without_waiting),
		TEST(as_root_anothers_file_is_refused),
		TEST(a_missing_file_gives_no_secret),
		TEST(a_command_that_fails_gives_no_secret_whatever_it_wrote),
		TEST(a_command_is_given_no_shell),
		TEST(a_command_has_until_the_deadline),
		TEST(a_password_of_the_settings_is_not_copied),
		TEST(a_credential_is_what_the_service_manager_gives_us_alone),
		TEST(a_credential_that_is_none_is_refused),
		TEST(none_configured_is_told_with_what_to_set),
		TEST(cores_and_tracing_are_off_once_a_secret_was_asked_for),
		/* the last one, which can be left out */
		TEST(a_secret_stays_locked_when_another_is_let_go),
	};
	size_t count = sizeof(tests) / sizeof(tests[0]);

	if (geteuid() != 0)
		cmocka_set_skip_filter("as_root_*");
	if (!memory_can_be_locked())
		count--;
	return _cmocka_run_group_tests("secret", tests, count, NULL, NULL);
}
