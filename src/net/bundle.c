#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"

#include "net/bundle.h"
#include "net/der.h"

enum {
	PREFIX_MAX = 4096, /* octets of a certificate searched for a subject */
	PREFIX_USUAL = 512
};

/* What stands in struct bundle's values for other characters. */
enum { WHITE = 64, NO_BASE64 = 65 };

/* The type octets of DER that are met on the way to the subject. */
enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_VERSION = 0xa0 };

struct bundle {
	struct buf text;
	uint8_t values[256]; /* of base64's characters */
};

struct seen {
	dev_t device;
	ino_t inode;
};

/* The files of a directory, so that /etc/ssl/certs, where each certificate
 * has a file, a link and a place in the bundle, is not read three times. */
struct visit {
	struct seen *seen;
	size_t count;
};

static bool
first_visit(struct visit *v, const struct stat *st)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->seen[i].inode == st->st_ino &&
		    v->seen[i].device == st->st_dev)
			return false;
	v->seen = xreallocarray(v->seen, v->count + 1, sizeof(*v->seen));
	v->seen[v->count].device = st->st_dev;
	v->seen[v->count++].inode = st->st_ino;
	return true;
}

/* Appends the file: 0, or an errno value. */
static int
read_all(struct buf *text, int fd, off_t size)
{
	size_t left = size > 0 && size <= BUNDLE_MAX ? (size_t)size : 1;

	for (;;) {
		uint8_t *to = buf_reserve(text, left);
		ssize_t n = to != NULL ? read(fd, to, left) : -1;

		if (to == NULL)
			return EFBIG;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : errno;
		buf_added(text, (size_t)n);
		left -= (size_t)n;
		/* It may have grown: go on until read(2) says it is over. */
		if (left == 0)
			left = 4096;
	}
}

/* O_NONBLOCK: a FIFO must not hold us. */
static int
open_readable(int at, const char *name, int *fd_r, struct stat *st)
{
	*fd_r = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd_r < 0)
		return errno;
	return fstat(*fd_r, st) == 0 ? 0 : errno;
}

/* Appends one file of a directory; only that it is all too much matters. */
static int
read_entry(struct buf *text, int at, const char *name, struct visit *visit)
{
	struct stat st = { 0 };
	int fd, error = open_readable(at, name, &fd, &st);

	if (error == 0 && S_ISREG(st.st_mode) && first_visit(visit, &st))
		error = read_all(text, fd, st.st_size);
	if (fd >= 0)
		close(fd);
	/* The last line of a file may lack its end. */
	if (error == 0 && buf_add_text(text, "\n") < 0)
		error = EFBIG;
	return error == EFBIG ? error : 0;
}

static int
read_directory(struct buf *text, int fd)
{
	struct visit visit = { NULL, 0 };
	DIR *directory = fdopendir(fd);
	struct dirent *entry;
	unsigned names = 0;
	int error = 0;

	if (directory == NULL) {
		error = errno;
		close(fd);
		return error;
	}
	while (error == 0 && (entry = readdir(directory)) != NULL)
		error = ++names > BUNDLE_FILES_MAX
			    ? EFBIG
			    : read_entry(text, fd, entry->d_name, &visit);
	closedir(directory);
	free(visit.seen);
	return error;
}

static bool
is_certificate(const gnutls_datum_t *pem)
{
	gnutls_x509_crt_t crt;
	int result;

	if (gnutls_x509_crt_init(&crt) < 0)
		return false;
	result = gnutls_x509_crt_import(crt, pem, GNUTLS_X509_FMT_PEM);
	gnutls_x509_crt_deinit(crt);
	return result >= 0;
}

static bool
has_certificate(const struct bundle *b)
{
	gnutls_datum_t pem;
	size_t at = 0;

	while (bundle_next(b, NULL, &at, &pem) == 1)
		if (is_certificate(&pem))
			return true;
	return false;
}

int
bundle_read_fd(struct buf *text, int fd)
{
	return read_all(text, fd, 0);
}

int
bundle_read(struct buf *text, const char *path)
{
	struct stat st = { 0 };
	int fd, error = open_readable(AT_FDCWD, path, &fd, &st);

	if (error == 0 && S_ISDIR(st.st_mode))
		return read_directory(text, fd);
	if (error == 0 && !S_ISREG(st.st_mode))
		error = EINVAL;
	if (error == 0)
		error = read_all(text, fd, st.st_size);
	if (fd >= 0)
		close(fd);
	return error;
}

static void
fill_values(uint8_t *values)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/";

	memset(values, NO_BASE64, 256);
	for (uint8_t i = 0; alphabet[i] != '\0'; i++)
		values[(uint8_t)alphabet[i]] = i;
	values['\n'] = values['\r'] = values[' '] = WHITE;
}

