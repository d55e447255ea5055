#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "smarthost/flights.h"
#include "smarthost/link.h"

enum {
	RAW_MAX = 262144, /* octets read from the socket in one go */
	HELD_MAX = 1048576 /* octets held back before they are sent anyway */
};

struct link {
	struct link_params p;
	gnutls_session_t tls;
	struct buf raw; /* from the socket, for TLS to read */
	struct buf input; /* for the session to read */
	struct buf held; /* for the socket */
	bool sent; /* something went out and nothing came since */
	bool heard; /* something has ever come */
	bool broken;
	const char *ended;
	char server_name[256];
};

struct link *
link_new(const struct link_params *p)
{
	struct link *l = xcalloc(1, sizeof(*l));
	int on = 1;

	l->p = *p;
	buf_init(&l->raw, RAW_MAX);
	buf_init(&l->input, LINK_INPUT_MAX);
	buf_init(&l->held, HELD_MAX);
	/* Fails on a unix socket, where nothing is delayed anyway. */
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return l;
}

/* Disconnecting a socket that shall not linger is what resets it. */
static void
send_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	connect(fd, &nobody, sizeof(nobody));
}

void
link_end(struct link *l, enum link_end end)
{
	if (end == LINK_BYE && l->tls != NULL && !l->broken)
		gnutls_bye(l->tls, GNUTLS_SHUT_WR);
	link_flush(l);
	if (end == LINK_RESET)
		send_reset(l->p.fd);
	else
		shutdown(l->p.fd, SHUT_WR);
}

/*
 * Closing a socket whose input was not read makes the kernel send a reset,
 * which may overtake the last reply.  So an orderly end closes one direction
 * and reads what still comes until the client closes too.
 */
static void
wait_for_end(struct link *l)
{
	char scrap[4096];

	while (recv(l->p.fd, scrap, sizeof(scrap), 0) > 0)
		;
}

void
link_free(struct link *l, enum link_end end)
{
	if (l == NULL)
		return;
	link_end(l, end);
	if (end != LINK_RESET)
		wait_for_end(l);
	close(l->p.fd);
	if (l->tls != NULL)
		gnutls_deinit(l->tls);
	buf_free(&l->raw);
	buf_free(&l->input);
	buf_free(&l->held);
	free(l);
}

void
link_flush(struct link *l)
{
	ssize_t n;

	while (buf_len(&l->held) > 0 && !l->broken) {
		n = send(l->p.fd, buf_data(&l->held), buf_len(&l->held),
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			l->broken = true;
			break;
		}
		buf_take(&l->held, (size_t)n);
		if (!l->heard && !l->sent) {
			/* We speak first: the client waited for this. */
			flights_begin(l->p.flights);
			flights_name(l->p.flights, "greeting");
		}
		l->sent = true;
	}
	if (l->broken)
		buf_clear(&l->held);
}

static void
hold(struct link *l, const void *octets, size_t len)
{
	if (len > buf_space(&l->held))
		link_flush(l);
	buf_add(&l->held, octets, len);
}

/* True when the client is quiet although it has not heard from us: it is we
 * who must speak. */
static bool
is_quiet(const struct link *l)
{
	struct pollfd p = { .fd = l->p.fd, .events = POLLIN };

	return poll(&p, 1, l->p.linger) == 0;
}

