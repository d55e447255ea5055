/*
 * Every certificate of the catalogue's rows C-01 to C-24 in a real handshake:
 * whether it is accepted, and the words when it is not; with the authorities
 * in a file, in a bundle of many and in a directory, looked up on demand and
 * loaded whole: the verdict must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <gnutls/gnutls.h>

#include "base/fail.h"
#include "base/pin.h"
#include "base/xalloc.h"
#include "conf/settings.h"
#include "net/bundle.h"
#include "net/certname.h"
#include "net/clock.h"
#include "net/conn.h"
#include "net/der.h"
#include "net/host.h"
#include "net/trust.h"

#include "lib/certs.h"
#include "lib/tlspeer.h"

enum { STRANGERS = 40, CHAIN_MAX = 128, SECONDS = 30 };

/* Who issues, and what else the server sends. */
enum authority {
	SELF, /* the leaf signs itself */
	ROOT,
	TWIN, /* in the store, with the name of ROOT */
	RSA_ROOT,
	STRANGER, /* in no store */
	INTER,
	INTER_UNSENT,
	INTER_EXPIRED,
	INTER_SHA1,
	INTER_WEAK,
	INTER_OF_STRANGER,
	INTER_CLIENT, /* its purpose is clientAuth */
	NO_CA,
	NO_CA_NO_STORE,
	V1_ROOT, /* in the store */
	PATHLEN,
	BELOW_PATHLEN,
	CONSTRAINED,
	CROSS, /* ROOT's key and name, issued by a stranger, sent too */
	LOOP_A,
	LOOP_B,
	AUTHORITIES
};

static struct certs *authorities[AUTHORITIES];

/* By whom an authority was issued, as far as the server sends on. */
static const enum authority ISSUER[AUTHORITIES] = {
	[BELOW_PATHLEN] = PATHLEN,
	[LOOP_A] = LOOP_B,
	[LOOP_B] = LOOP_A,
};

/* The stores, each a path. */
static char directory[] = "/tmp/pneu-trust-XXXXXX";
static char *store_file, *store_bundle, *store_directory;

#define NAMES(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}

struct row {
	const char *what;
	const char *host;
	enum authority by;
	struct certs_spec leaf;
	const char *words; /* NULL: accepted; else a part of the words */
};

#define MAIL "mail.evil.test"

