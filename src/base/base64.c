/*
 * Base64 over GnuTLS.
 *
 * GnuTLS's decoder passes over white space, and how strict it is otherwise is
 * not promised.  Here a text has exactly one meaning: what it decodes to is
 * encoded again and must be the text.  Both may be secrets, so every copy
 * that GnuTLS made is wiped before it is freed.
 */
#include <limits.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/base64.h"
#include "base/buf.h"

static void
wipe_free(gnutls_datum_t *d)
{
	if (d->data == NULL)
		return;
	explicit_bzero(d->data, d->size);
	gnutls_free(d->data);
	d->data = NULL;
}

/* A datum that borrows; GnuTLS takes no const, but writes nothing. */
static gnutls_datum_t
borrow(const void *octets, size_t len)
{
	gnutls_datum_t d = { .data = NULL, .size = (unsigned)len };

	memcpy(&d.data, &octets, sizeof(d.data));
	return d;
}

int
base64_encode(struct buf *out, const void *octets, size_t len)
{
	gnutls_datum_t plain = borrow(octets, len), coded = { NULL, 0 };
	int result;

	if (len == 0)
		return 0;
	if (len > buf_space(out) || len > UINT_MAX / 2 ||
	    gnutls_base64_encode2(&plain, &coded) != GNUTLS_E_SUCCESS)
		return -1;
	result = buf_add(out, coded.data, coded.size);
	wipe_free(&coded);
	return result;
}

static bool
is_canonical(const gnutls_datum_t *plain, const char *text, size_t len)
{
	gnutls_datum_t again = { NULL, 0 };
	bool same;

	if (gnutls_base64_encode2(plain, &again) != GNUTLS_E_SUCCESS)
		return false;
	same = again.size == len && memcmp(again.data, text, len) == 0;
	wipe_free(&again);
	return same;
}

int
base64_decode(struct buf *out, const char *text, size_t len)
{
	gnutls_datum_t coded = borrow(text, len), plain = { NULL, 0 };
	int result = -1;

	if (len == 0)
		return 0;
	if (len % 4 != 0 || len > UINT_MAX / 2 ||
	    len / 4 * 3 - 2 > buf_space(out) ||
	    gnutls_base64_decode2(&coded, &plain) != GNUTLS_E_SUCCESS)
		return -1;
	if (is_canonical(&plain, text, len))
		result = buf_add(out, plain.data, plain.size);
	wipe_free(&plain);
	return result;
}
