/*
 * The merge.  Layers stand in order of precedence: flags, environment, the
 * chosen profile, the profile "default"; what none of them sets has its
 * default.  The account has one rule more, the same for every layer: whoever
 * names the host starts afresh, so the walk down the layers ends there and
 * nothing of a lower one, no secret above all, is sent to that host.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/home.h"
#include "base/pin.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "smtp/engine.h"
#include "smtp/sasl.h"
#include "conf/options.h"
#include "conf/place.h"
#include "conf/profile.h"
#include "conf/wishes.h"

enum { PROFILE = 2, DEFAULT = 3, LAYERS = 4 };

/* Everything a plan is made from and into. */
struct merge {
	const struct layer *layers[LAYERS]; /* the highest first */
	unsigned account; /* layers with a say in it */
	struct layer result;
	char *host; /* the machine's full name, once it is known */
	struct fail *f;
};

static const struct option *
row(const char *name)
{
	return option_find(name, strlen(name));
}

static const char *
origin_of(const struct merge *m, const char *name)
{
	const char *origin = layer_origin(&m->result, row(name));

	return origin != NULL ? origin : "default";
}

static bool
is_ours(const struct merge *m, const char *name)
{
	return strcmp(origin_of(m, name), "default") != 0;
}

/* Layers up to and with the first that names the host. */
static unsigned
count_account(const struct merge *m)
{
	unsigned n = 0;

	while (n < LAYERS && layer_origin(m->layers[n], row("host")) == NULL)
		n++;
	return n < LAYERS ? n + 1 : LAYERS;
}

static bool
has_place(const struct layer *l)
{
	for (size_t i = 0; i < options_count; i++)
		if ((options[i].where & OPTION_PLACE) != 0 &&
		    layer_origin(l, &options[i]) != NULL)
			return true;
	return false;
}

static void
merge_row(struct merge *m, const struct option *o)
{
	unsigned n = (o->where & OPTION_ACCOUNT) != 0 ? m->account : LAYERS;
	unsigned i = (o->where & OPTION_OWN) != 0 ? PROFILE : 0;

	if ((o->where & OPTION_OWN) != 0)
		n = PROFILE + 1;
	for (; i < n; i++) {
		if (layer_origin(m->layers[i], o) != NULL) {
			layer_copy(&m->result, m->layers[i], o);
			return;
		}
		/* The places of the password are one setting with several
		 * spellings: the highest layer that has any has the say. */
		if ((o->where & OPTION_PLACE) != 0 && has_place(m->layers[i]))
			return;
	}
}

static void
merge_rows(struct merge *m)
{
	m->account = count_account(m);
	layer_set_defaults(&m->result);
	for (size_t i = 0; i < options_count; i++)
		if (options[i].type != NULL)
			merge_row(m, &options[i]);
}

static const struct file_profile *
find_by_name(const struct file *file, const char *name)
{
	for (size_t i = 0; i < file->count; i++)
		if (strcmp(file->profiles[i].name, name) == 0)
			return &file->profiles[i];
	return NULL;
}

static const struct file_profile *
find_by_sender(const struct file *file, const char *path)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct settings_list *from =
		    &file->profiles[i].layer.set.from;

		for (size_t j = 0; j < from->count; j++)
			if (addr_matches(path, from->items[j]))
				return &file->profiles[i];
	}
	return NULL;
}

/* May the From field choose?  Whoever called us by a restricted name may have
 * taken that field from a stranger. */
static bool
header_chooses(const struct wishes *w)
{
	const struct option *o = row("profile-by-header");
	const struct layer *file = &w->file.profiles[0].layer;

	if (!w->words.restricted)
		return true;
	if (layer_origin(&w->environment, o) != NULL)
		return w->environment.set.profile_by_header;
	return file->set.profile_by_header;
}

static const struct file_profile *
choose(const struct wishes *w, const char *sender, const char *header_from,
    struct fail *f)
{
	const char *name = w->run.set.profile;
	const struct file_profile *p = NULL;

	if (name != NULL) {
		bool flag = layer_origin(&w->flags, row("profile")) != NULL;

		p = find_by_name(&w->file, name);
		if (p == NULL)
			fail_set(f, flag ? FAIL_USAGE : FAIL_CONFIG,
			    "there is no profile \"%s\" in %s", name,
			    w->file.path);
		return p;
	}
	if (sender != NULL && *sender != '\0')
		p = find_by_sender(&w->file, sender);
	else if (header_from != NULL && header_chooses(w))
		p = find_by_sender(&w->file, header_from);
	return p != NULL ? p : &w->file.profiles[0];
}

