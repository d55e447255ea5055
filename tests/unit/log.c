/*
 * The log: one line per record, whatever is in it, and no trouble of its own
 * ever reaches the letter (P-13, O-05, O-06).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

#define STAMP \
	"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]" \
	"[+-][0-9]{2}:[0-9]{2} "

static char directory[64];
static char *path;

static int
make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/pneu-log.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	path = xasprintf("%s/log", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	log_close();
	log_trouble();
	unlink(path);
	free(path);
	return rmdir(directory);
}

/* The file's content, the caller's. */
static char *
content(const char *of)
{
	char *text = xcalloc(1, 65536);
	int fd = open(of, O_RDONLY);
	ssize_t n = read(fd, text, 65535);

	assert_true(n >= 0);
	close(fd);
	return text;
}

static bool
matches(const char *text, const char *pattern)
{
	regex_t re;
	int result;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	result = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return result == 0;
}

static void
a_file_gets_a_line_with_the_local_time_and_its_offset(void **state)
{
	struct stat st;
	char *text;

	(void)state;
	setenv("TZ", "XST-5:30", 1);
	log_open(path);
	log_write(LEVEL_RECORD, "to=b@example.org status=0");
	text = content(path);
	assert_true(matches(text, STAMP "to=b@example\\.org status=0\n$"));
	assert_non_null(strstr(text, "+05:30 "));
	free(text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_null(log_trouble());
}

static void
a_file_is_appended_to(void **state)
{
	char *text;

	(void)state;
	log_open(path);
	log_write(LEVEL_RECORD, "one");
	log_open(path);
	log_write(LEVEL_TROUBLE, "two");
	text = content(path);
	assert_true(matches(text, "one\n.* two\n$"));
	free(text);
}

static void
hostile_records_are_one_printable_line_of_limited_length(void **state)
{
	char *record = xcalloc(1, 1000001), *text;

	(void)state;
	log_open(path);
	log_write(LEVEL_RECORD, "a\r\nb\033[2J%s%n\304");
	text = content(path);
	assert_non_null(strstr(text, " a b\\^[[2J%s%n\\M-D\n"));
	free(text);
	assert_int_equal(truncate(path, 0), 0);
	memset(record, '\n', 500000);
	memset(record + 500000, 'x', 500000);
	log_write(LEVEL_RECORD, record);
	text = content(path);
	assert_true(strlen(text) <= 8192 + 32);
	assert_true(strlen(text) >= 8000);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	free(record);
}

static void
errno_is_left_as_it_was(void **state)
{
	static const char *const sinks[] = { "/nowhere/log", "syslog", "none" };

	(void)state;
	for (size_t i = 0; i < sizeof(sinks) / sizeof(*sinks); i++) {
		errno = EXDEV;
		log_open(sinks[i]);
		log_write(LEVEL_RECORD, "x");
		log_close();
		assert_int_equal(errno, EXDEV);
	}
}

static void
trouble_names_path(const char *to, const char *why)
{
	const char *trouble;

	log_open(to);
	log_write(LEVEL_RECORD, "x");
	log_close(); /* which does not forget it */
	trouble = log_trouble();
	assert_non_null(trouble);
	assert_non_null(strstr(trouble, to));
	assert_non_null(strstr(trouble, why));
	assert_null(log_trouble());
}

static void
what_cannot_be_opened_is_remembered_and_told_once(void **state)
{
	(void)state;
	trouble_names_path("/nowhere/log", "No such file");
	trouble_names_path("relative/log", "not an absolute path");
	trouble_names_path(directory, "Is a directory");
}

static void
a_link_is_not_followed(void **state)
{
	char *target = xasprintf("%s/target", directory);

	(void)state;
	assert_int_equal(symlink(target, path), 0);
	trouble_names_path(path, "symbolic link");
	assert_int_equal(access(target, F_OK), -1);
	free(target);
}

static void
a_fifo_is_refused_with_and_without_a_reader(void **state)
{
	int reader;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	trouble_names_path(path, "not a regular file");
	reader = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	trouble_names_path(path, "not a regular file");
	close(reader);
	trouble_names_path("/dev/full", "not a regular file");
}

/* Runs log_write with stderr on fd; what log_trouble() then says, or "". */
static const char *
trouble_on_stderr(int fd)
{
	const char *trouble;
	int saved = dup(STDERR_FILENO);

	dup2(fd, STDERR_FILENO);
	log_open("-");
	log_write(LEVEL_RECORD, "a record");
	trouble = log_trouble();
	dup2(saved, STDERR_FILENO);
	close(saved);
	return trouble != NULL ? trouble : "";
}

static void
stderr_gets_the_record_alone(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	char *text;

	(void)state;
	assert_true(fd >= 0);
	assert_string_equal(trouble_on_stderr(fd), "");
	close(fd);
	text = content(path);
	assert_string_equal(text, "a record\n");
	free(text);
	/* It stays open: it is not the log's. */
	log_close();
	assert_int_not_equal(fcntl(STDERR_FILENO, F_GETFD), -1);
}

static void
a_full_disk_is_remembered(void **state)
{
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_string_equal(
	    trouble_on_stderr(fd), "-: No space left on device");
	close(fd);
}

static void
none_writes_nothing(void **state)
{
	(void)state;
	log_open("none");
	log_write(LEVEL_TROUBLE, "x");
	assert_null(log_trouble());
	/* And so it is before anything was opened. */
	log_close();
	log_write(LEVEL_TROUBLE, "x");
	assert_null(log_trouble());
}

int
main(void)
{
#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(a_file_gets_a_line_with_the_local_time_and_its_offset),
		TEST(a_file_is_appended_to),
		TEST(hostile_records_are_one_printable_line_of_limited_length),
		TEST(errno_is_left_as_it_was),
		TEST(what_cannot_be_opened_is_remembered_and_told_once),
		TEST(a_link_is_not_followed),
		TEST(a_fifo_is_refused_with_and_without_a_reader),
		TEST(stderr_gets_the_record_alone),
		TEST(a_full_disk_is_remembered),
		TEST(none_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
