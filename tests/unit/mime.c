/*
 * Unit tests of mail/mime: what is re-encoded, what is not touched, and what
 * is refused; each letter cut in every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/content.h"
#include "mail/mime.h"
#include "mail/needs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(literal) literal, sizeof(literal) - 1

enum { OCTET_BY_OCTET = -1, OUT_MAX = 24 * 1024 * 1024 };

/* The end of the piece that begins at at: all is cut in two at cut, or into
 * single octets. */
static size_t
piece_end(size_t at, size_t len, long cut)
{
	if (cut == OCTET_BY_OCTET)
		return at + 1;
	return at < (size_t)cut && (size_t)cut < len ? (size_t)cut : len;
}

/* Memory of exactly the piece's size: an over-read is found. */
static uint8_t *
piece(const char *octets, size_t at, size_t end)
{
	uint8_t *copy = xmalloc(end - at);

	memcpy(copy, octets + at, end - at);
	return copy;
}

static int
scan(struct mime *m, const char *octets, size_t len, long cut, struct fail *f)
{
	for (size_t at = 0, end; at < len; at = end) {
		uint8_t *copy;
		int result;

		end = piece_end(at, len, cut);
		copy = piece(octets, at, end);
		result = mime_scan(m, copy, end - at, f);
		free(copy);
		if (result != 0)
			return result;
	}
	return mime_scan_end(m, f);
}

static void
rewrite(
    struct mime *m, const char *octets, size_t len, long cut, struct buf *out)
{
	for (size_t at = 0, end; at < len; at = end) {
		uint8_t *copy;

		end = piece_end(at, len, cut);
		copy = piece(octets, at, end);
		assert_int_equal(mime_write(m, copy, end - at, out), 0);
		free(copy);
	}
	assert_int_equal(mime_write_end(m, out), 0);
}

/* Both readings, the second one cut in another manner than the first; the
 * result of the first. */
static int
recode(const char *octets, size_t len, unsigned reasons, long cut,
    struct buf *out, struct fail *f)
{
	struct mime *m = mime_new(reasons, 10);
	int result = scan(m, octets, len, cut, f);

	if (result >= 0)
		rewrite(m, octets, len,
		    cut == OCTET_BY_OCTET ? 0 : (long)len - cut, out);
	mime_free(m);
	return result;
}

/* ---- what changes ------------------------------------------------------- */

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X900 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define X998 X900 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx"
#define X75 X10 X10 X10 X10 X10 X10 X10 "xxxxx"
#define X500 X100 X100 X100 X100 X100

/* 999 of them, encoded: thirteen lines of 75 and one of 24. */
#define LONG X998 "x"
#define SOFT X75 "=\r\n"
#define ENCODED \
	SOFT SOFT SOFT SOFT SOFT SOFT SOFT SOFT SOFT SOFT SOFT SOFT SOFT X10 \
	    X10 "xxxx"

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n"
#define TEXT "Content-Type: text/plain; charset=us-ascii\r\n"
#define QP "Content-Transfer-Encoding: quoted-printable\r\n"
#define VERSION "MIME-Version: 1.0\r\n"
#define ASCII VERSION TEXT QP

enum {
	NUL = NEEDS_NUL,
	LONG_LINE = NEEDS_LONG_LINE,
	EIGHT = NEEDS_EIGHT_BIT,
	MEND = NEEDS_MENDING,
	ALL = MEND | EIGHT
};

