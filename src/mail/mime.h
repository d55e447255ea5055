/*
 * Letters that cannot go as they are: quoted-printable where it may be done.
 *
 * A letter without MIME structure, or a text of a letter that has one, is
 * re-encoded as quoted-printable (RFC 2045 6.7) when it holds what the caller
 * gives as a reason: a NUL, a line over 998 octets, octets over 127 (where a
 * server has no 8BITMIME, RFC 6152 3).  Its header is made to say so
 * (Content-Transfer-Encoding; MIME-Version in the letter's; and where there is
 * no Content-Type one with the charset utf-8 if it is that, else unknown-8bit
 * (RFC 1428), us-ascii without octets over 127), header lines over 998 octets
 * are folded at blanks, a multipart that said "8bit" and is that no more says
 * "7bit", and nothing else is changed.
 *
 * Not touched: what is not text; what is encoded already; multipart/signed and
 * multipart/encrypted with all they hold (RFC 1847 2.1, 3156 5); attached
 * letters (message/...: 2046 5.2.1 forbids it); what stands around the parts of
 * a multipart; what is not clear or beyond the limits of mail/walk; octets over
 * 127 in a header, which no encoding of a body concerns.  Octets over 127 stay
 * there as they are; a NUL or a long line there is refused, as it is in a
 * header when there is no blank to fold it at.
 * DKIM (RFC 6376): a letter that needs nothing is not touched, so its signature
 * holds.  One that needs it is re-encoded like any other although its body's
 * signature is then broken: the octets that were signed cannot be sent (5.3
 * asks the signer to see to that).
 *
 * The letter is read twice, as a header has to say what its body is before
 * that was seen: mime_scan() learns which entities need what, mime_write()
 * makes them so.  Both take canonical octets (net/feed), cut anywhere.  Held
 * are a header and a line; of each entity one octet is kept.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stddef.h>
#include <stdint.h>

#include "mail/qp.h"
#include "mail/walk.h"

struct buf;
struct fail;
struct mime;

enum {
	/* What mime_write() may have to add to out at once. */
	MIME_HELD_MAX = 2 * (WALK_HEADER_MAX + 2 * MESSAGE_LINE_MAX),
	MIME_GROWTH = QP_GROWTH
};

/* reasons: NEEDS_* of mail/needs.h.  body_line is the number of the body's
 * first line in the letter, for words.  mime_free() accepts NULL. */
struct mime *mime_new(unsigned reasons, uint64_t body_line);
void mime_free(struct mime *m);

/* First reading: 0, or -1 with FAIL_DATA where a NUL or a long line that is a
 * reason stands where nothing may be changed. */
int mime_scan(
    struct mime *m, const uint8_t *octets, size_t len, struct fail *f);

/* Its end: 1 there is something to change, 0 there is nothing, -1. */
int mime_scan_end(struct mime *m, struct fail *f);

/* Second reading, of the same octets: appends what goes out instead.  0, or -1
 * with nothing read where out has no room for MIME_GROWTH * len + MIME_HELD_MAX
 * octets. */
int mime_write(
    struct mime *m, const uint8_t *octets, size_t len, struct buf *out);
int mime_write_end(struct mime *m, struct buf *out);

#endif
