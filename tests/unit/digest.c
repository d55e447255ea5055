/*
 * base/digest: the vectors of RFC 1321, RFC 3174, RFC 6234, RFC 2202, RFC 4231,
 * RFC 6070 and RFC 7914.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/digest.h"

#define TEXT(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

static void
check(enum digest_kind kind, const uint8_t *octets, const char *hex)
{
	char text[2 * DIGEST_MAX + 1] = "";

	for (size_t i = 0; i < digest_size(kind); i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
	assert_string_equal(text, hex);
}

static void
hashes_are_those_of_the_rfcs(void **state)
{
	static const struct {
		enum digest_kind kind;
		struct digest_octets text;
		const char *hex;
	} rows[] = {
		{ DIGEST_MD5, TEXT(""), "d41d8cd98f00b204e9800998ecf8427e" },
		{ DIGEST_MD5, TEXT("abc"), "900150983cd24fb0d6963f7d28e17f72" },
		{ DIGEST_SHA1, TEXT("abc"),
		    "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DIGEST_SHA256, TEXT("abc"),
		    "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
	};
	uint8_t out[DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(digest_hash(rows[i].kind, rows[i].text.octets,
				     rows[i].text.len, out),
		    0);
		check(rows[i].kind, out, rows[i].hex);
	}
}

static void
hmacs_are_those_of_the_rfcs(void **state)
{
	static const struct {
		enum digest_kind kind;
		struct digest_octets key, text;
		const char *hex;
	} rows[] = {
		{ DIGEST_MD5, TEXT("Jefe"),
		    TEXT("what do ya want for nothing?"),
		    "750c783e6ab0b503eaa86e310a5db738" },
		{ DIGEST_SHA1, TEXT("Jefe"),
		    TEXT("what do ya want for nothing?"),
		    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ DIGEST_SHA256, TEXT("Jefe"),
		    TEXT("what do ya want for nothing?"),
		    "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843" },
	};
	uint8_t out[DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    digest_hmac(rows[i].kind, rows[i].key, rows[i].text, out),
		    0);
		check(rows[i].kind, out, rows[i].hex);
	}
}

static void
passwords_become_the_keys_of_the_rfcs(void **state)
{
	static const struct {
		enum digest_kind kind;
		struct digest_octets password, salt;
		unsigned iterations;
		const char *hex;
	} rows[] = {
		{ DIGEST_SHA1, TEXT("password"), TEXT("salt"), 1,
		    "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
		{ DIGEST_SHA1, TEXT("password"), TEXT("salt"), 4096,
		    "4b007901b765489abead49d926f721d065a429c1" },
		{ DIGEST_SHA256, TEXT("passwd"), TEXT("salt"), 1,
		    "55ac046e56e3089fec1691c22544b605"
		    "f94185216dde0465e68b9d57c20dacbc" },
	};
	uint8_t out[DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(digest_pbkdf2(rows[i].kind, rows[i].password,
				     rows[i].salt, rows[i].iterations, out),
		    0);
		check(rows[i].kind, out, rows[i].hex);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_the_rfcs),
		cmocka_unit_test(hmacs_are_those_of_the_rfcs),
		cmocka_unit_test(passwords_become_the_keys_of_the_rfcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
