#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/x509-ext.h>

#include "base/xalloc.h"

#include "lib/certs.h"

enum { DAY = 86400, CHAIN_MAX = 256 };

static const struct {
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
} KEYS[] = {
	[CERTS_KEY_P256] = { GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
	[CERTS_KEY_ED25519] = { GNUTLS_PK_EDDSA_ED25519, 0 },
	[CERTS_KEY_RSA_2048] = { GNUTLS_PK_RSA, 2048 },
	[CERTS_KEY_RSA_1024] = { GNUTLS_PK_RSA, 1024 },
	[CERTS_KEY_RSA_512] = { GNUTLS_PK_RSA, 512 },
};

static const gnutls_digest_algorithm_t HASHES[] = {
	[CERTS_SHA256] = GNUTLS_DIG_SHA256,
	[CERTS_SHA384] = GNUTLS_DIG_SHA384,
	[CERTS_SHA1] = GNUTLS_DIG_SHA1,
	[CERTS_MD5] = GNUTLS_DIG_MD5,
};

static const char *const PURPOSES[] = {
	[CERTS_EKU_NONE] = NULL,
	[CERTS_EKU_SERVER] = GNUTLS_KP_TLS_WWW_SERVER,
	[CERTS_EKU_CLIENT] = GNUTLS_KP_TLS_WWW_CLIENT,
	[CERTS_EKU_ANY] = GNUTLS_KP_ANY,
};

/* Ends the program unless the step worked. */
static void
must(int result, const char *step)
{
	if (result >= 0)
		return;
	fprintf(stderr, "certs: %s: %s\n", step, gnutls_strerror(result));
	abort();
}

static void
add_name(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t type,
    const void *octets, size_t len)
{
	must(gnutls_x509_crt_set_subject_alt_name(
		 crt, type, octets, (unsigned)len, GNUTLS_FSAN_APPEND),
	    "subject alternative name");
}

static void
add_names(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t type,
    const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		add_name(crt, type, *list, strlen(*list));
}

static void
add_addresses(gnutls_x509_crt_t crt, const char *const *list)
{
	uint8_t octets[16];

	for (; list != NULL && *list != NULL; list++) {
		int family = strchr(*list, ':') != NULL ? AF_INET6 : AF_INET;

		if (inet_pton(family, *list, octets) != 1)
			must(GNUTLS_E_INVALID_REQUEST, *list);
		add_name(crt, GNUTLS_SAN_IPADDRESS, octets,
		    family == AF_INET6 ? 16 : 4);
	}
}

static void
add_subject_names(gnutls_x509_crt_t crt, const struct certs_spec *spec)
{
	static const char tail[] = ".example";
	char *with_nul;
	size_t len;

	add_names(crt, GNUTLS_SAN_DNSNAME, spec->names);
	add_names(crt, GNUTLS_SAN_RFC822NAME, spec->emails);
	add_names(crt, GNUTLS_SAN_URI, spec->uris);
	add_addresses(crt, spec->ips);
	if (spec->nul_name == NULL)
		return;
	len = strlen(spec->nul_name) + 1;
	with_nul = xasprintf("%s%c%s", spec->nul_name, '\0', tail);
	add_name(crt, GNUTLS_SAN_DNSNAME, with_nul, len + sizeof(tail) - 1);
	free(with_nul);
}

static void
add_constraint(gnutls_x509_crt_t crt, const char *subtree)
{
	gnutls_datum_t name = { (uint8_t *)xstrdup(subtree),
		(unsigned)strlen(subtree) };
	gnutls_x509_name_constraints_t constraints;

	must(gnutls_x509_name_constraints_init(&constraints), "constraints");
	must(gnutls_x509_name_constraints_add_permitted(
		 constraints, GNUTLS_SAN_DNSNAME, &name),
	    "permitted name");
	must(gnutls_x509_crt_set_name_constraints(crt, constraints, 1),
	    "name constraint");
	gnutls_x509_name_constraints_deinit(constraints);
	free(name.data);
}

static void
add_must_staple(gnutls_x509_crt_t crt)
{
	enum { STATUS_REQUEST = 5 };
	gnutls_x509_tlsfeatures_t features;

	must(gnutls_x509_tlsfeatures_init(&features), "TLS feature");
	must(gnutls_x509_tlsfeatures_add(features, STATUS_REQUEST),
	    "TLS feature");
	must(gnutls_x509_crt_set_tlsfeatures(crt, features), "TLS feature");
	gnutls_x509_tlsfeatures_deinit(features);
}

static void
add_extensions(gnutls_x509_crt_t crt, const struct certs_spec *spec)
{
	static const uint8_t null[] = { 5, 0 };
	bool ca = spec->ca != CERTS_LEAF;

	add_subject_names(crt, spec);
	must(gnutls_x509_crt_set_basic_constraints(
		 crt, ca, spec->ca == CERTS_CA_PATHLEN_0 ? 0 : -1),
	    "basic constraints");
	must(gnutls_x509_crt_set_key_usage(
		 crt, ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
			 : GNUTLS_KEY_DIGITAL_SIGNATURE),
	    "key usage");
	if (PURPOSES[spec->eku] != NULL)
		must(gnutls_x509_crt_set_key_purpose_oid(
			 crt, PURPOSES[spec->eku], 0),
		    "key purpose");
	if (spec->permitted_name != NULL)
		add_constraint(crt, spec->permitted_name);
	if (spec->must_staple)
		add_must_staple(crt);
	if (spec->unknown_critical)
		must(gnutls_x509_crt_set_extension_by_oid(
			 crt, "1.3.6.1.4.1.99999.1", null, sizeof(null), 1),
		    "unknown extension");
}

static gnutls_x509_privkey_t
new_key(enum certs_key kind)
{
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key), "key");
	must(gnutls_x509_privkey_generate(
		 key, KEYS[kind].algorithm, KEYS[kind].bits, 0),
	    "making a key");
	return key;
}

