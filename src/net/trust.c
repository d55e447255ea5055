#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/pin.h"
#include "base/trusted.h"
#include "base/xalloc.h"

#include "conf/settings.h"
#include "net/bundle.h"
#include "net/certname.h"
#include "net/der.h"
#include "net/host.h"
#include "net/tls.h"
#include "net/trust.h"

enum {
	CHAIN_MAX = 16, /* certificates a server may send */
	KEY_BITS_MAX = 16384, /* of one of them */
	DN_TEXT_MAX = 160,
	DAY_TEXT_MAX = 32,
	IDENTITY_MAX = 1024 * 1024 /* octets of our certificates, of our key */
};

struct trust {
	gnutls_certificate_credentials_t credentials; /* hold the list */
	gnutls_x509_trust_list_t list; /* of CAs decoded */
	struct bundle *bundle; /* NULL: the list is all there is */
	char *from; /* for people */
	bool whole; /* all of the bundle is in the list */
	bool expires; /* see trust_expires() */
	bool anybody; /* nothing is verified */
	bool pin_alone; /* no authority counts */
	struct pin *pins; /* owned */
	size_t pin_count;
	struct tls_policy policy;
	struct buf crls; /* as they were read; empty: none */
};

/* Where systems keep their bundle, or else their directory. */
static const char *const SYSTEM_STORES[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch, Gentoo */
	"/etc/pki/tls/certs/ca-bundle.crt", /* Fedora, RHEL */
	"/etc/ssl/ca-bundle.pem", /* SUSE */
	"/etc/ssl/cert.pem", /* OpenBSD, Alpine, macOS */
	"/usr/local/share/certs/ca-root-nss.crt", /* FreeBSD */
	"/etc/openssl/certs/ca-certificates.crt", /* NetBSD */
	"/etc/pki/tls/certs",
	"/etc/ssl/certs",
};

/* Each session's credentials point at one list: an empty one to begin with. */
static int
new_list(struct trust *t)
{
	int result = gnutls_x509_trust_list_init(&t->list, 0);

	/* The credentials take it over and free the one before. */
	if (result >= 0)
		gnutls_certificate_set_trust_list(t->credentials, t->list, 0);
	return result;
}

static int
out_of_gnutls(int result, struct fail *f)
{
	return fail_set(f, FAIL_OS, "GnuTLS: %s", gnutls_strerror(result));
}

static int
open_system(struct trust *t, struct fail *f)
{
	size_t count = sizeof(SYSTEM_STORES) / sizeof(*SYSTEM_STORES);
	int loaded;

	for (size_t i = 0; i < count; i++) {
		if (bundle_open(&t->bundle, SYSTEM_STORES[i], NULL) == 0) {
			t->from = xstrdup(SYSTEM_STORES[i]);
			return 0;
		}
	}
	loaded = gnutls_certificate_set_x509_system_trust(t->credentials);
	t->from = xstrdup("the system's store");
	t->whole = true;
	if (loaded > 0)
		return 0;
	fail_set(f, FAIL_CONFIG,
	    "tls-trust = system: this system has no"
	    " certificate authorities");
	fail_advise(f, "install ca-certificates, or set tls-trust to a file"
		       " with the CA of your server");
	return -1;
}

static struct trust *
new_trust(struct fail *f)
{
	struct trust *t = xcalloc(1, sizeof(*t));
	int result = gnutls_certificate_allocate_credentials(&t->credentials);

	buf_init(&t->crls, BUNDLE_MAX);
	if (result >= 0)
		result = new_list(t);
	if (result < 0) {
		out_of_gnutls(result, f);
		trust_free(t);
		return NULL;
	}
	gnutls_certificate_set_verify_limits(
	    t->credentials, KEY_BITS_MAX, CHAIN_MAX);
	/* The profile is the session's (net/tls): GnuTLS would not take the
	 * stronger of two, but the bits of both. */
	gnutls_certificate_set_verify_flags(
	    t->credentials, GNUTLS_VERIFY_DO_NOT_ALLOW_X509_V1_CA_CRT);
	return t;
}

int
trust_anybody(struct trust **trust_r, struct fail *f)
{
	*trust_r = new_trust(f);
	if (*trust_r == NULL)
		return -1;
	(*trust_r)->anybody = true;
	return 0;
}