static const struct {
	unsigned reasons;
	const char *octets;
	size_t len;
	const char *out;
	size_t out_len;
} changed[] = {
	/* M-28, M-29: letters without MIME structure */
	{ MEND, OCTETS("\r\n\0\r\n"), OCTETS(ASCII "\r\n=00\r\n") },
	{ MEND, OCTETS("A: b\r\n\r\nx\0y\r\n"),
	    OCTETS("A: b\r\n" ASCII "\r\nx=00y\r\n") },
	{ MEND, OCTETS("A: b\r\n\r\ny\r\n" LONG "\r\nz\r\n"),
	    OCTETS("A: b\r\n" ASCII "\r\ny\r\n" ENCODED "\r\nz\r\n") },
	/* their charset: UTF-8 if it is that, and unknown if not */
	{ MEND, OCTETS("\r\n\xc3\xa4\0\r\n"),
	    OCTETS(VERSION "Content-Type: text/plain; charset=utf-8\r\n" QP
			   "\r\n=C3=A4=00\r\n") },
	{ MEND, OCTETS("\r\n\0\xe4\r\n"),
	    OCTETS(
		VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
			"\r\n=00=E4\r\n") },
	{ MEND, OCTETS("\r\n\0\xc3\r\n\xa4\r\n"),
	    OCTETS(
		VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
			"\r\n=00=C3\r\n=A4\r\n") },
	/* M-32: 8-bit is a reason only where it is given as one */
	{ EIGHT, OCTETS("A: \xff\r\n\r\n\xe2\x82\xac = 1\r\n"),
	    OCTETS("A: \xff\r\n" VERSION
		   "Content-Type: text/plain; charset=utf-8\r\n" QP
		   "\r\n=E2=82=AC =3D 1\r\n") },
	/* what cron writes */
	{ EIGHT,
	    OCTETS("From: root (Cron Daemon)\r\n" VERSION
		   "Content-Type: text/plain; charset=UTF-8\r\n"
		   "Content-Transfer-Encoding: 8bit\r\nX-Cron-Env: <A=b>\r\n"
		   "\r\n\xc3\xa4\r\n"),
	    OCTETS("From: root (Cron Daemon)\r\n" VERSION
		   "Content-Type: text/plain; charset=UTF-8\r\n" QP
		   "X-Cron-Env: <A=b>\r\n\r\n=C3=A4\r\n") },
	/* fields are replaced where they stand, and added where they do not */
	{ MEND,
	    OCTETS("content-type:\r\n text/html ;x=y\r\nA: b\r\n\r\n\0\r\n"),
	    OCTETS("content-type:\r\n text/html ;x=y\r\nA: b\r\n" VERSION QP
		   "\r\n=00\r\n") },
	{ MEND,
	    OCTETS("content-transfer-encoding : (c)\r\n binary\r\nA: b\r\n"
		   "mime-version: 1.0\r\n\r\n\0\r\n"),
	    OCTETS(QP "A: b\r\nmime-version: 1.0\r\n" TEXT "\r\n=00\r\n") },
	{ MEND,
	    OCTETS("Content-Transfer-Encoding: 7bit\r\nA: b\r\n"
		   "Content-Transfer-Encoding: 8BIT\r\n" VERSION "\r\n\0\r\n"),
	    OCTETS(QP "A: b\r\n" VERSION TEXT "\r\n=00\r\n") },
	/* RFC 2045 5.2: a type that is none counts as none */
	{ MEND, OCTETS("Content-Type: text\r\nA: b\r\n\r\n\0\r\n"),
	    OCTETS(TEXT "A: b\r\n" VERSION QP "\r\n=00\r\n") },
	/* M-36: signed, but it cannot go as it is */
	{ MEND, OCTETS("DKIM-Signature: v=1;\r\n b=x\r\n\r\n\0\r\n"),
	    OCTETS("DKIM-Signature: v=1;\r\n b=x\r\n" ASCII "\r\n=00\r\n") },
	/* a multipart: the text that needs it, and no other */
	{ MEND,
	    OCTETS(VERSION MIXED "\r\npre\xff\r\n--b\r\n" TEXT "\r\na\r\n"
				 "--b\r\n\r\n\0\r\n--b\r\nX: "
				 "y\r\n\r\n\xff\r\n--b--\r\npost\r\n"),
	    OCTETS(
		VERSION MIXED "\r\npre\xff\r\n--b\r\n" TEXT "\r\na\r\n"
			      "--b\r\n" TEXT QP "\r\n=00\r\n"
			      "--b\r\nX: y\r\n\r\n\xff\r\n--b--\r\npost\r\n") },
	/* it says 8bit only as long as it is */
	{ EIGHT,
	    OCTETS(VERSION MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n"
				 "--b\r\n" TEXT "\r\n\xff\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED "Content-Transfer-Encoding: 7bit\r\n\r\n"
				 "--b\r\n" TEXT QP "\r\n=FF\r\n--b--\r\n") },
	{ EIGHT,
	    OCTETS(VERSION MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n"
				 "--b\r\n" TEXT "\r\n\xff\r\n--b\r\n"
				 "Content-Type: x/y\r\n\r\n\xff\r\n--b--\r\n"),
	    OCTETS(
		VERSION MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n"
			      "--b\r\n" TEXT QP "\r\n=FF\r\n--b\r\n"
			      "Content-Type: x/y\r\n\r\n\xff\r\n--b--\r\n") },
	{ EIGHT,
	    OCTETS(VERSION MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n"
				 "--b\r\n" TEXT
				 "X: \xff\r\n\r\n\xff\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n"
				 "--b\r\n" TEXT "X: \xff\r\n" QP
				 "\r\n=FF\r\n--b--\r\n") },
	/* nested: an outer boundary ends what was begun inside of it */
	{ MEND,
	    OCTETS(VERSION MIXED
		"\r\n--b\r\n"
		"Content-Type: multipart/alternative; boundary=\"in b\"\r\n\r\n"
		"--in b\r\n\r\n\0\r\n--b\r\n\r\n--in b\r\n\0\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED
		"\r\n--b\r\n"
		"Content-Type: multipart/alternative; boundary=\"in b\"\r\n\r\n"
		"--in b\r\n" TEXT QP "\r\n=00\r\n--b\r\n" TEXT QP
		"\r\n-=2Din b\r\n=00\r\n--b--\r\n") },
	/* ... also where it is the same */
	{ MEND,
	    OCTETS(VERSION MIXED "\r\n--b\r\n" MIXED "\r\n--b\r\n\r\n\0\r\n"
				 "--b--\r\n"),
	    OCTETS(VERSION MIXED "\r\n--b\r\n" MIXED "\r\n--b\r\n" TEXT QP
				 "\r\n=00\r\n--b--\r\n") },
	/* the last boundary is missing, or the line end behind it */
	{ MEND, OCTETS(VERSION MIXED "\r\n--b\r\n\r\n\0\r\n"),
	    OCTETS(VERSION MIXED "\r\n--b\r\n" TEXT QP "\r\n=00\r\n") },
	{ MEND, OCTETS(VERSION MIXED "\r\n--b\r\n\r\n\0\r\n--b--"),
	    OCTETS(
		VERSION MIXED "\r\n--b\r\n" TEXT QP "\r\n=00\r\n--b--\r\n") },
	/* blanks may stand behind a boundary; anything else makes it text, as
	 * does what stands before it */
	{ MEND,
	    OCTETS(VERSION MIXED
		"\r\n--b \t \r\n\r\n--bb\r\n --b\r\n--b-\r\n"
		"--b---\r\n--B\r\n-\r\n--\r\n\0\r\n--b-- \r\n--b\r\n"),
	    OCTETS(VERSION MIXED
		"\r\n--b \t \r\n" TEXT QP "\r\n-=2Dbb\r\n"
		" --b\r\n-=2Db-\r\n-=2Db---\r\n-=2DB\r\n-\r\n-=2D\r\n=00\r\n"
		"--b-- \r\n--b\r\n") },
	/* a part without a header, or without what ends it */
	{ MEND, OCTETS(VERSION MIXED "\r\n--b\r\nx \0\r\n--b--\r\n"),
	    OCTETS(
		VERSION MIXED "\r\n--b\r\n" TEXT QP "\r\nx =00\r\n--b--\r\n") },
	{ MEND, OCTETS(VERSION MIXED "\r\n--b\r\nA: b\r\nx \0\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED "\r\n--b\r\nA: b\r\n" TEXT QP
				 "\r\nx =00\r\n--b--\r\n") },
	{ MEND, OCTETS(VERSION MIXED "\r\n--b\r\n" LONG "\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED "\r\n--b\r\n" TEXT QP "\r\n" ENCODED
				 "\r\n--b--\r\n") },
	{ MEND,
	    OCTETS(VERSION MIXED
		"\r\n--b\r\n"
		"Content-Type: multipart/x; boundary=c\r\n--c\r\n\r\n\0\r\n"
		"--c--\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED
		"\r\n--b\r\n"
		"Content-Type: multipart/x; boundary=c\r\n--c\r\n" TEXT QP
		"\r\n=00\r\n--c--\r\n--b--\r\n") },
	{ MEND, OCTETS(VERSION MIXED "\r\n--b\r\nA: b\r\n--b\r\n\r\n\0\r\n"),
	    OCTETS(VERSION MIXED "\r\n--b\r\nA: b\r\n--b\r\n" TEXT QP
				 "\r\n=00\r\n") },
	/* the version that makes the fields of parts mean something */
	{ MEND, OCTETS(MIXED "\r\n--b\r\n\r\n\0\r\n"),
	    OCTETS(MIXED VERSION "\r\n--b\r\n" TEXT QP "\r\n=00\r\n") },
	/* letters of a digest are letters; a text says that it is one */
	{ EIGHT,
	    OCTETS(VERSION "Content-Type: multipart/digest; boundary=b\r\n\r\n"
			   "--b\r\n\r\nA: b\r\n\r\n\xff\r\n--b\r\n" TEXT
			   "\r\n\xff\r\n--b--\r\n"),
	    OCTETS(VERSION "Content-Type: multipart/digest; boundary=b\r\n\r\n"
			   "--b\r\n\r\nA: b\r\n\r\n\xff\r\n--b\r\n" TEXT QP
			   "\r\n=FF\r\n--b--\r\n") },
	/* M-36: what is signed or encrypted stays, beside what is not */
	{ EIGHT,
	    OCTETS(VERSION MIXED
		"\r\n--b\r\n"
		"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n"
		"\xff\r\n--s\r\n" TEXT "\r\n\xff\r\n--s--\r\n--b\r\n\r\n"
		"\xff\r\n--b\r\nContent-Type: multipart/encrypted;"
		" boundary=e\r\n\r\n--e\r\n\r\n\xff\r\n--e--\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED
		"\r\n--b\r\n"
		"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n"
		"\xff\r\n--s\r\n" TEXT "\r\n\xff\r\n--s--\r\n--b\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n" QP
		"\r\n=FF\r\n--b\r\nContent-Type: multipart/encrypted;"
		" boundary=e\r\n\r\n--e\r\n\r\n\xff\r\n--e--\r\n--b--\r\n") },
	/* lines of a header, folded at blanks, and only those */
	{ MEND,
	    OCTETS("A: b\r\nS: " X500 "  " X500 " y\r\nC:  d \r\n\r\n\xff\r\n"),
	    OCTETS("A: b\r\nS:\r\n " X500 "\r\n  " X500
		   "\r\n y\r\nC:  d \r\n\r\n\xff\r\n") },
	{ MEND, OCTETS("S: a\r\n " X500 " b " X500 "\r\n\r\n"),
	    OCTETS("S: a\r\n " X500 "\r\n b\r\n " X500 "\r\n\r\n") },
	{ MEND,
	    OCTETS(VERSION MIXED "\r\n--b\r\nContent-Type: x/y;"
				 " name=\"" X500 " " X500
				 "\"\r\n\r\n\xff\r\n--b--\r\n"),
	    OCTETS(VERSION MIXED "\r\n--b\r\nContent-Type: x/y;\r\n"
				 " name=\"" X500 "\r\n " X500
				 "\"\r\n\r\n\xff\r\n--b--\r\n") },
	/* ... when that is a reason */
	{ NUL, OCTETS("S: x " LONG "\r\n\r\n\0\r\n"),
	    OCTETS("S: x " LONG "\r\n" ASCII "\r\n=00\r\n") },
	/* M-06: any line end is one */
	{ MEND, OCTETS("A: b\r\rx\ry\n\0"),
	    OCTETS("A: b\r\n" ASCII "\r\nx\r\ny\r\n=00\r\n") },
};

