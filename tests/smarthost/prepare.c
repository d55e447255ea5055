/*
 * The directory and what the server shows of itself: a throw-away authority,
 * made at each start, and a leaf that it issued - good, or wrong in one way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lib/certs.h"
#include "smarthost/host.h"
#include "smarthost/letter.h"

static const char *const localhost[] = { "localhost", NULL };
static const char *const loopback[] = { "127.0.0.1", "::1", NULL };
static const char *const elsewhere[] = { "mail.elsewhere.example", NULL };

enum signer { OUR_CA, OTHER_CA, ITSELF };

static const struct kind {
	const char *name;
	enum signer signer;
	struct certs_spec spec;
} kinds[] = {
	{ "good", OUR_CA, { .names = localhost, .ips = loopback } },
	{ "expired", OUR_CA,
	    { .names = localhost,
		.ips = loopback,
		.days_from = -30,
		.days_to = -1 } },
	{ "early", OUR_CA,
	    { .names = localhost,
		.ips = loopback,
		.days_from = 1,
		.days_to = 30 } },
	{ "other-name", OUR_CA, { .names = elsewhere } },
	{ "self-signed", ITSELF, { .names = localhost, .ips = loopback } },
	{ "unknown-ca", OTHER_CA, { .names = localhost, .ips = loopback } },
	{ "client-only", OUR_CA,
	    { .names = localhost, .ips = loopback, .eku = CERTS_EKU_CLIENT } },
	{ "weak", OUR_CA,
	    { .names = localhost,
		.ips = loopback,
		.key = CERTS_KEY_RSA_1024 } },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int
write_file(const char *dir, const char *name, char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	int rc = -1;

	if (f != NULL && fputs(text, f) >= 0)
		rc = 0;
	if (f != NULL && fclose(f) != 0)
		rc = -1;
	if (rc != 0)
		perror(path);
	free(path);
	free(text);
	return rc;
}

static int
show(struct host *h, const struct kind *k, const struct certs *ca,
    const struct certs *other)
{
	struct certs_spec spec = k->spec;
	struct certs *leaf;
	int rc;

	if (k->signer != ITSELF)
		spec.issuer = k->signer == OUR_CA ? ca : other;
	leaf = certs_new(&spec);
	h->credentials =
	    certs_credentials((const struct certs *const[]){ leaf, NULL });
	rc = write_file(h->dir, "ca.pem", certs_pem(ca));
	rc |= write_file(h->dir, "cert.pem", certs_pem(leaf));
	rc |= write_file(h->dir, "key.pem", certs_key_pem(leaf));
	certs_free(leaf);
	return rc;
}

static int
throw_away(struct host *h)
{
	const struct kind *k = kinds;
	struct certs *ca, *other;
	int rc;

	while (k < kinds + KINDS && strcmp(k->name, h->certificate) != 0)
		k++;
	if (k == kinds + KINDS) {
		fprintf(stderr, "smarthost: no certificate is called %s\n",
		    h->certificate);
		return -1;
	}
	ca = certs_ca("smarthost throw-away CA");
	other = certs_ca("smarthost other CA");
	rc = show(h, k, ca, other);
	certs_free(ca);
	certs_free(other);
	return rc;
}

static int
read_files(struct host *h)
{
	int rc = gnutls_certificate_allocate_credentials(&h->credentials);

	if (rc >= 0)
		rc = gnutls_certificate_set_x509_key_file(
		    h->credentials, h->cert, h->key, GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		fprintf(stderr, "smarthost: %s: %s\n", h->cert,
		    gnutls_strerror(rc));
	return rc < 0 ? -1 : 0;
}

int
host_prepare(struct host *h, bool tls)
{
	if (letter_directories(h->dir) != 0) {
		perror(h->dir);
		return -1;
	}
	if (!tls)
		return 0;
	return h->cert != NULL ? read_files(h) : throw_away(h);
}
