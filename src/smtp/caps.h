/*
 * What a server said it can do: the answer to EHLO (RFC 5321 4.1.1.1) as a
 * value.  Unknown keywords are ignored; a keyword that is said twice counts
 * once (AUTH mechanisms are united, "AUTH=" of old servers included).
 */
#ifndef SMTP_CAPS_H
#define SMTP_CAPS_H

#include <stdbool.h>
#include <stdint.h>

struct reply;

enum caps_flag {
	CAPS_PIPELINING = 1 << 0,   /* RFC 2920 */
	CAPS_SIZE = 1 << 1,         /* RFC 1870 */
	CAPS_8BITMIME = 1 << 2,     /* RFC 6152 */
	CAPS_ENHANCED = 1 << 3,     /* RFC 2034 */
	CAPS_CHUNKING = 1 << 4,     /* RFC 3030 */
	CAPS_STARTTLS = 1 << 5,     /* RFC 3207 */
	CAPS_AUTH = 1 << 6,         /* RFC 4954 */
	CAPS_DSN = 1 << 7,          /* RFC 3461 */
	CAPS_SMTPUTF8 = 1 << 8      /* RFC 6531 */
};

enum { CAPS_AUTH_NAMES_MAX = 512 }; /* octets kept of mechanism names */

struct caps {
	unsigned flags;
	uint64_t size; /* octets; 0: no limit known (none said, 0, or a number
	                  that does not fit: RFC 1870 4) */
	char auth[CAPS_AUTH_NAMES_MAX]; /* mechanism names as offered, in upper
	                  case, one blank between; names that are no sasl-mech
	                  (RFC 4422 3.1) or do not fit are left out */
};

/* Reads a 250 answer to EHLO into *caps_r, forgetting what was there. */
void caps_parse(struct caps *caps_r, const struct reply *reply);

/* True when the mechanism was offered; any case. */
bool caps_offers_auth(const struct caps *caps, const char *mechanism);

#endif
