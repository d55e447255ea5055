/*
 * Children: how a command line is split, and real programs that do what
 * password commands do (G-15, P-03); and the clock that their deadlines use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/home.h"
#include "base/start.h"
#include "base/xalloc.h"
#include "net/child.h"
#include "net/clock.h"

enum { WORDS_MAX = 6, AMPLE_SECONDS = 30 };

/* clock */

static void
poll_gets_what_is_left_until_a_moment(void **state)
{
	int64_t now = clock_now();
	int left;

	(void)state;
	assert_true(now > 0);
	assert_int_equal(clock_in(0), CLOCK_NEVER);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER), -1);
	assert_int_equal(clock_poll_timeout(now - 1000), 0);
	assert_int_equal(clock_poll_timeout(0), 0);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER - 1), INT_MAX);
	assert_int_equal(clock_poll_timeout(clock_in(UINT_MAX)), INT_MAX);
	left = clock_poll_timeout(clock_in(100));
	assert_true(left > 90000 && left <= 100000);
}

/* split */

static const struct split_row {
	const char *line;
	const char *words[WORDS_MAX];
} split_rows[] = {
	{ "pass show mail/example", { "pass", "show", "mail/example" } },
	{ "  a \t b  ", { "a", "b" } },
	{ "a", { "a" } },
	{ "a 'b c' d", { "a", "b c", "d" } },
	{ "a \"b c\" d", { "a", "b c", "d" } },
	{ "a b' 'c\" \"d", { "a", "b c d" } },
	{ "a '' \"\" b", { "a", "", "", "b" } },
	{ "a 'b\"c\\d'", { "a", "b\"c\\d" } },
	{ "a \"b'c\"", { "a", "b'c" } },
	{ "a \"\\\" \\\\ \\n \\$\"", { "a", "\" \\ \\n \\$" } },
	{ "a \\' \\\" \\\\ \\n", { "a", "'", "\"", "\\", "n" } },
	{ "a b\\ c", { "a", "b c" } },
	{ "a $HOME `id` $(id) *;", { "a", "$HOME", "`id`", "$(id)", "*;" } },
	{ "a | b > c & #", { "a", "|", "b", ">", "c", "&" } },
	{ "a '\303\251' \377", { "a", "\303\251", "\377" } },
	{ "a b~/c ~", { "a", "b~/c", "~" } },
	{ "a '~/b' \"~/c\" \\~/d ~x/", { "a", "~/b", "~/c", "~/d", "~x/" } },
};

static void
a_line_is_split_as_the_manual_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(split_rows) / sizeof(*split_rows); i++) {
		const struct split_row *row = &split_rows[i];
		struct fail f;
		char **argv;

		assert_int_equal(child_split(row->line, &argv, &f), 0);
		for (size_t j = 0; j < WORDS_MAX && row->words[j] != NULL; j++)
			assert_string_equal(argv[j], row->words[j]);
		child_free_argv(argv);
	}
}

static const struct {
	const char *line, *why;
} split_invalid[] = {
	{ "", "names no program" },
	{ " \t ", "names no program" },
	{ "'' a", "names no program" },
	{ "\"\"", "names no program" },
	{ "a 'b", "quote" },
	{ "a \"b", "quote" },
	{ "a b'", "quote" },
	{ "a \"b\\\"", "quote" },
	{ "a \"b\\", "quote" },
	{ "a 'b\\", "quote" },
	{ "a b\\", "backslash" },
	{ "\\", "backslash" },
	{ "secret 'secret", "quote" },
};

