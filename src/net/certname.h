/*
 * Whose certificate is it?  RFC 9525: only a subjectAltName counts, a dNSName
 * for a name and an iPAddress for an address; the common name never does.
 *
 * GnuTLS can ask the same but is laxer (it falls back to the common name and
 * lets "*.test" match), and takes quadratic time over thousands of names.
 */
#ifndef NET_CERTNAME_H
#define NET_CERTNAME_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/x509.h>

struct host;

enum { CERTNAME_LIST_MAX = 300 };

/* True when the certificate is for that host.  A wildcard stands for exactly
 * one whole label, the left-most, with at least two behind it. */
bool certname_is(gnutls_x509_crt_t crt, const struct host *host);

/* The names in the certificate for people, "a.test, 192.0.2.1": cut with
 * "..." where size ends; hostile text, not yet printable.  Returns dst. */
char *certname_list(gnutls_x509_crt_t crt, char *dst, size_t size);

#endif
