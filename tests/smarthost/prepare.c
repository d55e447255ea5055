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
static const char *const far[] = { "192.0.2.1", NULL };
static const char *const digits[] = { "127.0.0.1", NULL };
static const char *const mailbox[] = { "me@localhost", "localhost", NULL };
static const char *const uri[] = { "smtp://localhost/", "localhost", NULL };
static const char *const wildcard[] = { "*.evil.example", "*.example",
	"w*.part.example", "mid.*.example", NULL };
static const char *const idn[] = { "xn--bcher-kva.example", NULL };

/* Who has signed the leaf; what stands between it and our CA is sent with it,
 * unless it is hidden. */
enum signer { OUR_CA, OTHER_CA, ITSELF, BETWEEN, BETWEEN_HIDDEN, A_LEAF };

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
	{ "expiring", OUR_CA,
	    { .names = localhost,
		.ips = loopback,
		.days_from = -30,
		.days_to = 1 } },
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
	{ "common-name", OUR_CA, { .cn = "localhost" } },
	{ "common-name-too", OUR_CA,
	    { .cn = "localhost", .names = elsewhere } },
	{ "mailbox", OUR_CA, { .emails = mailbox, .uris = uri } },
	{ "wildcard", OUR_CA, { .names = wildcard } },
	{ "nul", OUR_CA, { .nul_name = "localhost" } },
	{ "idn", OUR_CA, { .names = idn } },
	{ "address-name", OUR_CA, { .cn = "127.0.0.1", .names = digits } },
	{ "other-address", OUR_CA, { .names = digits, .ips = far } },
	{ "critical", OUR_CA,
	    { .names = localhost, .ips = loopback, .unknown_critical = true } },
	{ "must-staple", OUR_CA,
	    { .names = localhost, .ips = loopback, .must_staple = true } },
	{ "chain", BETWEEN, { .names = localhost, .ips = loopback } },
	{ "half-chain", BETWEEN_HIDDEN,
	    { .names = localhost, .ips = loopback } },
	{ "no-ca", A_LEAF, { .names = localhost, .ips = loopback } },
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

static struct certs *
make_between(const struct kind *k, const struct certs *ca)
{
	struct certs_spec spec = {
		.cn = "smarthost between",
		.issuer = ca,
		.ca = k->signer == A_LEAF ? CERTS_LEAF : CERTS_CA,
	};

	return k->signer >= BETWEEN ? certs_new(&spec) : NULL;
}

static int
show(struct host *h, const struct kind *k, const struct certs *ca,
    const struct certs *other)
{
	struct certs *between = make_between(k, ca), *leaf;
	bool hidden = k->signer == BETWEEN_HIDDEN;
	struct certs_spec spec = k->spec;
	int rc;

	if (between != NULL)
		spec.issuer = between;
	else if (k->signer != ITSELF)
		spec.issuer = k->signer == OUR_CA ? ca : other;
	leaf = certs_new(&spec);
	h->credentials = certs_credentials((const struct certs *const[]){
	    leaf, hidden ? NULL : between, NULL });
	rc = write_file(h->dir, "ca.pem", certs_pem(ca));
	rc |= write_file(h->dir, "cert.pem", certs_pem(leaf));
	rc |= write_file(h->dir, "key.pem", certs_key_pem(leaf));
	certs_free(leaf);
	certs_free(between);
	return rc;
}

static int
no_such_kind(const struct host *h)
{
	fprintf(stderr, "smarthost: no certificate is called %s; there are:",
	    h->certificate);
	for (size_t i = 0; i < KINDS; i++)
		fprintf(stderr, " %s", kinds[i].name);
	fprintf(stderr, "\n");
	return -1;
}

static int
throw_away(struct host *h)
{
	const struct kind *k = kinds;
	struct certs *ca, *other;
	int rc;

	while (k < kinds + KINDS && strcmp(k->name, h->certificate) != 0)
		k++;
	if (k == kinds + KINDS)
		return no_such_kind(h);
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