int
trust_open(struct trust **trust_r, const char *from, struct fail *f)
{
	struct trust *t = new_trust(f);

	if (t == NULL)
		return -1;
	if (strcmp(from, "pin") == 0) {
		t->pin_alone = true;
	} else if (strcmp(from, "system") == 0) {
		if (open_system(t, f) < 0)
			goto fail;
	} else {
		t->from = xstrdup(from);
		if (bundle_open(&t->bundle, from, f) < 0)
			goto fail;
	}
	*trust_r = t;
	return 0;
fail:
	trust_free(t);
	return -1;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	if (t->credentials != NULL)
		gnutls_certificate_free_credentials(t->credentials);
	bundle_free(t->bundle);
	free(t->from);
	free(t->pins);
	buf_free(&t->crls);
	free(t);
}

int
trust_pin(struct trust *t, const struct settings_list *pins, struct fail *f)
{
	free(t->pins);
	t->pin_count = pins->count;
	t->pins = xcalloc(pins->count + 1, sizeof(*t->pins));
	for (size_t i = 0; i < pins->count; i++)
		if (pin_parse(&t->pins[i], pins->items[i]) < 0)
			return fail_set(
			    f, FAIL_BUG, "\"%s\" is no pin", pins->items[i]);
	return 0;
}

/* ---- what was revoked ---------------------------------------------------- */

static char *
print_day(time_t when, char *to)
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(to, DAY_TEXT_MAX, "%Y-%m-%d", &tm) == 0)
		strcpy(to, "?");
	return to;
}

struct crls {
	gnutls_x509_crl_t *items;
	unsigned count;
};

static int
parse_crls(struct trust *t, struct crls *crls_r)
{
	const gnutls_datum_t text = { t->crls.octets,
		(unsigned)buf_len(&t->crls) };
	int result = gnutls_x509_crl_list_import2(
	    &crls_r->items, &crls_r->count, &text, GNUTLS_X509_FMT_PEM, 0);

	if (result < 0)
		result = gnutls_x509_crl_list_import2(&crls_r->items,
		    &crls_r->count, &text, GNUTLS_X509_FMT_DER, 0);
	return result < 0 ? result : 0;
}

/* The list of CAs that the credentials have now takes the lists over. */
static int
add_crls(struct trust *t)
{
	struct crls crls = { NULL, 0 };
	int result;

	if (buf_len(&t->crls) == 0)
		return 0;
	result = parse_crls(t, &crls);
	if (result == 0)
		result = gnutls_x509_trust_list_add_crls(
		    t->list, crls.items, crls.count, 0, 0);
	gnutls_free(crls.items);
	return result;
}

/* When a list that is too old for the clock should have been renewed; 0: none
 * is. */
static time_t
find_stale(const struct crls *crls)
{
	time_t now = time(NULL);

	for (unsigned i = 0; i < crls->count; i++) {
		time_t next = gnutls_x509_crl_get_next_update(crls->items[i]);

		if (next != (time_t)-1 && next < now)
			return next;
	}
	return 0;
}

static int
check_crls(struct trust *t, const char *path, struct fail *f)
{
	struct crls crls = { NULL, 0 };
	char day[DAY_TEXT_MAX];
	time_t stale;

	if (parse_crls(t, &crls) < 0 || crls.count == 0) {
		gnutls_free(crls.items);
		return fail_set(f, FAIL_CONFIG,
		    "tls-crl: %s: there is no list of revoked certificates in "
		    "it",
		    path);
	}
	stale = find_stale(&crls);
	for (unsigned i = 0; i < crls.count; i++)
		gnutls_x509_crl_deinit(crls.items[i]);
	gnutls_free(crls.items);
	if (stale == 0)
		return 0;
	fail_set(f, FAIL_CONFIG,
	    "tls-crl: %s: a list in it was to be renewed by %s", path,
	    print_day(stale, day));
	fail_advise(f, "fetch a new one from the authority");
	return -1;
}

int
trust_revoke(struct trust *t, const char *path, struct fail *f)
{
	int result, error = bundle_read(&t->crls, path);

	if (error != 0)
		return fail_errno(f, FAIL_CONFIG, error, "tls-crl: %s", path);
	if (check_crls(t, path, f) < 0)
		return -1;
	result = add_crls(t);
	return result < 0 ? out_of_gnutls(result, f) : 0;
}

/* ---- who we are ---------------------------------------------------------- */

/* Appends the file; the rule for files with secrets is asked of its key's. */
static int
read_own(struct buf *text, const char *path, bool secret, struct fail *f)
{
	int error, fd = trusted_open(path, secret, f);

	if (fd < 0)
		return -1;
	error = bundle_read_fd(text, fd);
	close(fd);
	return error != 0 ? fail_errno(f, FAIL_CONFIG, error, "%s", path) : 0;
}

/* In both forms of PEM: PKCS#8's, and RFC 1421's header. */
static bool
is_encrypted(const struct buf *key)
{
	return memmem(buf_data(key), buf_len(key), "ENCRYPTED", 9) != NULL;
}

