#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/fail.h"
#include "base/text.h"

#include "net/host.h"

enum { LABEL_MAX = 63, NAME_MAX_OCTETS = 253 };

static int
impossible(const char *text, const char *why, struct fail *f)
{
	return fail_set(
	    f, FAIL_CONFIG, "\"%.300s\" is no possible host: %s", text, why);
}

/* Copies a part of the text; false where there is nothing or too much. */
static bool
copy(char *to, size_t size, const char *from, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

/* "::1", "fe80::1%eth0", without brackets; a zone only where RFC 4007 has
 * one is not checked: the kernel does. */
static bool
parse_ipv6(struct host *h, const char *text, size_t len)
{
	const char *percent = memchr(text, '%', len);
	size_t used = percent != NULL ? (size_t)(percent - text) : len;

	if (!copy(h->text, INET6_ADDRSTRLEN, text, used) ||
	    inet_pton(AF_INET6, h->text, h->octets) != 1)
		return false;
	if (percent != NULL &&
	    !copy(h->zone, sizeof(h->zone), percent + 1, len - used - 1))
		return false;
	h->family = AF_INET6;
	return true;
}

static bool
may_stand_in_name(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_';
}

/* IDNA 2008.  A name that is ASCII already is not touched: libidn2 has
 * opinions about underscores, and costs time; and beside other letters it
 * drops without a word what may stand in no name. */
static int
to_a_labels(struct host *h, const char *text, size_t len, struct fail *f)
{
	gnutls_datum_t mapped = { NULL, 0 };
	bool ascii = true;
	int result;

	for (size_t i = 0; i < len; i++) {
		bool is_ascii = (signed char)text[i] > 0;

		if (is_ascii && text[i] != '.' && !may_stand_in_name(text[i]))
			return impossible(text, "its form", f);
		ascii = ascii && is_ascii;
	}
	if (ascii) {
		if (copy(h->text, sizeof(h->text), text, len))
			return 0;
		return impossible(text, "its length", f);
	}
	result = gnutls_idna_map(text, (unsigned)len, &mapped, 0);
	if (result < 0)
		return impossible(text, gnutls_strerror(result), f);
	ascii = copy(
	    h->text, sizeof(h->text), (const char *)mapped.data, mapped.size);
	gnutls_free(mapped.data);
	return ascii ? 0 : impossible(text, "its length", f);
}

static bool
label_is_good(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_MAX || label[0] == '-' ||
	    label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!may_stand_in_name(label[i]))
			return false;
	return true;
}

/* No top-level domain is a number, but inet_aton(3) likes names that end in
 * one, in octal and hexadecimal too. */
static bool
label_is_number(const char *label)
{
	bool hex = label[0] == '0' && text_lower(label[1]) == 'x';

	if (hex)
		return label[2 + strspn(label + 2, "0123456789abcdef")] == '\0';
	return label[strspn(label, "0123456789")] == '\0';
}

static int
parse_name(struct host *h, const char *text, struct fail *f)
{
	size_t len = strlen(text);
	const char *label;

	h->rooted = len > 1 && text[len - 1] == '.';
	if (to_a_labels(h, text, len - h->rooted, f) < 0)
		return -1;
	if (strlen(h->text) > NAME_MAX_OCTETS)
		return impossible(text, "its length", f);
	for (char *c = h->text; *c != '\0'; c++)
		*c = text_lower(*c);
	for (label = h->text;; label += strcspn(label, ".") + 1) {
		size_t octets = strcspn(label, ".");

		if (!label_is_good(label, octets))
			return impossible(text, "its form", f);
		if (label[octets] == '\0')
			break;
	}
	if (label_is_number(label))
		return impossible(text, "it ends in a number", f);
	return 0;
}

int
host_parse(struct host *h, const char *text, struct fail *f)
{
	size_t len = strlen(text);

	memset(h, 0, sizeof(*h));
	h->family = AF_UNSPEC;
	if (text[0] == '[') {
		if (text[len - 1] == ']' && parse_ipv6(h, text + 1, len - 2))
			return 0;
		return impossible(text, "no IPv6 address in the brackets", f);
	}
	if (strchr(text, ':') != NULL) {
		if (parse_ipv6(h, text, len))
			return 0;
		return impossible(text, "no IPv6 address", f);
	}
	if (inet_pton(AF_INET, text, h->octets) == 1) {
		h->family = AF_INET;
		copy(h->text, sizeof(h->text), text, len);
		return 0;
	}
	return parse_name(h, text, f);
}

static int
zone_index(const char *zone, uint32_t *index_r, struct fail *f)
{
	char *end;
	unsigned long number = strtoul(zone, &end, 10);

	*index_r = if_nametoindex(zone);
	if (*index_r == 0 && *end == '\0' && number <= UINT32_MAX)
		*index_r = (uint32_t)number;
	if (*index_r != 0)
		return 0;
	return fail_set(
	    f, FAIL_CONFIG, "this machine has no interface \"%s\"", zone);
}

int
host_sockaddr(const struct host *h, unsigned port,
    struct sockaddr_storage *address_r, socklen_t *len_r, struct fail *f)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };

	memset(address_r, 0, sizeof(*address_r));
	if (h->family == AF_INET) {
		memcpy(&four.sin_addr, h->octets, sizeof(four.sin_addr));
		memcpy(address_r, &four, *len_r = sizeof(four));
		return 0;
	}
	if (h->zone[0] != '\0' &&
	    zone_index(h->zone, &six.sin6_scope_id, f) < 0)
		return -1;
	memcpy(&six.sin6_addr, h->octets, sizeof(six.sin6_addr));
	memcpy(address_r, &six, *len_r = sizeof(six));
	return 0;
}
