/*
 * Whether octets are UTF-8 (RFC 3629): neither overlong forms, nor surrogates,
 * nor what is over U+10FFFF.  They may come in pieces cut anywhere.
 */
#ifndef MAIL_UTF8_H
#define MAIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero before the first octet. */
struct utf8 {
	uint8_t left; /* octets still to come of a character */
	uint8_t low, high; /* what the next of them may be */
	bool bad;
};

void utf8_add(struct utf8 *u, const uint8_t *octets, size_t len);

/* True when all were whole characters. */
bool utf8_is_good(const struct utf8 *u);

#endif
