#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"

#include "net/host.h"
#include "net/tls.h"
#include "net/trust.h"

enum {
	GREETING_MAX = 80, /* octets shown of a server that speaks no TLS */
	WARNINGS_MAX = 8, /* alerts that end nothing, per call */
	HANDSHAKE_MAX = 128 * 1024 /* octets that a server may use for it */
};

/*
 * Added to what the system's policy says (GnuTLS's own NORMAL where there is
 * none); it only takes away, so that a stricter policy stays: RFC 8996, static
 * RSA (RFC 9325 section 4.1), SHA-1 (RFC 9155).  The profile sets the least
 * strength of keys and signatures in certificates: 112 bits.
 */
static const char PRIORITIES[] = "-RSA:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:"
				 "%PROFILE_MEDIUM";

enum state { SHAKING, OPEN, CLOSED };

struct tls {
	gnutls_session_t session;
	struct trust *trust;
	struct host host;
	int fd;
	enum state state;
	bool wants_write;
	struct fail deaf; /* why the peer takes no more octets; FAIL_NONE: it
	                     does */
	size_t heard; /* octets from the server, during the handshake */
	uint8_t said[GREETING_MAX]; /* its first ones, if they are no TLS */
	size_t said_len;
};

/* Keeps the first line of a server that speaks no TLS, to be quoted. */
static void
keep_greeting(struct tls *t, const void *octets, size_t len)
{
	ssize_t more;

	memcpy(t->said, octets, len);
	more = recv(t->fd, t->said + len, sizeof(t->said) - len, MSG_DONTWAIT);
	t->said_len = len + (more > 0 ? (size_t)more : 0);
}

/*
 * How GnuTLS reads.  It would take for a record what is none, and a message
 * of 16 MiB for a handshake.  The first octet of a record is its type.
 */
static ssize_t
pull(gnutls_transport_ptr_t ptr, void *octets, size_t len)
{
	enum { ALERT = 21, HANDSHAKE = 22 };
	struct tls *t = ptr;
	ssize_t n = recv(t->fd, octets, len, 0);
	uint8_t type = 0;

	if (n <= 0 || t->state != SHAKING)
		return n;
	memcpy(&type, octets, 1);
	if (t->heard == 0 && type != ALERT && type != HANDSHAKE)
		keep_greeting(t, octets, (size_t)n);
	t->heard += (size_t)n;
	if (t->said_len == 0 && t->heard <= HANDSHAKE_MAX)
		return n;
	errno = EPROTO;
	return -1;
}

/* The floor comes last, whatever a string says before it.  GnuTLS sees that no
 * version is left only where those of DTLS are gone too. */
static int
set_policy(
    gnutls_session_t session, const struct tls_policy *p, struct fail *f)
{
	const char *own = p->priorities, *where = NULL;
	char *all = xasprintf("%s:-VERS-DTLS-ALL:-VERS-TLS1.0"
			      ":-VERS-TLS1.1%s",
	    own != NULL ? own : PRIORITIES, p->only_1_3 ? ":-VERS-TLS1.2" : "");
	int result =
	    own != NULL
		? gnutls_priority_set_direct(session, all, &where)
		: gnutls_set_default_priority_append(session, all, &where, 0);

	if (result < 0 && own != NULL)
		fail_set(f, FAIL_CONFIG, "tls-priorities: \"%s\": %s", own,
		    gnutls_strerror(result));
	else if (result < 0)
		fail_set(f, FAIL_CONFIG,
		    "the system's TLS policy leaves nothing to speak: %s",
		    gnutls_strerror(result));
	free(all);
	return result < 0 ? -1 : 0;
}

int
tls_policy_check(const struct tls_policy *p, struct fail *f)
{
	gnutls_session_t session;
	int result = gnutls_init(&session, GNUTLS_CLIENT);

	if (result < 0)
		return fail_set(
		    f, FAIL_OS, "GnuTLS: %s", gnutls_strerror(result));
	result = set_policy(session, p, f);
	gnutls_deinit(session);
	return result;
}

static int
prepare(struct tls *t, struct fail *f)
{
	int result = gnutls_init(
	    &t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
			     GNUTLS_NO_TICKETS | GNUTLS_FORCE_CLIENT_CERT);

	if (result < 0)
		return fail_set(
		    f, FAIL_OS, "GnuTLS: %s", gnutls_strerror(result));
	if (set_policy(t->session, trust_policy(t->trust), f) < 0)
		return -1;
	if (t->host.family == AF_UNSPEC)
		result = gnutls_server_name_set(t->session, GNUTLS_NAME_DNS,
		    t->host.text, strlen(t->host.text));
	if (result < 0)
		return fail_set(f, FAIL_CONFIG, "server name %s: %s",
		    t->host.text, gnutls_strerror(result));
	/* GnuTLS's own way of writing, with the descriptor as its pointer. */
	gnutls_transport_set_ptr2(
	    t->session, t, (gnutls_transport_ptr_t)(intptr_t)t->fd);
	gnutls_transport_set_pull_function(t->session, pull);
	return trust_attach(t->trust, t->session, f);
}

