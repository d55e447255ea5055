/*
 * Certificates for tests, made on the spot by GnuTLS: authorities and leaves,
 * good ones and ones with any single defect that a client must notice.
 *
 * Nothing is kept in files of the repository, so nothing expires there.  What
 * cannot be made ends the program: a test without its certificate is none.
 */
#ifndef LIB_CERTS_H
#define LIB_CERTS_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum certs_key {
	CERTS_KEY_P256, /* fast to make; the default */
	CERTS_KEY_ED25519,
	CERTS_KEY_RSA_2048,
	CERTS_KEY_RSA_1024, /* weak */
	CERTS_KEY_RSA_512 /* weak */
};

/* What the issuer signs with; MD5 wants an RSA key there. */
enum certs_hash { CERTS_SHA256, CERTS_SHA384, CERTS_SHA1, CERTS_MD5 };

enum certs_eku {
	CERTS_EKU_NONE, /* no such extension */
	CERTS_EKU_SERVER,
	CERTS_EKU_CLIENT,
	CERTS_EKU_ANY
};

enum certs_ca {
	CERTS_LEAF, /* basicConstraints CA:FALSE */
	CERTS_CA,   /* CA:TRUE and keyCertSign */
	CERTS_CA_PATHLEN_0 /* the same, for leaves only */
};

/*
 * What to make; zero is the usual thing everywhere.  Lists end with NULL, or
 * are NULL.  Only borrowed during the call.
 */
struct certs_spec {
	const char *cn;            /* subject common name; NULL: none */
	const char *const *names;  /* dNSName, as they are (any octets) */
	const char *const *ips;    /* iPAddress, in text */
	const char *const *emails; /* rfc822Name */
	const char *const *uris;
	const char *nul_name;       /* a dNSName "NAME\0.example" */
	const char *permitted_name; /* CA: name constraint, a dNSName subtree */
	const struct certs *issuer; /* NULL: self-signed */
	const struct certs *key_of; /* has that one's key; NULL: a new one */
	int days_from, days_to;     /* validity from now; 0, 0: -1 to 30 */
	enum certs_key key;
	enum certs_hash hash;
	enum certs_eku eku;
	enum certs_ca ca;
	size_t padding;        /* octets to make it big */
	bool unknown_critical; /* a critical extension nobody knows */
	bool must_staple;      /* TLS feature status_request (RFC 7633) */
	bool version1;         /* X.509 v1: no extensions at all */
};

/* A certificate and its private key. */
struct certs {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

struct certs *certs_new(const struct certs_spec *spec);
void certs_free(struct certs *c); /* accepts NULL */

/* A good CA called cn, and a good leaf for one name (a dNSName, or an
 * iPAddress where it is an address), issued by ca. */
struct certs *certs_ca(const char *cn);
struct certs *certs_leaf(const struct certs *ca, const char *name);

/* A list of the certificates that ca revoked, as PEM or DER: one of them, to
 * be renewed in so many days.  *len_r octets, and a NUL; the caller's. */
char *certs_crl(const struct certs *ca, const struct certs *revoked, int days,
    gnutls_x509_crt_fmt_t format, size_t *len_r);

/* PEM: the certificate, the private key (PKCS#8, without a password); the
 * caller's. */
char *certs_pem(const struct certs *c);
char *certs_key_pem(const struct certs *c);

/* Credentials for a server that shows the chain (leaf first, ended by NULL)
 * with the leaf's key; for gnutls_certificate_free_credentials(). */
gnutls_certificate_credentials_t certs_credentials(
    const struct certs *const *chain);

#endif
