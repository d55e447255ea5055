#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/x509-ext.h>

#include "base/buf.h"
#include "base/xalloc.h"

#include "lib/certs.h"

enum { DAY = 86400, CHAIN_MAX = 256, EXTENSION_MAX = 4 * 1024 * 1024 };

/* Types of DER: those of GeneralName (RFC 5280 section 4.2.1.6), and one. */
enum general_name {
	RFC822_NAME = 0x81,
	DNS_NAME = 0x82,
	URI = 0x86,
	IP_ADDRESS = 0x87
};
enum { SEQUENCE = 0x30 };

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

/* A DER header and its contents. */
static void
add_der(struct buf *out, uint8_t type, const void *octets, size_t len)
{
	uint8_t header[5] = { type, (uint8_t)len };
	size_t used = 2;

	if (len > 0x7f) {
		header[1] = 0x83;
		header[2] = (uint8_t)(len >> 16);
		header[3] = (uint8_t)(len >> 8);
		header[4] = (uint8_t)len;
		used = 5;
		/* DER wants the shortest form. */
		if (len < 0x100) {
			header[1] = 0x81;
			header[2] = (uint8_t)len;
			used = 3;
		} else if (len < 0x10000) {
			header[1] = 0x82;
			memmove(header + 2, header + 3, 2);
			used = 4;
		}
	}
	if (buf_add(out, header, used) < 0 || buf_add(out, octets, len) < 0)
		must(GNUTLS_E_MEMORY_ERROR, "too big");
}

static void
add_names(struct buf *out, enum general_name type, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		add_der(out, (uint8_t)type, *list, strlen(*list));
}

static void
add_addresses(struct buf *out, const char *const *list)
{
	uint8_t octets[16];

	for (; list != NULL && *list != NULL; list++) {
		int family = strchr(*list, ':') != NULL ? AF_INET6 : AF_INET;

		if (inet_pton(family, *list, octets) != 1)
			must(GNUTLS_E_INVALID_REQUEST, *list);
		add_der(out, IP_ADDRESS, octets, family == AF_INET6 ? 16 : 4);
	}
}

/* Not by GnuTLS, which maps names to A-labels and takes quadratic time. */
static void
add_subject_names(gnutls_x509_crt_t crt, const struct certs_spec *spec)
{
	static const char tail[] = ".example";
	struct buf names, all;
	char *with_nul;

	buf_init(&names, EXTENSION_MAX);
	buf_init(&all, EXTENSION_MAX);
	add_names(&names, DNS_NAME, spec->names);
	add_names(&names, RFC822_NAME, spec->emails);
	add_names(&names, URI, spec->uris);
	add_addresses(&names, spec->ips);
	if (spec->nul_name != NULL) {
		with_nul = xasprintf("%s%c%s", spec->nul_name, '\0', tail);
		add_der(&names, DNS_NAME, with_nul,
		    strlen(spec->nul_name) + sizeof(tail));
		free(with_nul);
	}
	if (buf_len(&names) > 0) {
		add_der(&all, SEQUENCE, buf_data(&names), buf_len(&names));
		must(gnutls_x509_crt_set_extension_by_oid(crt,
			 GNUTLS_X509EXT_OID_SAN, buf_data(&all), buf_len(&all),
			 0),
		    "subject alternative names");
	}
	buf_free(&names);
	buf_free(&all);
}

