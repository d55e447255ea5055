#include "mail/utf8.h"

/* The lead octets that are valid, how many follow, and what the first of those
 * may be (RFC 3629 section 4); all further ones are 80-BF. */
static const struct {
	uint8_t first, last, left, low, high;
} leads[] = {
	{ 0x00, 0x7f, 0, 0, 0 },
	{ 0xc2, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf },
	{ 0xe1, 0xec, 2, 0x80, 0xbf },
	{ 0xed, 0xed, 2, 0x80, 0x9f },
	{ 0xee, 0xef, 2, 0x80, 0xbf },
	{ 0xf0, 0xf0, 3, 0x90, 0xbf },
	{ 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },
};

static void
begin(struct utf8 *u, uint8_t c)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (c >= leads[i].first && c <= leads[i].last) {
			u->left = leads[i].left;
			u->low = leads[i].low;
			u->high = leads[i].high;
			return;
		}
	u->bad = true;
}

void
utf8_add(struct utf8 *u, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len && !u->bad; i++) {
		if (u->left == 0) {
			begin(u, octets[i]);
			continue;
		}
		u->bad = octets[i] < u->low || octets[i] > u->high;
		u->left--;
		u->low = 0x80;
		u->high = 0xbf;
	}
}

bool
utf8_is_good(const struct utf8 *u)
{
	return !u->bad && u->left == 0;
}