int
tls_new(struct tls **tls_r, int fd, const char *name, struct trust *trust,
    struct fail *f)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->trust = trust;
	if (host_parse(&t->host, name, f) < 0 || prepare(t, f) < 0) {
		tls_free(t);
		return -1;
	}
	*tls_r = t;
	return 0;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	if (t->session != NULL)
		gnutls_deinit(t->session);
	free(t);
}

/*
 * A fatal alert ends the session, and mostly says that the two sides will
 * never agree.  Not so with these: the server is in trouble.
 */
static enum fail_kind
kind_of_alert(gnutls_alert_description_t alert)
{
	return alert == GNUTLS_A_INTERNAL_ERROR ||
		       alert == GNUTLS_A_USER_CANCELED
		   ? FAIL_TEMP
		   : FAIL_PROTOCOL;
}

static const struct {
	gnutls_alert_description_t alert;
	const char *advice;
} ALERT_ADVICE[] = {
	{ GNUTLS_A_PROTOCOL_VERSION,
	    "the server knows no TLS from tls-min-version on; it must be"
	    " brought up to date" },
	{ GNUTLS_A_HANDSHAKE_FAILURE,
	    "the server offers no cipher that is still safe, or wants a client"
	    " certificate" },
	{ GNUTLS_A_CERTIFICATE_REQUIRED,
	    "the server wants a client certificate: set tls-certificate and"
	    " tls-key" },
	{ GNUTLS_A_UNRECOGNIZED_NAME,
	    "the server does not know itself by that name; see"
	    " tls-server-name" },
};

static void
explain_alert(struct tls *t, struct fail *f)
{
	gnutls_alert_description_t alert = gnutls_alert_get(t->session);
	const char *name = gnutls_alert_get_name(alert);

	fail_set(f, kind_of_alert(alert),
	    "TLS with %s: alert %d from there: %s", t->host.text, (int)alert,
	    name != NULL ? name : "unknown");
	for (size_t i = 0; i < sizeof(ALERT_ADVICE) / sizeof(*ALERT_ADVICE);
	     i++)
		if (ALERT_ADVICE[i].alert == alert)
			fail_advise(f, "%s", ALERT_ADVICE[i].advice);
}

static void
explain_greeting(struct tls *t, struct fail *f)
{
	const uint8_t *end = memchr(t->said, '\r', t->said_len);
	size_t len = end != NULL ? (size_t)(end - t->said) : t->said_len;

	fail_set(f, FAIL_PROTOCOL,
	    "TLS with %s: it speaks no TLS here: \"%.*s\"", t->host.text,
	    (int)len, (const char *)t->said);
	if (len > 3 && memcmp(t->said, "220", 3) == 0)
		fail_advise(f, "the server speaks plain SMTP on this port; set"
			       " tls = starttls");
}

/* An errno value of the transport, or what pull() did not like. */
static int
explain_transport(struct tls *t, int error, struct fail *f)
{
	if (t->said_len > 0)
		explain_greeting(t, f);
	else if (t->heard > HANDSHAKE_MAX)
		fail_set(f, FAIL_PROTOCOL,
		    "TLS with %s: its handshake is longer than %d octets",
		    t->host.text, HANDSHAKE_MAX);
	else
		fail_errno(f, FAIL_TEMP, error != 0 ? error : EIO,
		    "TLS with %s", t->host.text);
	return -1;
}

/* What GnuTLS's code means; error is the errno value of the transport, or 0.
 * The peer is told where the protocol has an alert for it. */
static int
explain(struct tls *t, int result, int error, struct fail *f)
{
	t->state = CLOSED;
	switch (result) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		explain_alert(t, f);
		return -1;
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_SESSION_EOF:
		return fail_set(f, FAIL_TEMP,
		    "TLS with %s: the connection was cut off", t->host.text);
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return explain_transport(t, error, f);
	case GNUTLS_E_REHANDSHAKE:
		gnutls_alert_send(
		    t->session, GNUTLS_AL_FATAL, GNUTLS_A_NO_RENEGOTIATION);
		return fail_set(f, FAIL_PROTOCOL,
		    "TLS with %s: it wants to negotiate again", t->host.text);
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
		gnutls_alert_send_appropriate(t->session, result);
		fail_set(f, FAIL_PROTOCOL,
		    "TLS with %s: it offers no TLS from %s on", t->host.text,
		    trust_policy(t->trust)->only_1_3 ? "1.3" : "1.2");
		fail_advise(f, "the server must be brought up to date"
			       " (RFC 8996)");
		return -1;
	default:
		gnutls_alert_send_appropriate(t->session, result);
		return fail_set(f, FAIL_PROTOCOL, "TLS with %s: %s",
		    t->host.text, gnutls_strerror(result));
	}
}

/* True where GnuTLS must be called again, and notes what it waits for. */
static bool
is_again(struct tls *t, ssize_t result)
{
	bool again = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;

	t->wants_write = again && gnutls_record_get_direction(t->session) != 0;
	return again;
}

static int
not_open(const struct tls *t, struct fail *f)
{
	return fail_set(f, FAIL_TEMP, "TLS with %s: it is over", t->host.text);
}

