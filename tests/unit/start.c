/*
 * Surroundings: this program starts itself anew ("probe REPORT") in those that
 * a careless or hostile caller leaves (P-01, P-03, P-05, P-10), lets
 * start_safely() work, and reads the report of what is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "base/fail.h"
#include "base/start.h"
#include "base/xalloc.h"

/* The probe: writes what is left after start_safely(). */

static void
report_descriptors(FILE *to)
{
	for (int fd = 0; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags != -1 && fd != fileno(to))
			fprintf(to, "fd %d %s\n", fd,
			    (flags & O_ACCMODE) == O_RDONLY ? "r" : "w");
	}
}

static void
report_signals(FILE *to)
{
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int number = 1; number <= SIGRTMAX; number++) {
		if (sigismember(&mask, number) == 1)
			fprintf(to, "blocked %d\n", number);
		if (sigaction(number, NULL, &action) != 0 ||
		    action.sa_handler == SIG_DFL)
			continue;
		fprintf(to, "%s %d%s\n",
		    action.sa_handler == SIG_IGN ? "ignored" : "caught", number,
		    (action.sa_flags & SA_RESTART) ? " restart" : "");
	}
}

static int
probe(const char *path)
{
	struct fail f = { .kind = FAIL_NONE };
	uid_t r, e, s;
	gid_t gr, ge, gs;
	FILE *to;
	mode_t old;
	int result;

	if (getenv("KEEP") != NULL)
		start_keep(atoi(getenv("KEEP")));
	result = start_safely(&f);

	old = umask(022);
	to = fopen(path, "w");
	if (to == NULL)
		return 1;
	fprintf(to, "result %d\n", result);
	if (result != 0)
		fprintf(to, "kind %d\nwords %s\nadvice %s\n", (int)f.kind,
		    f.words, f.advice);
	fprintf(to, "umask %03o\n", (unsigned)old);
	fprintf(to, "stdin %s\n", start_had_no_stdin() ? "none" : "there");
	report_descriptors(to);
	report_signals(to);
	getresuid(&r, &e, &s);
	getresgid(&gr, &ge, &gs);
	fprintf(to, "ids %u %u %u %u %u %u\n", (unsigned)r, (unsigned)e,
	    (unsigned)s, (unsigned)gr, (unsigned)ge, (unsigned)gs);
	for (char **v = environ; v != NULL && *v != NULL; v++)
		fprintf(to, "env %s\n", *v);
	if (result == 0)
		raise(SIGTERM);
	fprintf(to, "stop %d\n", (int)start_stop);
	return fclose(to);
}

/* The tests: what a caller does before it starts the probe. */

static char directory[64];
static char *report_path, *program;

static int
make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/pneu-start.XXXXXX");
	if (mkdtemp(directory) == NULL || chmod(directory, 0777) != 0)
		return -1;
	report_path = xasprintf("%s/report", directory);
	program = xasprintf("%s/program", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(report_path);
	unlink(program);
	free(report_path);
	free(program);
	return rmdir(directory);
}

static char *
content(const char *path)
{
	char *text = xcalloc(1, 65536);
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, 65535) >= 0);
	close(fd);
	return text;
}