static void
set_validity(gnutls_x509_crt_t crt, const struct certs_spec *spec)
{
	bool usual = spec->days_from == 0 && spec->days_to == 0;
	time_t now = time(NULL);

	must(gnutls_x509_crt_set_activation_time(
		 crt, now + (usual ? -1 : spec->days_from) * DAY),
	    "activation time");
	must(gnutls_x509_crt_set_expiration_time(
		 crt, now + (usual ? 30 : spec->days_to) * DAY),
	    "expiration time");
}

static void
set_serial(gnutls_x509_crt_t crt)
{
	uint8_t serial[16];

	must(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)), "serial");
	serial[0] = 1; /* positive, and no leading zero */
	must(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)), "serial");
}

struct certs *
certs_new(const struct certs_spec *spec)
{
	struct certs *c = xcalloc(1, sizeof(*c));
	const struct certs *issuer = spec->issuer != NULL ? spec->issuer : c;

	c->key = new_key(spec->key);
	must(gnutls_x509_crt_init(&c->crt), "certificate");
	must(gnutls_x509_crt_set_version(c->crt, spec->version1 ? 1 : 3),
	    "version");
	must(gnutls_x509_crt_set_key(c->crt, c->key), "public key");
	set_serial(c->crt);
	set_validity(c->crt, spec);
	if (spec->cn != NULL)
		must(gnutls_x509_crt_set_dn_by_oid(c->crt,
			 GNUTLS_OID_X520_COMMON_NAME, 0, spec->cn,
			 (unsigned)strlen(spec->cn)),
		    "common name");
	if (!spec->version1)
		add_extensions(c->crt, spec);
	must(gnutls_x509_crt_sign2(
		 c->crt, issuer->crt, issuer->key, HASHES[spec->hash], 0),
	    "signing");
	return c;
}

void
certs_free(struct certs *c)
{
	if (c == NULL)
		return;
	gnutls_x509_crt_deinit(c->crt);
	gnutls_x509_privkey_deinit(c->key);
	free(c);
}

struct certs *
certs_ca(const char *cn)
{
	const struct certs_spec spec = { .cn = cn, .ca = CERTS_CA };

	return certs_new(&spec);
}

struct certs *
certs_leaf(const struct certs *ca, const char *name)
{
	const char *const list[] = { name, NULL };
	uint8_t octets[16];
	bool address = inet_pton(AF_INET, name, octets) == 1 ||
		       inet_pton(AF_INET6, name, octets) == 1;
	struct certs_spec spec = { .issuer = ca, .eku = CERTS_EKU_SERVER };

	if (address)
		spec.ips = list;
	else
		spec.names = list;
	return certs_new(&spec);
}

static char *
take_text(gnutls_datum_t *datum)
{
	char *text = xstrndup((const char *)datum->data, datum->size);

	gnutls_free(datum->data);
	return text;
}

char *
certs_pem(const struct certs *c)
{
	gnutls_datum_t out;

	must(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &out),
	    "certificate out");
	return take_text(&out);
}

char *
certs_key_pem(const struct certs *c)
{
	gnutls_datum_t out;

	must(gnutls_x509_privkey_export2_pkcs8(
		 c->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &out),
	    "key out");
	return take_text(&out);
}

gnutls_certificate_credentials_t
certs_credentials(const struct certs *const *chain)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t list[CHAIN_MAX];
	int count = 0;

	while (chain[count] != NULL && count < CHAIN_MAX) {
		list[count] = chain[count]->crt;
		count++;
	}
	must(gnutls_certificate_allocate_credentials(&credentials),
	    "credentials");
	must(gnutls_certificate_set_x509_key(
		 credentials, list, count, chain[0]->key),
	    "credentials");
	return credentials;
}