int
tls_handshake(struct tls *t, struct fail *f)
{
	int result = GNUTLS_E_WARNING_ALERT_RECEIVED;

	if (t->state != SHAKING)
		return not_open(t, f);
	errno = 0;
	for (int i = 0;
	     i < WARNINGS_MAX && result == GNUTLS_E_WARNING_ALERT_RECEIVED; i++)
		result = gnutls_handshake(t->session);
	if (is_again(t, result))
		return 0;
	if (result < 0)
		return explain(t, result, errno, f);
	if (trust_verify(t->trust, t->session, t->host.text, f) < 0) {
		t->state = CLOSED;
		gnutls_alert_send(
		    t->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
		return -1;
	}
	t->state = OPEN;
	return 1;
}

int
tls_wants_write(const struct tls *t)
{
	return t->wants_write;
}

static ssize_t
broken(struct tls *t, ssize_t result, int error, struct fail *f)
{
	explain(t, (int)result, error, f);
	return TLS_BROKEN;
}

ssize_t
tls_read(struct tls *t, void *octets, size_t len, struct fail *f)
{
	ssize_t n = GNUTLS_E_WARNING_ALERT_RECEIVED;

	if (t->state != OPEN) {
		not_open(t, f);
		return TLS_BROKEN;
	}
	errno = 0;
	for (int i = 0;
	     i < WARNINGS_MAX && n == GNUTLS_E_WARNING_ALERT_RECEIVED; i++)
		n = gnutls_record_recv(t->session, octets, len);
	if (is_again(t, n))
		return TLS_AGAIN;
	return n >= 0 ? n : broken(t, n, errno, f);
}

/* What the peer had said before it took no more octets can still be read. */
static void
stop_writing(struct tls *t, ssize_t result, int error)
{
	explain(t, (int)result, error, &t->deaf);
	t->state = OPEN;
}

/*
 * GnuTLS makes one record of at most 16 KiB per call, and writes it at once: a
 * group of commands that fits leaves as one.  Records that are out count even
 * where the next one fails: the peer may have answered them.
 */
ssize_t
tls_write(struct tls *t, const void *octets, size_t len, struct fail *f)
{
	const uint8_t *from = octets;
	size_t done = 0;
	ssize_t n = 0;

	if (t->state != OPEN) {
		not_open(t, f);
		return TLS_BROKEN;
	}
	errno = 0;
	t->wants_write = false;
	while (done < len && t->deaf.kind == FAIL_NONE) {
		n = gnutls_record_send(t->session, from + done, len - done);
		if (is_again(t, n))
			break;
		if (n < 0)
			stop_writing(t, n, errno);
		else
			done += (size_t)n;
	}
	if (done > 0 || len == 0)
		return (ssize_t)done;
	if (t->deaf.kind == FAIL_NONE)
		return TLS_AGAIN;
	if (f != NULL)
		*f = t->deaf;
	return TLS_BROKEN;
}

int
tls_pending(const struct tls *t)
{
	return t->state == OPEN && gnutls_record_check_pending(t->session) > 0;
}

void
tls_bye(struct tls *t)
{
	if (t->state == OPEN && t->deaf.kind == FAIL_NONE)
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	t->state = CLOSED;
}

/* Whether this kind of binding means something on this link. */
static bool
may_bind(const struct tls *t, gnutls_channel_binding_t kind)
{
	bool modern =
	    gnutls_protocol_get_version(t->session) >= GNUTLS_TLS1_3;

	switch (kind) {
	case GNUTLS_CB_TLS_EXPORTER:
		return modern;
	case GNUTLS_CB_TLS_UNIQUE:
		return !modern &&
		       gnutls_session_ext_master_secret_status(t->session) != 0;
	default:
		return true;
	}
}

const char *
tls_binding(const struct tls *t, struct buf *octets)
{
	static const struct {
		gnutls_channel_binding_t kind;
		const char *name;
	} rows[] = {
		{ GNUTLS_CB_TLS_EXPORTER, "tls-exporter" },
		{ GNUTLS_CB_TLS_UNIQUE, "tls-unique" },
		{ GNUTLS_CB_TLS_SERVER_END_POINT, "tls-server-end-point" },
	};
	const char *name = NULL;

	if (t->state != OPEN)
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gnutls_datum_t d = { NULL, 0 };

		if (!may_bind(t, rows[i].kind) ||
		    gnutls_session_channel_binding(
			t->session, rows[i].kind, &d) < 0)
			continue;
		if (d.size > 0 && buf_add(octets, d.data, d.size) == 0)
			name = rows[i].name;
		explicit_bzero(d.data, d.size);
		gnutls_free(d.data);
		if (name != NULL)
			break;
	}
	return name;
}

char *
tls_describe(const struct tls *t)
{
	const char *version =
	    gnutls_protocol_get_name(gnutls_protocol_get_version(t->session));
	const char *cipher =
	    gnutls_cipher_get_name(gnutls_cipher_get(t->session));

	return xasprintf("%s %s", version != NULL ? version : "TLS",
	    cipher != NULL ? cipher : "?");
}
