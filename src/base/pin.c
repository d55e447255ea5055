#include <stdbool.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/pin.h"
#include "base/text.h"

static const char PREFIX[] = "sha256:";

enum { PREFIX_LEN = sizeof(PREFIX) - 1 };

static bool
from_base64(struct pin *pin, const char *text)
{
	struct buf octets;
	bool good;

	buf_init(&octets, PIN_OCTETS);
	good = base64_decode(&octets, text, strlen(text)) == 0 &&
	       buf_len(&octets) == PIN_OCTETS;
	if (good)
		memcpy(pin->octets, buf_data(&octets), PIN_OCTETS);
	buf_free(&octets);
	return good;
}

/* The digit's value, or -1. */
static int
digit(char c)
{
	static const char DIGITS[] = "0123456789abcdef";
	const char *found = memchr(DIGITS, text_lower(c), sizeof(DIGITS) - 1);

	return found != NULL ? (int)(found - DIGITS) : -1;
}

static bool
from_hex(struct pin *pin, const char *text)
{
	bool colons = strlen(text) > 2 && text[2] == ':';

	for (size_t i = 0; i < PIN_OCTETS; i++) {
		int high = digit(text[0]);
		int low = high >= 0 ? digit(text[1]) : -1;

		if (low < 0)
			return false;
		pin->octets[i] = (uint8_t)(high * 16 + low);
		text += 2;
		if (colons && i < PIN_OCTETS - 1 && *text++ != ':')
			return false;
	}
	return *text == '\0';
}

int
pin_parse(struct pin *pin_r, const char *text)
{
	bool named = text_same_n(text, PREFIX, PREFIX_LEN);

	if (named)
		text += PREFIX_LEN;
	if (from_hex(pin_r, text))
		return 0;
	/* Without its name a word in base64 could be anything. */
	return named && from_base64(pin_r, text) ? 0 : -1;
}

char *
pin_print(const struct pin *pin, char *text)
{
	struct buf out;

	buf_init(&out, PIN_TEXT_MAX - 1);
	buf_add_text(&out, PREFIX);
	base64_encode(&out, pin->octets, PIN_OCTETS);
	memcpy(text, buf_data(&out), buf_len(&out));
	text[buf_len(&out)] = '\0';
	buf_free(&out);
	return text;
}