static void
what_cannot_go_as_it_is_becomes_quoted_printable(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < COUNT(changed); i++)
		for (long cut = OCTET_BY_OCTET; cut < (long)changed[i].len;
		     cut++) {
			struct fail f = { 0 };

			if (recode(changed[i].octets, changed[i].len,
				changed[i].reasons, cut, &out, &f) != 1)
				fail_msg("row %zu: %s", i, f.words);
			if (buf_len(&out) != changed[i].out_len ||
			    memcmp(buf_data(&out), changed[i].out,
				buf_len(&out)) != 0)
				fail_msg("row %zu, cut at %ld: %.*s", i, cut,
				    (int)buf_len(&out),
				    (const char *)buf_data(&out));
			buf_clear(&out);
		}
	buf_free(&out);
}

/* What was written needs nothing any more. */
static void
once_is_enough(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < COUNT(changed); i++)
		assert_int_equal(recode(changed[i].out, changed[i].out_len,
				     changed[i].reasons, 0, &out, NULL),
		    0);
	buf_free(&out);
}

/* ---- what does not ------------------------------------------------------ */

static const struct {
	unsigned reasons;
	const char *octets;
	size_t len;
} kept[] = {
	{ ALL, OCTETS("\r\n") },
	{ ALL, OCTETS("A: b\r\n\r\n") },
	{ ALL, OCTETS("A: b\r\n\r\n" X998 "\r\n.\r\nFrom x \r\n--b\r\n") },
	{ ALL, OCTETS("A: \xff\r\n\r\nx\r\n") },
	{ MEND, OCTETS("\r\n\xff\r\n") },
	{ NUL, OCTETS("\r\n" LONG "\r\n") },
	{ LONG_LINE, OCTETS("\r\n\0\r\n") },
	/* M-36 */
	{ ALL, OCTETS("DKIM-Signature: v=1; b=x\r\n\r\nx \r\n\r\n") },
	{ MEND, OCTETS("DKIM-Signature: v=1; b=x\r\n\r\n\xff\r\n") },
	/* M-32: 8-bit where nothing may be changed goes as it is */
	{ ALL, OCTETS("Content-Type: image/x\r\n\r\n\xff\r\n") },
	{ ALL, OCTETS("Content-Type: message/rfc822\r\n\r\n\xff\r\n") },
	{ ALL, OCTETS("Content-Type: text/x; charset=UTF-16\r\n\r\n\xff\r\n") },
	{ ALL, OCTETS("Content-Transfer-Encoding: x-y\r\n\r\n\xff\r\n") },
	{ ALL, OCTETS("Content-Type: multipart/x\r\n\r\n\xff\r\n") },
	{ ALL,
	    OCTETS("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
		   "\r\n\xff\r\n--b--\r\n") },
	{ ALL, OCTETS(MIXED "\r\n\xff\r\n--b\r\n\r\nx\r\n--b--\r\n\xff\r\n") },
	{ ALL, OCTETS(MIXED QP "\r\n--b\r\n\r\n\xff\r\n--b--\r\n") },
	{ ALL, OCTETS(MIXED "\r\n--b\r\nA: \xff\r\n\r\nx\r\n--b--\r\n") },
	{ ALL, OCTETS(MIXED "\r\n--b\r\n--b\r\nA: b\r\n--b\r\n\r\n--b--") },
};