static void
add_padding(gnutls_x509_crt_t crt, size_t len)
{
	struct buf octets;

	buf_init(&octets, EXTENSION_MAX);
	while (buf_len(&octets) < len)
		if (buf_add(&octets, "\5", 2) < 0) /* DER NULL */
			must(GNUTLS_E_MEMORY_ERROR, "too big");
	must(gnutls_x509_crt_set_extension_by_oid(crt, "1.3.6.1.4.1.99999.2",
		 buf_data(&octets), buf_len(&octets), 0),
	    "padding");
	buf_free(&octets);
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
	unsigned usage = ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
			    : GNUTLS_KEY_DIGITAL_SIGNATURE;

	add_subject_names(crt, spec);
	must(gnutls_x509_crt_set_basic_constraints(
		 crt, ca, spec->ca == CERTS_CA_PATHLEN_0 ? 0 : -1),
	    "basic constraints");
	if (spec->key >= CERTS_KEY_RSA_2048 && !ca)
		usage |= GNUTLS_KEY_KEY_ENCIPHERMENT;
	must(gnutls_x509_crt_set_key_usage(crt, usage), "key usage");
	if (PURPOSES[spec->eku] != NULL)
		must(gnutls_x509_crt_set_key_purpose_oid(
			 crt, PURPOSES[spec->eku], 0),
		    "key purpose");
	if (spec->permitted_name != NULL)
		add_constraint(crt, spec->permitted_name);
	if (spec->must_staple)
		add_must_staple(crt);
	if (spec->padding > 0)
		add_padding(crt, spec->padding);
	if (spec->unknown_critical)
		must(gnutls_x509_crt_set_extension_by_oid(
			 crt, "1.3.6.1.4.1.99999.1", null, sizeof(null), 1),
		    "unknown extension");
}

/* Authorities of one name are told apart by these (RFC 5280 section 4.2.1.1);
 * GnuTLS tries the first otherwise, and no other. */
static void
add_key_ids(gnutls_x509_crt_t crt, const struct certs *issuer)
{
	uint8_t id[64];
	size_t len = sizeof(id);

	must(gnutls_x509_crt_get_key_id(crt, 0, id, &len), "key id");
	must(gnutls_x509_crt_set_subject_key_id(crt, id, len), "key id");
	len = sizeof(id);
	must(gnutls_x509_crt_get_key_id(issuer->crt, 0, id, &len), "key id");
	must(gnutls_x509_crt_set_authority_key_id(crt, id, len), "key id");
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

static gnutls_x509_privkey_t
copy_key(const struct certs *of)
{
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key), "key");
	must(gnutls_x509_privkey_cpy(key, of->key), "copying a key");
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

/* Ed25519 has a hash of its own (RFC 8410). */
static gnutls_digest_algorithm_t
hash_for(const struct certs *issuer, const struct certs_spec *spec)
{
	return gnutls_x509_privkey_get_pk_algorithm(issuer->key) ==
		       GNUTLS_PK_EDDSA_ED25519
		   ? GNUTLS_DIG_SHA512
		   : HASHES[spec->hash];
}

struct certs *
certs_new(const struct certs_spec *spec)
{
	struct certs *c = xcalloc(1, sizeof(*c));
	const struct certs *issuer = spec->issuer != NULL ? spec->issuer : c;

	c->key =
	    spec->key_of != NULL ? copy_key(spec->key_of) : new_key(spec->key);
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
	if (!spec->version1) {
		add_extensions(c->crt, spec);
		add_key_ids(c->crt, issuer);
	}
	must(gnutls_x509_crt_sign2(
		 c->crt, issuer->crt, issuer->key, hash_for(issuer, spec), 0),
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

	while (count < CHAIN_MAX && chain[count] != NULL) {
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

char *
certs_crl(const struct certs *ca, const struct certs *revoked, int days,
    gnutls_x509_crt_fmt_t format, size_t *len_r)
{
	time_t now = time(NULL);
	gnutls_x509_crl_t crl;
	gnutls_datum_t out;
	char *copy;

	must(gnutls_x509_crl_init(&crl), "list");
	must(gnutls_x509_crl_set_version(crl, 2), "version");
	must(gnutls_x509_crl_set_crt(crl, revoked->crt, now - DAY), "revoking");
	must(gnutls_x509_crl_set_this_update(crl, now - 30 * DAY), "from");
	must(gnutls_x509_crl_set_next_update(crl, now + (time_t)days * DAY),
	    "to");
	must(gnutls_x509_crl_set_number(crl, "\1", 1), "number");
	must(gnutls_x509_crl_sign2(
		 crl, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0),
	    "signing the list");
	must(gnutls_x509_crl_export2(crl, format, &out), "list out");
	*len_r = out.size;
	copy = xcalloc(1, out.size + 1);
	memcpy(copy, out.data, out.size);
	gnutls_free(out.data);
	gnutls_x509_crl_deinit(crl);
	return copy;
}