static void
a_line_that_cannot_be_split_is_a_fault_in_the_config(void **state)
{
	size_t count = sizeof(split_invalid) / sizeof(*split_invalid);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct fail f;
		char **argv;

		assert_int_equal(
		    child_split(split_invalid[i].line, &argv, &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_non_null(strstr(f.words, split_invalid[i].why));
		/* The line may hold a secret. */
		assert_null(strstr(f.words, "secret"));
	}
	child_free_argv(NULL);
}

static void
a_tilde_that_begins_a_word_is_the_home_directory(void **state)
{
	char *home = home_directory(), *want;
	struct fail f;
	char **argv;

	(void)state;
	assert_non_null(home);
	want = xasprintf("%s/b c", home);
	assert_int_equal(child_split("~/a ~/'b c'", &argv, &f), 0);
	assert_int_equal(*argv[0], '/');
	assert_string_equal(argv[1], want);
	child_free_argv(argv);
	free(want);
	free(home);
}

static void
home_is_where_the_variable_says_but_not_for_root(void **state)
{
	char *old = getenv("HOME") != NULL ? xstrdup(getenv("HOME")) : NULL;
	char *home;

	(void)state;
	setenv("HOME", "/elsewhere", 1);
	home = home_directory();
	if (geteuid() == 0)
		assert_string_not_equal(home, "/elsewhere");
	else
		assert_string_equal(home, "/elsewhere");
	free(home);
	setenv("HOME", "relative", 1);
	home = home_directory();
	assert_true(home == NULL || *home == '/');
	free(home);
	unsetenv("HOME");
	if (old != NULL)
		setenv("HOME", old, 1);
	free(old);
	home = home_expand("~user/x");
	assert_string_equal(home, "~user/x");
	free(home);
}

/* read */

static int
run(const char *script, unsigned seconds, struct buf *out, struct fail *f)
{
	char sh[] = "sh", c[] = "-c", *copy = xstrdup(script);
	char *argv[] = { sh, c, copy, NULL };
	int result;

	f->kind = FAIL_NONE;
	result = child_read(argv, clock_in(seconds), out, f);
	free(copy);
	/* Nobody is left to be waited for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return result;
}

static void
assert_gives(const char *script, const char *want)
{
	struct buf out;
	struct fail f;

	buf_init(&out, 100);
	assert_int_equal(run(script, AMPLE_SECONDS, &out, &f), 0);
	assert_int_equal(buf_len(&out), strlen(want));
	assert_memory_equal(buf_data(&out), want, strlen(want));
	buf_free(&out);
}

static void
what_a_child_writes_is_read_to_its_end(void **state)
{
	(void)state;
	assert_gives("echo sesame", "sesame\n");
	assert_gives("printf 'one\\r\\ntwo'", "one\r\ntwo");
	assert_gives("printf a; printf b >/dev/null; printf c", "ac");
	/* G-15: nothing is no failure of the child's. */
	assert_gives(":", "");
	/* An end of stdout before the end of the child. */
	assert_gives("echo x; exec >&-; exit 0", "x\n");
}

static void
output_is_added_to_what_is_there(void **state)
{
	struct buf out;
	struct fail f;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(buf_add_text(&out, "before "), 0);
	assert_int_equal(run("printf x", AMPLE_SECONDS, &out, &f), 0);
	assert_int_equal(buf_len(&out), 8);
	assert_memory_equal(buf_data(&out), "before x", 8);
	buf_free(&out);
}

static void
a_child_that_fails_is_named_with_its_status(void **state)
{
	static const struct {
		const char *script, *why;
	} rows[] = {
		{ "exit 1", "sh failed with exit status 1" },
		{ "echo sesame; exit 3", "sh failed with exit status 3" },
		{ "kill -9 $$", "sh was killed by a signal: Killed" },
		{ "kill -TERM $$", "sh was killed by a signal: Terminated" },
		{ "/nowhere/program 2>/dev/null", "exit status 127" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf out;
		struct fail f;

		buf_init(&out, 100);
		assert_int_equal(
		    run(rows[i].script, AMPLE_SECONDS, &out, &f), -1);
		assert_int_equal(f.kind, FAIL_AUTH);
		assert_non_null(strstr(f.words, rows[i].why));
		assert_null(strstr(f.words, "sesame"));
		buf_free(&out);
	}
}

static void
a_program_that_is_not_there_is_named(void **state)
{
	char missing[] = "pneu-no-such-program", directory[] = "/tmp";
	char *const argvs[][2] = { { missing, NULL }, { directory, NULL } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf out;
		struct fail f;

		buf_init(&out, 100);
		assert_int_equal(
		    child_read(argvs[i], clock_in(AMPLE_SECONDS), &out, &f),
		    -1);
		assert_int_equal(f.kind, FAIL_AUTH);
		assert_non_null(strstr(f.words, "cannot run "));
		assert_non_null(strstr(f.words, argvs[i][0]));
		buf_free(&out);
	}
}

static void
a_megabyte_is_too_much_and_is_not_waited_for(void **state)
{
	struct buf out;
	struct fail f;

	(void)state;
	buf_init(&out, 65539);
	assert_int_equal(run("head -c 1048576 /dev/zero; exec sleep 1000",
			     AMPLE_SECONDS, &out, &f),
	    -1);
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_non_null(strstr(f.words, "too much"));
	assert_int_equal(buf_len(&out), 65539);
	buf_free(&out);
}

/* Runs a script that hangs, which must have told its own pid, and checks that
 * it and its grandchild are gone. */
static void
assert_hangs(const char *script)
{
	struct buf out;
	struct fail f;
	char *text;
	int pid;

	buf_init(&out, 100);
	assert_int_equal(run(script, 1, &out, &f), -1);
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_non_null(strstr(f.words, "did not end in time"));
	text = buf_text(&out);
	pid = atoi(text);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, 0), -1);
	free(text);
	buf_free(&out);
}

static void
a_child_that_hangs_is_killed_at_the_deadline(void **state)
{
	(void)state;
	assert_hangs("echo $$; exec sleep 1000");
	/* Not even when it will not hear of it. */
	assert_hangs("trap '' TERM INT HUP; echo $$; while :; do :; done");
	/* Its stdout is closed, but it does not end. */
	assert_hangs("echo $$; exec >&-; exec sleep 1000");
	/* Stopped. */
	assert_hangs("echo $$; kill -STOP $$");
}