static const struct row ROWS[] = {
	/* Accepted. */
	{ "a good one", MAIL, ROOT, { .names = NAMES(MAIL) }, NULL },
	{ "the right purpose", MAIL, ROOT,
	    { .names = NAMES(MAIL), .eku = CERTS_EKU_SERVER }, NULL },
	{ "any purpose", MAIL, ROOT,
	    { .names = NAMES(MAIL), .eku = CERTS_EKU_ANY }, NULL },
	{ "an authority that has a namesake", MAIL, TWIN,
	    { .names = NAMES(MAIL) }, NULL },
	{ "RSA", MAIL, RSA_ROOT,
	    { .names = NAMES(MAIL), .key = CERTS_KEY_RSA_2048 }, NULL },
	{ "Ed25519, SHA-384", MAIL, ROOT,
	    { .names = NAMES(MAIL),
	        .key = CERTS_KEY_ED25519,
	        .hash = CERTS_SHA384 },
	    NULL },
	{ "C-17: an intermediate that is sent", MAIL, INTER,
	    { .names = NAMES(MAIL) }, NULL },
	{ "a cross-signed root that is sent", MAIL, CROSS,
	    { .names = NAMES(MAIL) }, NULL },
	{ "the second of two names", MAIL, ROOT,
	    { .names = NAMES("other.test", MAIL) }, NULL },
	{ "case of letters", "Mail.EVIL.test", ROOT,
	    { .names = NAMES("mAIL.evil.TEST") }, NULL },
	{ "a host with a final dot", MAIL ".", ROOT,
	    { .names = NAMES(MAIL) }, NULL },
	{ "C-09: a wildcard", MAIL, ROOT, { .names = NAMES("*.evil.test") },
	    NULL },
	{ "C-12: an IPv4 address", "192.0.2.7", ROOT,
	    { .ips = NAMES("192.0.2.7") }, NULL },
	{ "C-12: an IPv6 address in brackets", "[2001:db8::7]", ROOT,
	    { .ips = NAMES("192.0.2.7", "2001:db8::7") }, NULL },
	{ "C-12: an IPv6 address with a zone", "fe80::7%lo", ROOT,
	    { .ips = NAMES("fe80::7") }, NULL },
	{ "C-23: a U-label in the setting", "b\xc3\xbc" "cher.test", ROOT,
	    { .names = NAMES("xn--bcher-kva.test") }, NULL },
	{ "names within a constraint", "in.allowed.test", CONSTRAINED,
	    { .names = NAMES("in.allowed.test") }, NULL },

	/* Refused. */
	{ "C-01: expired", MAIL, ROOT,
	    { .names = NAMES(MAIL), .days_from = -9, .days_to = -2 },
	    "expired on 20" },
	{ "C-02: not yet valid", MAIL, ROOT,
	    { .names = NAMES(MAIL), .days_from = 2, .days_to = 9 },
	    "is not valid before 20" },
	{ "C-01: an expired intermediate", MAIL, INTER_EXPIRED,
	    { .names = NAMES(MAIL) }, "expired on 20" },
	{ "C-03: self-signed", MAIL, SELF, { .names = NAMES(MAIL) },
	    "signed by itself" },
	{ "C-03: self-signed, called as a CA in the store", MAIL, SELF,
	    { .names = NAMES(MAIL), .cn = "pneu root" }, "signed by itself" },
	{ "C-04: an unknown CA", MAIL, STRANGER, { .names = NAMES(MAIL) },
	    "CN=pneu stranger" },
	{ "C-04: an intermediate of an unknown CA", MAIL, INTER_OF_STRANGER,
	    { .names = NAMES(MAIL) }, "CN=pneu stranger" },
	{ "C-05: another name", MAIL, ROOT,
	    { .names = NAMES("other.test", "third.test") },
	    "not for mail.evil.test but for other.test, third.test" },
	{ "C-05: a name that ends alike", MAIL, ROOT,
	    { .names = NAMES("xmail.evil.test", "evil.test", "test") },
	    "not for" },
	{ "C-06: only the common name matches", MAIL, ROOT,
	    { .cn = MAIL, .names = NAMES("other.test") },
	    "but for other.test" },
	{ "C-07: a common name alone", MAIL, ROOT, { .cn = MAIL },
	    "common name mail.evil.test does not count" },
	{ "C-08: a mail address", MAIL, ROOT,
	    { .emails = NAMES("me@" MAIL, MAIL) }, "for nobody" },
	{ "C-08: a URI", MAIL, ROOT,
	    { .uris = NAMES("https://" MAIL "/", MAIL) }, "for nobody" },
	{ "C-10: a wildcard over a top-level domain", "mail.test", ROOT,
	    { .names = NAMES("*.test") }, "but for *.test" },
	{ "C-10: a wildcard inside", "mail.evil.test", ROOT,
	    { .names = NAMES("mail.*.test") }, "not for" },
	{ "C-10: a wildcard for all", MAIL, ROOT, { .names = NAMES("*") },
	    "not for" },
	{ "C-10: a part of a label", MAIL, ROOT,
	    { .names = NAMES("m*l.evil.test", "m*.evil.test",
	          "*l.evil.test") },
	    "not for" },
	{ "C-10: a wildcard for two labels", "a.b.evil.test", ROOT,
	    { .names = NAMES("*.evil.test") }, "not for" },
	{ "C-10: a wildcard for no label", "evil.test", ROOT,
	    { .names = NAMES("*.evil.test") }, "not for" },
	{ "C-10: two wildcards", "a.b.evil.test", ROOT,
	    { .names = NAMES("*.*.evil.test") }, "not for" },
	{ "C-11: a NUL in a name", MAIL, ROOT, { .nul_name = MAIL },
	    "but for mail.evil.test?.example" },
	{ "C-11: a control character in a name", MAIL, ROOT,
	    { .names = NAMES(MAIL "\x1b[2J") },
	    "but for mail.evil.test\\^[[2J" },
	{ "C-12: another address", "192.0.2.7", ROOT,
	    { .ips = NAMES("192.0.2.8") }, "but for 192.0.2.8" },
	{ "C-12: an address as a name", "192.0.2.7", ROOT,
	    { .names = NAMES("192.0.2.7") }, "not for" },
	{ "C-12: an address as a common name", "192.0.2.7", ROOT,
	    { .cn = "192.0.2.7" }, "not for" },
	{ "C-12: a wildcard for an address", "192.0.2.7", ROOT,
	    { .names = NAMES("*.0.2.7") }, "not for" },
	{ "C-13: RSA of 1024 bits", MAIL, ROOT,
	    { .names = NAMES(MAIL), .key = CERTS_KEY_RSA_1024 }, "too weak" },
	{ "C-13: SHA-1", MAIL, RSA_ROOT,
	    { .names = NAMES(MAIL), .hash = CERTS_SHA1 }, "too weak" },
	{ "C-13: MD5", MAIL, RSA_ROOT,
	    { .names = NAMES(MAIL), .hash = CERTS_MD5 }, "too weak" },
	{ "C-13: SHA-1 on an intermediate", MAIL, INTER_SHA1,
	    { .names = NAMES(MAIL) }, "too weak" },
	{ "C-13: a weak intermediate", MAIL, INTER_WEAK,
	    { .names = NAMES(MAIL) }, "too weak" },
	{ "C-14: for clients only", MAIL, ROOT,
	    { .names = NAMES(MAIL), .eku = CERTS_EKU_CLIENT },
	    "not meant for servers" },
	{ "C-14: an intermediate for clients only", MAIL, INTER_CLIENT,
	    { .names = NAMES(MAIL), .eku = CERTS_EKU_SERVER },
	    "not meant for servers" },
	{ "C-15: an unknown critical extension", MAIL, ROOT,
	    { .names = NAMES(MAIL), .unknown_critical = true },
	    "critical extension" },
	{ "C-16: issued by a leaf", MAIL, NO_CA, { .names = NAMES(MAIL) },
	    "no certificate authority" },
	{ "C-16: below a path that must end", MAIL, BELOW_PATHLEN,
	    { .names = NAMES(MAIL) }, "constraint" },
	{ "C-16: a name outside the constraint", MAIL, CONSTRAINED,
	    { .names = NAMES(MAIL) }, "constraint" },
	{ "C-17: an intermediate that is not sent", MAIL, INTER_UNSENT,
	    { .names = NAMES(MAIL) }, "CN=pneu inter" },
	{ "C-19: must-staple without a staple", MAIL, ROOT,
	    { .names = NAMES(MAIL), .must_staple = true }, "OCSP" },
	{ "C-23: a U-label in the certificate", "b\xc3\xbc" "cher.test", ROOT,
	    { .names = NAMES("b\xc3\xbc" "cher.test") }, "not for" },
	{ "C-24: issued by a version 1 certificate in the store", MAIL,
	    V1_ROOT, { .names = NAMES(MAIL) }, "" },
	{ "C-24: a loop", MAIL, LOOP_A, { .names = NAMES(MAIL) }, "" },
};

static struct certs *
new_authority(const char *cn, enum authority issuer, struct certs_spec spec)
{
	spec.cn = cn;
	spec.issuer = issuer != SELF ? authorities[issuer] : NULL;
	if (spec.ca == CERTS_LEAF && !spec.version1)
		spec.ca = CERTS_CA;
	return certs_new(&spec);
}

