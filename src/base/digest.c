#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/digest.h"

static const struct {
	size_t size;
	gnutls_digest_algorithm_t hash;
	gnutls_mac_algorithm_t mac;
} kinds[] = {
	[DIGEST_MD5] = { 16, GNUTLS_DIG_MD5, GNUTLS_MAC_MD5 },
	[DIGEST_SHA1] = { 20, GNUTLS_DIG_SHA1, GNUTLS_MAC_SHA1 },
	[DIGEST_SHA256] = { 32, GNUTLS_DIG_SHA256, GNUTLS_MAC_SHA256 },
};

size_t
digest_size(enum digest_kind kind)
{
	return kinds[kind].size;
}

int
digest_hash(enum digest_kind kind, const void *octets, size_t len,
    uint8_t out[DIGEST_MAX])
{
	return gnutls_hash_fast(kinds[kind].hash, octets, len, out) < 0 ? -1
									: 0;
}

int
digest_hmac(enum digest_kind kind, struct digest_octets key,
    struct digest_octets text, uint8_t out[DIGEST_MAX])
{
	return gnutls_hmac_fast(kinds[kind].mac, key.octets, key.len,
		   text.octets, text.len, out) < 0
		   ? -1
		   : 0;
}

/* A datum that borrows; GnuTLS takes no const, but writes nothing. */
static gnutls_datum_t
borrow(struct digest_octets from)
{
	gnutls_datum_t d = { .data = NULL, .size = (unsigned)from.len };

	memcpy(&d.data, &from.octets, sizeof(d.data));
	return d;
}

int
digest_pbkdf2(enum digest_kind kind, struct digest_octets password,
    struct digest_octets salt, unsigned iterations, uint8_t out[DIGEST_MAX])
{
	gnutls_datum_t key = borrow(password), grain = borrow(salt);

	return gnutls_pbkdf2(kinds[kind].mac, &key, &grain, iterations, out,
		   kinds[kind].size) < 0
		   ? -1
		   : 0;
}
