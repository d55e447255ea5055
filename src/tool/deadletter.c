#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/message.h"
#include "net/feed.h"
#include "tool/deadletter.h"
#include "tool/letter.h"

static int
trouble(struct fail *f, const char *what, const char *directory)
{
	enum fail_kind kind = FAIL_IO;

	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		kind = FAIL_TEMP;
	return fail_errno(f, kind, errno, "%s in %s", what, directory);
}

/* The directory and its three rooms, ours alone; its descriptor, or -1. */
static int
open_maildir(const char *directory, struct fail *f)
{
	static const char *const rooms[] = { "cur", "new", "tmp" };
	struct stat st;
	int fd;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return trouble(f, "no place for dead letters", directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		trouble(f, "no place for dead letters", directory);
		goto fail;
	}
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
		fail_set(f, FAIL_CONFIG,
		    "%s is another's or open to others' writing: no dead "
		    "letter is kept there",
		    directory);
		fail_advise(f, "chown or chmod go-w %s", directory);
		goto fail;
	}
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (mkdirat(fd, rooms[i], 0700) < 0 && errno != EEXIST) {
			trouble(f, "no place for dead letters", directory);
			goto fail;
		}
	return fd;
fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Canonical octets with LF for CR LF; a CR is only ever part of one. */
static void
write_lines(FILE *file, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		const uint8_t *cr = memchr(octets, '\r', len);
		size_t run = cr != NULL ? (size_t)(cr - octets) : len;

		fwrite(octets, 1, run, file);
		if (cr != NULL)
			run++;
		octets += run;
		len -= run;
	}
}

static int
write_letter(struct letter *l, FILE *file, struct fail *f)
{
	const struct envelope *e = l->record.envelope;
	const uint8_t *octets;
	struct feed feed;
	size_t len;
	int more;

	if (e != NULL && e->sender != NULL)
		fprintf(file, "Return-Path: <%s>\n", e->sender);
	for (size_t i = 0; e != NULL && i < e->count; i++)
		fprintf(file, "X-Envelope-To: <%s>\n", e->recipients[i]);
	feed_init(&feed, l->message, l->store);
	while ((more = feed_next(&feed, &octets, &len, f)) > 0) {
		write_lines(file, octets, len);
		feed_take(&feed, len);
	}
	feed_free(&feed);
	return more;
}

/* On disk before it can be seen. */
static int
write_file(struct letter *l, int fd, const char *directory, struct fail *f)
{
	FILE *file = fdopen(fd, "w");
	int status;

	if (file == NULL) {
		close(fd);
		return trouble(f, "a dead letter cannot be written", directory);
	}
	status = write_letter(l, file, f);
	/* A write that failed is forgotten by those behind it that did not. */
	if (status == 0 && (ferror(file) || fflush(file) == EOF))
		status =
		    trouble(f, "a dead letter cannot be written", directory);
	if (status == 0 && fsync(fd) < 0)
		status =
		    trouble(f, "a dead letter cannot be written", directory);
	if (fclose(file) == EOF && status == 0)
		status =
		    trouble(f, "a dead letter cannot be written", directory);
	return status;
}

/* A name no other process makes: Maildir's time, fraction and process. */
static char *
new_name(const char *room)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return xasprintf("%s/%lld.N%09ldP%ld.pneu", room, (long long)now.tv_sec,
	    now.tv_nsec, (long)getpid());
}

int
deadletter_keep(
    struct letter *l, const char *directory, char **path_r, struct fail *f)
{
	int maildir = open_maildir(directory, f), room, fd, status = -1;
	char *tmp, *seen;

	if (maildir < 0)
		return -1;
	tmp = new_name("tmp");
	seen = xasprintf("new%s", strchr(tmp, '/'));
	fd =
	    openat(maildir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		trouble(f, "a dead letter cannot be written", directory);
		goto out;
	}
	status = write_file(l, fd, directory, f);
	if (status == 0 && renameat(maildir, tmp, maildir, seen) < 0)
		status = trouble(f, "a dead letter cannot be kept", directory);
	if (status < 0) {
		unlinkat(maildir, tmp, 0);
		goto out;
	}
	room = openat(maildir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (room < 0 || fsync(room) < 0)
		status = trouble(
		    f, "a dead letter may not outlive a crash", directory);
	if (room >= 0)
		close(room);
	*path_r = xasprintf("%s/%s", directory, seen);
out:
	free(tmp);
	free(seen);
	close(maildir);
	return status;
}