static void
make_authorities(void)
{
	struct certs **a = authorities;
	const struct certs_spec usual = { .ca = CERTS_CA };
	const struct certs_spec leaf = { .cn = "pneu leaf" };
	struct certs *first_b;

	a[ROOT] = new_authority("pneu root", SELF, usual);
	a[TWIN] = new_authority("pneu root", SELF, usual);
	a[RSA_ROOT] = new_authority("pneu rsa", SELF,
	    (struct certs_spec) { .key = CERTS_KEY_RSA_2048 });
	a[V1_ROOT] = new_authority(
	    "pneu v1", SELF, (struct certs_spec) { .version1 = true });
	a[STRANGER] = new_authority("pneu stranger", SELF, usual);
	a[INTER] = new_authority("pneu inter", ROOT, usual);
	a[INTER_UNSENT] = new_authority("pneu inter", ROOT, usual);
	a[INTER_EXPIRED] = new_authority("pneu inter old", ROOT,
	    (struct certs_spec) { .days_from = -9, .days_to = -2 });
	a[INTER_SHA1] = new_authority("pneu inter sha1", RSA_ROOT,
	    (struct certs_spec) { .hash = CERTS_SHA1 });
	a[INTER_WEAK] = new_authority("pneu inter weak", ROOT,
	    (struct certs_spec) { .key = CERTS_KEY_RSA_1024 });
	a[INTER_CLIENT] = new_authority("pneu inter client", ROOT,
	    (struct certs_spec) { .eku = CERTS_EKU_CLIENT });
	a[INTER_OF_STRANGER] = new_authority("pneu far", STRANGER, usual);
	a[PATHLEN] = new_authority("pneu pathlen", ROOT,
	    (struct certs_spec) { .ca = CERTS_CA_PATHLEN_0 });
	a[BELOW_PATHLEN] = new_authority("pneu below", PATHLEN, usual);
	a[CONSTRAINED] = new_authority("pneu constrained", ROOT,
	    (struct certs_spec) { .permitted_name = "allowed.test" });
	a[CROSS] = new_authority("pneu root", STRANGER,
	    (struct certs_spec) { .key_of = a[ROOT] });
	a[NO_CA] = certs_new(&(struct certs_spec) {
	    .cn = "pneu no ca", .issuer = a[ROOT] });
	a[NO_CA_NO_STORE] = certs_new(&leaf);
	first_b = new_authority("pneu loop b", SELF, usual);
	a[LOOP_B] = first_b;
	a[LOOP_A] = new_authority("pneu loop a", LOOP_B, usual);
	a[LOOP_B] = new_authority("pneu loop b", LOOP_A,
	    (struct certs_spec) { .key_of = first_b });
	certs_free(first_b);
}

static void
append(const char *path, const struct certs *c)
{
	FILE *file = fopen(path, "a");
	char *pem = certs_pem(c);

	assert_non_null(file);
	/* Without the end of the last line, which some editors forget. */
	fprintf(file, "\n# Someone's certificate\n%.*s",
	    (int)strlen(pem) - 1, pem);
	assert_int_equal(fclose(file), 0);
	free(pem);
}

/* The CAs that are trusted, each into the file that file() names. */
static const enum authority TRUSTED[] = { ROOT, TWIN, RSA_ROOT, V1_ROOT };

enum { TRUSTED_COUNT = sizeof(TRUSTED) / sizeof(*TRUSTED) };

