#include <stdbool.h>
#include <string.h>

#include "mail/needs.h"

static bool
has_8bit(const uint8_t *octets, size_t len)
{
	uint64_t word, seen = 0;
	size_t i = 0;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, octets + i, sizeof(word));
		seen |= word;
	}
	for (; i < len; i++)
		seen |= octets[i];
	return (seen & UINT64_C(0x8080808080808080)) != 0;
}

unsigned
needs_of(unsigned known, const uint8_t *octets, size_t len)
{
	if (!(known & NEEDS_NUL) && memchr(octets, '\0', len) != NULL)
		known |= NEEDS_NUL;
	if (!(known & NEEDS_EIGHT_BIT) && has_8bit(octets, len))
		known |= NEEDS_EIGHT_BIT;
	return known;
}
