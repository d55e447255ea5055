#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/trusted.h"
#include "base/xalloc.h"

static bool
is_plain_word(const char *path)
{
	for (const char *p = path; *p != '\0'; p++)
		if (!text_is_alpha(*p) && !text_is_digit(*p) &&
		    strchr("/._+-", *p) == NULL)
			return false;
	return *path != '\0' && *path != '-';
}

/* The path as a word that may be pasted into a shell; the caller's.  Without
 * backslashes, which vis(3) would double. */
static char *
shell_word(const char *path)
{
	char *word, *to;

	if (is_plain_word(path))
		return xstrdup(path);
	word = to = xreallocarray(NULL, strlen(path) + 1, 5);
	*to++ = '\'';
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '\'')
			to = stpcpy(to, "'\"'\"'");
		else
			*to++ = *p;
	}
	strcpy(to, "'");
	return word;
}

static bool
may_be_changed(int fd)
{
	struct statvfs v;

	return fstatvfs(fd, &v) == 0 && (v.f_flag & ST_RDONLY) == 0;
}

/*
 * The command for whoever can run it: the owner of the file, or root where
 * the file is not the user's.  What a container mounts read-only is mended
 * where it is mounted, or else its reading is made the user's own decision.
 */
static void
advise(struct fail *f, int fd, const struct stat *st, const char *path,
    bool secret)
{
	const char *bits = secret ? "go-rwx" : "go-w";
	unsigned uid = (unsigned)geteuid();
	char *word = shell_word(path);

	if (!may_be_changed(fd) && secret)
		fail_advise(f,
		    "mount it owned by uid %u with mode 0400; where that cannot"
		    " be, let password-command = cat %s give the secret",
		    uid, word);
	else if (!may_be_changed(fd))
		fail_advise(
		    f, "mount it owned by root or uid %u, mode 0444", uid);
	else if (st->st_uid == uid)
		fail_advise(f, "chmod %s %s", bits, word);
	else if (st->st_uid == 0 && !secret)
		fail_advise(f, "as root: chmod %s %s", bits, word);
	else
		fail_advise(f, "as root: chown %u %s && chmod %s %s", uid, word,
		    bits, word);
	free(word);
}

static int
check(int fd, const char *path, bool secret, struct fail *f)
{
	mode_t forbidden = S_IWGRP | S_IWOTH;
	struct stat st;

	if (secret)
		forbidden |= S_IRGRP | S_IROTH;
	if (fstat(fd, &st) != 0)
		return fail_errno(f, FAIL_CONFIG, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return fail_set(
		    f, FAIL_CONFIG, "%s is not a regular file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		fail_set(f, FAIL_CONFIG,
		    "%s belongs to uid %u, neither to uid %u nor to root", path,
		    (unsigned)st.st_uid, (unsigned)geteuid());
	else if ((st.st_mode & forbidden) != 0)
		fail_set(f, FAIL_CONFIG, "%s has mode %04o: %s", path,
		    (unsigned)st.st_mode & 07777,
		    secret ? "others may read a secret in it"
			   : "others may write to it");
	else
		return 0;
	advise(f, fd, &st, path, secret);
	return -1;
}

int
trusted_open(const char *path, bool secret, struct fail *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0 && check(fd, path, secret, f) == 0)
		return fd;
	if (fd >= 0) {
		close(fd);
		return TRUSTED_REFUSED;
	}
	if (errno == ENXIO) /* a socket */
		fail_set(f, FAIL_CONFIG, "%s is not a regular file", path);
	else if (errno == ENOENT || errno == ENOTDIR) {
		fail_errno(f, FAIL_CONFIG, errno, "%s", path);
		return TRUSTED_MISSING;
	} else
		fail_errno(f, FAIL_CONFIG, errno, "%s", path);
	return TRUSTED_REFUSED;
}

/* A credential: path names it in words. */
static int
open_below(int directory, const char *name, const char *path, struct fail *f)
{
	struct stat st;
	int fd;

	if (fstat(directory, &st) != 0)
		return fail_errno(f, FAIL_CONFIG, errno, "%s", path);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IRWXO)) != 0)
		return fail_set(
		    f, FAIL_CONFIG, "%s: its directory is not private", path);
	fd = openat(directory, name,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0) {
		bool missing = errno == ENOENT;

		fail_errno(f, FAIL_CONFIG, errno, "%s", path);
		return missing ? TRUSTED_MISSING : TRUSTED_REFUSED;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_uid == 0 || st.st_uid == geteuid()) &&
	    (st.st_mode & (S_IWGRP | S_IRWXO)) == 0)
		return fd;
	close(fd);
	return fail_set(f, FAIL_CONFIG,
	    "%s is no private file of uid %u or root", path,
	    (unsigned)geteuid());
}

int
trusted_open_credential(const char *directory, const char *name, struct fail *f)
{
	char *path = xasprintf("%s/%s", directory, name);
	int in = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = TRUSTED_REFUSED;

	if (in >= 0) {
		fd = open_below(in, name, path, f);
		close(in);
	} else {
		fail_errno(f, FAIL_CONFIG, errno, "%s", directory);
	}
	free(path);
	return fd;
}

int
trusted_with_secret(int fd, const char *path, struct fail *f)
{
	return check(fd, path, true, f);
}
