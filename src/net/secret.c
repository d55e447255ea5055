/*
 * A secret has no way back from a core file or a swap device, so both are shut
 * before it is read.  Every buffer it passes through is wiped.  It is never
 * quoted in words: not even its length is told.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>

#include "base/buf.h"
#include "base/core.h"
#include "base/fail.h"
#include "base/home.h"
#include "base/locked.h"
#include "base/start.h"
#include "base/trusted.h"
#include "base/xalloc.h"
#include "conf/settings.h"
#include "net/child.h"
#include "net/clock.h"
#include "net/netrc.h"
#include "net/secret.h"
#include "net/wait.h"

/* The longest line, its line end, and one that tells that it is too much. */
enum { READ_MAX = SECRET_MAX + 3, NETRC_MAX = 1024 * 1024 };

void
secret_free(char *secret)
{
	locked_free(secret);
}

/* Reads the first line and as little as possible behind it; what is the
 * place in words. */
static int
read_line(int fd, const char *what, struct buf *out, struct fail *f)
{
	while (memchr(buf_data(out), '\n', buf_len(out)) == NULL) {
		size_t room = buf_space(out) < 1024 ? buf_space(out) : 1024;
		ssize_t n = 0;

		if (room > 0)
			n = read(fd, buf_reserve(out, room), room);
		if (n == 0)
			return 0;
		if (n > 0)
			buf_added(out, (size_t)n);
		else if (errno != EINTR)
			return fail_errno(f, FAIL_AUTH, errno, "%s", what);
	}
	return 0;
}

/* The same from what base/trusted said: it is closed. */
static int
from_trusted(int fd, const char *what, struct buf *out, struct fail *f)
{
	int result = -1;

	if (fd >= 0) {
		result = read_line(fd, what, out, f);
		close(fd);
	} else if (fd == TRUSTED_MISSING) {
		fail_errno(f, FAIL_AUTH, ENOENT, "%s", what);
	}
	return result;
}

static int
from_file(const char *value, struct buf *out, struct fail *f)
{
	char *path = home_expand(value), *what;
	int result;

	if (path == NULL)
		return fail_set(f, FAIL_CONFIG,
		    "password-file %s: there is no home directory", value);
	what = xasprintf("password-file %s", path);
	result = from_trusted(trusted_open(path, true, f), what, out, f);
	free(what);
	free(path);
	return result;
}

static int
from_credential(const char *name, struct buf *out, struct fail *f)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char *what;
	int result;

	if (directory == NULL || *directory != '/') {
		fail_set(f, FAIL_AUTH,
		    "password-credential %s: the service manager gives no "
		    "credentials",
		    name);
		fail_advise(f, "set LoadCredential=%s:FILE in the unit", name);
		return -1;
	}
	what = xasprintf("password-credential %s/%s", directory, name);
	result = from_trusted(
	    trusted_open_credential(directory, name, f), what, out, f);
	free(what);
	return result;
}

/* What comes from a descriptor or a person comes once, but the next server or
 * the next letter may want it too. */
static char *given;

void
secret_forget(void)
{
	locked_free(given);
	given = NULL;
}

static int64_t
no_later_than(int64_t deadline)
{
	int64_t own = clock_in(SECRET_COMMAND_SECONDS);

	return deadline < own ? deadline : own;
}

/* Octet by octet: what stands behind the line is the caller's. */
static int
from_descriptor(
    unsigned number, int64_t deadline, struct buf *out, struct fail *f)
{
	char octet = '\0';
	int fd = start_kept(), ready;
	ssize_t n = 1;

	if (fd < 0)
		return fail_set(f, FAIL_AUTH,
		    "password-fd: descriptor %u is not open", number);
	while (n != 0 && octet != '\n' && buf_space(out) > 0) {
		ready = wait_fd(fd, POLLIN, deadline, f);
		if (ready == 0)
			fail_set(f, FAIL_AUTH,
			    "password-fd: no line came from descriptor %u",
			    number);
		if (ready <= 0)
			return -1;
		n = read(fd, &octet, 1);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return fail_errno(f, FAIL_AUTH, errno,
			    "password-fd: descriptor %u", number);
		if (n > 0)
			buf_add(out, &octet, 1);
	}
	return 0;
}

