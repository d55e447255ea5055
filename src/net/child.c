/*
 * posix_spawn(3) and not fork(2): a resolver thread may have been left behind
 * holding a lock, and an exec that fails comes back as an error number.
 */
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/home.h"
#include "base/start.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/child.h"
#include "net/clock.h"

enum {
	CHUNK = 4096,
	NAP_MAX = 64, /* ms between looks at a child that is ending */
	SLICE = 1000, /* ms; a signal that comes just before poll(2) is
			      seen by then */
	KILLED_SECONDS = 1 /* for the end of what SIGKILL was sent to */
};

/*
 * One word of the line, unquoted into to, which has room for the whole line.
 * Returns where the word ends, or NULL with *wrong_r.
 */
static const char *
unquote(const char *from, char *to, const char **wrong_r)
{
	char quote = '\0';

	for (; *from != '\0' && (quote != '\0' || !text_is_blank(*from));
	     from++) {
		if (quote == '\0' && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (quote != '\0' && *from == quote)
			quote = '\0';
		else if (*from == '\\' && from[1] == '\0' && quote == '\0') {
			*wrong_r = "ends with a backslash";
			return NULL;
		} else if (*from == '\\' &&
			   (quote == '\0' ||
			       (quote == '"' &&
				   (from[1] == '"' || from[1] == '\\'))))
			*to++ = *++from;
		else
			*to++ = *from;
	}
	*to = '\0';
	if (quote != '\0') {
		*wrong_r = "has a quote that is not closed";
		return NULL;
	}
	return from;
}

static const char *
skip_blanks(const char *from)
{
	while (text_is_blank(*from))
		from++;
	return from;
}

void
child_free_argv(char **argv)
{
	if (argv == NULL)
		return;
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

int
child_split(const char *line, char ***argv_r, struct fail *f)
{
	/* A word and the blank behind it are two octets at least. */
	char **argv = xcalloc(strlen(line) / 2 + 2, sizeof(*argv));
	char *word = xmalloc(strlen(line) + 1);
	const char *wrong = NULL, *from = skip_blanks(line);

	for (size_t i = 0; wrong == NULL && *from != '\0'; i++) {
		bool tilde = strncmp(from, "~/", 2) == 0;
		const char *end = unquote(from, word, &wrong);

		if (end == NULL)
			break;
		argv[i] = tilde ? home_expand(word) : xstrdup(word);
		if (argv[i] == NULL)
			wrong = "begins a word with ~/, but there is no home";
		from = skip_blanks(end);
	}
	free(word);
	if (wrong == NULL && (argv[0] == NULL || *argv[0] == '\0'))
		wrong = "names no program";
	if (wrong != NULL) {
		child_free_argv(argv);
		/* Not quoted: a careless one has a password in it. */
		return fail_set(f, FAIL_CONFIG, "the command %s", wrong);
	}
	*argv_r = argv;
	return 0;
}

struct child {
	const char *name;
	pid_t pid;
	int fd; /* its stdout, to be read */
};

static int
set_descriptors(posix_spawn_file_actions_t *to, int out_fd)
{
	int error = posix_spawn_file_actions_adddup2(to, out_fd, STDOUT_FILENO);

	if (error == 0)
		error = posix_spawn_file_actions_addopen(
		    to, STDIN_FILENO, _PATH_DEVNULL, O_RDONLY, 0);
#ifdef __GLIBC__
	/* Ours are close-on-exec; this is for what a library opened. */
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(
		    to, STDERR_FILENO + 1);
#endif
	return error;
}

static int
set_attributes(posix_spawnattr_t *to)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(to, &all);
	posix_spawnattr_setsigmask(to, &none);
	posix_spawnattr_setpgroup(to, 0);
	return posix_spawnattr_setflags(to, POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETPGROUP);
}

/* 0 or an error number. */
static int
spawn(pid_t *pid_r, char *const argv[], int out_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		error = set_descriptors(&actions, out_fd);
		if (error == 0)
			error = set_attributes(&attributes);
		if (error == 0)
			error = posix_spawnp(pid_r, argv[0], &actions,
			    &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int
child_start(struct child *c, char *const argv[], struct fail *f)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail_errno(f, FAIL_OS, errno, "pipe");
	error = spawn(&c->pid, argv, ends[1]);
	close(ends[1]);
	c->fd = ends[0];
	if (error == 0)
		return 0;
	close(c->fd);
	return fail_errno(f,
	    error == EAGAIN || error == ENOMEM ? FAIL_OS : FAIL_AUTH, error,
	    "cannot run %s", c->name);
}

static int
fail_stopped(struct fail *f)
{
	return fail_set(
	    f, FAIL_TEMP, "stopped by a signal: %s", strsignal(start_stop));
}

static int
fail_late(const struct child *c, struct fail *f)
{
	return fail_set(f, FAIL_AUTH, "%s did not end in time", c->name);
}

/* 0 when there is something to read, or the end. */
static int
wait_readable(const struct child *c, int64_t deadline, struct fail *f)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	for (;;) {
		int timeout = clock_poll_timeout(deadline);
		int n;

		if (start_stop != 0)
			return fail_stopped(f);
		if (timeout == 0)
			return fail_late(c, f);
		n = poll(
		    &p, 1, timeout < 0 || timeout > SLICE ? SLICE : timeout);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return fail_errno(f, FAIL_OS, errno, "poll");
	}
}

/* Reads to the end. */
static int
drain(const struct child *c, int64_t deadline, struct buf *out, struct fail *f)
{
	while (buf_space(out) > 0) {
		size_t room = buf_space(out) < CHUNK ? buf_space(out) : CHUNK;
		ssize_t n;

		if (wait_readable(c, deadline, f) != 0)
			return -1;
		n = read(c->fd, buf_reserve(out, room), room);
		if (n == 0)
			return 0;
		if (n > 0)
			buf_added(out, (size_t)n);
		else if (errno != EINTR)
			return fail_errno(f, FAIL_OS, errno, "read");
	}
	return fail_set(f, FAIL_AUTH, "%s writes too much", c->name);
}

/*
 * 1 with its status when the child has ended, 0 when it has not in time, or
 * -1 when it cannot be known.  By looking again and again: SIGCHLD may go to
 * another thread, and a child that closed its stdout is at its end anyway.
 */
static int
reap(struct child *c, int64_t deadline, int *status_r)
{
	int nap = 1;
	pid_t pid;

	while ((pid = waitpid(c->pid, status_r, WNOHANG)) == 0 ||
	       (pid < 0 && errno == EINTR)) {
		if (clock_now() >= deadline)
			return 0;
		poll(NULL, 0, nap);
		nap = nap < NAP_MAX ? nap * 2 : nap;
	}
	c->pid = 0;
	return pid > 0 ? 1 : -1;
}

static int
judge_end(struct child *c, int64_t deadline, struct fail *f)
{
	int status = 0, ended;

	do {
		int64_t slice = clock_now() + SLICE;

		if (start_stop != 0)
			return fail_stopped(f);
		ended = reap(c, slice < deadline ? slice : deadline, &status);
	} while (ended == 0 && clock_now() < deadline);
	if (ended == 0)
		return fail_late(c, f);
	if (ended < 0)
		return fail_errno(f, FAIL_OS, errno, "waiting for %s", c->name);
	if (WIFSIGNALED(status))
		return fail_set(f, FAIL_AUTH, "%s was killed by a signal: %s",
		    c->name, strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return fail_set(f, FAIL_AUTH, "%s failed with exit status %d",
		    c->name, WEXITSTATUS(status));
	return 0;
}

static void
child_stop(struct child *c)
{
	int status;

	if (c->pid <= 0)
		return;
	kill(-c->pid, SIGKILL);
	reap(c, clock_in(KILLED_SECONDS), &status);
}

int
child_read(
    char *const argv[], int64_t deadline, struct buf *out, struct fail *f)
{
	struct sigaction usual, old;
	struct child c = { .name = argv[0], .fd = -1 };
	int result;

	/* Where it is ignored, the kernel throws the exit status away. */
	memset(&usual, 0, sizeof(usual));
	usual.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &usual, &old);
	result = child_start(&c, argv, f);
	if (result == 0) {
		result = drain(&c, deadline, out, f);
		close(c.fd);
		if (result == 0)
			result = judge_end(&c, deadline, f);
		child_stop(&c);
	}
	sigaction(SIGCHLD, &old, NULL);
	return result;
}
