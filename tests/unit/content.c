/*
 * Unit tests of mail/content: what a header says of its body.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mail/content.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define B10 "bbbbbbbbbb"
#define B70 B10 B10 B10 B10 B10 B10 B10

/* Values of Content-Type; the boundary, where there is one. */
static const struct {
	const char *value;
	enum content_kind kind;
	const char *boundary;
} types[] = {
	{ "text/plain", CONTENT_TEXT, "" },
	{ " TEXT/Html ; charset=utf-8", CONTENT_TEXT, "" },
	{ "text/x-any(comment)", CONTENT_TEXT, "" },
	{ " (a (b\\)) c) text (d) / (e) plain (f)", CONTENT_TEXT, "" },
	{ "\r\n text/plain;\r\n\tcharset=us-ascii", CONTENT_TEXT, "" },
	{ "text/plain; broken", CONTENT_TEXT, "" },
	{ "text/plain; charset=\"utf-8", CONTENT_TEXT, "" },
	{ "image/png", CONTENT_OTHER, "" },
	{ "x-y/z", CONTENT_OTHER, "" },
	{ "texts/plain", CONTENT_OTHER, "" },
	{ "message/rfc822", CONTENT_MESSAGE, "" },
	{ "message/delivery-status", CONTENT_MESSAGE, "" },
	/* texts of wider units than octets */
	{ "text/plain; charset=UTF-16LE", CONTENT_OTHER, "" },
	{ "text/plain; x=y; charset=\"utf-32\"", CONTENT_OTHER, "" },
	{ "text/plain; charset=utf-7", CONTENT_TEXT, "" },
	{ "text/plain; x-charset=utf-16", CONTENT_TEXT, "" },
	/* multiparts */
	{ "multipart/mixed; boundary=b", CONTENT_MULTIPART, "b" },
	{ "Multipart/X;a=b ; BOUNDARY = \"b c\" ", CONTENT_MULTIPART, "b c" },
	{ "multipart/x; boundary=\"a\\\"b\\\\\"", CONTENT_MULTIPART, "a\"b\\" },
	{ "multipart/x; boundary=\"a\r\n b\"", CONTENT_MULTIPART, "a b" },
	{ "multipart/x; boundary=----=_Next:1", CONTENT_MULTIPART,
	    "----=_Next:1" },
	{ "multipart/x; boundary=b(c)", CONTENT_MULTIPART, "b(c)" },
	{ "multipart/x; boundary=b (c);", CONTENT_MULTIPART, "b" },
	{ "multipart/x; (c) boundary (c) = (c) b; a=\"", CONTENT_MULTIPART,
	    "b" },
	{ "multipart/x; boundary=" B70, CONTENT_MULTIPART, B70 },
	{ "multipart/x; boundary=" B70 "b", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=\"" B70 B70 "\"", CONTENT_UNCLEAR, "" },
	{ "multipart/x", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=\"\"", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=\"b \"", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=\"b\tc\"", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=\"b\xc3\xa4\"", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=b; boundary=c", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary=b c", CONTENT_UNCLEAR, "" },
	{ "multipart/x boundary=b", CONTENT_UNCLEAR, "" },
	{ "multipart/x; boundary*0=b", CONTENT_UNCLEAR, "" },
	/* what must not be touched */
	{ "multipart/signed; boundary=b", CONTENT_SEALED, "" },
	{ "multipart/SIGNED", CONTENT_SEALED, "" },
	{ "multipart/encrypted; boundary=b", CONTENT_SEALED, "" },
	{ "multipart/signed-not; boundary=b", CONTENT_MULTIPART, "b" },
};

/* RFC 2045 5.2: these count as none. */
static const char *const no_types[] = { "", " ", "text", "text/", "/plain",
	"text plain", "(text/plain)", "(text/plain", "\"text/plain\"", ";",
	"text\x01/plain", "\xc3\xa4/x", "multipart; boundary=b" };

static void
read_header(struct content *c, const char *before, const char *value,
    const char *behind)
{
	char text[1024];
	int len =
	    snprintf(text, sizeof(text), "%s%s%s\r\n", before, value, behind);

	memset(c, 0x55, sizeof(*c));
	content_read(c, text, (size_t)len, false);
}

