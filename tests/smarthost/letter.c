#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "smarthost/letter.h"

enum {
	WRITE_SIZE = 1048576,
	SHA256_SIZE = 32,
	ENVELOPE_MAX = 4096 /* what is added to an envelope here */
};

struct letter {
	char *dir;
	char *path; /* below tmp; NULL once it is stored */
	int fd;
	bool discard; /* the octets are counted, not written */
	struct buf pending; /* for the next write */
	gnutls_hash_hd_t hash;
	uint64_t size, line;
	uint64_t longest; /* line, without its CRLF */
	uint64_t bare_cr, bare_lf, nul;
	bool is_8bit;
	uint8_t last;
};

int
letter_directories(const char *dir)
{
	static const char *const below[] = { "", "/tmp", "/new", "/cur",
		"/envelope" };
	char *path;
	int rc = 0;

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		path = xasprintf("%s%s", dir, below[i]);
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			rc = -1;
		free(path);
	}
	return rc;
}

struct letter *
letter_new(const char *dir, bool discard)
{
	struct letter *l = xcalloc(1, sizeof(*l));

	l->discard = discard;
	l->dir = xstrdup(dir);
	l->path = xasprintf("%s/tmp/XXXXXX", dir);
	l->fd = mkostemp(l->path, O_CLOEXEC);
	buf_init(&l->pending, WRITE_SIZE);
	if (l->fd >= 0 && gnutls_hash_init(&l->hash, GNUTLS_DIG_SHA256) == 0)
		return l;
	letter_free(l);
	return NULL;
}

void
letter_free(struct letter *l)
{
	if (l == NULL)
		return;
	if (l->fd >= 0) {
		close(l->fd);
		unlink(l->path);
	}
	if (l->hash != NULL)
		gnutls_hash_deinit(l->hash, NULL);
	buf_free(&l->pending);
	free(l->path);
	free(l->dir);
	free(l);
}

static int
write_pending(struct letter *l)
{
	ssize_t n;

	if (l->discard)
		buf_clear(&l->pending);
	while (buf_len(&l->pending) > 0) {
		n = write(l->fd, buf_data(&l->pending), buf_len(&l->pending));
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			buf_take(&l->pending, (size_t)n);
	}
	return 0;
}

static uint64_t
count(const uint8_t *octets, size_t len, int wanted)
{
	const uint8_t *at = octets, *end = octets + len;
	uint64_t n = 0;

	while (
	    at < end && (at = memchr(at, wanted, (size_t)(end - at))) != NULL) {
		n++;
		at++;
	}
	return n;
}

/* Eight octets at a time; a letter of a gigabyte is read more than once. */
static bool
has_8bit(const uint8_t *octets, size_t len)
{
	uint64_t word, all = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, octets + i, sizeof(word));
		all |= word;
	}
	for (; i < len; i++)
		all |= octets[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

static void
end_line(struct letter *l, bool has_cr)
{
	uint64_t text = l->line - (has_cr ? 1 : 0);

	if (text > l->longest)
		l->longest = text;
	l->line = 0;
	if (has_cr)
		l->bare_cr--; /* counted before, and it is none */
	else
		l->bare_lf++;
}

static void
survey(struct letter *l, const uint8_t *octets, size_t len)
{
	const uint8_t *at = octets, *end = octets + len, *lf;

	l->bare_cr += count(octets, len, '\r');
	l->nul += count(octets, len, '\0');
	l->is_8bit = l->is_8bit || has_8bit(octets, len);
	while (at < end) {
		lf = memchr(at, '\n', (size_t)(end - at));
		l->line += (uint64_t)((lf == NULL ? end : lf) - at);
		if (lf == NULL)
			break;
		end_line(l, (lf > octets ? lf[-1] : l->last) == '\r');
		at = lf + 1;
	}
	l->last = octets[len - 1];
}

int
letter_add(struct letter *l, const uint8_t *octets, size_t len)
{
	size_t piece;

	for (; len > 0; octets += piece, len -= piece) {
		if (buf_space(&l->pending) == 0 && write_pending(l) != 0)
			return -1;
		piece = buf_space(&l->pending);
		if (piece > len)
			piece = len;
		buf_add(&l->pending, octets, piece);
		gnutls_hash(l->hash, octets, piece);
		survey(l, octets, piece);
		l->size += piece;
	}
	return 0;
}

uint64_t
letter_size(const struct letter *l)
{
	return l->size;
}

bool
letter_is_8bit(const struct letter *l)
{
	return l->is_8bit;
}

const char *
letter_fault(const struct letter *l)
{
	if (l->bare_lf > 0)
		return "a bare LF in the letter";
	if (l->bare_cr > 0)
		return "a bare CR in the letter";
	if (l->longest > 998)
		return "a line over 998 octets";
	return NULL;
}

static void
describe(struct letter *l, struct buf *out)
{
	uint8_t digest[SHA256_SIZE];

	gnutls_hash_output(l->hash, digest);
	buf_addf(out, "octets=%" PRIu64 "\nsha256=", l->size);
	for (size_t i = 0; i < sizeof(digest); i++)
		buf_addf(out, "%02x", digest[i]);
	buf_addf(out,
	    "\nlongest=%" PRIu64 "\nbare-cr=%" PRIu64 "\nbare-lf=%" PRIu64
	    "\nnul=%" PRIu64 "\n8bit=%s\n",
	    l->line > l->longest ? l->line : l->longest, l->bare_cr, l->bare_lf,
	    l->nul, l->is_8bit ? "yes" : "no");
}

/* The envelope's file is made first: its name is what reserves the number. */
static int
reserve(const struct letter *l, long *number_r)
{
	static _Atomic long next = 1;
	char *path;
	int fd;

	do {
		*number_r = next++;
		path = xasprintf("%s/envelope/%ld", l->dir, *number_r);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		free(path);
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

static int
write_envelope(struct letter *l, int fd, const struct buf *envelope)
{
	struct buf all;
	ssize_t n;

	buf_init(&all, buf_len(envelope) + ENVELOPE_MAX);
	buf_add(&all, buf_data(envelope), buf_len(envelope));
	describe(l, &all);
	n = write(fd, buf_data(&all), buf_len(&all));
	close(fd);
	n -= (ssize_t)buf_len(&all);
	buf_free(&all);
	return n == 0 ? 0 : -1;
}

long
letter_keep(struct letter *l, const struct buf *envelope)
{
	char *path;
	long number;
	int fd, rc;

	if (write_pending(l) != 0)
		return -1;
	fd = reserve(l, &number);
	if (fd < 0 || write_envelope(l, fd, envelope) != 0)
		return -1;
	path = xasprintf("%s/new/%ld", l->dir, number);
	rc = rename(l->path, path);
	free(path);
	if (rc != 0)
		return -1;
	close(l->fd);
	l->fd = -1;
	return number;
}