/* Starts file as the probe, in what prepare leaves; the report. */
static char *
probed(const char *file, void (*prepare)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (prepare != NULL)
			prepare();
		execl(file, "probe", "probe", report_path, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return content(report_path);
}

static bool
says(const char *report, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = report; p != NULL && *p != '\0';) {
		if (strncmp(p, line, len) == 0 && p[len] == '\n')
			return true;
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
	return false;
}

static void
assert_says(const char *report, const char *line)
{
	if (!says(report, line))
		fail_msg("no line \"%s\" in:\n%s", line, report);
}

/* Whoever runs this test may be in the background, or under nohup(1). */
static void
signals_in_good_order(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

static void
start_in_good_order_changes_little(void **state)
{
	char *report = probed("/proc/self/exe", signals_in_good_order),
	     line[32];

	(void)state;
	assert_says(report, "result 0");
	assert_says(report, "umask 077");
	assert_says(report, "stdin there");
	snprintf(line, sizeof(line), "ignored %d", SIGPIPE);
	assert_says(report, line);
	snprintf(line, sizeof(line), "ignored %d", SIGXFSZ);
	assert_says(report, line);
	snprintf(line, sizeof(line), "caught %d", SIGTERM);
	assert_says(report, line);
	snprintf(line, sizeof(line), "caught %d", SIGINT);
	assert_says(report, line);
	snprintf(line, sizeof(line), "caught %d", SIGHUP);
	assert_says(report, line);
	snprintf(line, sizeof(line), "stop %d", SIGTERM);
	assert_says(report, line);
	assert_null(strstr(report, "restart"));
	free(report);
}

static unsigned closed; /* bits: descriptors that the caller closed */

static void
close_some(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (closed & 1U << fd)
			close(fd);
}

static void
every_combination_of_closed_descriptors_is_filled(void **state)
{
	(void)state;
	for (closed = 0; closed < 8; closed++) {
		char *report = probed("/proc/self/exe", close_some);

		assert_says(report, "result 0");
		assert_says(report, closed & 1 ? "stdin none" : "stdin there");
		if (closed & 1)
			assert_says(report, "fd 0 r");
		if (closed & 2)
			assert_says(report, "fd 1 r");
		if (closed & 4)
			assert_says(report, "fd 2 w");
		free(report);
	}
}

static void
leave_descriptors_open(void)
{
	int fd = open("/dev/null", O_RDWR);

	for (int to = 3; to < 1000; to++)
		dup2(fd, to);
}

static void
inherited_descriptors_are_closed(void **state)
{
	char *report = probed("/proc/self/exe", leave_descriptors_open);
	unsigned count = 0;

	(void)state;
	for (const char *p = report; (p = strstr(p, "fd ")) != NULL; p++)
		count++;
	assert_int_equal(count, 3);
	free(report);
}

static void
leave_descriptors_and_one_to_keep(void)
{
	leave_descriptors_open();
	dup2(open("/dev/null", O_RDONLY), atoi(getenv("KEEP")));
}

static void
only_the_descriptor_that_is_asked_for_is_kept(void **state)
{
	static const char *const good[] = { "3", "4", "500", "1023" },
				 *const bad[] = { "-1", "0", "2", "1500" };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const char *keep = i < 4 ? good[i] : bad[i - 4];
		unsigned count = 0;
		char *report;

		setenv("KEEP", keep, 1);
		report = probed(
		    "/proc/self/exe", i < 4 ? leave_descriptors_and_one_to_keep
					    : leave_descriptors_open);
		for (const char *p = report; (p = strstr(p, "fd ")) != NULL;
		     p++)
			count++;
		assert_int_equal(count, i < 4 ? 4 : 3);
		assert_int_equal(says(report, "fd 3 r"), i < 4);
		free(report);
	}
	unsetenv("KEEP");
}

static void
leave_signals_blocked_and_ignored(void)
{
	sigset_t all;

	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void
signals_are_ours_but_for_those_a_background_job_ignores(void **state)
{
	static const struct {
		int number;
		const char *fate; /* NULL: default */
	} rows[] = {
		{ SIGINT, "ignored" },
		{ SIGHUP, "ignored" },
		{ SIGQUIT, "ignored" },
		{ SIGPIPE, "ignored" },
		{ SIGXFSZ, "ignored" },
		{ SIGTERM, "caught" },
		{ SIGCHLD, NULL },
		{ SIGALRM, NULL },
		{ SIGUSR1, NULL },
		{ SIGTSTP, NULL },
		{ SIGSEGV, NULL },
	};
	char *report =
	    probed("/proc/self/exe", leave_signals_blocked_and_ignored);
	char line[32];

	(void)state;
	assert_says(report, "result 0");
	assert_null(strstr(report, "blocked"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int number = rows[i].number;

		if (rows[i].fate != NULL) {
			snprintf(
			    line, sizeof(line), "%s %d", rows[i].fate, number);
			assert_says(report, line);
			continue;
		}
		snprintf(line, sizeof(line), "ignored %d", number);
		assert_false(says(report, line));
		snprintf(line, sizeof(line), "caught %d", number);
		/* (a sanitizer's own handler is not what was ignored) */
		if (number != SIGSEGV)
			assert_false(says(report, line));
	}
	free(report);
}

static void
leave_variables(void)
{
	setenv("GNUTLS_DEBUG_LEVEL", "9", 1);
	setenv("GNUTLS_SYSTEM_PRIORITY_FILE", "/nowhere", 1);
	setenv("GNUTLS_FORCE_FIPS_MODE", "0", 1);
	setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
	setenv("SSLKEYLOGFILES", "kept", 1);
	setenv("XGNUTLS_A", "kept", 1);
	setenv("PNEU_HOST", "mx.example", 1);
	if (freopen(report_path, "w", stderr) == NULL)
		_exit(98);
}

static void
variables_that_weaken_tls_are_gone(void **state)
{
	char *report = probed("/proc/self/exe", leave_variables);

	(void)state;
	assert_null(strstr(report, "env GNUTLS_"));
	assert_false(says(report, "env SSLKEYLOGFILE=/tmp/keys"));
	assert_says(report, "env SSLKEYLOGFILES=kept");
	assert_says(report, "env XGNUTLS_A=kept");
	assert_says(report, "env PNEU_HOST=mx.example");
	free(report);
}

static char *noise_path;

static void
ask_gnutls_for_noise(void)
{
	int fd = open(noise_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	setenv("GNUTLS_DEBUG_LEVEL", "99", 1);
	dup2(fd, STDERR_FILENO);
}

static void
gnutls_has_not_started_before_its_variables_are_gone(void **state)
{
	char *report, *noise;

	(void)state;
	noise_path = xasprintf("%s/noise", directory);
	report = probed("/proc/self/exe", ask_gnutls_for_noise);
	assert_says(report, "result 0");
	noise = content(noise_path);
	assert_string_equal(noise, "");
	unlink(noise_path);
	free(noise_path);
	free(noise);
	free(report);
}

/* A copy of this program with the mode. */
static void
copy_program(mode_t mode)
{
	char *command = xasprintf("cp /proc/%d/exe %s", (int)getpid(), program);

	assert_int_equal(system(command), 0);
	assert_int_equal(chmod(program, mode), 0);
	free(command);
}

static void
our_own_file_with_a_set_id_bit_is_refused(void **state)
{
	static const mode_t modes[] = { 04755, 02755, 06755 };
	char *line = xasprintf("kind %d", (int)FAIL_SETID);

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		char *report;

		copy_program(modes[i]);
		report = probed(program, NULL);
		assert_says(report, "result -1");
		assert_says(report, line);
		assert_non_null(strstr(report, program));
		assert_non_null(strstr(report, "\nadvice chmod ug-s /tmp/"));
		assert_non_null(strstr(report, "unix socket, see pneu(1)"));
		free(report);
	}
	free(line);
}

static void
be_set_user_id(void)
{
	setenv("PNEU_HOST", "evil.example", 1);
	setenv("PATH", "/tmp/evil", 1);
	setgroups(0, NULL);
	if (setresgid(12346, 0, 0) != 0 || setresuid(12345, 0, 0) != 0)
		_exit(97);
}

static void
be_set_group_id(void)
{
	if (setresgid(12346, 12347, 12347) != 0 ||
	    setresuid(12345, 12345, 12345) != 0)
		_exit(97);
}

static void
as_root_a_set_id_callers_ids_are_dropped_for_good(void **state)
{
	char *report;

	(void)state;
	copy_program(0755);
	report = probed(program, be_set_user_id);
	assert_says(report, "result 0");
	assert_says(report, "ids 12345 12345 12345 12346 12346 12346");
	/* And nothing it passed on is believed. */
	assert_null(strstr(report, "evil"));
	assert_non_null(strstr(report, "env PATH=/usr/bin:"));
	free(report);
	unlink(report_path);
	report = probed(program, be_set_group_id);
	assert_says(report, "result 0");
	assert_says(report, "ids 12345 12345 12345 12346 12346 12346");
	free(report);
}

int
main(int argc, char **argv)
{
#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(start_in_good_order_changes_little),
		TEST(every_combination_of_closed_descriptors_is_filled),
		TEST(inherited_descriptors_are_closed),
		TEST(only_the_descriptor_that_is_asked_for_is_kept),
		TEST(signals_are_ours_but_for_those_a_background_job_ignores),
		TEST(variables_that_weaken_tls_are_gone),
		TEST(gnutls_has_not_started_before_its_variables_are_gone),
		TEST(our_own_file_with_a_set_id_bit_is_refused),
		TEST(as_root_a_set_id_callers_ids_are_dropped_for_good),
	};

	if (argc == 3 && strcmp(argv[1], "probe") == 0)
		return probe(argv[2]);
	if (geteuid() != 0)
		cmocka_set_skip_filter("as_root_*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