static void
a_type_says_what_may_be_touched(void **state)
{
	struct content c;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		read_header(&c, "A: b\r\nContent-Type:", types[i].value, "");
		if (c.kind != types[i].kind || !c.has_type)
			fail_msg("%s: %d", types[i].value, c.kind);
		assert_int_equal(c.boundary_len, strlen(types[i].boundary));
		assert_memory_equal(
		    c.boundary, types[i].boundary, c.boundary_len);
	}
}

static void
a_type_that_is_none_counts_as_none(void **state)
{
	struct content c;

	(void)state;
	for (size_t i = 0; i < COUNT(no_types); i++) {
		read_header(&c, "Content-Type:", no_types[i], "");
		if (c.kind != CONTENT_TEXT || c.has_type)
			fail_msg("%s: %d", no_types[i], c.kind);
	}
	content_read(&c, "", 0, false);
	assert_true(c.kind == CONTENT_TEXT && !c.has_type);
	/* in a digest it is a letter */
	content_read(&c, "", 0, true);
	assert_true(c.kind == CONTENT_MESSAGE && !c.has_type);
}

static const struct {
	const char *text;
	enum content_kind kind;
	bool says_8bit;
} encodings[] = {
	{ "Content-Transfer-Encoding: 7bit", CONTENT_TEXT, false },
	{ "Content-Transfer-Encoding:8BIT (c)", CONTENT_TEXT, true },
	{ "content-transfer-encoding :\r\n (c) Binary", CONTENT_TEXT, true },
	{ "Content-Transfer-Encoding:", CONTENT_TEXT, false },
	{ "Content-Transfer-Encoding: 8-bit", CONTENT_TEXT, true },
	{ "Content-Transfer-Encoding: base64", CONTENT_ENCODED, false },
	{ "Content-Transfer-Encoding: Quoted-Printable", CONTENT_ENCODED,
	    false },
	{ "Content-Transfer-Encoding: x-uuencode", CONTENT_ENCODED, false },
	{ "Content-Transfer-Encoding: utf-8", CONTENT_ENCODED, false },
	{ "Content-Transfer-Encoding: 7bits", CONTENT_ENCODED, false },
	{ "Content-Transfer-Encoding: 7bit\r\n"
	  "Content-Transfer-Encoding: base64",
	    CONTENT_ENCODED, false },
	{ "Content-Transfer-Encoding: 8bit\r\n"
	  "Content-Transfer-Encoding: 7bit",
	    CONTENT_TEXT, true },
	{ "Content-Transfer-Encoding: base64\r\nContent-Type: image/png",
	    CONTENT_OTHER, false },
	{ "Content-Transfer-Encoding: 8bit\r\n"
	  "Content-Type: multipart/x; boundary=b",
	    CONTENT_MULTIPART, true },
	{ "Content-Transfer-Encoding: base64\r\n"
	  "Content-Type: multipart/x; boundary=b",
	    CONTENT_UNCLEAR, false },
	/* two types */
	{ "Content-Type: text/plain\r\nContent-Type: text/html", CONTENT_TEXT,
	    false },
	{ "Content-Type: text/plain\r\nContent-Type: image/png",
	    CONTENT_UNCLEAR, false },
	{ "Content-Type: image/png\r\nContent-Type: text/plain",
	    CONTENT_UNCLEAR, false },
	{ "Content-Type: multipart/x; boundary=b\r\n"
	  "Content-Type: multipart/x; boundary=b",
	    CONTENT_UNCLEAR, false },
	{ "Content-Type: text\r\nContent-Type: image/png", CONTENT_OTHER,
	    false },
};

static void
an_encoding_says_what_is_encoded_already(void **state)
{
	struct content c;

	(void)state;
	for (size_t i = 0; i < COUNT(encodings); i++) {
		read_header(&c, "", encodings[i].text, "");
		if (c.kind != encodings[i].kind ||
		    c.says_8bit != encodings[i].says_8bit)
			fail_msg("%s: %d", encodings[i].text, c.kind);
	}
}

static void
parts_of_a_digest_are_letters(void **state)
{
	struct content c;

	(void)state;
	read_header(&c, "Content-Type: ", "multipart/Digest; boundary=b", "");
	assert_true(c.is_digest && c.kind == CONTENT_MULTIPART);
	read_header(&c, "Content-Type: ", "multipart/mixed; boundary=b", "");
	assert_false(c.is_digest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_says_what_may_be_touched),
		cmocka_unit_test(a_type_that_is_none_counts_as_none),
		cmocka_unit_test(an_encoding_says_what_is_encoded_already),
		cmocka_unit_test(parts_of_a_digest_are_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