static void
a_deadline_that_has_passed_kills_at_once(void **state)
{
	char sleep[] = "sleep", seconds[] = "1000";
	char *argv[] = { sleep, seconds, NULL };
	int64_t began = clock_now();
	struct buf out;
	struct fail f;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(child_read(argv, began - 1, &out, &f), -1);
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_true(clock_now() - began < 10000);
	buf_free(&out);
}

static void
grandchildren_die_with_the_group(void **state)
{
	int ends[2], saved = dup(STDERR_FILENO);
	struct buf out;
	struct fail f;
	char c;

	/* Their stderr is the writing end of a pipe until they are gone. */
	(void)state;
	buf_init(&out, 100);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	assert_int_equal(
	    run("sleep 1000 & sleep 1000 & wait", 1, &out, &f), -1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
	buf_free(&out);
}

static void
a_sigchld_that_the_caller_ignores_does_no_harm(void **state)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, after;

	(void)state;
	sigaction(SIGCHLD, &ignore, NULL);
	assert_gives("echo sesame", "sesame\n");
	a_child_that_fails_is_named_with_its_status(state);
	sigaction(SIGCHLD, NULL, &after);
	assert_ptr_equal(after.sa_handler, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

static void
stop_now(int number)
{
	start_stop = number;
}

static void
a_signal_that_asks_us_to_stop_is_obeyed(void **state)
{
	struct sigaction action = { .sa_handler = stop_now };
	struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
	int64_t began = clock_now();
	struct buf out;
	struct fail f;

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	buf_init(&out, 100);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(run("exec sleep 1000", AMPLE_SECONDS, &out, &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	/* Also where the child has closed its stdout. */
	assert_int_equal(
	    run("exec >&-; exec sleep 1000", AMPLE_SECONDS, &out, &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_true(clock_now() - began < AMPLE_SECONDS * 1000);
	start_stop = 0;
	signal(SIGALRM, SIG_DFL);
	buf_free(&out);
}

/* What the child sees: this program again, as "probe". */

static int
probe(void)
{
	struct sigaction action;
	sigset_t mask;
	char c;

	if (read(STDIN_FILENO, &c, 1) != 0)
		puts("stdin");
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			printf("descriptor %d\n", fd);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int number = 1; number <= SIGRTMAX; number++) {
		if (sigismember(&mask, number) == 1)
			printf("blocked %d\n", number);
		if (sigaction(number, NULL, &action) == 0 &&
		    action.sa_handler == SIG_IGN)
			printf("ignored %d\n", number);
	}
	if (getpgrp() != getpid())
		puts("group");
	puts("end");
	return 0;
}

static void
a_child_gets_no_descriptor_and_no_signal_of_ours(void **state)
{
	char program[] = "/proc/self/exe", word[] = "probe";
	char *argv[] = { program, word, NULL };
	sigset_t all, old;
	struct buf out;
	struct fail f;
	char *text;

	(void)state;
	for (int fd = 3; fd < 40; fd++)
		dup2(STDERR_FILENO, fd);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	buf_init(&out, 4000);
	assert_int_equal(
	    child_read(argv, clock_in(AMPLE_SECONDS), &out, &f), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	for (int fd = 3; fd < 40; fd++)
		close(fd);
	text = buf_text(&out);
	assert_string_equal(text, "end\n");
	free(text);
	buf_free(&out);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(poll_gets_what_is_left_until_a_moment),
		cmocka_unit_test(a_line_is_split_as_the_manual_says),
		cmocka_unit_test(
		    a_line_that_cannot_be_split_is_a_fault_in_the_config),
		cmocka_unit_test(
		    a_tilde_that_begins_a_word_is_the_home_directory),
		cmocka_unit_test(
		    home_is_where_the_variable_says_but_not_for_root),
		cmocka_unit_test(what_a_child_writes_is_read_to_its_end),
		cmocka_unit_test(output_is_added_to_what_is_there),
		cmocka_unit_test(a_child_that_fails_is_named_with_its_status),
		cmocka_unit_test(a_program_that_is_not_there_is_named),
		cmocka_unit_test(a_megabyte_is_too_much_and_is_not_waited_for),
		cmocka_unit_test(a_child_that_hangs_is_killed_at_the_deadline),
		cmocka_unit_test(a_deadline_that_has_passed_kills_at_once),
		cmocka_unit_test(grandchildren_die_with_the_group),
		cmocka_unit_test(
		    a_sigchld_that_the_caller_ignores_does_no_harm),
		cmocka_unit_test(a_signal_that_asks_us_to_stop_is_obeyed),
		cmocka_unit_test(
		    a_child_gets_no_descriptor_and_no_signal_of_ours),
	};

	if (argc == 2 && strcmp(argv[1], "probe") == 0)
		return probe();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