static void
what_needs_nothing_or_must_not_be_touched_stays_as_it_is(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < COUNT(kept); i++)
		for (long cut = OCTET_BY_OCTET; cut < (long)kept[i].len;
		     cut++) {
			struct fail f = { 0 };

			if (recode(kept[i].octets, kept[i].len, kept[i].reasons,
				cut, &out, &f) != 0)
				fail_msg("row %zu: %s", i, f.words);
			assert_memory_equal(
			    buf_data(&out), kept[i].octets, kept[i].len);
			buf_clear(&out);
		}
	buf_free(&out);
}

/* ---- what is refused ---------------------------------------------------- */

static const struct {
	const char *octets;
	size_t len;
	const char *words;
} refused[] = {
	/* M-28, M-29: body lines are counted from 11 here */
	{ OCTETS("Content-Type: image/x\r\n\r\nx\r\n\0\r\n"),
	    "the letter, line 12: a NUL octet, which no mail may hold, in what "
	    "is no text, where nothing is changed" },
	{ OCTETS("Content-Type: x/y\r\n\r\n\r\n\r\n" LONG "\r\n"),
	    "the letter, line 13: over 998 octets, which is the longest line "
	    "mail may have, in what is no text, where nothing is changed" },
	{ OCTETS("Content-Type: message/rfc822\r\n\r\n" LONG "\r\n"),
	    "line 11: over 998 octets, which is the longest line mail may "
	    "have, in an attached letter" },
	{ OCTETS("Content-Transfer-Encoding: base64\r\n\r\n" LONG "\r\n"),
	    "in a text that is encoded already" },
	{ OCTETS("Content-Transfer-Encoding: quoted-printable\r\n\r\n\0\r\n"),
	    "in a text that is encoded already" },
	{ OCTETS("Content-Type: text/plain; charset=utf-16\r\n\r\n\0\r\n"),
	    "in what is no text" },
	{ OCTETS("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
		 "\r\n\0\r\n--b--\r\n"),
	    "line 13: a NUL octet, which no mail may hold, in what is signed "
	    "or encrypted" },
	{ OCTETS("Content-Type: multipart/encrypted\r\n\r\n\0\r\n"),
	    "in what is signed or encrypted" },
	{ OCTETS(MIXED "\r\n\0\r\n--b\r\n\r\n--b--\r\n"),
	    "line 11: a NUL octet, which no mail may hold, around the parts of "
	    "a multipart" },
	{ OCTETS(MIXED "\r\n--b\r\n\r\nx\r\n--b--\r\n--b\r\n" LONG),
	    "line 16: over 998 octets, which is the longest line mail may "
	    "have, around the parts of a multipart" },
	{ OCTETS(MIXED "\r\n--b\r\nContent-Type: x/y\r\n\r\n\0\r\n"),
	    "line 14: a NUL octet, which no mail may hold, in what is no "
	    "text" },
	{ OCTETS(MIXED MIXED "\r\n\0\r\n"),
	    "in what has no clear Content-Type" },
	{ OCTETS(MIXED TEXT "\r\n\0\r\n"),
	    "in what has no clear Content-Type" },
	{ OCTETS("Content-Type: multipart/x; boundary=\r\n\r\n\0\r\n"),
	    "in what has no clear Content-Type" },
	/* of a header */
	{ OCTETS("A: b\r\nSubject: x\0\r\n\r\n"),
	    "the letter, field Subject: a NUL octet, which no mail may hold" },
	{ OCTETS("A: b\r\nX-Y: " LONG "\r\n\r\n"),
	    "the letter, field X-Y: over 998 octets without a blank to fold it "
	    "at" },
	{ OCTETS("A: b\r\nX-Y: b\r\n " LONG "\r\n\r\n"),
	    "the letter, field X-Y: over 998 octets without a blank to fold it "
	    "at" },
	{ OCTETS(MIXED "\r\n--b\r\nA: " LONG "\r\n\r\n--b--\r\n"),
	    "the letter, line 12, field A of a part: over 998 octets without a "
	    "blank to fold it at" },
	{ OCTETS(MIXED "\r\n--b\r\nA: \0\r\n\r\n--b--\r\n"),
	    "the letter, line 12, field A of a part: a NUL octet" },
};