int
bundle_open(struct bundle **bundle_r, const char *path, struct fail *f)
{
	struct bundle *b = xcalloc(1, sizeof(*b));
	int error;

	buf_init(&b->text, BUNDLE_MAX);
	fill_values(b->values);
	error = bundle_read(&b->text, path);
	if (error != 0) {
		fail_errno(f, FAIL_CONFIG, error, "certificates in %s", path);
		goto fail;
	}
	if (!has_certificate(b)) {
		fail_set(
		    f, FAIL_CONFIG, "%s: there is no certificate in it", path);
		fail_advise(f, "tls-trust wants certificates in PEM form"
			       " (-----BEGIN CERTIFICATE-----)");
		goto fail;
	}
	*bundle_r = b;
	return 0;
fail:
	bundle_free(b);
	return -1;
}

void
bundle_free(struct bundle *b)
{
	if (b == NULL)
		return;
	buf_free(&b->text);
	free(b);
}

static bool
take_as(struct der *d, uint8_t type, struct der_element *element_r)
{
	return der_take(d, element_r) && element_r->type == type;
}

/*
 * RFC 5280 section 4.1: Certificate { TBSCertificate { version [0] OPTIONAL,
 * serialNumber, signature, issuer, validity, subject, ...
 */
int
bundle_find_names(const uint8_t *der, size_t len, struct der_element *issuer_r,
    struct der_element *subject_r)
{
	struct der d = { der, der + len };
	struct der_element passed;

	if (!der_enter(&d, DER_SEQUENCE) || !der_enter(&d, DER_SEQUENCE) ||
	    !der_take(&d, &passed) ||
	    (passed.type == DER_VERSION && !der_take(&d, &passed)) ||
	    passed.type != DER_INTEGER || !take_as(&d, DER_SEQUENCE, &passed) ||
	    !take_as(&d, DER_SEQUENCE, issuer_r) ||
	    !take_as(&d, DER_SEQUENCE, &passed) ||
	    !take_as(&d, DER_SEQUENCE, subject_r))
		return -1;
	return 0;
}

/*
 * Decodes the front of a PEM body, as much as there is room for, and stops at
 * what is neither base64 nor white space.  GnuTLS decodes whole certificates
 * only, which for a whole bundle takes many times as long.
 */
static size_t
decode_prefix(const uint8_t *values, const uint8_t *text, size_t len,
    uint8_t *to, size_t room)
{
	unsigned bits = 0, held = 0;
	size_t used = 0;

	for (size_t i = 0; i < len && used < room; i++) {
		unsigned value = values[text[i]];

		if (value == WHITE)
			continue;
		if (value == NO_BASE64)
			break;
		bits = bits << 6 | value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			to[used++] = (uint8_t)(bits >> held);
		}
	}
	return used;
}

static bool
is_wanted(const struct bundle *b, const struct bundle_names *wanted,
    const uint8_t *text, size_t len)
{
	struct der_element issuer, subject;
	uint8_t der[PREFIX_MAX];
	size_t used = decode_prefix(b->values, text, len, der, PREFIX_USUAL);

	if (bundle_find_names(der, used, &issuer, &subject) < 0) {
		used = decode_prefix(b->values, text, len, der, sizeof(der));
		if (bundle_find_names(der, used, &issuer, &subject) < 0)
			return false;
	}
	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->names[i].whole_len == subject.whole_len &&
		    memcmp(wanted->names[i].whole, subject.whole,
			subject.whole_len) == 0)
			return true;
	return false;
}

static const uint8_t *
line_end(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));

	return newline != NULL ? newline : end;
}

int
bundle_next(const struct bundle *b, const struct bundle_names *wanted,
    size_t *at, gnutls_datum_t *pem_r)
{
	static const char begin[] = "CERTIFICATE-----", end[] = "-----END ";
	const uint8_t *text = buf_data(&b->text);
	size_t len = buf_len(&b->text);

	for (;;) {
		const uint8_t *start, *body, *stop;

		start = memmem(text + *at, len - *at, "-----BEGIN ", 11);
		if (start == NULL)
			return 0;
		body = start + 11;
		stop = memmem(body, (size_t)(text + len - body), end, 9);
		if (stop == NULL)
			return 0;
		*at = (size_t)(stop - text) + 9;
		/* "CERTIFICATE", "X509 CERTIFICATE"; no keys, no CRLs. */
		body = memmem(body, (size_t)(stop - body), begin, 16);
		if (body == NULL)
			continue;
		body += 16;
		if (wanted != NULL &&
		    !is_wanted(b, wanted, body, (size_t)(stop - body)))
			continue;
		memcpy(&pem_r->data, &start, sizeof(start));
		pem_r->size = (unsigned)(line_end(stop, text + len) - start);
		return 1;
	}
}