static int
from_command(
    const char *line, int64_t deadline, struct buf *out, struct fail *f)
{
	char **argv;
	int result;

	if (child_split(line, &argv, f) != 0)
		return -1;
	result = child_read(argv, no_later_than(deadline), out, f);
	child_free_argv(argv);
	return result;
}

/* Judges what was read, and takes the first line out of it. */
static int
first_line(
    const struct buf *in, const char *key, char **secret_r, struct fail *f)
{
	const uint8_t *octets = buf_data(in);
	const uint8_t *end = memchr(octets, '\n', buf_len(in));
	size_t len = end != NULL ? (size_t)(end - octets) : buf_len(in);

	if (end != NULL && len > 0 && octets[len - 1] == '\r')
		len--;
	if (len == 0)
		return fail_set(f, FAIL_AUTH, "%s gives no password: %s", key,
		    buf_len(in) == 0 ? "nothing is in it"
				     : "its first line is empty");
	if (len > SECRET_MAX)
		return fail_set(f, FAIL_AUTH,
		    "%s gives more than %d octets in its first line", key,
		    SECRET_MAX);
	if (memchr(octets, '\0', len) != NULL)
		return fail_set(f, FAIL_AUTH,
		    "%s gives a NUL octet, which no password can have", key);
	*secret_r = locked_new(octets, len);
	return 0;
}

static int
read_all(int fd, struct buf *out)
{
	ssize_t n = 1;

	while (n != 0 && buf_space(out) > 0) {
		size_t room = buf_space(out) < 4096 ? buf_space(out) : 4096;

		n = read(fd, buf_reserve(out, room), room);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			buf_added(out, (size_t)n);
	}
	return 0;
}

static int
search_netrc(const struct buf *text, const char *path,
    const struct netrc_wish *wish, struct buf *out, struct fail *f)
{
	unsigned line;
	int found;

	if (buf_space(text) == 0)
		return fail_set(f, FAIL_CONFIG,
		    "password-netrc %s is larger than %d octets", path,
		    NETRC_MAX);
	found = netrc_find(text, wish, out, &line);
	if (found < 0)
		return fail_set(f, FAIL_CONFIG,
		    "password-netrc %s:%u: this is no netrc", path, line);
	if (found == 0)
		return fail_set(f, FAIL_AUTH,
		    "password-netrc %s: there is no password for machine %s, "
		    "login %s",
		    path, wish->machine, wish->user);
	return 0;
}

static int
from_netrc(const struct settings *set, const char *host, struct buf *out,
    struct fail *f)
{
	const struct netrc_wish wish = { host, set->user, set->port };
	bool usual = strcmp(set->password_netrc, "yes") == 0;
	char *path = home_expand(usual ? "~/.netrc" : set->password_netrc);
	struct buf text;
	int fd, result = -1;

	if (path == NULL)
		return fail_set(f, FAIL_CONFIG,
		    "password-netrc: there is no home directory");
	buf_init(&text, NETRC_MAX + 1);
	text.secret = true;
	fd = trusted_open(path, true, f);
	if (fd == TRUSTED_MISSING)
		fail_errno(f, FAIL_AUTH, ENOENT, "password-netrc %s", path);
	else if (fd >= 0 && read_all(fd, &text) < 0)
		fail_errno(f, FAIL_AUTH, errno, "password-netrc %s", path);
	else if (fd >= 0)
		result = search_netrc(&text, path, &wish, out, f);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	free(path);
	return result;
}