static void
what_can_neither_go_nor_be_changed_is_refused(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < COUNT(refused); i++)
		for (long cut = OCTET_BY_OCTET; cut < (long)refused[i].len;
		     cut++) {
			struct fail f = { 0 };

			if (recode(refused[i].octets, refused[i].len, ALL, cut,
				&out, &f) != -1)
				fail_msg("row %zu was not refused", i);
			assert_int_equal(f.kind, FAIL_DATA);
			if (strstr(f.words, refused[i].words) == NULL)
				fail_msg("row %zu: %s", i, f.words);
		}
	buf_free(&out);
}

/* ---- limits ------------------------------------------------------------- */

/* A letter, made of formatted and repeated pieces. */
static struct buf
text_of(const char *start)
{
	struct buf b;

	buf_init(&b, OUT_MAX);
	assert_int_equal(buf_add_text(&b, start), 0);
	return b;
}

static void
repeat(struct buf *b, size_t count, const char *unit)
{
	while (count-- > 0)
		assert_int_equal(buf_add_text(b, unit), 0);
}

/* What mime_scan_end() says of the letter, which is then freed; what comes out
 * has the words, if any are given. */
static int
result_of(struct buf *letter, unsigned reasons, const char *words)
{
	struct fail f = { 0 };
	struct buf out;
	int result;

	buf_init(&out, OUT_MAX);
	result = recode((const char *)buf_data(letter), buf_len(letter),
	    reasons, 0, &out, &f);
	if (words != NULL && result < 0)
		assert_non_null(strstr(f.words, words));
	else if (words != NULL)
		assert_non_null(memmem(
		    buf_data(&out), buf_len(&out), words, strlen(words)));
	buf_free(&out);
	buf_free(letter);
	return result;
}