static int
say_identity(
    int result, const struct buf *key, const char *path, struct fail *f)
{
	if (is_encrypted(key)) {
		fail_set(f, FAIL_CONFIG, "tls-key: %s is encrypted", path);
		fail_advise(f,
		    "nobody is there to be asked for its password; write it "
		    "without (openssl pkey) to a file that nobody else can "
		    "read");
		return -1;
	}
	return fail_set(f, FAIL_CONFIG,
	    "tls-certificate with the key in %s: %s", path,
	    gnutls_strerror(result));
}

int
trust_identify(
    struct trust *t, const char *certificate, const char *key, struct fail *f)
{
	const char *key_path = key != NULL ? key : certificate;
	struct buf own, secret;
	gnutls_datum_t chain, words;
	int result = -1;

	buf_init(&own, IDENTITY_MAX);
	buf_init(&secret, IDENTITY_MAX);
	secret.secret = own.secret = true;
	if (read_own(&own, certificate, key == NULL, f) < 0 ||
	    read_own(&secret, key_path, true, f) < 0)
		goto out;
	chain = (gnutls_datum_t){ own.octets, (unsigned)buf_len(&own) };
	words = (gnutls_datum_t){ secret.octets, (unsigned)buf_len(&secret) };
	result = gnutls_certificate_set_x509_key_mem(
	    t->credentials, &chain, &words, GNUTLS_X509_FMT_PEM);
	if (result < 0)
		result = say_identity(result, &secret, key_path, f);
out:
	buf_free(&own);
	buf_free(&secret);
	return result < 0 ? -1 : 0;
}

void
trust_speak(struct trust *t, const struct tls_policy *policy)
{
	t->policy = *policy;
}

const struct tls_policy *
trust_policy(const struct trust *t)
{
	return &t->policy;
}

int
trust_attach(struct trust *t, gnutls_session_t session, struct fail *f)
{
	int result = gnutls_credentials_set(
	    session, GNUTLS_CRD_CERTIFICATE, t->credentials);

	return result < 0 ? out_of_gnutls(result, f) : 0;
}

/* Adds CAs of the bundle to the list: those wanted, or all.  What GnuTLS
 * cannot read is no CA. */
static void
add_authorities(
    struct trust *t, const struct bundle_names *wanted, unsigned flags)
{
	gnutls_datum_t pem;
	size_t at = 0;

	while (bundle_next(t->bundle, wanted, &at, &pem) == 1) {
		gnutls_x509_crt_t crt;

		if (gnutls_x509_crt_init(&crt) < 0)
			return;
		/* The list owns what it was given. */
		if (gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM) <
			0 ||
		    gnutls_x509_trust_list_add_cas(t->list, &crt, 1, flags) < 0)
			gnutls_x509_crt_deinit(crt);
	}
}

/* The CAs that can end this chain: those that issued one of its certificates,
 * and its certificates themselves. */
static void
look_up(struct trust *t, const gnutls_datum_t *chain, unsigned count)
{
	struct der_element names[2 * CHAIN_MAX];
	struct bundle_names wanted = { names, 0 };

	for (unsigned i = 0; i < count && i < CHAIN_MAX; i++)
		if (bundle_find_names(chain[i].data, chain[i].size,
			&names[wanted.count], &names[wanted.count + 1]) == 0)
			wanted.count += 2;
	add_authorities(t, &wanted, GNUTLS_TL_NO_DUPLICATES);
}

static void
load_whole(struct trust *t)
{
	t->whole = true;
	/* Without what was revoked nobody is to be trusted. */
	if (new_list(t) >= 0 && add_crls(t) >= 0)
		add_authorities(t, NULL, 0);
}

/* A negative code of GnuTLS, or 0 and what is wrong with the chain.  The name
 * is not asked for here: see net/certname. */
static int
check(gnutls_session_t session, unsigned *status_r)
{
	unsigned char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st data = { .type = GNUTLS_DT_KEY_PURPOSE_OID };

	data.data = purpose;
	return gnutls_certificate_verify_peers(session, &data, 1, status_r);
}

static gnutls_x509_crt_t
import(const gnutls_datum_t *der)
{
	gnutls_x509_crt_t crt;

	if (gnutls_x509_crt_init(&crt) < 0)
		return NULL;
	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) >= 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

/* What an explanation is made of. */
struct seen {
	const struct trust *trust;
	const struct host *host;
	const gnutls_datum_t *chain;
	unsigned count;
};

/* The first certificate of the chain of which the clock says so; else the CA
 * itself, which the server did not send. */
