/*
 * The certificates of a trust store as PEM in memory, and a quick way to those
 * among them that matter.
 *
 * Decoding a certificate whole costs far more than the name of its subject,
 * which stands near its front: so only the first octets of each are decoded,
 * its subject compared octet for octet, and GnuTLS sees the matches alone.
 */
#ifndef NET_BUNDLE_H
#define NET_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

struct buf;
struct bundle;
struct der_element;
struct fail;

enum {
	BUNDLE_MAX = 32 * 1024 * 1024, /* octets of a store, all its files */
	BUNDLE_FILES_MAX = 16384 /* names in a directory */
};

/* Reads a PEM file, or the files of a directory (links are followed, what is
 * no regular file or cannot be read is passed over, a file met twice counts
 * once).  0, or -1 with FAIL_CONFIG: it cannot be read, is too big, or has
 * not one certificate. */
int bundle_open(struct bundle **bundle_r, const char *path, struct fail *f);
void bundle_free(struct bundle *b);

/* Appends all octets of a file, or those of the files of a directory in the
 * same way: 0, or an errno value (EFBIG where text is full). */
int bundle_read(struct buf *text, const char *path);
int bundle_read_fd(struct buf *text, int fd); /* a file, to its end */

/* Distinguished names, borrowed. */
struct bundle_names {
	const struct der_element *names;
	size_t count;
};

/* The next certificate from *at (0 at first) whose subject is one of wanted,
 * or any where wanted is NULL: 1, and its PEM text, borrowed; 0 at the end. */
int bundle_next(const struct bundle *b, const struct bundle_names *wanted,
    size_t *at, gnutls_datum_t *pem_r);

/* Where the issuer and the subject of a certificate stand, whose first len
 * octets are given: 0, or -1 when that is too little or no certificate. */
int bundle_find_names(const uint8_t *der, size_t len,
    struct der_element *issuer_r, struct der_element *subject_r);

#endif