static struct buf
nested(size_t depth)
{
	struct buf b = text_of(VERSION);

	for (size_t i = 0; i < depth; i++)
		buf_addf(&b,
		    "Content-Type: multipart/x; boundary=b%zu\r\n\r\n"
		    "--b%zu\r\n",
		    i, i);
	buf_add(&b, "\r\n\0\r\n", 5);
	return b;
}

static void
multiparts_are_entered_to_a_depth(void **state)
{
	struct buf b = nested(WALK_DEPTH_MAX);

	(void)state;
	assert_int_equal(result_of(&b, MEND, "\r\n=00\r\n"), 1);
	b = nested(WALK_DEPTH_MAX + 1);
	assert_int_equal(result_of(&b, MEND, "no clear Content-Type"), -1);
	b = nested(WALK_DEPTH_MAX + 1);
	assert_int_equal(result_of(&b, EIGHT, NULL), 0);
}

static struct buf
many_parts(size_t count)
{
	struct buf b = text_of(MIXED "\r\n");

	repeat(&b, count, "--b\r\n\r\nx\r\n");
	buf_add(&b, "\0\r\n--b--\r\n", 10);
	return b;
}

static void
parts_are_told_apart_to_a_number(void **state)
{
	/* The letter is one. */
	struct buf b = many_parts(WALK_ENTITIES_MAX - 1);

	(void)state;
	assert_int_equal(result_of(&b, MEND, "x\r\n=00\r\n--b--\r\n"), 1);
	b = many_parts(WALK_ENTITIES_MAX);
	assert_int_equal(
	    result_of(&b, MEND, "around the parts of a multipart"), -1);
	b = many_parts(100);
	assert_int_equal(result_of(&b, MEND, NULL), 1);
}

