/*
 * Base64 (RFC 4648 section 4) over GnuTLS, with caps.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/* Appends the encoding of len octets to out, one line without padding lost;
 * 0, or -1 where out is full.  Intermediate copies are wiped. */
int base64_encode(struct buf *out, const void *octets, size_t len);

/* Appends the decoded octets of text (len characters, no white space); 0, or
 * -1 when it is not canonical base64 or out is full.  Nothing is 0 octets. */
int base64_decode(struct buf *out, const char *text, size_t len);

#endif
