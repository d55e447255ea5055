#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/x509-ext.h>

#include "base/text.h"

#include "net/certname.h"
#include "net/host.h"

/* The names are decoded once: asking the certificate for each in turn decodes
 * all of them each time, and a hostile certificate has thousands. */
static gnutls_subject_alt_names_t
names_of(gnutls_x509_crt_t crt)
{
	gnutls_subject_alt_names_t names = NULL;
	gnutls_datum_t der = { NULL, 0 };

	if (gnutls_x509_crt_get_extension_by_oid2(
		crt, GNUTLS_X509EXT_OID_SAN, 0, &der, NULL) < 0)
		return NULL;
	if (gnutls_subject_alt_names_init(&names) < 0)
		names = NULL;
	if (names != NULL &&
	    gnutls_x509_ext_import_subject_alt_names(&der, names, 0) < 0) {
		gnutls_subject_alt_names_deinit(names);
		names = NULL;
	}
	gnutls_free(der.data);
	return names;
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
dns_name_is(const gnutls_datum_t *san, const char *name)
{
	const char *pattern = (const char *)san->data;
	size_t len = san->size;

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
address_is(const gnutls_datum_t *san, const struct host *host)
{
	size_t len = host->family == AF_INET6 ? 16 : 4;

	return san->size == len && memcmp(san->data, host->octets, len) == 0;
}

bool
certname_is(gnutls_x509_crt_t crt, const struct host *host)
{
	gnutls_subject_alt_names_t names = names_of(crt);
	bool name = host->family == AF_UNSPEC, found = false;
	gnutls_datum_t san;
	unsigned type;

	for (unsigned i = 0;
	     names != NULL && !found &&
	     gnutls_subject_alt_names_get(names, i, &type, &san, NULL) >= 0;
	     i++) {
		if (name && type == GNUTLS_SAN_DNSNAME)
			found = dns_name_is(&san, host->text);
		else if (!name && type == GNUTLS_SAN_IPADDRESS)
			found = address_is(&san, host);
	}
	if (names != NULL)
		gnutls_subject_alt_names_deinit(names);
	return found;
}

/* One name as text; false for a kind that can be no server's. */
static bool
print_name(unsigned type, const gnutls_datum_t *san, char *to, size_t size)
{
	int family = san->size == 16 ? AF_INET6 : AF_INET;
	size_t len = san->size < size ? san->size : size - 1;

	if (type == GNUTLS_SAN_DNSNAME) {
		/* A NUL must not make it look like the name it is not. */
		for (size_t i = 0; i < len; i++)
			to[i] = san->data[i] != '\0' ? (char)san->data[i] : '?';
		to[len] = '\0';
		return true;
	}
	return type == GNUTLS_SAN_IPADDRESS &&
	       (san->size == 4 || san->size == 16) &&
	       inet_ntop(family, san->data, to, (socklen_t)size) != NULL;
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
	gnutls_subject_alt_names_t names = names_of(crt);
	static const char cut[] = ", ...";
	char piece[HOST_TEXT_MAX];
	size_t used = 0;
	gnutls_datum_t san;
	unsigned type;

	for (unsigned i = 0;
	     names != NULL &&
	     gnutls_subject_alt_names_get(names, i, &type, &san, NULL) >= 0;
	     i++) {
		if (!print_name(type, &san, piece, sizeof(piece)))
			continue;
		if (used + strlen(piece) + 2 * sizeof(cut) > size) {
			snprintf(dst + used, size - used, "%s",
			    used > 0 ? cut : piece);
			used = size;
			break;
		}
		used += (size_t)snprintf(dst + used, size - used, "%s%s",
		    used > 0 ? ", " : "", piece);
	}
	if (names != NULL)
		gnutls_subject_alt_names_deinit(names);
	if (used == 0)
		print_common_name(crt, dst, size);
	return dst;
}
