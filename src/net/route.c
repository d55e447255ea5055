#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/start.h"
#include "base/xalloc.h"
#include "conf/profile.h"
#include "net/clock.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/route.h"

static void
attempt_free(struct attempt *a)
{
	verdict_free(&a->verdict);
	free(a->server);
	free(a->address);
	free(a->tls);
	memset(a, 0, sizeof(*a));
}

void
route_init(struct route *r, const struct plan *plan, struct trust *trust)
{
	memset(r, 0, sizeof(*r));
	r->plan = plan;
	r->trust = trust;
}

void
route_free(struct route *r)
{
	attempt_free(&r->now);
	attempt_free(&r->kept);
}

void
route_restart(struct route *r, int64_t overall)
{
	route_free(r);
	r->overall = overall;
	r->host = 0;
	r->looked_up = false;
}

void
route_renew(struct route *r, int64_t overall)
{
	attempt_free(&r->kept);
	verdict_free(&r->now.verdict);
	r->overall = overall;
}

/* ---- what is reported --------------------------------------------------- */

/* True where the newer failure says more than the one that is kept. */
static bool
outranks(const struct attempt *newer, const struct attempt *kept)
{
	int was = status_of(&kept->verdict), is = status_of(&newer->verdict);

	if (kept->verdict.kind == VERDICT_NONE)
		return true;
	if (newer->host == kept->host)
		return newer->verdict.stage >= kept->verdict.stage;
	return status_worse(was, is) == is;
}

const struct attempt *
route_outcome(const struct route *r)
{
	const struct verdict *v = &r->now.verdict;

	if (v->kind == VERDICT_NONE)
		return &r->kept;
	/* What ended the search is what became of the letter: a server that
	 * was not reached before says nothing about it. */
	if (!status_may_move_on(v) || outranks(&r->now, &r->kept))
		return &r->now;
	return &r->kept;
}

bool
route_judge(struct route *r, const struct verdict *v)
{
	verdict_copy(&r->now.verdict, v);
	if (v->kind == VERDICT_TAKEN || !status_may_move_on(v) ||
	    start_stop != 0 || clock_now() >= r->overall)
		return false;
	if (!outranks(&r->now, &r->kept))
		return true;
	attempt_free(&r->kept);
	r->kept = r->now;
	memset(&r->now, 0, sizeof(r->now));
	return true;
}

static bool
failed(struct route *r, enum stage stage, const struct fail *f)
{
	struct verdict v = { 0 };
	bool more;

	verdict_fail(&v, stage, f);
	more = route_judge(r, &v);
	verdict_free(&v);
	return more;
}

/* ---- connecting --------------------------------------------------------- */

static const char *
host_name(const struct route *r)
{
	return r->plan->set.host.items[r->host];
}

static bool
is_socket_path(const char *host)
{
	return host[0] == '/';
}

static void
begin_attempt(struct route *r)
{
	const char *host = host_name(r);
	bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';

	attempt_free(&r->now);
	r->now.host = r->host;
	if (is_socket_path(host))
		r->now.server = xstrdup(host);
	else
		r->now.server = xasprintf(
		    bare_ipv6 ? "[%s]:%u" : "%s:%u", host, r->plan->set.port);
}

static int64_t
connect_deadline(const struct route *r)
{
	int64_t moment = clock_in(r->plan->set.connect_timeout);

	return moment < r->overall ? moment : r->overall;
}

static int
look_up(struct route *r, struct fail *f)
{
	const char *host = host_name(r);

	r->address = 0;
	r->looked_up = true;
	r->resolved.count = is_socket_path(host) ? 1 : 0;
	if (is_socket_path(host))
		return 0;
	return resolve_host(
	    host, r->plan->set.port, connect_deadline(r), &r->resolved, f);
}

static int
dial(struct route *r, struct fail *f)
{
	const char *host = host_name(r);
	const struct resolve_address *to = &r->resolved.addresses[r->address];

	if (is_socket_path(host))
		return dial_unix(host, connect_deadline(r), f);
	r->now.address = xstrdup(to->text);
	return dial_address(
	    to, r->plan->set.source_address, connect_deadline(r), f);
}

int
route_start_tls(
    struct route *r, struct conn *conn, int64_t deadline, struct fail *f)
{
	const char *name = r->plan->set.tls_server_name;

	if (conn_start_tls(conn, name != NULL ? name : host_name(r), r->trust,
		deadline, f) < 0)
		return -1;
	r->now.tls = conn_describe(conn);
	return 0;
}

/* One address; or the stage at which it failed in *stage_r. */
static struct conn *
open_conn(struct route *r, enum stage *stage_r, struct fail *f)
{
	struct conn *conn;
	int fd;

	*stage_r = STAGE_CONNECT;
	fd = dial(r, f);
	if (fd < 0)
		return NULL;
	conn = conn_new(fd);
	*stage_r = STAGE_TLS;
	if (r->plan->set.tls != ENGINE_TLS_IMPLICIT ||
	    route_start_tls(r, conn, connect_deadline(r), f) == 0)
		return conn;
	conn_free(conn);
	return NULL;
}

bool
route_next(struct route *r, struct conn **conn_r)
{
	struct fail f;
	enum stage stage;

	while (r->host < r->plan->set.host.count) {
		begin_attempt(r);
		if (!r->looked_up && look_up(r, &f) < 0 &&
		    !failed(r, STAGE_NAME, &f))
			return false;
		if (r->address >= r->resolved.count) {
			r->host++;
			r->looked_up = false;
			continue;
		}
		*conn_r = open_conn(r, &stage, &f);
		r->address++;
		if (*conn_r != NULL)
			return true;
		if (!failed(r, stage, &f))
			return false;
	}
	attempt_free(&r->now);
	return false;
}
