/*
 * Pins: the SHA-256 digest of a public key as people write it down.
 *
 * What is hashed is the SubjectPublicKeyInfo of a certificate (RFC 7469
 * section 2.4), so that a pin outlives the renewal of a certificate whose key
 * stays.  It is written "sha256:" and the digest in base64, or as 64 digits of
 * hexadecimal, which may stand in pairs with colons, as some tools print them.
 */
#ifndef BASE_PIN_H
#define BASE_PIN_H

#include <stdint.h>

enum { PIN_OCTETS = 32, PIN_TEXT_MAX = 64 };

struct pin {
	uint8_t octets[PIN_OCTETS];
};

/* 0, or -1 when the text is no pin. */
int pin_parse(struct pin *pin_r, const char *text);

/* "sha256:..." in base64 into text, which has PIN_TEXT_MAX octets; returned. */
char *pin_print(const struct pin *pin, char *text);

#endif
