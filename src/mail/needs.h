/*
 * What a letter's octets need of the way that they go: the three things that
 * not every way carries.  Asked of every octet of every letter, so it is asked
 * of eight at a time.
 */
#ifndef MAIL_NEEDS_H
#define MAIL_NEEDS_H

#include <stddef.h>
#include <stdint.h>

enum {
	NEEDS_NUL = 1, /* a NUL octet, which no mail may hold (RFC 5322 4) */
	NEEDS_LONG_LINE = 2, /* a line over 998 octets (RFC 5321 4.5.3.1.6) */
	NEEDS_EIGHT_BIT = 4, /* an octet over 127 (RFC 6152) */
	NEEDS_MENDING = NEEDS_NUL | NEEDS_LONG_LINE /* no server may get it */
};

/* known, and what the octets add to it of NEEDS_NUL and NEEDS_EIGHT_BIT; what
 * is known is not sought again.  Lines are the caller's to measure. */
unsigned needs_of(unsigned known, const uint8_t *octets, size_t len);

#endif