static time_t
find_day(const struct seen *seen, bool expired)
{
	time_t now = time(NULL), when = (time_t)-1;
	bool found = false;

	for (unsigned i = 0; i < seen->count && !found; i++) {
		gnutls_x509_crt_t crt = import(&seen->chain[i]);

		if (crt == NULL)
			continue;
		when = expired ? gnutls_x509_crt_get_expiration_time(crt)
			       : gnutls_x509_crt_get_activation_time(crt);
		found = expired ? when < now : when > now;
		gnutls_x509_crt_deinit(crt);
	}
	return found ? when : (time_t)-1;
}

static void
say_day(const struct seen *seen, bool expired, struct fail *f)
{
	time_t when = find_day(seen, expired);
	char day[DAY_TEXT_MAX], today[DAY_TEXT_MAX];

	if (when == (time_t)-1)
		fail_set(f, FAIL_TRUST,
		    "the authority that issued the certificate of %s %s",
		    seen->host->text,
		    expired ? "has expired" : "is not valid yet");
	else
		fail_set(f, FAIL_TRUST, "the certificate of %s %s %s",
		    seen->host->text,
		    expired ? "expired on" : "is not valid before",
		    print_day(when, day));
	fail_advise(f,
	    "it must be renewed there, unless the clock here is"
	    " wrong: it says %s",
	    print_day(time(NULL), today));
}

static void
say_expired(const struct seen *seen, struct fail *f)
{
	say_day(seen, true, f);
}

static void
say_not_yet(const struct seen *seen, struct fail *f)
{
	say_day(seen, false, f);
}

/* The digest of the key as it stands in the certificate, octet for octet:
 * behind the subject (RFC 5280 section 4.1). */
static bool
take_pin(const gnutls_datum_t *leaf, struct pin *pin_r)
{
	struct der_element issuer, subject, key;
	struct der rest;

	if (bundle_find_names(leaf->data, leaf->size, &issuer, &subject) < 0)
		return false;
	rest.at = subject.whole + subject.whole_len;
	rest.end = leaf->data + leaf->size;
	return der_take(&rest, &key) &&
	       gnutls_hash_fast(GNUTLS_DIG_SHA256, key.whole, key.whole_len,
		   pin_r->octets) >= 0;
}

/* Who should have been known: the issuer of the last certificate sent. */
static void
say_unknown(const struct seen *seen, struct fail *f)
{
	gnutls_x509_crt_t last = import(&seen->chain[seen->count - 1]);
	char issuer[DN_TEXT_MAX], text[PIN_TEXT_MAX];
	size_t len = sizeof(issuer);
	struct pin pin;
	bool own = seen->count == 1 && last != NULL &&
		   gnutls_x509_crt_check_issuer(last, last) != 0;

	if (last == NULL ||
	    gnutls_x509_crt_get_issuer_dn(last, issuer, &len) < 0 || len == 0)
		strcpy(issuer, "an authority without a short name");
	if (last != NULL)
		gnutls_x509_crt_deinit(last);
	fail_set(f, FAIL_TRUST,
	    "the certificate of %s is %s %s, which is not in %s",
	    seen->host->text, own ? "signed by itself," : "issued by", issuer,
	    seen->trust->from);
	if (own && take_pin(&seen->chain[0], &pin))
		fail_advise(f,
		    "if it is the right one, set tls-trust = pin and"
		    " tls-pin = %s, or tls-trust to a file with that"
		    " certificate",
		    pin_print(&pin, text));
	else
		fail_advise(f,
		    "if it is the right one, set tls-trust to a file with the"
		    " certificate of that CA");
}

static void
say_name(const struct seen *seen, struct fail *f)
{
	gnutls_x509_crt_t leaf = import(&seen->chain[0]);
	char names[CERTNAME_LIST_MAX] = "";

	if (leaf != NULL)
		certname_list(leaf, names, sizeof(names));
	if (leaf != NULL)
		gnutls_x509_crt_deinit(leaf);
	fail_set(f, FAIL_TRUST, "the certificate is not for %s but for %s",
	    seen->host->text, names);
	fail_advise(f, "if one of these is the right server, set"
		       " tls-server-name to it");
}

/*
 * GnuTLS sets several bits at once; the first row that is there is the one
 * that says most.  Without a function the words are enough.
 */
