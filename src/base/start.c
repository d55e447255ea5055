/*
 * Order matters.  Descriptors first, since whatever is opened while 0, 1 or 2
 * are closed becomes one of them.  Then who we are, since privileges that a
 * set-id caller left us must not see the environment; then the environment,
 * since GnuTLS reads it when it starts.
 *
 * GnuTLS starts itself before main() and would have believed the caller's
 * GNUTLS_SYSTEM_PRIORITY_FILE and GNUTLS_DEBUG_LEVEL by then, so it is told
 * not to (GNUTLS_SKIP_GLOBAL_INIT) and is started here.
 */
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <gnutls/gnutls.h>

#include "base/fail.h"
#include "base/start.h"
#include "base/xalloc.h"

GNUTLS_SKIP_GLOBAL_INIT

static const char own_file[] = "/proc/self/exe";

/* The first number behind the three that everybody has. */
enum { KEPT = STDERR_FILENO + 1 };

static bool had_no_stdin;
static int kept = -1;

bool
start_had_no_stdin(void)
{
	return had_no_stdin;
}

void
start_keep(int fd)
{
	kept = fd;
}

int
start_kept(void)
{
	return kept;
}

/* A number is what the caller knows it by; once it is ours it goes where all
 * behind it can be closed. */
static void
close_others(void)
{
	if (kept < KEPT || fcntl(kept, F_SETFD, FD_CLOEXEC) == -1 ||
	    (kept > KEPT && dup3(kept, KEPT, O_CLOEXEC) == -1))
		kept = -1;
	else
		kept = KEPT;
	closefrom(kept == KEPT ? KEPT + 1 : KEPT);
}

static int
have_descriptors(struct fail *f)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* Who prints what was asked for must learn that nobody gets
		 * it; words for a person need not be heard. */
		int flags = fd == STDERR_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		/* The lowest free number is the one that was closed. */
		if (open(_PATH_DEVNULL, flags) != fd)
			return fail_errno(f, FAIL_OS, errno, _PATH_DEVNULL);
		if (fd == STDIN_FILENO)
			had_no_stdin = true;
	}
	close_others();
	return 0;
}

/* Asks our own file and not our ids, which tell nothing apart from a set-id
 * caller and nothing at all when the owner runs it.  Without /proc nothing is
 * known; the ids are dropped all the same. */
static int
refuse_setid(struct fail *f)
{
	char path[256];
	struct stat st;
	ssize_t len;

	if (stat(own_file, &st) != 0 || (st.st_mode & (S_ISUID | S_ISGID)) == 0)
		return 0;
	len = readlink(own_file, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	fail_set(f, FAIL_SETID,
	    "%s is installed set-user-id or set-group-id, which it must not be",
	    path);
	fail_advise(f,
	    "chmod ug-s %s; to keep a secret from users, use the service unit"
	    " and its unix socket, see pneu(1)",
	    path);
	return -1;
}

static bool
ids_differ(void)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	return getresuid(&ruid, &euid, &suid) != 0 ||
	       getresgid(&rgid, &egid, &sgid) != 0 || ruid != euid ||
	       ruid != suid || rgid != egid || rgid != sgid;
}

/* The group first: it may need the privilege that the user id gives. */
static int
drop_ids(struct fail *f)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (!ids_differ())
		return 0;
	if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return fail_errno(
		    f, FAIL_OS, errno, "cannot give up a set-id caller's ids");
	if (ids_differ() || (uid != 0 && setuid(0) == 0))
		return fail_set(
		    f, FAIL_OS, "a set-id caller's ids could not be given up");
	/* What such a caller let through may be chosen by an enemy. */
	if (clearenv() != 0 || setenv("PATH", _PATH_STDPATH, 1) != 0)
		return fail_errno(f, FAIL_OS, errno, "the environment");
	return 0;
}

/* Variables by which libraries weaken, trace or leak; a name that ends in _
 * stands for all that begin so.  What ld.so and malloc read is theirs. */
static const char *const unwanted[] = {
	"GNUTLS_",
	"NETTLE_",
	"P11_KIT_",
	"SSLKEYLOGFILE",
};

static bool
is_unwanted(const char *variable, size_t len)
{
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++) {
		size_t n = strlen(unwanted[i]);
		bool whole = unwanted[i][n - 1] != '_';

		if (len >= n && memcmp(variable, unwanted[i], n) == 0 &&
		    (!whole || len == n))
			return true;
	}
	return false;
}

static void
clean_environment(void)
{
	char *name;
	size_t i = 0;

	while (environ != NULL && environ[i] != NULL) {
		size_t len = strcspn(environ[i], "=");

		if (environ[i][len] == '\0' || !is_unwanted(environ[i], len)) {
			i++;
			continue;
		}
		/* Takes every copy out and moves the rest down to i. */
		name = xstrndup(environ[i], len);
		unsetenv(name);
		free(name);
	}
}

static void
ask_to_stop(int number)
{
	start_stop = number;
}

/* Those that are not simply made default.  keep: one that the caller had
 * ignored stays so, for Ctrl-C is not for jobs in the background. */
static const struct signal_row {
	int number;
	void (*handler)(int);
	bool keep;
} signal_rows[] = {
	{ SIGPIPE, SIG_IGN, false },
	{ SIGXFSZ, SIG_IGN, false },
	{ SIGTERM, ask_to_stop, false },
	{ SIGINT, ask_to_stop, true },
	{ SIGHUP, ask_to_stop, true },
	{ SIGQUIT, SIG_DFL, true },
};

static struct signal_row
signal_row(int number)
{
	size_t count = sizeof(signal_rows) / sizeof(*signal_rows);

	for (size_t i = 0; i < count; i++)
		if (signal_rows[i].number == number)
			return signal_rows[i];
	return (struct signal_row){ number, SIG_DFL, false };
}

/* sigaction(2) refuses SIGKILL, SIGSTOP and what libc keeps: so be it. */
static void
set_signals(void)
{
	struct sigaction action, old;

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct signal_row row = signal_row(number);

		if (row.keep && sigaction(number, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		action.sa_handler = row.handler;
		sigaction(number, &action, NULL);
	}
	sigprocmask(SIG_SETMASK, &action.sa_mask, NULL);
}

static int
start_gnutls(struct fail *f)
{
	int error = gnutls_global_init();

	if (error != GNUTLS_E_SUCCESS)
		return fail_set(f, FAIL_OS, "GnuTLS does not start: %s",
		    gnutls_strerror(error));
	return 0;
}

int
start_safely(struct fail *f)
{
	if (have_descriptors(f) != 0 || refuse_setid(f) != 0 ||
	    drop_ids(f) != 0)
		return -1;
	clean_environment();
	umask(077);
	set_signals();
	return start_gnutls(f);
}
