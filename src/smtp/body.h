/*
 * The letter's octets as DATA wants them: transparency (RFC 5321 4.5.2) that
 * is right at any chunk edge, and the end of the data.
 */
#ifndef SMTP_BODY_H
#define SMTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Where in a line the last piece ended; all zero before the first. */
struct body {
	bool inside_line;
};

/*
 * Appends canonical octets (CRLF line ends only) to out with a dot put before
 * each dot that begins a line.  Returns how many of the octets were taken:
 * fewer than len where out is full (out's cap is respected exactly).
 */
size_t body_stuff(
    struct body *b, const uint8_t *octets, size_t len, struct buf *out);

/* Appends the end of the data: ".CRLF", after a CRLF that is supplied when
 * the last line had none.  0, or -1 (nothing appended) where out is full. */
int body_end(struct body *b, struct buf *out);

#endif