/* A part with a header of count fields, each of 16 octets. */
static struct buf
long_header(size_t count)
{
	struct buf b = text_of(MIXED "\r\n--b\r\n");

	repeat(&b, count, "A: xxxxxxxxxxx\r\n");
	assert_int_equal(buf_add(&b, "\r\n\xff\0\r\n--b--\r\n", 13), 0);
	return b;
}

static void
headers_of_parts_have_a_cap(void **state)
{
	struct buf b = long_header(WALK_HEADER_MAX / 16);

	(void)state;
	assert_int_equal(result_of(&b, ALL, "\r\n=FF=00\r\n--b--\r\n"), 1);
	b = long_header(WALK_HEADER_MAX / 16 + 1);
	assert_int_equal(
	    result_of(&b, MEND, "line 12: the header of a part is over 1 MiB"),
	    -1);
	b = long_header(WALK_HEADER_MAX / 16 + 1);
	assert_int_equal(result_of(&b, EIGHT, "\r\n\r\n\xff"), 0);
	/* one line, which is a field */
	b = text_of(MIXED "\r\n--b\r\nA: ");
	repeat(&b, WALK_HEADER_MAX / 1000, LONG " ");
	repeat(&b, 10, LONG "\xff");
	assert_int_equal(buf_add_text(&b, "\r\nB: c\r\n\r\n\xff\r\n"), 0);
	assert_int_equal(result_of(&b, EIGHT, LONG "\xff\r\nB: c\r\n"), 0);
}

