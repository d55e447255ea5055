/*
 * Which files are obeyed, and the words that mend those that are not
 * (G-12, G-13).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/trusted.h"
#include "base/xalloc.h"

static char directory[64];
static char *path;

static int
make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(directory, "/tmp/pneu-trusted.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	path = xasprintf("%s/file", directory);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	return close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	unlink(path); /* may be gone */
	free(path);
	return rmdir(directory);
}

static const struct mode_row {
	mode_t mode;
	bool plain, secret; /* accepted */
} mode_rows[] = {
	{ 0400, true, true },
	{ 0600, true, true },
	{ 0700, true, true },
	{ 0711, true, true },
	{ 0640, true, false },
	{ 0604, true, false },
	{ 0444, true, false },
	{ 0644, true, false },
	{ 0755, true, false },
	{ 0660, false, false },
	{ 0620, false, false },
	{ 0602, false, false },
	{ 0666, false, false },
	{ 0777, false, false },
};

static void
assert_verdict(bool secret, bool want)
{
	int fd, plain;
	struct fail f;

	fd = trusted_open(path, secret, &f);
	assert_int_equal(fd >= 0, want);
	if (fd >= 0) {
		assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		close(fd);
		return;
	}
	assert_int_equal(fd, TRUSTED_REFUSED);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.words, path));
	/* The advice is obeyed, and then there is nothing to refuse. */
	assert_int_equal(strncmp(f.advice, "chmod ", 6), 0);
	assert_int_equal(system(f.advice), 0);
	plain = trusted_open(path, secret, &f);
	assert_true(plain >= 0);
	close(plain);
}

static void
modes_decide_and_the_advice_mends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mode_rows) / sizeof(*mode_rows); i++) {
		assert_int_equal(chmod(path, mode_rows[i].mode), 0);
		assert_verdict(false, mode_rows[i].plain);
		assert_int_equal(chmod(path, mode_rows[i].mode), 0);
		assert_verdict(true, mode_rows[i].secret);
	}
}

static void
a_secret_found_later_asks_for_more(void **state)
{
	struct fail f;
	int fd;

	(void)state;
	assert_int_equal(chmod(path, 0644), 0);
	fd = trusted_open(path, false, &f);
	assert_true(fd >= 0);
	assert_int_equal(trusted_with_secret(fd, path, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(trusted_with_secret(fd, path, &f), 0);
	close(fd);
}

static void
a_file_that_is_missing_is_told_apart(void **state)
{
	char *below = xasprintf("%s/file/below", directory);
	struct fail f;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(trusted_open(path, true, &f), TRUSTED_MISSING);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_int_equal(trusted_open(below, true, NULL), TRUSTED_MISSING);
	free(below);
}

static void
refused_as_no_regular_file(const char *what)
{
	struct fail f;

	assert_int_equal(trusted_open(what, false, &f), TRUSTED_REFUSED);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.words, "is not a regular file"));
}

static void
what_is_no_regular_file_is_refused_without_waiting(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	refused_as_no_regular_file(directory);
	refused_as_no_regular_file("/dev/null");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused_as_no_regular_file(path);
	assert_int_equal(unlink(path), 0);
	strcpy(address.sun_path, path);
	assert_int_equal(
	    bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	refused_as_no_regular_file(path);
	close(s);
}

static void
a_link_is_followed_to_what_is_judged(void **state)
{
	char *link = xasprintf("%s/link", directory);
	struct fail f;
	int fd;

	(void)state;
	assert_int_equal(symlink(path, link), 0);
	fd = trusted_open(link, true, &f);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(trusted_open(link, true, &f), TRUSTED_REFUSED);
	assert_int_equal(unlink(link), 0);
	free(link);
}

static void
an_odd_path_is_quoted_for_the_shell(void **state)
{
	char *odd = xasprintf("%s/it's; $(odd)", directory), *plain = path;

	(void)state;
	assert_int_equal(rename(path, odd), 0);
	path = odd;
	assert_int_equal(chmod(path, 0666), 0);
	assert_verdict(true, false);
	path = plain;
	assert_int_equal(rename(odd, path), 0);
	free(odd);
}

static void
as_root_anothers_file_is_refused_and_roots_is_not(void **state)
{
	struct fail f;
	int fd;

	(void)state;
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_int_equal(trusted_open(path, false, &f), TRUSTED_REFUSED);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.words, "belongs to uid 12345"));
	assert_non_null(strstr(f.advice, "chown 0 "));
	/* Root's is good enough for others, but what it holds is not theirs
	 * to mend. */
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(seteuid(12345), 0);
	fd = trusted_open(path, false, &f);
	assert_int_equal(trusted_open(path, true, &f), TRUSTED_REFUSED);
	assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(
	    strncmp(f.advice, "as root: chown 12345 /tmp/", 26), 0);
	assert_non_null(strstr(f.advice, " && chmod go-rwx /tmp/"));
}

static void
as_root_one_who_may_not_read_is_told_so(void **state)
{
	struct fail f;
	int fd;

	(void)state;
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(seteuid(12345), 0);
	fd = trusted_open(path, true, &f);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(fd, TRUSTED_REFUSED);
	assert_non_null(strstr(f.words, "Permission denied"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_file, remove_file)
	const struct CMUnitTest tests[] = {
		TEST(modes_decide_and_the_advice_mends),
		TEST(a_secret_found_later_asks_for_more),
		TEST(a_file_that_is_missing_is_told_apart),
		TEST(what_is_no_regular_file_is_refused_without_waiting),
		TEST(a_link_is_followed_to_what_is_judged),
		TEST(an_odd_path_is_quoted_for_the_shell),
		TEST(as_root_anothers_file_is_refused_and_roots_is_not),
		TEST(as_root_one_who_may_not_read_is_told_so),
	};

	if (geteuid() != 0)
		cmocka_set_skip_filter("as_root_*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