static void
fill_store_directory(void)
{
	char *path, *link_path;

	for (size_t i = 0; i < TRUSTED_COUNT; i++) {
		/* The last one is reached by its link alone. */
		path = xasprintf("%s/%zu.pem",
		    i == 0 ? directory : store_directory, i);
		link_path = xasprintf("%s/abcdef%zu.0", store_directory, i);
		append(path, authorities[TRUSTED[i]]);
		assert_int_equal(symlink(path, link_path), 0);
		free(path);
		free(link_path);
	}
	path = xasprintf("%s/dangling.0", store_directory);
	assert_int_equal(symlink("/nonexistent", path), 0);
	free(path);
	path = xasprintf("%s/fifo.pem", store_directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	free(path);
}

static int
make_stores(void **state)
{
	struct certs *other;
	char cn[32];

	(void)state;
	gnutls_global_init();
	make_authorities();
	assert_non_null(mkdtemp(directory));
	store_file = xasprintf("%s/cas.pem", directory);
	store_bundle = xasprintf("%s/bundle.pem", directory);
	store_directory = xasprintf("%s/cas.d", directory);
	assert_int_equal(mkdir(store_directory, 0700), 0);
	for (size_t i = 0; i < TRUSTED_COUNT; i++)
		append(store_file, authorities[TRUSTED[i]]);
	for (int i = 0; i < STRANGERS; i++) {
		snprintf(cn, sizeof(cn), "pneu other %d", i);
		other = certs_ca(cn);
		append(store_bundle, other);
		certs_free(other);
		if (i % 10 == 5 && i / 10 < 4)
			append(store_bundle, authorities[TRUSTED[i / 10]]);
	}
	fill_store_directory();
	return 0;
}

static int
remove_stores(void **state)
{
	char *command = xasprintf("rm -rf %s", directory);

	(void)state;
	assert_int_equal(system(command), 0);
	free(command);
	free(store_file);
	free(store_bundle);
	free(store_directory);
	for (int i = 0; i < AUTHORITIES; i++)
		certs_free(authorities[i]);
	return 0;
}

/* What the server sends: the leaf, and what stands above it. */
static void
make_chain(const struct certs *leaf, enum authority by,
    const struct certs **chain)
{
	int count = 0;

	chain[count++] = leaf;
	while (by != SELF && by != INTER_UNSENT && by != ROOT && count < 6) {
		chain[count++] = authorities[by];
		by = ISSUER[by];
	}
	chain[count] = NULL;
}

/* Shakes hands with a server that shows the chain: 0, or -1 and f. */
static int
shake(const struct certs *const *chain, const char *host, struct trust *trust,
    struct fail *f)
{
	const struct tlspeer_spec spec = { .chain = chain,
		.priorities = "NORMAL:%PROFILE_VERY_WEAK" };
	struct tlspeer *peer;
	struct conn *conn;
	int fd, result;

	memset(f, 0, sizeof(*f));
	peer = tlspeer_new(&spec, &fd);
	conn = conn_new(fd);
	result = conn_start_tls(conn, host, trust, clock_in(SECONDS), f);
	conn_free(conn);
	tlspeer_join(peer, NULL);
	return result;
}

/* Makes a trust load all it has, by a certificate that is in no store. */
static void
make_whole(struct trust *trust)
{
	const struct certs *chain[] = { authorities[NO_CA_NO_STORE], NULL };
	struct fail f;

	assert_int_equal(shake(chain, MAIL, trust, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
}

static void
check_row(const struct row *row, const char *store, bool whole)
{
	const struct certs *chain[CHAIN_MAX];
	struct certs_spec spec = row->leaf;
	struct certs *leaf;
	struct trust *trust;
	struct fail f;
	int result;

	spec.issuer = row->by != SELF ? authorities[row->by] : NULL;
	leaf = certs_new(&spec);
	make_chain(leaf, row->by, chain);
	assert_int_equal(trust_open(&trust, store, &f), 0);
	if (whole)
		make_whole(trust);
	result = shake(chain, row->host, trust, &f);
	if (result != (row->words == NULL ? 0 : -1) ||
	    (row->words != NULL && f.kind != FAIL_TRUST) ||
	    (row->words != NULL && strstr(f.words, row->words) == NULL))
		fail_msg("%s (%s%s): result %d, \"%s\"", row->what, store,
		    whole ? ", whole" : "", result, f.words);
	trust_free(trust);
	certs_free(leaf);
}

static void
check_all(const char *store, bool whole)
{
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
		check_row(&ROWS[i], store, whole);
}

static void
every_row_is_judged_with_a_file(void **state)
{
	(void)state;
	check_all(store_file, false);
}

static void
every_row_is_judged_with_a_bundle_of_many(void **state)
{
	(void)state;
	check_all(store_bundle, false);
}

static void
every_row_is_judged_with_a_directory(void **state)
{
	(void)state;
	check_all(store_directory, false);
}

static void
every_row_is_judged_alike_when_all_is_loaded(void **state)
{
	(void)state;
	check_all(store_bundle, true);
}

/* A session of our own, to look at what was loaded for it. */
static int
count_loaded(const struct certs *const *chain, struct trust *trust,
    unsigned *loaded_r)
{
	const struct tlspeer_spec spec = { .chain = chain };
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_trust_list_iter_t iter = NULL;
	gnutls_x509_trust_list_t list;
	gnutls_session_t session;
	gnutls_x509_crt_t crt;
	struct tlspeer *peer;
	struct fail f;
	int fd, result;

	peer = tlspeer_new(&spec, &fd);
	assert_int_equal(
	    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
	assert_int_equal(gnutls_set_default_priority(session), 0);
	assert_int_equal(trust_attach(trust, session, &f), 0);
	gnutls_transport_set_int(session, fd);
	do
		result = gnutls_handshake(session);
	while (result < 0 && !gnutls_error_is_fatal(result));
	assert_int_equal(result, 0);
	result = trust_verify(trust, session, MAIL, &f);
	assert_int_equal(gnutls_credentials_get(session,
	                     GNUTLS_CRD_CERTIFICATE, (void **)&credentials),
	    0);
	gnutls_certificate_get_trust_list(credentials, &list);
	*loaded_r = 0;
	while (gnutls_x509_trust_list_iter_get_ca(list, &iter, &crt) == 0) {
		gnutls_x509_crt_deinit(crt);
		++*loaded_r;
	}
	gnutls_deinit(session);
	close(fd);
	tlspeer_join(peer, NULL);
	return result;
}

static void
only_the_authority_in_question_is_loaded_and_only_once(void **state)
{
	struct certs *leaf = certs_leaf(authorities[RSA_ROOT], MAIL);
	const struct certs *chain[] = { leaf, NULL };
	struct trust *trust;
	unsigned loaded;

	(void)state;
	assert_int_equal(trust_open(&trust, store_bundle, NULL), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(count_loaded(chain, trust, &loaded), 0);
		assert_int_equal(loaded, 1);
	}
	trust_free(trust);
	certs_free(leaf);
}

static void
all_is_loaded_before_an_unknown_authority_is_refused(void **state)
{
	struct certs *leaf = certs_leaf(authorities[STRANGER], MAIL);
	struct certs *good = certs_leaf(authorities[ROOT], MAIL);
	const struct certs *chain[] = { leaf, NULL }, *then[] = { good, NULL };
	struct trust *trust;
	unsigned loaded;

	(void)state;
	assert_int_equal(trust_open(&trust, store_bundle, NULL), 0);
	assert_int_equal(count_loaded(chain, trust, &loaded), -1);
	assert_int_equal(loaded, STRANGERS + TRUSTED_COUNT);
	assert_int_equal(count_loaded(then, trust, &loaded), 0);
	assert_int_equal(loaded, STRANGERS + TRUSTED_COUNT);
	trust_free(trust);
	certs_free(leaf);
	certs_free(good);
}

static void
a_wrong_name_alone_does_not_cost_the_whole_store(void **state)
{
	struct certs *leaf = certs_leaf(authorities[ROOT], "other.test");
	const struct certs *chain[] = { leaf, NULL };
	struct trust *trust;
	unsigned loaded;

	(void)state;
	assert_int_equal(trust_open(&trust, store_file, NULL), 0);
	assert_int_equal(count_loaded(chain, trust, &loaded), -1);
	/* ROOT and its namesake. */
	assert_int_equal(loaded, 2);
	trust_free(trust);
	certs_free(leaf);
}

static void
a_server_certificate_in_the_store_needs_no_authority(void **state)
{
	char *path = xasprintf("%s/own.pem", directory);
	struct certs *own = certs_new(&(struct certs_spec) {
	    .cn = "bridge", .names = NAMES(MAIL) });
	const struct certs *chain[] = { own, NULL };
	struct trust *trust;
	struct fail f;

	(void)state;
	append(path, own);
	assert_int_equal(trust_open(&trust, path, &f), 0);
	assert_int_equal(shake(chain, MAIL, trust, &f), 0);
	assert_int_equal(shake(chain, "other.test", trust, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	trust_free(trust);
	certs_free(own);
	free(path);
}

/* The pin as GnuTLS has it, which goes another way to it. */
static char *
pin_of(const struct certs *c)
{
	struct pin pin;
	size_t len = sizeof(pin);
	char text[PIN_TEXT_MAX];

	assert_int_equal(gnutls_x509_crt_get_key_id(c->crt,
	                     GNUTLS_KEYID_USE_SHA256, pin.octets, &len),
	    0);
	return xstrdup(pin_print(&pin, text));
}

/* One handshake with a leaf: 0, or -1 and f. */
static int
shake_pinned(const struct certs *leaf, const char *store,
    const struct settings_list *pins, struct fail *f)
{
	const struct certs *chain[] = { leaf, NULL };
	struct trust *trust;
	int result;

	assert_int_equal(trust_open(&trust, store, f), 0);
	assert_int_equal(trust_pin(trust, pins, f), 0);
	result = shake(chain, MAIL, trust, f);
	trust_free(trust);
	return result;
}

static const struct {
	struct certs_spec leaf;
	enum authority by;
	bool in_file; /* what the authorities say without a pin */
} PINNED[] = {
	{ { .names = NAMES(MAIL) }, ROOT, true },
	{ { .names = NAMES(MAIL), .key = CERTS_KEY_ED25519 }, ROOT,
	    true },
	{ { .names = NAMES(MAIL), .key = CERTS_KEY_RSA_2048 }, ROOT,
	    true },
	{ { .names = NAMES(MAIL), .days_from = -9, .days_to = -2 },
	    ROOT, false },
	{ { .names = NAMES("other.test") }, ROOT, false },
	{ { .names = NAMES(MAIL) }, SELF, false },
	{ { .names = NAMES(MAIL) }, STRANGER, false },
};
/* C-20: what is accepted with the authorities of a file and with none, by the
 * right pin, by a wrong one beside the right one, and by wrong ones alone. */
static void
a_pin_comes_on_top_of_authorities_or_in_their_place(void **state)
{
	char *wrong = pin_of(authorities[ROOT]);

	(void)state;
	for (size_t i = 0; i < sizeof(PINNED) / sizeof(*PINNED); i++) {
		struct certs_spec spec = PINNED[i].leaf;
		struct certs *leaf;
		char *both[2] = { wrong, NULL };
		const struct settings_list one = { both, 1 }, two = { both, 2 };
		const struct settings_list right = { both + 1, 1 };
		struct fail f;

		spec.issuer =
		    PINNED[i].by != SELF ? authorities[PINNED[i].by] : NULL;
		leaf = certs_new(&spec);
		both[1] = pin_of(leaf);
		assert_int_equal(shake_pinned(leaf, "pin", &right, &f), 0);
		assert_int_equal(shake_pinned(leaf, "pin", &two, &f), 0);
		assert_int_equal(shake_pinned(leaf, store_file, &two, &f),
		    PINNED[i].in_file ? 0 : -1);
		assert_int_equal(shake_pinned(leaf, store_file, &one, &f), -1);
		assert_int_equal(shake_pinned(leaf, "pin", &one, &f), -1);
		assert_int_equal(f.kind, FAIL_TRUST);
		assert_non_null(strstr(f.words, both[1]));
		assert_non_null(strstr(f.advice, "tls-pin"));
		free(both[1]);
		certs_free(leaf);
	}
	free(wrong);
}

static void
a_trust_of_pins_without_one_accepts_nobody(void **state)
{
	struct certs *leaf = certs_leaf(authorities[ROOT], MAIL);
	const struct settings_list none = { NULL, 0 };
	struct fail f;

	(void)state;
	assert_int_equal(shake_pinned(leaf, "pin", &none, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	certs_free(leaf);
}

/* ---- what was revoked ---- */

static char *
write_crl(const struct certs *ca, const struct certs *revoked, int days,
    gnutls_x509_crt_fmt_t format)
{
	char *path = xasprintf("%s/crl", directory);
	size_t len;
	char *octets = certs_crl(ca, revoked, days, format, &len);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(octets, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	free(octets);
	return path;
}

/* A chain that is good but for the list. */
static int
shake_revoked(const char *crl, const struct certs *const *chain, bool whole,
    struct fail *f)
{
	struct trust *trust;
	int result;

	assert_int_equal(trust_open(&trust, store_bundle, f), 0);
	assert_int_equal(trust_revoke(trust, crl, f), 0);
	if (whole)
		make_whole(trust);
	result = shake(chain, MAIL, trust, f);
	trust_free(trust);
	return result;
}

static void
check_revoked(const struct certs *ca, const struct certs *const *chain,
    const struct certs *revoked, gnutls_x509_crt_fmt_t format)
{
	struct certs *other = certs_leaf(ca, MAIL);
	struct fail f;
	char *path;

	for (int whole = 0; whole < 2; whole++) {
		path = write_crl(ca, other, 1, format);
		assert_int_equal(shake_revoked(path, chain, whole, &f), 0);
		free(path);
		path = write_crl(ca, revoked, 1, format);
		assert_int_equal(shake_revoked(path, chain, whole, &f), -1);
		assert_int_equal(f.kind, FAIL_TRUST);
		assert_non_null(strstr(f.words, "has been revoked"));
		free(path);
	}
	certs_free(other);
}

static void
C_18_what_is_in_a_list_of_revoked_ones_does_not_count(void **state)
{
	struct certs *leaf = certs_leaf(authorities[ROOT], MAIL);
	struct certs *below = certs_leaf(authorities[INTER], MAIL);
	const struct certs *one[] = { leaf, NULL };
	const struct certs *two[] = { below, authorities[INTER], NULL };

	(void)state;
	check_revoked(authorities[ROOT], one, leaf, GNUTLS_X509_FMT_PEM);
	check_revoked(authorities[ROOT], one, leaf, GNUTLS_X509_FMT_DER);
	check_revoked(authorities[INTER], two, below, GNUTLS_X509_FMT_PEM);
	check_revoked(authorities[ROOT], two, authorities[INTER],
	    GNUTLS_X509_FMT_PEM);
	certs_free(leaf);
	certs_free(below);
}

static void
C_18_lists_that_are_none_or_have_run_out_are_refused(void **state)
{
	struct trust *trust;
	struct fail f;
	char *stale = write_crl(authorities[ROOT], authorities[INTER], -2,
	    GNUTLS_X509_FMT_PEM);
	char *missing = xasprintf("%s/no-crl", directory);
	const struct {
		const char *path, *words;
	} rows[] = {
		{ stale, "was to be renewed by 20" },
		{ missing, "No such file" },
		{ store_file, "there is no list" },
		{ "/dev/null", "Invalid argument" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(trust_open(&trust, store_file, &f), 0);
		assert_int_equal(trust_revoke(trust, rows[i].path, &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_non_null(strstr(f.words, rows[i].path));
		if (strstr(f.words, rows[i].words) == NULL)
			fail_msg("%s", f.words);
		trust_free(trust);
	}
	free(stale);
	free(missing);
}

static void
a_certificate_near_its_end_is_noticed(void **state)
{
	static const struct {
		int from, to;
		bool expires;
	} rows[] = {
		{ -80, 1, true },
		{ -350, 13, true },
		{ -300, 15, false },
		{ -80, 10, false },
		{ -3, 1, false }, /* it lives for days */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct certs *leaf = certs_new(&(struct certs_spec) {
		    .names = NAMES(MAIL),
		    .issuer = authorities[ROOT],
		    .days_from = rows[i].from,
		    .days_to = rows[i].to });
		const struct certs *chain[] = { leaf, NULL };
		struct trust *trust;
		struct fail f;

		assert_int_equal(trust_open(&trust, store_file, &f), 0);
		assert_false(trust_expires(trust));
		assert_int_equal(shake(chain, MAIL, trust, &f), 0);
		if (trust_expires(trust) != rows[i].expires)
			fail_msg("from %d to %d", rows[i].from, rows[i].to);
		trust_free(trust);
		certs_free(leaf);
	}
}

/* ---- who we are ---- */

static char *
write_own(const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static struct certs *shown; /* what the server must have been shown */

static void
look_at_client(gnutls_session_t session)
{
	gnutls_datum_t der;
	unsigned count = 0;
	const gnutls_datum_t *peers =
	    gnutls_certificate_get_peers(session, &count);

	assert_int_equal(
	    gnutls_x509_crt_export2(shown->crt, GNUTLS_X509_FMT_DER, &der), 0);
	if (peers != NULL && count == 1 && peers->size == der.size &&
	    memcmp(peers->data, der.data, der.size) == 0)
		gnutls_record_send(session, "yes", 3);
	else
		gnutls_record_send(session, "no", 2);
	gnutls_free(der.data);
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

/* Whether the server saw the certificate. */
static void
check_shown(struct trust *trust, const char *priorities)
{
	struct certs *leaf = certs_leaf(authorities[ROOT], MAIL);
	const struct certs *chain[] = { leaf, NULL };
	const struct tlspeer_spec spec = { .chain = chain,
		.priorities = priorities,
		.ask = GNUTLS_CERT_REQUIRE,
		.talk = look_at_client };
	struct tlspeer *peer;
	struct conn *conn;
	struct fail f;
	char answer[4] = "";
	int fd;

	peer = tlspeer_new(&spec, &fd);
	conn = conn_new(fd);
	assert_int_equal(
	    conn_start_tls(conn, MAIL, trust, clock_in(SECONDS), &f), 0);
	assert_int_equal(conn_wait(conn, false, clock_in(SECONDS), &f), 1);
	while (conn_read(conn, answer, sizeof(answer) - 1, &f) == CONN_AGAIN)
		assert_int_equal(
		    conn_wait(conn, false, clock_in(SECONDS), &f), 1);
	assert_string_equal(answer, "yes");
	conn_free(conn);
	assert_int_equal(tlspeer_join(peer, NULL), 0);
	certs_free(leaf);
}

static void
a_server_that_asks_is_shown_our_certificate(void **state)
{
	char *pem, *key_pem, *both, *certificate, *key, *one;
	struct trust *trust;
	struct fail f;

	(void)state;
	shown = certs_new(&(struct certs_spec) {
	    .cn = "client", .eku = CERTS_EKU_CLIENT });
	pem = certs_pem(shown);
	key_pem = certs_key_pem(shown);
	both = xasprintf("%s%s", pem, key_pem);
	certificate = write_own("client.pem", pem, 0644);
	key = write_own("client.key", key_pem, 0600);
	one = write_own("client.both", both, 0600);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(trust_open(&trust, store_file, &f), 0);
		assert_int_equal(
		    trust_identify(trust, i == 0 ? certificate : one,
			i == 0 ? key : NULL, &f),
		    0);
		check_shown(trust, "NORMAL");
		check_shown(trust, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
		trust_free(trust);
	}
	certs_free(shown);
	free(pem);
	free(key_pem);
	free(both);
	free(certificate);
	free(key);
	free(one);
}

/* An encrypted key in both forms: it need not be whole to be known. */
#define PKCS8_ENCRYPTED \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n" \
	"-----END ENCRYPTED PRIVATE KEY-----\n"
#define RFC1421_ENCRYPTED \
	"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n" \
	"DEK-Info: AES-256-CBC,00\n\nMAA=\n-----END RSA PRIVATE KEY-----\n"

static void
a_certificate_of_ours_that_is_no_use_is_refused_first(void **state)
{
	struct certs *own = certs_new(&(struct certs_spec) { .cn = "client" });
	struct certs *other = certs_new(&(struct certs_spec) { .cn = "other" });
	char *pem = certs_pem(own), *key = certs_key_pem(own);
	char *other_key = certs_key_pem(other);
	const struct {
		const char *certificate, *key; /* NULL: no file */
		mode_t mode;
		const char *words;
	} rows[] = {
		{ pem, other_key, 0600, "own.key" },
		{ pem, "garbage", 0600, "own.key" },
		{ pem, "", 0600, "own.key" },
		{ "garbage", key, 0600, "tls-certificate" },
		{ pem, key, 0644, "own.key" },
		{ pem, NULL, 0, "own.key" },
		{ pem, PKCS8_ENCRYPTED, 0600, "is encrypted" },
		{ pem, RFC1421_ENCRYPTED, 0600, "is encrypted" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *path = write_own("own.pem", rows[i].certificate, 0644);
		char *key_path = rows[i].key == NULL
				     ? xasprintf("%s/no-own.key", directory)
				     : write_own("own.key", rows[i].key,
					   rows[i].mode);
		struct trust *trust;
		struct fail f;

		assert_int_equal(trust_open(&trust, store_file, &f), 0);
		assert_int_equal(trust_identify(trust, path, key_path, &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		if (strstr(f.words, rows[i].words) == NULL)
			fail_msg("%zu: %s", i, f.words);
		trust_free(trust);
		free(path);
		free(key_path);
	}
	certs_free(own);
	certs_free(other);
	free(pem);
	free(key);
	free(other_key);
}

static void
anybody_is_trusted_where_nobody_is_asked_for(void **state)
{
	struct certs *leaf = certs_leaf(authorities[STRANGER], "other.test");
	const struct certs *chain[] = { leaf, NULL };
	struct trust *trust;
	struct fail f;

	(void)state;
	assert_int_equal(trust_anybody(&trust, &f), 0);
	assert_int_equal(shake(chain, MAIL, trust, &f), 0);
	trust_free(trust);
	certs_free(leaf);
}

/* C-24: n certificates behind the leaf, each issued by the next. */
static int
shake_long(int n, struct trust *trust, struct fail *f)
{
	const struct certs **chain = xcalloc((size_t)n + 2, sizeof(*chain));
	struct certs **made = xcalloc((size_t)n + 1, sizeof(*made));
	char cn[32];
	int result;

	for (int i = n; i >= 0; i--) {
		snprintf(cn, sizeof(cn), "pneu link %d", i);
		made[i] = certs_new(&(struct certs_spec) {
		    .cn = i > 0 ? cn : NULL,
		    .names = i > 0 ? NULL : NAMES(MAIL),
		    .ca = i > 0 ? CERTS_CA : CERTS_LEAF,
		    .issuer = i < n ? made[i + 1] : authorities[ROOT] });
		chain[i] = made[i];
	}
	result = shake(chain, MAIL, trust, f);
	for (int i = 0; i <= n; i++)
		certs_free(made[i]);
	free(made);
	free(chain);
	return result;
}

static void
chains_and_certificates_are_bounded(void **state)
{
	struct certs *big = certs_new(&(struct certs_spec) {
	    .names = NAMES(MAIL),
	    .issuer = authorities[ROOT],
	    .padding = 1024 * 1024 });
	const struct certs *chain[] = { big, NULL };
	struct trust *trust;
	struct fail f;

	(void)state;
	assert_int_equal(trust_open(&trust, store_file, &f), 0);
	if (shake_long(15, trust, &f) != 0)
		fail_msg("15 intermediates: %s", f.words);
	assert_int_equal(shake_long(16, trust, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	assert_int_equal(shake_long(200, trust, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	assert_int_equal(shake(chain, MAIL, trust, &f), -1);
	assert_int_equal(f.kind, FAIL_PROTOCOL);
	trust_free(trust);
	certs_free(big);
}

/* As many as a handshake has room for; to ask GnuTLS for each in turn takes
 * minutes. */
static void
thousands_of_names_in_a_certificate_cost_no_time(void **state)
{
	enum { NAMES_MAX = 30000 };
	const char **names = xcalloc(NAMES_MAX + 1, sizeof(*names));
	char list[CERTNAME_LIST_MAX];
	struct host other, last;
	struct certs *leaf;
	int64_t before;

	(void)state;
	for (int i = 0; i < NAMES_MAX - 1; i++)
		names[i] = "a";
	names[NAMES_MAX - 1] = MAIL;
	leaf = certs_new(&(struct certs_spec) {
	    .names = names, .issuer = authorities[ROOT] });
	assert_int_equal(host_parse(&other, "other.test", NULL), 0);
	assert_int_equal(host_parse(&last, MAIL, NULL), 0);
	before = clock_now();
	assert_false(certname_is(leaf->crt, &other));
	assert_true(certname_is(leaf->crt, &last));
	certname_list(leaf->crt, list, sizeof(list));
	assert_in_range(clock_now() - before, 0, 3000);
	assert_true(strlen(list) < sizeof(list));
	assert_string_equal(list + strlen(list) - 3, "...");
	certs_free(leaf);
	free(names);
}

/* C-21 */

static char *
write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void
check_unusable(const char *path)
{
	struct trust *trust;
	struct fail f = { 0 };

	if (trust_open(&trust, path, &f) != -1)
		fail_msg("%s was taken for a store", path);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.words, path));
}

static void
a_store_without_certificates_is_refused_first(void **state)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "empty.pem", "" },
		{ "garbage.pem", "\xff\x30\x82 no certificate\n" },
		{ "begun.pem", "-----BEGIN CERTIFICATE-----\nMIIB" },
		{ "hollow.pem",
		    "-----BEGIN CERTIFICATE-----\n"
		    "-----END CERTIFICATE-----\n" },
		{ "damaged.pem",
		    "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n"
		    "-----END CERTIFICATE-----\n" },
		{ "none.pem",
		    "-----BEGIN CERTIFICATE-----\n\x01\x02\n"
		    "-----END CERTIFICATE-----\n" },
	};
	char *key = certs_key_pem(authorities[ROOT]), *path;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		path = write_file(files[i].name, files[i].text);
		check_unusable(path);
		free(path);
	}
	path = write_file("key.pem", key);
	check_unusable(path);
	free(path);
	path = xasprintf("%s/hollow.d", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	check_unusable(path);
	free(path);
	path = write_file("hollow.d/README", "nothing here\n");
	free(path);
	path = xasprintf("%s/hollow.d", directory);
	check_unusable(path);
	free(path);
	free(key);
	check_unusable("/nonexistent/cas.pem");
	check_unusable("/dev/null");
}

static void
a_store_that_may_not_be_read_or_is_too_big_is_refused(void **state)
{
	char *path = write_file("private.pem", "");
	uid_t before = geteuid();

	(void)state;
	append(path, authorities[ROOT]);
	assert_int_equal(chmod(path, 0), 0);
	if (before == 0)
		assert_int_equal(seteuid(65534), 0);
	check_unusable(path);
	assert_int_equal(seteuid(before), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, BUNDLE_MAX + 1), 0);
	check_unusable(path);
	free(path);
}

static void
a_damaged_certificate_does_not_hide_the_others(void **state)
{
	struct certs *leaf = certs_leaf(authorities[ROOT], MAIL);
	const struct certs *chain[] = { leaf, NULL };
	struct trust *trust;
	struct fail f;
	char *path = write_file("mixed.pem",
	    "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n"
	    "-----END CERTIFICATE-----\n");
	char *key = certs_key_pem(authorities[STRANGER]);
	FILE *file = fopen(path, "a");

	(void)state;
	fprintf(file, "%s", key);
	assert_int_equal(fclose(file), 0);
	append(path, authorities[ROOT]);
	assert_int_equal(trust_open(&trust, path, &f), 0);
	assert_int_equal(shake(chain, MAIL, trust, &f), 0);
	make_whole(trust);
	assert_int_equal(shake(chain, MAIL, trust, &f), 0);
	trust_free(trust);
	certs_free(leaf);
	free(key);
	free(path);
}

static void
the_systems_store_is_found_and_named(void **state)
{
	struct certs *leaf = certs_leaf(authorities[ROOT], MAIL);
	const struct certs *chain[] = { leaf, NULL };
	struct trust *trust;
	struct fail f;

	(void)state;
	assert_int_equal(trust_open(&trust, "system", &f), 0);
	assert_int_equal(shake(chain, MAIL, trust, &f), -1);
	assert_int_equal(f.kind, FAIL_TRUST);
	assert_non_null(strstr(f.words, "which is not in /"));
	assert_non_null(strstr(f.advice, "set tls-trust"));
	trust_free(trust);
	certs_free(leaf);
}

static void
check_name_found(const struct der_element *found,
    int (*ask)(gnutls_x509_crt_t, gnutls_datum_t *))
{
	gnutls_datum_t expected;

	assert_int_equal(ask(authorities[INTER]->crt, &expected), 0);
	assert_int_equal(found->whole_len, expected.size);
	assert_memory_equal(found->whole, expected.data, expected.size);
	gnutls_free(expected.data);
}

/* The parser that sees hostile DER: it must survive every cut and every
 * changed octet, and find what GnuTLS finds in whole ones. */
static void
the_names_in_a_certificate_are_found_and_nothing_else(void **state)
{
	struct der_element issuer, subject;
	gnutls_datum_t der;
	size_t cut = 0;

	(void)state;
	assert_int_equal(gnutls_x509_crt_export2(authorities[INTER]->crt,
	                     GNUTLS_X509_FMT_DER, &der),
	    0);
	for (size_t len = 0; len <= der.size; len++) {
		uint8_t *copy = xmalloc(len);

		memcpy(copy, der.data, len);
		if (bundle_find_names(copy, len, &issuer, &subject) < 0)
			cut = len;
		for (size_t i = 0; i < len; i += 3) {
			copy[i] ^= 0x81;
			bundle_find_names(copy, len, &issuer, &subject);
			copy[i] ^= 0x81;
		}
		free(copy);
	}
	assert_int_equal(
	    bundle_find_names(der.data, der.size, &issuer, &subject), 0);
	check_name_found(&issuer, gnutls_x509_crt_get_raw_issuer_dn);
	check_name_found(&subject, gnutls_x509_crt_get_raw_dn);
	/* The last octet that is needed is the last one of the subject. */
	assert_int_equal(
	    cut, (size_t)(subject.whole + subject.whole_len - der.data) - 1);
	gnutls_free(der.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_judged_with_a_file),
		cmocka_unit_test(every_row_is_judged_with_a_bundle_of_many),
		cmocka_unit_test(every_row_is_judged_with_a_directory),
		cmocka_unit_test(every_row_is_judged_alike_when_all_is_loaded),
		cmocka_unit_test(
		    only_the_authority_in_question_is_loaded_and_only_once),
		cmocka_unit_test(
		    all_is_loaded_before_an_unknown_authority_is_refused),
		cmocka_unit_test(
		    a_wrong_name_alone_does_not_cost_the_whole_store),
		cmocka_unit_test(
		    a_server_certificate_in_the_store_needs_no_authority),
		cmocka_unit_test(
		    a_pin_comes_on_top_of_authorities_or_in_their_place),
		cmocka_unit_test(a_trust_of_pins_without_one_accepts_nobody),
		cmocka_unit_test(anybody_is_trusted_where_nobody_is_asked_for),
		cmocka_unit_test(a_certificate_near_its_end_is_noticed),
		cmocka_unit_test(a_server_that_asks_is_shown_our_certificate),
		cmocka_unit_test(
		    a_certificate_of_ours_that_is_no_use_is_refused_first),
		cmocka_unit_test(
		    C_18_what_is_in_a_list_of_revoked_ones_does_not_count),
		cmocka_unit_test(
		    C_18_lists_that_are_none_or_have_run_out_are_refused),
		cmocka_unit_test(chains_and_certificates_are_bounded),
		cmocka_unit_test(
		    thousands_of_names_in_a_certificate_cost_no_time),
		cmocka_unit_test(
		    a_store_without_certificates_is_refused_first),
		cmocka_unit_test(
		    a_store_that_may_not_be_read_or_is_too_big_is_refused),
		cmocka_unit_test(
		    a_damaged_certificate_does_not_hide_the_others),
		cmocka_unit_test(the_systems_store_is_found_and_named),
		cmocka_unit_test(
		    the_names_in_a_certificate_are_found_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, make_stores, remove_stores);
}