static int
none_set(struct fail *f)
{
	fail_set(f, FAIL_AUTH, "no password is configured");
	fail_advise(f, "set password-file or password-command in pneu.conf");
	return -1;
}

static void
pass_over(int number)
{
	(void)number;
}

/* readpassphrase(3) gives up at a SIGALRM, and raises it again.  One that comes
 * while we are stopped (Ctrl-Z) is lost on it, so they come every second; they
 * are not ignored, since Linux ends such a timer at one that is. */
static char *
ask_until(const char *prompt, char *to, size_t room, int64_t deadline)
{
	const struct sigaction tick = { .sa_handler = pass_over };
	int ms = clock_poll_timeout(deadline);
	struct itimerval timer = { .it_interval.tv_sec = 1,
		.it_value.tv_sec = ms < 0 ? 0 : ms / 1000 + 1 };
	struct sigaction before;
	char *answer;

	sigaction(SIGALRM, &tick, &before);
	setitimer(ITIMER_REAL, &timer, NULL);
	answer = readpassphrase(prompt, to, room, RPP_REQUIRE_TTY);
	timer = (struct itimerval){ .it_value.tv_sec = 0 };
	setitimer(ITIMER_REAL, &timer, NULL);
	sigaction(SIGALRM, &before, NULL);
	return answer;
}

static int
from_terminal(const struct settings *set, const char *host, int64_t deadline,
    struct buf *out, struct fail *f)
{
	char *prompt = xasprintf("Password of %s at %s: ", set->user, host);
	char *to = (char *)buf_reserve(out, READ_MAX);
	char *answer = ask_until(prompt, to, READ_MAX, deadline);
	int error = errno;

	free(prompt);
	if (answer != NULL) {
		buf_added(out, strlen(answer));
		return 0;
	}
	explicit_bzero(to, READ_MAX);
	if (error != EINTR)
		return none_set(f);
	if (start_stop != 0)
		return fail_set(f, FAIL_TEMP, "stopped by a signal (%s)",
		    strsignal(start_stop));
	return fail_set(f, FAIL_AUTH, "no password was typed in time");
}

/* Reads the place that is set; *key_r is its name. */
static int
read_place(const struct settings *set, int64_t deadline, const char **key_r,
    struct buf *out, struct fail *f)
{
	if (set->password_file != NULL) {
		*key_r = "password-file";
		return from_file(set->password_file, out, f);
	}
	if (set->password_command != NULL) {
		*key_r = "password-command";
		return from_command(set->password_command, deadline, out, f);
	}
	if (set->password_credential != NULL) {
		*key_r = "password-credential";
		return from_credential(set->password_credential, out, f);
	}
	if (set->password_fd != 0) {
		*key_r = "password-fd";
		return from_descriptor(
		    set->password_fd, no_later_than(deadline), out, f);
	}
	return none_set(f);
}

int
secret_get(const struct settings *set, const char *host, int64_t deadline,
    char **secret_r, struct fail *f)
{
	const char *key;
	struct buf in;
	int result = -1;
	bool once;

	*secret_r = NULL;
	core_shut();
	if (set->password != NULL && *set->password != '\0') {
		*secret_r = locked_share(set->password);
		return 0;
	}
	once = set->password_fd != 0 || set->may_ask;
	if (once && given != NULL) {
		*secret_r = locked_share(given);
		return 0;
	}
	buf_init(&in, READ_MAX);
	in.secret = true;
	if (set->password_netrc != NULL) {
		key = "password-netrc";
		result = from_netrc(set, host, &in, f);
	} else if (set->may_ask) {
		key = "the terminal";
		result =
		    from_terminal(set, host, no_later_than(deadline), &in, f);
	} else {
		result = read_place(set, deadline, &key, &in, f);
	}
	if (result == 0)
		result = first_line(&in, key, secret_r, f);
	buf_free(&in);
	if (result == 0 && once)
		given = locked_share(*secret_r);
	return result;
}
