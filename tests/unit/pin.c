/*
 * Pins as texts: what is one, what is none, and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pin.h"

/* SHA-256 of nothing (FIPS 180-4), in every way of writing. */
#define BASE64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define PAIRS \
	"E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:" \
	"27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55"

static const char *const GOOD[] = {
	"sha256:" BASE64,
	"SHA256:" BASE64,
	"sha256:" HEX,
	"sha256:" PAIRS,
	HEX,
	PAIRS,
};

static const char *const BAD[] = {
	"", "sha256:", "sha256", "sha25", BASE64, /* of what? */
	"sha1:" BASE64,
	"sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", /* cut */
	"sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", /* last bits */
	"sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA", /* 33 octets */
	"sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", /* URLs' */
	"sha256:" BASE64 "=", "sha256:sha256:" HEX, HEX "0", HEX "00", HEX ":",
	PAIRS ":", PAIRS ":00",
	"g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
	"e3:b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	/* SHA-1 is shorter. */
	"E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4",
};

static void
a_pin_is_read_and_written_back(void **state)
{
	struct pin pin;
	char text[PIN_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(*GOOD); i++) {
		if (pin_parse(&pin, GOOD[i]) != 0)
			fail_msg("%s is no pin", GOOD[i]);
		assert_string_equal(pin_print(&pin, text), "sha256:" BASE64);
	}
}

static void
what_is_no_digest_of_that_kind_is_no_pin(void **state)
{
	struct pin pin;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		if (pin_parse(&pin, BAD[i]) != -1)
			fail_msg("\"%s\" is a pin", BAD[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_is_read_and_written_back),
		cmocka_unit_test(what_is_no_digest_of_that_kind_is_no_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