/* Sets what nobody set. */
static void
derive(struct merge *m, const char *name, const char *text)
{
	const struct option *o = row(name);

	if (layer_origin(&m->result, o) == NULL)
		free(layer_set(&m->result, o, text, "default"));
}

static int
check_host(const struct merge *m, const char *host)
{
	const char *colon = strchr(host, ':'), *end = strstr(host, "]:");

	if (strchr(host, '/') != NULL) {
		fail_set(m->f, FAIL_CONFIG, "host (%s): \"%s\" is no host name",
		    origin_of(m, "host"), host);
		fail_advise(m->f, "a URL's scheme is the key tls; a unix "
				  "socket stands alone");
		return -1;
	}
	if (end != NULL || (colon != NULL && strchr(colon + 1, ':') == NULL)) {
		fail_set(m->f, FAIL_CONFIG, "host (%s): \"%s\" is no host name",
		    origin_of(m, "host"), host);
		fail_advise(m->f, "the port has a key of its own: port");
		return -1;
	}
	return 0;
}

static int
check_hosts(const struct merge *m, const struct wishes *w)
{
	const struct settings_list *host = &m->result.set.host;

	if (host->count == 0) {
		fail_set(m->f, FAIL_CONFIG,
		    "no host is set: the smarthost is not known");
		fail_advise(m->f, "write host = smtp.example.org into %s",
		    w->file.path);
		return -1;
	}
	if (host->count == 1 && host->items[0][0] == '/')
		return 0;
	for (size_t i = 0; i < host->count; i++)
		if (check_host(m, host->items[i]) == -1)
			return -1;
	return 0;
}

/* A socket of this machine is protected by its permissions: TLS and AUTH
 * would be with whom? */
static int
complete_socket(struct merge *m)
{
	static const char *const senseless[] = { "port", "tls-verify",
		"tls-crl", "tls-certificate", "tls-key", "tls-pin",
		"tls-server-name", "user", "password", "password-file",
		"password-command", "password-credential", "password-netrc",
		"authorization-id", "source-address" };

	for (size_t i = 0; i < sizeof(senseless) / sizeof(*senseless); i++)
		if (is_ours(m, senseless[i]))
			return fail_set(m->f, FAIL_CONFIG,
			    "%s (%s): this has no meaning with a unix socket "
			    "as host",
			    senseless[i], origin_of(m, senseless[i]));
	if (is_ours(m, "tls") && m->result.set.tls != ENGINE_TLS_NONE)
		return fail_set(m->f, FAIL_CONFIG,
		    "tls (%s): a unix socket has no TLS", origin_of(m, "tls"));
	derive(m, "tls", "none");
	return 0;
}

static void
complete_port(struct merge *m)
{
	static const char *const ports[] = {
		[ENGINE_TLS_IMPLICIT] = "465",
		[ENGINE_TLS_STARTTLS] = "587",
		[ENGINE_TLS_NONE] = "25",
	};
	unsigned port = m->result.set.port;

	derive(m, "tls", port == 0 || port == 465 ? "implicit" : "starttls");
	derive(m, "port", ports[m->result.set.tls]);
}

static int
check_pins(struct merge *m)
{
	const struct settings_list *pins = &m->result.set.tls_pin;
	struct pin pin;

	for (size_t i = 0; i < pins->count; i++) {
		if (pin_parse(&pin, pins->items[i]) == 0)
			continue;
		fail_set(m->f, FAIL_CONFIG,
		    "tls-pin (%s): \"%.100s\" is no pin",
		    origin_of(m, "tls-pin"), pins->items[i]);
		fail_advise(m->f,
		    "a pin is the SHA-256 digest of the server's public key: "
		    "sha256: and 44 characters of base64, or 64 digits of "
		    "hexadecimal");
		return -1;
	}
	return 0;
}

/* Whoever asks for more than an authority's word must not get less without a
 * word. */
static int
check_asks(struct merge *m, const char *name)
{
	const struct settings *set = &m->result.set;

	if (set->tls == ENGINE_TLS_NONE)
		return fail_set(m->f, FAIL_CONFIG,
		    "%s (%s): without TLS no certificate is shown", name,
		    origin_of(m, name));
	if (set->tls_verify != SETTINGS_VERIFY_NO)
		return 0;
	fail_set(m->f, FAIL_CONFIG, "tls-verify (%s): no, and yet there is %s",
	    origin_of(m, "tls-verify"), name);
	fail_advise(m->f, "tls-trust = pin asks for the keys of tls-pin and "
			  "for nothing else");
	return -1;
}

