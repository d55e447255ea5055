/*
 * Which certificate authorities count, looked up on demand.
 *
 * Parsing a whole bundle costs more than the rest of a submission.  So the
 * bundle is only read, and after the handshake only those CAs are decoded whose
 * subject is the issuer of (or equal to) a certificate that the server sent
 * (byte-equal DNs; raw DER compared).  Only when that leads to no trusted
 * chain is the whole store loaded once and verification repeated, before
 * anything is refused: the verdict is the one that whole loading gives.
 */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

struct fail;
struct settings_list;
struct tls_policy;
struct trust;

/*
 * from: "system" (the bundle file or directory where this system keeps it,
 * else GnuTLS's own idea), a PEM file, a directory of PEM files, or "pin": no
 * authority at all, see trust_pin().  Opened
 * and looked at (a file without one certificate is refused) before any
 * connection is made: 0, or -1 with FAIL_CONFIG.
 */
int trust_open(struct trust **trust_r, const char *from, struct fail *f);

/* Whoever answers is taken for the server: for an account that says so in so
 * many words.  0, or -1 with FAIL_OS. */
int trust_anybody(struct trust **trust_r, struct fail *f);
void trust_free(struct trust *t);

/* The server's own key must be one of these (texts of base/pin).  Where the
 * trust is of "pin", that is all that is asked; else it comes on top.  0, or
 * -1 with FAIL_BUG: conf/profile lets no other text through. */
int trust_pin(
    struct trust *t, const struct settings_list *pins, struct fail *f);

/* Gives a client session what it needs to be verified with, before its
 * handshake.  The trust must outlive the session.  0, or -1 with FAIL_OS. */
int trust_attach(struct trust *t, gnutls_session_t session, struct fail *f);

/* No certificate counts that is in one of the lists of revoked ones (CRLs, as
 * PEM, or one as DER) in the file.  Lists are taken for their issuers' as they
 * are: the file is ours.  0, or -1 with FAIL_CONFIG: it cannot be read, there
 * is none in it, or one has run out. */
int trust_revoke(struct trust *t, const char *path, struct fail *f);

/* Who we are to a server that asks: a certificate, and what stands behind it
 * up to an authority, in PEM; key NULL: it is in the same file.  The key's file
 * must be nobody else's to read (base/trusted).  0, or -1 with FAIL_CONFIG. */
int trust_identify(
    struct trust *t, const char *certificate, const char *key, struct fail *f);

/* Which TLS the sessions speak; until then what the system says.  Its string
 * must outlive the trust. */
void trust_speak(struct trust *t, const struct tls_policy *policy);
const struct tls_policy *trust_policy(const struct trust *t);

/*
 * Verifies the chain of a session whose handshake is done: chain, validity,
 * serverAuth, key and signature strength of at least the MEDIUM profile, and
 * the name (RFC 9525, 7817: SAN only, never CN; an iPAddress SAN where name
 * is an address; a wildcard only as the whole left-most label, with two more
 * behind it).  0, or -1 with FAIL_TRUST: the reason, the names in the
 * certificate, and advice (an unknown CA: the setting that adds it).
 *
 * Of a trust of "pin" the key alone is asked for, as with DANE-EE (RFC 7671
 * section 5.1): neither name nor validity nor issuer say more than it does.
 */
int trust_verify(struct trust *t, gnutls_session_t session, const char *name,
    struct fail *f);

/* True where the certificate that was verified last is near its end: a tenth
 * of its life is left or less, and no more than two weeks.  Certificates that
 * live for days are renewed later than those that live for a year. */
bool trust_expires(const struct trust *t);

#endif
