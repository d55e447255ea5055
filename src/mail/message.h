/*
 * The letter: what it holds, what must change, how long it is on the wire.
 *
 * Two passes over the octets that base/store keeps.  The first (message_scan)
 * is fed while stdin is read: it keeps the header (capped), finds the end of
 * the letter and of the header, counts, and notes what must not be sent as it
 * is.  Then the header can be asked and edited.  The second pass (message_body)
 * turns stored octets of the body into canonical ones.  Pure: it never reads
 * the store itself.
 *
 * Line ends.  CRLF, LF and a bare CR are each one line end and become CRLF;
 * a missing last one is supplied; so neither a bare CR nor a bare LF can
 * reach the wire (RFC 5321 2.3.8).
 * Lone dots.  Unless dots_are_data, a line of one dot ends the letter and a
 * line that begins with two dots loses one (sendmail's rule).
 * No header.  When the first line begins no field, the letter has no header
 * and gets its blank line; when a later header line is no field, the header
 * ends before it and the blank line is supplied.  An mbox "From " line, or its
 * quoted form ">From ", is dropped where it stands before a field; a text that
 * begins with such words is text.
 * Refused: FAIL_DATA, a header over MESSAGE_HEADER_MAX; FAIL_NOINPUT, 0 octets
 * in all.  A letter with a NUL or a line over MESSAGE_LINE_MAX is not refused
 * here, as mail/mime may be able to mend it: message_needs() must be asked, and
 * such a letter never be sent.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr_list;
struct buf;
struct fail;
struct header_field;
struct message;

enum {
	MESSAGE_HEADER_MAX = 1024 * 1024, /* octets of the header section */
	MESSAGE_LINE_MAX = 998 /* octets without the line end */
};

/* message_free() accepts NULL. */
struct message *message_new(bool dots_are_data);
void message_free(struct message *m);

/* First pass: the next octets of the letter; then the end.  0, or -1 with
 * what is wrong; after -1 only message_free() makes sense. */
int message_scan(
    struct message *m, const uint8_t *octets, size_t len, struct fail *f);
int message_scan_end(struct message *m, struct fail *f);

/* True when a lone dot has ended the letter; may be asked while scanning. */
bool message_ended(const struct message *m);

/* Questions, after message_scan_end().  They are about the letter as it came,
 * whatever was edited. */
bool message_has(const struct message *m, const char *field_name);
unsigned message_needs(const struct message *m); /* NEEDS_* of mail/needs.h */
bool message_is_8bit(const struct message *m); /* NEEDS_EIGHT_BIT is there */
bool message_cut_by_dot(const struct message *m); /* octets after a lone dot
                                                     were left out */

/* The value of the first field of that name, unfolded (each fold becomes the
 * blank that follows it) and trimmed; NULL where there is none.  The
 * caller's. */
char *message_value(const struct message *m, const char *field_name);

/*
 * Appends the recipients that the header names to list, as addr_parse_names()
 * has them: of To, Cc and Bcc, or
 * where Resent-* fields exist, of Resent-To, -Cc and -Bcc of the newest block
 * only (RFC 5322 3.6.6): from the first Resent-* field to the next trace field
 * or to a name that comes again behind another field.  0, or -1 with FAIL_DATA.
 */
int message_recipients(
    const struct message *m, struct addr_list *list, struct fail *f);

/* The fields of the letter as it came, in order: true and the next one, whose
 * text is borrowed, *at (0 at first) moved behind it; or false. */
bool message_field(
    const struct message *m, size_t *at, struct header_field *field_r);

/* Edits.  Removal takes every field of that name, added ones too.  An added
 * field (name, then value, which may be folded with CRLF and a blank but holds
 * no other control character: one comes out as '?') stands below the fields
 * that were there; in order. */
void message_remove(struct message *m, const char *field_name);
void message_add(struct message *m, const char *field_name, const char *value);

/* The field, one of message_field(), keeps its place and name and gets value:
 * what stands behind the colon, its leading blank included, with folds and
 * controls as above.  NULL: the field goes. */
void message_replace(
    struct message *m, const struct header_field *field, const char *value);

/* The header section as it goes out, edits made, CRLF line ends, with the
 * blank line that ends it.  Borrowed until the next edit. */
const uint8_t *message_header(struct message *m, size_t *len_r);

/* The octets on the wire in all: header with edits and canonical body, before
 * dot-stuffing (what SIZE declares, RFC 1870). */
uint64_t message_wire_size(struct message *m);

/* The part of the store that is the body. */
uint64_t message_body_start(const struct message *m);
uint64_t message_body_end(const struct message *m);

/* The number of the body's first line in the letter as it came, from 0. */
uint64_t message_body_line(const struct message *m);

/* Second pass.  The state of one reading of the body, to be set to zero by
 * the caller before its first octet. */
struct message_reader {
	unsigned char state;
};

/*
 * Turns stored body octets, given in order from message_body_start() to
 * message_body_end(), into canonical ones appended to out, which must have
 * room for 2 * len + 4 octets.  message_body_finish() supplies a missing last
 * line end (2 octets).  The sum of what comes out is message_wire_size() less
 * the header, however the octets were cut into pieces.  0, or -1 with nothing
 * appended and nothing read where out has not that room.
 */
int message_body(const struct message *m, struct message_reader *r,
    const uint8_t *octets, size_t len, struct buf *out);
int message_body_finish(
    const struct message *m, struct message_reader *r, struct buf *out);

#endif
