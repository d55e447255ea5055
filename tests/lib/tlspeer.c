#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"

#include "lib/certs.h"
#include "lib/tlspeer.h"

struct tlspeer {
	struct tlspeer_spec spec;
	pthread_t thread;
	int fd;
	int result; /* of the handshake */
	char sni[256];
};

static void
shake_and_talk(struct tlspeer *p, gnutls_session_t session)
{
	size_t len = sizeof(p->sni) - 1;
	unsigned type;

	do
		p->result = gnutls_handshake(session);
	while (p->result < 0 && !gnutls_error_is_fatal(p->result));
	if (gnutls_server_name_get(session, p->sni, &len, &type, 0) < 0)
		p->sni[0] = '\0';
	if (p->result < 0)
		gnutls_alert_send_appropriate(session, p->result);
	else if (p->spec.talk != NULL)
		p->spec.talk(session);
	else
		gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void
serve(struct tlspeer *p)
{
	const char *priorities =
	    p->spec.priorities != NULL ? p->spec.priorities : "NORMAL";
	gnutls_certificate_credentials_t credentials =
	    certs_credentials(p->spec.chain);
	gnutls_session_t session;

	if (gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL) < 0 ||
	    gnutls_priority_set_direct(session, priorities, NULL) < 0 ||
	    gnutls_credentials_set(
		session, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
		abort();
	if (p->spec.ask != GNUTLS_CERT_IGNORE)
		gnutls_certificate_server_set_request(session, p->spec.ask);
	gnutls_transport_set_int(session, p->fd);
	shake_and_talk(p, session);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
}

/* Octets that are still to be read when a socket is closed become a reset at
 * the other end; a test that wants one must ask for it. */
static void
drain(int fd)
{
	char octets[4096];

	shutdown(fd, SHUT_WR);
	while (read(fd, octets, sizeof(octets)) > 0)
		;
}

static void *
run(void *arg)
{
	struct tlspeer *p = arg;

	if (p->spec.plain != NULL)
		p->spec.plain(p->fd);
	else
		serve(p);
	if (!p->spec.reset)
		drain(p->fd);
	close(p->fd);
	return NULL;
}

struct tlspeer *
tlspeer_new(const struct tlspeer_spec *spec, int *fd_r)
{
	struct tlspeer *p = xcalloc(1, sizeof(*p));
	int pair[2];

	p->spec = *spec;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
		abort();
	*fd_r = pair[0];
	p->fd = pair[1];
	if (pthread_create(&p->thread, NULL, run, p) != 0)
		abort();
	return p;
}

int
tlspeer_join(struct tlspeer *p, char *sni)
{
	int result;

	pthread_join(p->thread, NULL);
	result = p->result;
	if (sni != NULL)
		memcpy(sni, p->sni, sizeof(p->sni));
	free(p);
	return result;
}