/* The next octets are no part of a header, however many they are. */
static void
a_long_body_is_not_held_as_a_header(void **state)
{
	struct buf b = text_of(MIXED "\r\n--b\r\n");

	(void)state;
	repeat(&b, 2000, LONG);
	assert_int_equal(result_of(&b, MEND, QP "\r\n" SOFT SOFT), 1);
}

static struct buf
boundary_of(size_t len, size_t blanks)
{
	struct buf b = text_of(VERSION "Content-Type: multipart/x; boundary=");

	repeat(&b, len, "b");
	buf_add_text(&b, "\r\n\r\n--");
	repeat(&b, len, "b");
	repeat(&b, blanks, " ");
	assert_int_equal(buf_add(&b, "\r\n\r\n\0\r\n", 7), 0);
	return b;
}

static void
boundaries_have_a_cap(void **state)
{
	struct buf b = boundary_of(CONTENT_BOUNDARY_MAX, 0);

	(void)state;
	assert_int_equal(result_of(&b, MEND, "\r\n=00\r\n"), 1);
	b = boundary_of(CONTENT_BOUNDARY_MAX + 1, 0);
	assert_int_equal(result_of(&b, MEND, "no clear Content-Type"), -1);
	/* with the blanks behind them, too */
	b = boundary_of(1, MESSAGE_LINE_MAX - 3);
	assert_int_equal(result_of(&b, MEND, "\r\n=00\r\n"), 1);
	b = boundary_of(1, MESSAGE_LINE_MAX - 2);
	assert_int_equal(result_of(&b, MEND, "around the parts"), -1);
}

/* What does not fit is not read, and can be given again. */
static void
a_piece_that_has_no_room_is_not_read(void **state)
{
	static const uint8_t letter[] = "\r\n\0\r\n";
	struct mime *m = mime_new(MEND, 0);
	struct buf out;

	(void)state;
	buf_init(&out, MIME_HELD_MAX + MIME_GROWTH * 5);
	assert_int_equal(mime_scan(m, letter, 5, NULL), 0);
	assert_int_equal(mime_scan_end(m, NULL), 1);
	assert_int_equal(buf_add(&out, "x", 1), 0);
	assert_int_equal(mime_write(m, letter, 5, &out), -1);
	assert_int_equal(mime_write(m, letter, SIZE_MAX, &out), -1);
	assert_int_equal(buf_len(&out), 1);
	buf_clear(&out);
	assert_int_equal(mime_write(m, letter, 5, &out), 0);
	buf_clear(&out);
	assert_int_equal(mime_write_end(m, &out), 0);
	buf_free(&out);
	mime_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_cannot_go_as_it_is_becomes_quoted_printable),
		cmocka_unit_test(once_is_enough),
		cmocka_unit_test(
		    what_needs_nothing_or_must_not_be_touched_stays_as_it_is),
		cmocka_unit_test(what_can_neither_go_nor_be_changed_is_refused),
		cmocka_unit_test(multiparts_are_entered_to_a_depth),
		cmocka_unit_test(parts_are_told_apart_to_a_number),
		cmocka_unit_test(headers_of_parts_have_a_cap),
		cmocka_unit_test(a_long_body_is_not_held_as_a_header),
		cmocka_unit_test(boundaries_have_a_cap),
		cmocka_unit_test(a_piece_that_has_no_room_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