static int
check_trust(struct merge *m)
{
	const struct settings *set = &m->result.set;

	if (check_pins(m) == -1)
		return -1;
	if (set->tls_pin.count > 0 && check_asks(m, "tls-pin") == -1)
		return -1;
	if (set->tls_crl != NULL && check_asks(m, "tls-crl") == -1)
		return -1;
	if (set->tls_key != NULL && set->tls_certificate == NULL)
		return fail_set(m->f, FAIL_CONFIG,
		    "tls-key (%s): it is of no use without tls-certificate",
		    origin_of(m, "tls-key"));
	if (strcmp(set->tls_trust, "pin") != 0 || set->tls == ENGINE_TLS_NONE ||
	    set->tls_verify == SETTINGS_VERIFY_NO)
		return 0;
	if (set->tls_crl != NULL)
		return fail_set(m->f, FAIL_CONFIG,
		    "tls-crl (%s): with tls-trust = pin no authority is asked",
		    origin_of(m, "tls-crl"));
	if (set->tls_pin.count == 0)
		return fail_set(m->f, FAIL_CONFIG,
		    "tls-trust (%s): pin needs tls-pin",
		    origin_of(m, "tls-trust"));
	return 0;
}

/* A secret goes to the server over a link that only it can read. */
static int
check_link(struct merge *m)
{
	const struct settings *set = &m->result.set;

	if (set->tls == ENGINE_TLS_NONE) {
		fail_set(m->f, FAIL_CONFIG,
		    "tls (%s): without TLS the password of %s would travel in "
		    "the clear",
		    origin_of(m, "tls"), set->user);
		fail_advise(m->f,
		    "set tls = implicit or starttls; where the link itself is "
		    "safe, auth-unverified = yes");
		return -1;
	}
	if (set->tls_verify != SETTINGS_VERIFY_NO)
		return 0;
	fail_set(m->f, FAIL_CONFIG,
	    "tls-verify (%s): with no the password of %s would go to whoever "
	    "answers",
	    origin_of(m, "tls-verify"), set->user);
	fail_advise(m->f, "set tls-trust, or tls-trust = pin and tls-pin, to "
			  "what the server has; where the link itself is safe, "
			  "auth-unverified = yes as well");
	return -1;
}

static int
check_auth(struct merge *m)
{
	const struct settings *set = &m->result.set;

	if (set->user == NULL && has_place(&m->result))
		return fail_set(m->f, FAIL_CONFIG,
		    "a password is set for %s, but no user",
		    set->host.items[0]);
	if (set->user == NULL && is_ours(m, "auth") &&
	    strcmp(set->auth, "off") != 0 && sasl_needs_user(set->auth))
		return fail_set(m->f, FAIL_CONFIG, "auth (%s): %s needs a user",
		    origin_of(m, "auth"), set->auth);
	if (set->user == NULL && set->authorization_id != NULL &&
	    sasl_needs_user(set->auth))
		return fail_set(m->f, FAIL_CONFIG,
		    "authorization-id (%s): it needs a user who acts",
		    origin_of(m, "authorization-id"));
	if (set->user == NULL || strcmp(set->auth, "off") == 0 ||
	    set->auth_unverified)
		return 0;
	return check_link(m);
}

/* Without a user there is nobody to authenticate, but by a certificate. */
static void
complete_auth(struct merge *m)
{
	if (m->result.set.user == NULL && sasl_needs_user(m->result.set.auth))
		free(layer_set(&m->result, row("auth"), "off", "default"));
}

/* "~/" is the home of the user who runs us. */
static int
expand_paths(struct merge *m)
{
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		char **path, *expanded;

		if (o->type != &value_path)
			continue;
		path = layer_field(&m->result, o);
		if (*path == NULL)
			continue;
		expanded = home_expand(*path);
		if (expanded == NULL)
			return fail_set(m->f, FAIL_CONFIG,
			    "%s: no home directory is known for %s", o->name,
			    *path);
		free(*path);
		*path = expanded;
	}
	return 0;
}

static int
refuse_value(struct merge *m, const char *name, const char *why)
{
	char **field = layer_field(&m->result, row(name));

	return fail_set(m->f, FAIL_CONFIG, "%s (%s): \"%.100s\" %s", name,
	    origin_of(m, name), *field, why);
}

/* What stands in commands as it is must be what may stand there, and U-labels
 * (IDNA 2008) become A-labels. */
static int
check_domain(struct merge *m, const char *name)
{
	char **field = layer_field(&m->result, row(name));
	char *probe, *path = NULL;

	if (*field == NULL)
		return 0;
	probe = xasprintf("x@%s", *field);
	if (strpbrk(*field, " \t,<@(") == NULL)
		addr_parse_sender(probe, name, &path, NULL);
	free(probe);
	if (path == NULL)
		return refuse_value(m, name, "is no domain");
	free(*field);
	*field = xstrdup(addr_domain(path));
	free(path);
	return 0;
}

