/*
 * Connecting: what the descriptor is like, from where it comes, and what each
 * failure is called.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fail.h"
#include "base/start.h"
#include "base/xalloc.h"
#include "net/clock.h"
#include "net/dial.h"
#include "net/resolve.h"

enum { SECONDS = 30, BACKLOG_MAX = 64 };

static char directory[] = "/tmp/pneu-dial-XXXXXX";

/* A listener on 127.0.0.1, and its address. */
static int
listen_tcp(int backlog, struct resolved *to)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(resolve_host("127.0.0.1", ntohs(address.sin_port),
	                     CLOCK_NEVER, to, NULL),
	    0);
	return fd;
}

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

static int
listen_unix(const char *path, int type, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void
check_descriptor(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void
a_connection_is_non_blocking_private_and_without_delay(void **state)
{
	struct resolved to;
	struct fail f;
	int value = 0, listener = listen_tcp(5, &to), fd;
	socklen_t len = sizeof(value);

	(void)state;
	fd = dial_address(&to.addresses[0], NULL, clock_in(SECONDS), &f);
	assert_true(fd >= 0);
	check_descriptor(fd);
	assert_int_equal(
	    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	assert_int_equal(value, 1);
	close(fd);
	close(listener);
}

static void
the_source_address_is_used_where_the_families_agree(void **state)
{
	static const struct {
		const char *source, *seen;
	} rows[] = { { "127.0.0.5", "127.0.0.5" }, { "::1", "127.0.0.1" } };
	struct sockaddr_in peer;
	struct resolved to;
	struct fail f;
	int listener = listen_tcp(5, &to);

	(void)state;
	for (int i = 0; i < 2; i++) {
		socklen_t len = sizeof(peer);
		int fd = dial_address(&to.addresses[0], rows[i].source,
		    clock_in(SECONDS), &f);
		int accepted =
		    accept(listener, (struct sockaddr *)&peer, &len);

		assert_true(fd >= 0 && accepted >= 0);
		assert_string_equal(inet_ntoa(peer.sin_addr), rows[i].seen);
		close(fd);
		close(accepted);
	}
	close(listener);
}

static void
a_source_address_that_is_not_ours_is_a_setting_to_mend(void **state)
{
	static const char *const rows[] = { "192.0.2.7", "mail.test", "",
		"127.0.0.1:25", "127.1" };
	struct resolved to;
	struct fail f;
	int listener = listen_tcp(5, &to);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(&f, 0, sizeof(f));
		assert_int_equal(dial_address(&to.addresses[0], rows[i],
		                     clock_in(SECONDS), &f),
		    -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
	}
	close(listener);
}

/* N-01 */
static void
a_port_where_nobody_listens_is_temporary_and_named(void **state)
{
	struct resolved to;
	struct fail f;
	struct sockaddr_in address;
	char *words;

	(void)state;
	close(listen_tcp(5, &to));
	assert_int_equal(
	    dial_address(&to.addresses[0], NULL, clock_in(SECONDS), &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	memcpy(&address, &to.addresses[0].address, sizeof(address));
	words = xasprintf("cannot connect to 127.0.0.1:%u: Connection refused",
	    ntohs(address.sin_port));
	assert_string_equal(f.words, words);
	free(words);
}

/* N-04: a full backlog answers no SYN. */
static void
silence_lasts_until_the_deadline(void **state)
{
	struct resolved to;
	struct fail f;
	int listener = listen_tcp(0, &to), fds[BACKLOG_MAX], count = 0;
	int64_t before;

	(void)state;
	do {
		assert_true(count < BACKLOG_MAX);
		before = clock_now();
		fds[count] = dial_address(
		    &to.addresses[0], NULL, before + 50, &f);
	} while (fds[count++] >= 0);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_non_null(strstr(f.words, "timed out"));
	assert_in_range(clock_now() - before, 50, 5000);
	while (count-- > 0)
		if (fds[count] >= 0)
			close(fds[count]);
	close(listener);
}

static void
a_signal_that_came_ends_the_attempt(void **state)
{
	struct resolved to;
	struct fail f;
	int listener = listen_tcp(0, &to), fds[BACKLOG_MAX], count = 0;

	(void)state;
	do {
		assert_true(count < BACKLOG_MAX);
		fds[count] = dial_address(
		    &to.addresses[0], NULL, clock_now() + 20, &f);
	} while (fds[count++] >= 0);
	start_stop = SIGTERM;
	assert_int_equal(
	    dial_address(&to.addresses[0], NULL, clock_in(SECONDS), &f), -1);
	start_stop = 0;
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_non_null(strstr(f.words, "signal"));
	while (count-- > 0)
		if (fds[count] >= 0)
			close(fds[count]);
	close(listener);
}

static void
a_unix_socket_is_reached_by_its_path(void **state)
{
	char *path = path_of("socket"), octets[8];
	int listener = listen_unix(path, SOCK_STREAM, 5), fd, accepted;
	struct fail f;

	(void)state;
	fd = dial_unix(path, clock_in(SECONDS), &f);
	assert_true(fd >= 0);
	check_descriptor(fd);
	accepted = accept(listener, NULL, NULL);
	assert_int_equal(write(fd, "hi", 2), 2);
	assert_int_equal(read(accepted, octets, sizeof(octets)), 2);
	close(fd);
	close(accepted);
	close(listener);
	free(path);
}

static void
a_unix_socket_that_is_not_served_is_temporary(void **state)
{
	char *missing = path_of("missing"), *stale = path_of("stale");
	struct fail f;

	(void)state;
	assert_int_equal(dial_unix(missing, clock_in(SECONDS), &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_non_null(strstr(f.words, missing));
	close(listen_unix(stale, SOCK_STREAM, 5));
	assert_int_equal(dial_unix(stale, clock_in(SECONDS), &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	free(missing);
	free(stale);
}

static void
a_path_that_cannot_be_a_socket_is_a_setting_to_mend(void **state)
{
	struct sockaddr_un address;
	char longest[sizeof(address.sun_path) + 1];
	char *datagram = path_of("datagram"), *below;
	int fd = listen_unix(datagram, SOCK_DGRAM, 0);
	struct fail f;

	(void)state;
	below = xasprintf("%s/socket", datagram);
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	for (int i = 0; i < 4; i++) {
		const char *const rows[] = { longest, "", datagram, below };

		memset(&f, 0, sizeof(f));
		assert_int_equal(dial_unix(rows[i], clock_in(SECONDS), &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
	}
	/* The longest that fits is only missing. */
	longest[sizeof(longest) - 2] = '\0';
	assert_int_equal(dial_unix(longest, clock_in(SECONDS), &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	close(fd);
	free(datagram);
	free(below);
}

static void
a_busy_unix_socket_is_waited_for_until_the_deadline(void **state)
{
	char *path = path_of("busy");
	int listener = listen_unix(path, SOCK_STREAM, 0);
	int fds[BACKLOG_MAX], count = 0;
	struct fail f;
	int64_t before;

	(void)state;
	do {
		assert_true(count < BACKLOG_MAX);
		before = clock_now();
		fds[count] = dial_unix(path, before + 50, &f);
	} while (fds[count++] >= 0);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_in_range(clock_now() - before, 50, 5000);
	while (count-- > 0)
		if (fds[count] >= 0)
			close(fds[count]);
	close(listener);
	free(path);
}

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int
remove_directory(void **state)
{
	char *command = xasprintf("rm -rf %s", directory);
	int result = system(command);

	(void)state;
	free(command);
	return result;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_connection_is_non_blocking_private_and_without_delay),
		cmocka_unit_test(
		    the_source_address_is_used_where_the_families_agree),
		cmocka_unit_test(
		    a_source_address_that_is_not_ours_is_a_setting_to_mend),
		cmocka_unit_test(
		    a_port_where_nobody_listens_is_temporary_and_named),
		cmocka_unit_test(silence_lasts_until_the_deadline),
		cmocka_unit_test(a_signal_that_came_ends_the_attempt),
		cmocka_unit_test(a_unix_socket_is_reached_by_its_path),
		cmocka_unit_test(a_unix_socket_that_is_not_served_is_temporary),
		cmocka_unit_test(
		    a_path_that_cannot_be_a_socket_is_a_setting_to_mend),
		cmocka_unit_test(
		    a_busy_unix_socket_is_waited_for_until_the_deadline),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
