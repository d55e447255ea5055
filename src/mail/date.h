/*
 * Date and Message-ID from values given: no clock, no zone, no locale here.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stddef.h>
#include <stdint.h>

enum { DATE_MAX = 40 };

/* RFC 5322 3.3 date-time ("Tue, 24 Nov 2026 11:06:23 +0100") of seconds since
 * the epoch at offset seconds east of UTC (cut to minutes); years 1 to 9999,
 * beyond which it is clamped. */
void date_format(char out[DATE_MAX], int64_t seconds, int offset);

/* "<time.random@domain>", RFC 5322 3.6.4: random octets (16 of them) as base32
 * in lower case, so that nothing of the machine shows; the caller's. */
char *date_message_id(
    int64_t seconds, const uint8_t random[16], const char *domain);

#endif
