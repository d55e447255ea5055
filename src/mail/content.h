/*
 * What an entity (a letter, or a part of one) says of its content: may its
 * octets be re-encoded, and where do its parts end.
 *
 *   Content-Type := type "/" subtype *(";" attribute "=" value)
 *   Content-Transfer-Encoding := mechanism             (RFC 2045 5.1, 6.1)
 * Comments and folds may stand between the words.  Read as readers of mail do
 * and not by the letter: a Content-Type that is no media type counts as none
 * (5.2), an encoding without the word that should stand there as 7bit, and a
 * boundary may have any printable octet.  Where readers differ (two types that
 * do not agree, two boundaries or none) the content is not clear, and nobody
 * must touch what is not clear.
 */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTENT_BOUNDARY_MAX = 70 /* octets (RFC 2046 5.1.1) */ };

enum content_kind {
	CONTENT_TEXT, /* text that is not encoded: the one kind to be touched */
	CONTENT_MULTIPART, /* parts, each of which says what it is */
	CONTENT_SEALED, /* a multipart whose octets are signed or encrypted
	                   (RFC 1847) */
	CONTENT_MESSAGE, /* message/...: a letter in the letter */
	CONTENT_ENCODED, /* text in base64, quoted-printable or the unknown */
	CONTENT_OTHER, /* no text, or a text of wider units than octets */
	CONTENT_UNCLEAR,
	CONTENT_ENDLESS /* its header has no end within reason */
};

struct content {
	enum content_kind kind;
	bool has_type; /* by a Content-Type that is one */
	bool is_digest; /* its parts are letters unless they say otherwise */
	bool says_8bit; /* by "8bit" or "binary" */
	char boundary[CONTENT_BOUNDARY_MAX];
	size_t boundary_len; /* 0 but for CONTENT_MULTIPART */
};

/* Reads the fields of a header (len octets of text); is_letter: without a
 * Content-Type the entity is message/rfc822 (RFC 2046 5.1.5) and not text. */
void content_read(
    struct content *c, const char *text, size_t len, bool is_letter);

#endif