static int
check_names(struct merge *m)
{
	const char *sender = m->result.set.envelope_from;
	char *path = NULL;

	if (sender != NULL &&
	    addr_parse_sender(sender, "envelope-from", &path, NULL) == -1)
		return refuse_value(m, "envelope-from", "is no address");
	free(path);
	return check_domain(m, "domain") == -1 ||
		       check_domain(m, "ehlo-name") == -1
		   ? -1
		   : 0;
}

static void
complete_names(struct merge *m)
{
	char *domain;

	m->host = place_host();
	if (m->result.set.domain == NULL) {
		domain = place_domain(m->host);
		derive(m, "domain", domain);
		free(domain);
	}
	/* A name without a dot is no domain to a server (RFC 5321 4.1.4);
	 * net/deliver then says the literal of its socket. */
	if (m->result.set.ehlo_name == NULL && strchr(m->host, '.') != NULL)
		derive(m, "ehlo-name", m->host);
}

static int
complete(struct merge *m, const struct wishes *w)
{
	if (check_hosts(m, w) == -1)
		return -1;
	if (m->result.set.host.items[0][0] == '/') {
		if (complete_socket(m) == -1)
			return -1;
	} else {
		complete_port(m);
	}
	if (check_trust(m) == -1 || check_auth(m) == -1 ||
	    expand_paths(m) == -1 || check_names(m) == -1)
		return -1;
	complete_auth(m);
	complete_names(m);
	return 0;
}

int
plan_new(struct plan **plan_r, const struct wishes *w, const char *sender,
    const char *header_from, struct fail *f)
{
	const struct file_profile *p;
	struct merge m = { .f = f };
	struct plan *plan;

	*plan_r = NULL;
	if (wishes_check(w, f) == -1 ||
	    (p = choose(w, sender, header_from, f)) == NULL)
		return -1;
	m.layers[0] = &w->flags;
	m.layers[1] = &w->environment;
	m.layers[PROFILE] = &p->layer;
	m.layers[DEFAULT] = &w->file.profiles[0].layer;
	layer_init(&m.result);
	merge_rows(&m);
	if (complete(&m, w) == -1) {
		layer_free(&m.result);
		free(m.host);
		return -1;
	}
	plan = xcalloc(1, sizeof(*plan));
	plan->profile = p->name;
	plan->set = m.result.set;
	/* Whoever calls us by another name, or speaks SMTP to us, is a
	 * program; and who set a place need not be asked. */
	plan->set.may_ask = !w->words.restricted &&
			    w->run.set.mode == MODE_SEND &&
			    !has_place(&m.result);
	plan->origin = m.result.origins;
	plan->host = m.host;
	*plan_r = plan;
	return 0;
}

void
plan_free(struct plan *p)
{
	struct layer l;

	if (p == NULL)
		return;
	l.set = p->set;
	l.origins = p->origin;
	layer_free(&l);
	free(p->host);
	free(p);
}

/* The value in the form of pneu.conf, in quotes where it would lose its outer
 * blanks or a pair of quotes of its own. */
static void
print_value(const struct option *o, const void *field, struct buf *out)
{
	struct buf value;
	char *text;
	size_t len;
	bool quote;

	buf_init(&value, buf_space(out));
	o->type->print(o, field, &value);
	text = buf_text(&value);
	buf_free(&value);
	len = strlen(text);
	quote = len > 0 &&
		(text_is_blank(text[0]) || text_is_blank(text[len - 1]) ||
		    (len > 1 && text[0] == '"' && text[len - 1] == '"'));
	buf_addf(out, quote ? "%s = \"%s\"\n" : "%s = %s\n", o->name, text);
	free(text);
}

/* The row, under the origin that it shares with those before it. */
static void
print_row(const struct plan *p, const struct option *o, const char **last,
    struct buf *out)
{
	const char *origin = p->origin[o - options];

	if (origin == NULL) {
		buf_addf(out, "# %s is not set\n", o->name);
		return;
	}
	if (*last == NULL || strcmp(*last, origin) != 0)
		buf_addf(out, "# %s\n", origin);
	*last = origin;
	if ((o->where & OPTION_SECRET) != 0)
		buf_addf(out, "# %s is set\n", o->name);
	else
		print_value(o, (const char *)&p->set + o->offset, out);
}

void
plan_print(const struct plan *p, struct buf *out)
{
	const char *last = NULL;

	buf_addf(out, "# profile %s\n", p->profile);
	for (size_t i = 0; i < options_count; i++)
		if ((options[i].where & OPTION_FILE) != 0)
			print_row(p, &options[i], &last, out);
}
