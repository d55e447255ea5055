/*
 * Walking over DER (X.690) element by element, without decoding: enough to
 * find a name in a certificate, in linear time and without a copy, where
 * GnuTLS would build a tree.  Lengths up to 16 MiB, tags of one octet; what
 * is anything else ends the walk.
 */
#ifndef NET_DER_H
#define NET_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is still to be walked over; borrowed octets. */
struct der {
	const uint8_t *at, *end;
};

struct der_element {
	uint8_t type;
	const uint8_t *whole; /* header and contents, whole_len octets */
	size_t whole_len;
	const uint8_t *contents;
	size_t len;
};

/* Takes the next element; false at the end, and where it is cut off. */
bool der_take(struct der *d, struct der_element *element_r);

/* Goes into the next element, which must be of that type.  Its contents may
 * reach beyond the end: then the walk is over what is there of them. */
bool der_enter(struct der *d, uint8_t type);

#endif