static const struct reason {
	unsigned bit;
	const char *words;
	void (*say)(const struct seen *seen, struct fail *f);
} REASONS[] = {
	{ GNUTLS_CERT_REVOKED, "has been revoked", NULL },
	{ GNUTLS_CERT_SIGNATURE_FAILURE,
	    "is forged or damaged: a signature is wrong", NULL },
	{ GNUTLS_CERT_SIGNER_NOT_CA,
	    "was issued by someone who is no certificate authority", NULL },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, NULL, say_unknown },
	{ GNUTLS_CERT_EXPIRED, NULL, say_expired },
	{ GNUTLS_CERT_NOT_ACTIVATED, NULL, say_not_yet },
	{ GNUTLS_CERT_INSECURE_ALGORITHM,
	    "has a key or a signature that is too weak (RFC 9325)", NULL },
	{ GNUTLS_CERT_PURPOSE_MISMATCH,
	    "is not meant for servers (extended key usage)", NULL },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	    "breaks a constraint: of its authority, or on its purpose", NULL },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS,
	    "has a critical extension that is not understood", NULL },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS,
	    "must come with an OCSP response (must-staple), and has none",
	    NULL },
	{ GNUTLS_CERT_INVALID_OCSP_STATUS,
	    "came with an OCSP response that does not hold", NULL },
	{ GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED,
	    "came with an OCSP response that is out of date", NULL },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, NULL, say_name },
	{ ~0U, "is not valid", NULL },
};

static int
explain(const struct seen *seen, unsigned status, struct fail *f)
{
	const struct reason *r = REASONS;

	while ((r->bit & status) == 0)
		r++;
	if (f == NULL)
		return -1;
	if (r->say != NULL)
		r->say(seen, f);
	else
		fail_set(f, FAIL_TRUST, "the certificate of %s %s",
		    seen->host->text, r->words);
	return -1;
}

static unsigned
check_name(const struct seen *seen)
{
	gnutls_x509_crt_t leaf = import(&seen->chain[0]);
	bool good = leaf != NULL && certname_is(leaf, seen->host);

	if (leaf != NULL)
		gnutls_x509_crt_deinit(leaf);
	return good ? 0 : GNUTLS_CERT_UNEXPECTED_OWNER;
}

static int
check_pin(const struct seen *seen, struct fail *f)
{
	const struct trust *t = seen->trust;
	struct pin pin;
	char text[PIN_TEXT_MAX];

	if (!take_pin(&seen->chain[0], &pin))
		return fail_set(f, FAIL_TRUST,
		    "the key in the certificate of %s cannot be found",
		    seen->host->text);
	for (size_t i = 0; i < t->pin_count; i++)
		if (memcmp(&pin, &t->pins[i], sizeof(pin)) == 0)
			return 0;
	fail_set(f, FAIL_TRUST, "the key of %s is not one of tls-pin: it is %s",
	    seen->host->text, pin_print(&pin, text));
	fail_advise(f, "ask those who run the server; if it has a new key, add"
		       " that to tls-pin");
	return -1;
}

static bool
is_near_its_end(const gnutls_datum_t *der)
{
	enum { FORTNIGHT = 14 * 86400 };
	gnutls_x509_crt_t leaf = import(der);
	time_t from, to, left;

	if (leaf == NULL)
		return false;
	from = gnutls_x509_crt_get_activation_time(leaf);
	to = gnutls_x509_crt_get_expiration_time(leaf);
	left = to - time(NULL);
	gnutls_x509_crt_deinit(leaf);
	return left <= FORTNIGHT && left <= (to - from) / 10;
}

bool
trust_expires(const struct trust *t)
{
	return t->expires;
}

int
trust_verify(
    struct trust *t, gnutls_session_t session, const char *name, struct fail *f)
{
	struct host host;
	struct seen seen = { .trust = t, .host = &host };
	unsigned status = 0;
	int result;

	if (t->anybody)
		return 0;
	if (host_parse(&host, name, f) < 0)
		return -1;
	seen.chain = gnutls_certificate_get_peers(session, &seen.count);
	if (seen.chain == NULL || seen.count == 0)
		return fail_set(
		    f, FAIL_TRUST, "%s showed no certificate", host.text);
	if (t->pin_alone)
		return check_pin(&seen, f);
	if (!t->whole)
		look_up(t, seen.chain, seen.count);
	result = check(session, &status);
	if ((result < 0 || status != 0) && !t->whole) {
		load_whole(t);
		result = check(session, &status);
	}
	if (result < 0)
		return fail_set(f, FAIL_TRUST,
		    "the certificates of %s cannot be verified: %s", host.text,
		    gnutls_strerror(result));
	status |= check_name(&seen);
	if (status != 0)
		return explain(&seen, status, f);
	t->expires = is_near_its_end(&seen.chain[0]);
	return t->pin_count > 0 ? check_pin(&seen, f) : 0;
}
