/*
 * The first memory_max octets are in memory and stay there; those behind them
 * are in the file, from its start.  So nothing is copied when the limit is
 * passed, and a short letter never touches a disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/store.h"
#include "base/xalloc.h"

enum { ROOM_FIRST = 16 * 1024 };

struct store {
	uint8_t *memory;
	size_t used, room, memory_max;
	const char *directory;
	int fd; /* -1 until it is needed */
	uint64_t in_file;
};

struct store *
store_new(size_t memory_max, const char *directory)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->memory_max = memory_max;
	s->directory = directory;
	s->fd = -1;
	return s;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->memory);
	free(s);
}

/* A disk, a quota or a limit that is full can be emptied: try again later. */
static int
fail_write(const struct store *s, int error, struct fail *f)
{
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;

	fail_errno(f, full ? FAIL_TEMP : FAIL_IO, error,
	    "a temporary file in %s", s->directory);
	if (error == EFBIG)
		fail_advise(f, "raise the limit on file sizes (ulimit -f)");
	else if (full)
		fail_advise(f, "make room in %s", s->directory);
	return -1;
}

static int
open_file(struct store *s, struct fail *f)
{
	char *name;
	int error;

	/* O_EXCL: nobody can link it into a directory again. */
	s->fd =
	    open(s->directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	/* Not every file system has it, and errors differ; mkostemp's tell. */
	name = xasprintf("%s/pneu.XXXXXXXXXX", s->directory);
	s->fd = mkostemp(name, O_CLOEXEC);
	error = errno;
	if (s->fd >= 0)
		unlink(name);
	free(name);
	return s->fd >= 0 ? 0 : fail_write(s, error, f);
}

static int
add_to_file(struct store *s, const uint8_t *octets, size_t len, struct fail *f)
{
	size_t done = 0;

	if (s->fd < 0 && open_file(s, f) != 0)
		return -1;
	while (done < len) {
		ssize_t n = pwrite(s->fd, octets + done, len - done,
		    (off_t)(s->in_file + done));

		if (n == 0)
			return fail_write(s, ENOSPC, f);
		if (n < 0 && errno != EINTR)
			return fail_write(s, errno, f);
		if (n > 0)
			done += (size_t)n;
	}
	s->in_file += len;
	return 0;
}

static void
add_to_memory(struct store *s, const uint8_t *octets, size_t len)
{
	size_t room = s->room > 0 ? s->room : ROOM_FIRST;

	while (room < s->used + len)
		room *= 2;
	if (room > s->memory_max)
		room = s->memory_max;
	if (room != s->room)
		s->memory = xreallocarray(s->memory, room, 1);
	s->room = room;
	memcpy(s->memory + s->used, octets, len);
	s->used += len;
}

int
store_add(struct store *s, const void *octets, size_t len, struct fail *f)
{
	const uint8_t *from = octets;
	size_t space = s->memory_max - s->used;
	size_t here = len < space ? len : space;

	/* The file first: where it fails, nothing has been added. */
	if (here < len && add_to_file(s, from + here, len - here, f) != 0)
		return -1;
	if (here > 0)
		add_to_memory(s, from, here);
	return 0;
}

uint64_t
store_size(const struct store *s)
{
	return s->used + s->in_file;
}

/* Exactly len octets of the file: they have been written. */
static int
read_file(const struct store *s, uint64_t from, size_t len, uint8_t *to,
    struct fail *f)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n =
		    pread(s->fd, to + done, len - done, (off_t)(from + done));

		if (n == 0)
			return fail_set(f, FAIL_IO,
			    "a temporary file in %s is shorter than it was",
			    s->directory);
		if (n < 0 && errno != EINTR)
			return fail_errno(f, FAIL_IO, errno,
			    "a temporary file in %s", s->directory);
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

long
store_read(const struct store *s, uint64_t offset, size_t len, uint8_t *scratch,
    const uint8_t **octets_r, struct fail *f)
{
	uint64_t left;

	*octets_r = scratch;
	if (offset >= store_size(s))
		return 0;
	if (len > LONG_MAX)
		len = LONG_MAX;
	left = (offset < s->used ? s->used : store_size(s)) - offset;
	if (len > left)
		len = (size_t)left;
	if (offset < s->used)
		*octets_r = s->memory + offset;
	else if (read_file(s, offset - s->used, len, scratch, f) != 0)
		return -1;
	return (long)len;
}
