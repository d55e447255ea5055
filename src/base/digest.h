/*
 * Hashes, HMAC (RFC 2104) and PBKDF2 (RFC 8018 5.2) over GnuTLS.
 *
 * The work of PBKDF2 grows with a number that a stranger names: whoever calls
 * it has put a limit to that number first.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum digest_kind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };

enum { DIGEST_MAX = 32 }; /* octets of the longest of them */

struct digest_octets {
	const void *octets; /* borrowed */
	size_t len;
};

/* Octets of a digest. */
size_t digest_size(enum digest_kind kind);

/* Each fills digest_size() octets of out, which may be what an argument
 * points at.  0, or -1 where GnuTLS refuses: an algorithm that the system's
 * policy forbids. */
int digest_hash(enum digest_kind kind, const void *octets, size_t len,
    uint8_t out[DIGEST_MAX]);
int digest_hmac(enum digest_kind kind, struct digest_octets key,
    struct digest_octets text, uint8_t out[DIGEST_MAX]);

/* The first block (iterations: at least 1). */
int digest_pbkdf2(enum digest_kind kind, struct digest_octets password,
    struct digest_octets salt, unsigned iterations, uint8_t out[DIGEST_MAX]);

#endif
