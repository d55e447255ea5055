#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/x509-ext.h>

#include "base/text.h"

#include "net/certname.h"
#include "net/der.h"
#include "net/host.h"

/* Tags of GeneralName (RFC 5280 section 4.2.1.6), and of what holds them. */
enum { DNS_NAME = 0x82, IP_ADDRESS = 0x87, GENERAL_NAMES = 0x30 };

/*
 * The extension, to be walked over; octets_r is for gnutls_free().  Walked by
 * hand because GnuTLS takes quadratic time over its names, and a hostile
 * certificate has tens of thousands.
 */
static struct der
names_of(gnutls_x509_crt_t crt, gnutls_datum_t *octets_r)
{
	struct der d = { NULL, NULL };

	octets_r->data = NULL;
	if (gnutls_x509_crt_get_extension_by_oid2(
		crt, GNUTLS_X509EXT_OID_SAN, 0, octets_r, NULL) < 0)
		return d;
	d.at = octets_r->data;
	d.end = d.at + octets_r->size;
	if (!der_enter(&d, GENERAL_NAMES))
		d.at = d.end;
	return d;
}

static unsigned
count_dots(const char *text)
{
	unsigned dots = 0;

	for (; *text != '\0'; text++)
		dots += *text == '.';
	return dots;
}

/* A NUL or a letter beyond ASCII in the pattern equals nothing in a name. */
static bool
dns_name_is(const struct der_element *san, const char *name)
{
	const char *pattern = (const char *)san->contents;
	size_t len = san->len;

	if (len > 2 && pattern[0] == '*' && pattern[1] == '.') {
		name += strcspn(name, ".");
		if (count_dots(name) < 2)
			return false;
		pattern++;
		len--;
	}
	return strlen(name) == len && text_same_n(name, pattern, len);
}

static bool
address_is(const struct der_element *san, const struct host *host)
{
	size_t len = host->family == AF_INET6 ? 16 : 4;

	return san->len == len && memcmp(san->contents, host->octets, len) == 0;
}

bool
certname_is(gnutls_x509_crt_t crt, const struct host *host)
{
	gnutls_datum_t octets;
	struct der names = names_of(crt, &octets);
	struct der_element san;
	bool found = false;

	while (!found && der_take(&names, &san)) {
		if (host->family == AF_UNSPEC)
			found = san.type == DNS_NAME &&
				dns_name_is(&san, host->text);
		else
			found =
			    san.type == IP_ADDRESS && address_is(&san, host);
	}
	gnutls_free(octets.data);
	return found;
}

/* One name as text; false for a kind that can be no server's. */
static bool
print_name(const struct der_element *san, char *to, size_t size)
{
	int family = san->len == 16 ? AF_INET6 : AF_INET;
	size_t len = san->len < size ? san->len : size - 1;

	if (san->type == DNS_NAME) {
		/* A NUL must not make it look like the name it is not. */
		for (size_t i = 0; i < len; i++)
			to[i] = san->contents[i] != '\0'
				    ? (char)san->contents[i]
				    : '?';
		to[len] = '\0';
		return true;
	}
	return san->type == IP_ADDRESS && (san->len == 4 || san->len == 16) &&
	       inet_ntop(family, san->contents, to, (socklen_t)size) != NULL;
}

static void
print_common_name(gnutls_x509_crt_t crt, char *dst, size_t size)
{
	char cn[CERTNAME_LIST_MAX];
	size_t len = sizeof(cn);

	if (gnutls_x509_crt_get_dn_by_oid(
		crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &len) < 0)
		snprintf(dst, size, "nobody");
	else
		snprintf(dst, size,
		    "nobody (the common name %s does not count)", cn);
}

char *
certname_list(gnutls_x509_crt_t crt, char *dst, size_t size)
{
	static const char cut[] = ", ...";
	gnutls_datum_t octets;
	struct der names = names_of(crt, &octets);
	char piece[HOST_TEXT_MAX];
	struct der_element san;
	size_t used = 0;

	while (used + 1 < size && der_take(&names, &san)) {
		if (!print_name(&san, piece, sizeof(piece)))
			continue;
		if (used > 0 && used + strlen(piece) + 2 * sizeof(cut) > size) {
			snprintf(dst + used, size - used, "%s", cut);
			break;
		}
		used += (size_t)snprintf(dst + used, size - used, "%s%s",
		    used > 0 ? ", " : "", piece);
	}
	gnutls_free(octets.data);
	if (used == 0)
		print_common_name(crt, dst, size);
	return dst;
}
