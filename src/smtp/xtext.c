/*
 * xtext = *( xchar / hexchar ), RFC 3461 4:
 *   xchar   = any octet between "!" and "~" but "+" and "="
 *   hexchar = "+" and two digits of 0-9 and A-F, in capitals
 */
#include "base/buf.h"
#include "smtp/xtext.h"

static const char digits[] = "0123456789ABCDEF";

static int
is_xchar(unsigned char c)
{
	return c >= '!' && c <= '~' && c != '+' && c != '=';
}

int
xtext_encode(struct buf *out, const void *octets, size_t len)
{
	const unsigned char *from = octets;

	for (size_t i = 0; i < len; i++) {
		const char hex[] = { '+', digits[from[i] >> 4],
			digits[from[i] & 15] };
		int failed = is_xchar(from[i]) ? buf_add(out, from + i, 1)
					       : buf_add(out, hex, sizeof(hex));

		if (failed)
			return -1;
	}
	return 0;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
xtext_decode(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		int high, low;

		if (c == '+') {
			if (len - i < 3)
				return -1;
			high = hex_value(text[i + 1]);
			low = hex_value(text[i + 2]);
			if (high < 0 || low < 0)
				return -1;
			c = (unsigned char)(high << 4 | low);
			i += 2;
		} else if (!is_xchar(c))
			return -1;
		if (buf_add(out, &c, 1) != 0)
			return -1;
	}
	return 0;
}