/* The one place where octets come in. */
static ssize_t
hear(struct link *l, void *octets, size_t len)
{
	ssize_t n;

	if (buf_len(&l->held) > 0 && is_quiet(l))
		link_flush(l);
	do
		n = recv(l->p.fd, octets, len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		l->broken = true;
	if (n <= 0) {
		/* Only where the socket was given a patience. */
		l->ended = n == 0	     ? "eof"
			   : errno == EAGAIN ? "timeout"
					     : "broken";
		return n;
	}
	/* What answers the handshake of TCP is a flight of its own. */
	if (l->sent || !l->heard)
		flights_begin(l->p.flights);
	l->sent = false;
	l->heard = true;
	return n;
}

static ssize_t
pull(gnutls_transport_ptr_t p, void *octets, size_t len)
{
	struct link *l = p;
	ssize_t n;

	if (buf_len(&l->raw) == 0) {
		n = hear(l, buf_reserve(&l->raw, RAW_MAX), RAW_MAX);
		if (n < 0)
			gnutls_transport_set_errno(l->tls, ECONNRESET);
		if (n <= 0)
			return n;
		buf_added(&l->raw, (size_t)n);
	}
	if (len > buf_len(&l->raw))
		len = buf_len(&l->raw);
	memcpy(octets, buf_data(&l->raw), len);
	buf_take(&l->raw, len);
	return (ssize_t)len;
}

static ssize_t
push(gnutls_transport_ptr_t p, const void *octets, size_t len)
{
	hold(p, octets, len);
	return (ssize_t)len;
}

static int
name_handshake(gnutls_session_t tls, unsigned type, unsigned when,
    unsigned incoming, const gnutls_datum_t *message)
{
	struct link *l = gnutls_session_get_ptr(tls);

	(void)when;
	(void)message;
	if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
		flights_name(l->p.flights, "hello");
	else if (incoming && type == GNUTLS_HANDSHAKE_FINISHED)
		flights_name(l->p.flights, "Finished");
	return 0;
}

/* No tickets: behind the client's Finished a server has then nothing to say,
 * and the EHLO that rides along belongs to the same flight. */
static int
set_up(struct link *l)
{
	if (gnutls_init(&l->tls, GNUTLS_SERVER | GNUTLS_NO_TICKETS) < 0)
		return -1;
	gnutls_session_set_ptr(l->tls, l);
	gnutls_transport_set_ptr(l->tls, l);
	gnutls_transport_set_pull_function(l->tls, pull);
	gnutls_transport_set_push_function(l->tls, push);
	gnutls_handshake_set_hook_function(
	    l->tls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, name_handshake);
	if (gnutls_credentials_set(
		l->tls, GNUTLS_CRD_CERTIFICATE, l->p.credentials) < 0)
		return -1;
	if (l->p.priorities != NULL)
		return gnutls_priority_set_direct(
		    l->tls, l->p.priorities, NULL);
	return gnutls_set_default_priority(l->tls);
}

int
link_start_tls(struct link *l, const char **why_r)
{
	size_t room = sizeof(l->server_name) - 1;
	unsigned type;
	int rc;

	*why_r = NULL;
	if (buf_len(&l->input) > 0 || (link_holds(l) && !is_quiet(l)))
		*why_r = "octets before our go-ahead";
	else if (set_up(l) < 0)
		*why_r = "TLS cannot be set up";
	if (*why_r != NULL)
		return -1;
	do
		rc = gnutls_handshake(l->tls);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	if (rc < 0) {
		*why_r = rc == GNUTLS_E_FATAL_ALERT_RECEIVED
			     ? gnutls_alert_get_name(gnutls_alert_get(l->tls))
			     : gnutls_strerror(rc);
		if (rc != GNUTLS_E_FATAL_ALERT_RECEIVED)
			gnutls_alert_send_appropriate(l->tls, rc);
		link_flush(l); /* our own alert */
		l->broken = true;
		if (l->ended == NULL)
			l->ended = "handshake";
		return -1;
	}
	gnutls_server_name_get(l->tls, l->server_name, &room, &type, 0);
	return 0;
}

const char *
link_tls(const struct link *l)
{
	if (l->tls == NULL)
		return "none";
	return gnutls_protocol_get_name(gnutls_protocol_get_version(l->tls));
}

const char *
link_cipher(const struct link *l)
{
	if (l->tls == NULL)
		return "none";
	return gnutls_cipher_get_name(gnutls_cipher_get(l->tls));
}

int
link_binding(const struct link *l, const char *name, struct buf *out)
{
	static const struct {
		const char *name;
		gnutls_channel_binding_t kind;
	} rows[] = {
		{ "tls-exporter", GNUTLS_CB_TLS_EXPORTER },
		{ "tls-unique", GNUTLS_CB_TLS_UNIQUE },
		{ "tls-server-end-point", GNUTLS_CB_TLS_SERVER_END_POINT },
	};
	gnutls_datum_t octets = { NULL, 0 };
	int result = -1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (l->tls != NULL && strcmp(rows[i].name, name) == 0 &&
		    gnutls_session_channel_binding(
			l->tls, rows[i].kind, &octets) == 0)
			result = buf_add(out, octets.data, octets.size);
	gnutls_free(octets.data);
	return result;
}

const char *
link_name(const struct link *l)
{
	return l->server_name;
}

const uint8_t *
link_input(const struct link *l, size_t *len_r)
{
	*len_r = buf_len(&l->input);
	return buf_data(&l->input);
}

void
link_take(struct link *l, size_t len)
{
	buf_take(&l->input, len);
}

/* One record, and then what GnuTLS has decrypted already. */
static long
fill_secret(struct link *l, uint8_t *to, size_t room)
{
	ssize_t n;

	do
		n = gnutls_record_recv(l->tls, to, room);
	while (n < 0 && !gnutls_error_is_fatal((int)n));
	if (n == 0)
		l->ended = "close_notify";
	if (n < 0 && l->ended == NULL)
		l->ended = "broken";
	if (n == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	return n < 0 ? -1 : n;
}

long
link_fill(struct link *l)
{
	size_t room = buf_space(&l->input);
	uint8_t *to;
	long n;

	if (l->broken || room == 0)
		return -1;
	to = buf_reserve(&l->input, room);
	n = l->tls != NULL ? fill_secret(l, to, room) : hear(l, to, room);
	if (n > 0)
		buf_added(&l->input, (size_t)n);
	return n;
}

bool
link_hears(const struct link *l, int milliseconds)
{
	struct pollfd p = { .fd = l->p.fd, .events = POLLIN };

	return buf_len(&l->input) > 0 || buf_len(&l->raw) > 0 ||
	       poll(&p, 1, milliseconds) > 0;
}

void
link_say(struct link *l, const void *octets, size_t len)
{
	const uint8_t *at = octets;
	ssize_t n;

	if (l->tls == NULL) {
		hold(l, octets, len);
		return;
	}
	while (len > 0) {
		n = gnutls_record_send(l->tls, at, len);
		if (n < 0 && !gnutls_error_is_fatal((int)n))
			continue;
		if (n < 0) {
			l->broken = true;
			return;
		}
		at += n;
		len -= (size_t)n;
	}
}

bool
link_holds(const struct link *l)
{
	return buf_len(&l->held) > 0;
}

const char *
link_ended(const struct link *l)
{
	return l->ended;
}
