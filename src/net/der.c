#include "net/der.h"

/* Takes the type and the length octets. */
static bool
take_header(struct der *d, uint8_t *type_r, size_t *len_r)
{
	const uint8_t *p = d->at;
	unsigned octets;
	size_t len;

	if (d->end - p < 2 || (p[0] & 0x1f) == 0x1f)
		return false;
	*type_r = p[0];
	len = p[1];
	p += 2;
	if (len > 0x7f) {
		octets = (unsigned)len & 0x7f;
		if (octets == 0 || octets > 3 || d->end - p < (int)octets)
			return false;
		for (len = 0; octets > 0; octets--)
			len = len << 8 | *p++;
	}
	d->at = p;
	*len_r = len;
	return true;
}

bool
der_take(struct der *d, struct der_element *element_r)
{
	struct der_element *e = element_r;

	e->whole = d->at;
	if (!take_header(d, &e->type, &e->len) ||
	    (size_t)(d->end - d->at) < e->len)
		return false;
	e->contents = d->at;
	d->at += e->len;
	e->whole_len = (size_t)(d->at - e->whole);
	return true;
}

bool
der_enter(struct der *d, uint8_t type)
{
	uint8_t found;
	size_t len;

	if (!take_header(d, &found, &len) || found != type)
		return false;
	if (len < (size_t)(d->end - d->at))
		d->end = d->at + len;
	return true;
}
