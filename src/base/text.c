#include <string.h>

/* Only vis() is used, of which both forms of libbsd are the same. */
#define LIBBSD_OPENBSD_VIS 1
#include <bsd/vis.h>

#include "base/text.h"

bool
text_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
text_is_control(char c)
{
	return (unsigned char)c < 32 || c == 127;
}

char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_same(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && text_same_n(a, b, len);
}

bool
text_same_n(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_lower(a[i]) != text_lower(b[i]))
			return false;
	return true;
}

bool
text_has_control(const char *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_is_control(octets[i]))
			return true;
	return false;
}

/* The printable form of one octet: at most four characters and a NUL. */
static size_t
escape(char *to, char c, char next)
{
	if (c > 32 && c < 127 && c != '\\') {
		to[0] = c;
		return 1;
	}
	return (size_t)(
	    vis(to, (unsigned char)c, VIS_CSTYLE | VIS_TAB, next) - to);
}

char *
text_vis(char *dst, size_t size, const void *octets, size_t len)
{
	const char *from = octets;
	char piece[8];
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char next = i + 1 < len ? from[i + 1] : '\0';
		size_t more = 1;

		if (from[i] == '\r' && next == '\n')
			continue;
		if (from[i] == '\n')
			piece[0] = ' ';
		else
			more = escape(piece, from[i], next);
		if (used + more >= size)
			break;
		memcpy(dst + used, piece, more);
		used += more;
	}
	dst[used] = '\0';
	return dst;
}
