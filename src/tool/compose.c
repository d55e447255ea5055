/*
 * What a letter lacks is added, what must not be seen is removed, and who
 * sends and receives is settled; nothing else of it is touched.
 *
 * The clock, the zone, the random octets and the password database are read
 * here and handed to mail/ as values.
 */
#include <bsd/stdlib.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/date.h"
#include "mail/message.h"
#include "conf/profile.h"
#include "tool/compose.h"
#include "tool/local.h"
#include "tool/policy.h"

static void
add_capitalised(struct buf *out, const char *login)
{
	char first = *login;

	if (first >= 'a' && first <= 'z') {
		first = (char)(first - 'a' + 'A');
		buf_add(out, &first, 1);
		login++;
	}
	buf_add_text(out, login);
}

/* The first part of the gecos field, in which "&" is the login name with a
 * capital (passwd(5)). */
static char *
gecos_name(void)
{
	const struct passwd *pw = getpwuid(getuid());
	struct buf name;
	char *text;

	if (pw == NULL || pw->pw_gecos == NULL)
		return xstrdup("");
	buf_init(&name, 1024);
	for (const char *c = pw->pw_gecos; *c != '\0' && *c != ','; c++)
		if (*c == '&')
			add_capitalised(&name, pw->pw_name);
		else
			buf_add(&name, c, 1);
	text = buf_text(&name);
	buf_free(&name);
	if (text_has_control(text, strlen(text)))
		text[0] = '\0';
	return text;
}

/* ---- sender ------------------------------------------------------------- */

char *
compose_header_from(const struct message *m)
{
	char *value = message_value(m, "From"), *path = NULL;
	struct addr_list list;

	addr_list_init(&list);
	/* It only helps to choose: a From field that cannot be read is the
	 * server's to judge. */
	if (value != NULL &&
	    addr_parse_list(&list, value, strlen(value), "From", NULL) == 0 &&
	    list.count > 0)
		path = xstrdup(list.paths[0]);
	addr_list_free(&list);
	free(value);
	return path;
}

/* ---- recipients --------------------------------------------------------- */

int
compose_recipients(struct composition *c, const struct wishes *w,
    const struct message *m, struct fail *f)
{
	bool from_header = wishes_run(w)->read_recipients;
	char *const *operands;
	size_t count = wishes_operands(w, &operands);

	for (size_t i = 0; i < count; i++)
		if (addr_parse_names(&c->recipients, operands[i],
			strlen(operands[i]), "argument", f) < 0)
			return -1;
	if (from_header && message_recipients(m, &c->recipients, f) < 0)
		return -1;
	if (c->recipients.count > 0)
		return 0;
	fail_set(f, FAIL_USAGE, "no recipients%s",
	    from_header ? ": neither in To, Cc or Bcc nor as arguments" : "");
	if (!from_header)
		fail_advise(f, "name them as arguments, or use -t to "
			       "read them from the letter");
	return -1;
}

/* Everybody of whom one list of names speaks; those we refuse stand behind all
 * others in the end, so they are kept apart at first. */
struct sorting {
	struct composition *c;
	struct addr_list refused, discarded;
	const struct envelope_dsn *dsn; /* of the name at hand, or NULL */
	char *original; /* that name, whole */
};

static void
add_text(char ***list, size_t *count, char *text)
{
	*list = xreallocarray(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = text;
}

static int
send_to(struct sorting *s, const char *path, struct fail *f)
{
	struct composition *c = s->c;
	size_t i = c->recipients.count;

	if (addr_list_add(&c->recipients, path, f) < 0 ||
	    addr_list_add(&c->originals, s->original, f) < 0)
		return -1;
	if (s->dsn != NULL) {
		c->dsn_rows =
		    xreallocarray(c->dsn_rows, i + 1, sizeof(*c->dsn_rows));
		c->dsn_rows[i] = *s->dsn;
	}
	return 0;
}

/* What becomes of the letter to one name. */
static int
sort_outcomes(struct sorting *s, const struct local_outcomes *o, struct fail *f)
{
	struct composition *c = s->c;
	int status = 0;

	for (size_t i = 0; i < o->count && status == 0; i++) {
		const struct local_outcome *one = &o->items[i];

		switch (one->fate) {
		case LOCAL_SENT:
			status = send_to(s, one->path, f);
			break;
		case LOCAL_REFUSED:
			status = addr_list_add(&s->refused, one->path, f);
			add_text(&c->refusals, &c->refused, xstrdup(one->why));
			break;
		case LOCAL_DISCARDED:
			status = addr_list_add(&s->discarded, one->path, f);
			add_text(&c->discards, &c->discarded,
			    xasprintf("discarded: %s", one->why));
			break;
		}
	}
	return status;
}

/* The paths of more stand behind those of list. */
static int
append(struct addr_list *list, const struct addr_list *more, struct fail *f)
{
	for (size_t i = 0; i < more->count; i++)
		if (addr_list_add(list, more->paths[i], f) < 0)
			return -1;
	return 0;
}

/* Names become addresses; dsn: of each name, or NULL. */
static int
look_up(struct composition *c, const struct envelope_dsn *dsn, struct local *l,
    struct fail *f)
{
	const struct addr_list *names = &c->named;
	struct sorting s = { .c = c };
	int status = 0;

	c->named = c->recipients;
	addr_list_init(&c->recipients);
	if (dsn == NULL)
		addr_list_unique(&c->named);
	for (size_t i = 0; i < names->count && status == 0; i++) {
		struct local_outcomes o = { NULL, 0, 0 };

		s.dsn = dsn != NULL ? &dsn[i] : NULL;
		s.original = local_whole(l, names->paths[i]);
		status = local_expand(l, names->paths[i], &o, f);
		if (status == 0)
			status = sort_outcomes(&s, &o, f);
		free(s.original);
		local_outcomes_free(&o);
	}
	if (dsn == NULL)
		addr_list_unique_with(&c->recipients, &c->originals);
	c->envelope.count = c->recipients.count;
	if (status == 0)
		status = append(&c->recipients, &s.refused, f);
	if (status == 0 && c->recipients.count == 0)
		status = append(&c->recipients, &s.discarded, f);
	addr_list_free(&s.refused);
	addr_list_free(&s.discarded);
	return status;
}

static int
take_recipients(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct local *l, struct fail *f)
{
	if (look_up(c, wish->dsn, l, f) < 0)
		return -1;
	if (c->refused > 0 && plan->set.recipients == ENGINE_RECIPIENTS_ALL)
		return fail_set(f, FAIL_NOUSER, "%s", c->refusals[0]);
	return 0;
}

/* ---- the header --------------------------------------------------------- */

void
compose_date(char out[DATE_MAX])
{
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	date_format(out, now, (int)local.tm_gmtoff);
}

static void
add_date(struct message *m)
{
	char date[DATE_MAX];

	if (message_has(m, "Date"))
		return;
	compose_date(date);
	message_add(m, "Date", date);
}

static void
add_message_id(
    struct composition *c, struct message *m, const struct plan *plan)
{
	uint8_t random[16];

	c->message_id = message_value(m, "Message-ID");
	if (c->message_id != NULL)
		return;
	arc4random_buf(random, sizeof(random));
	c->message_id = date_message_id(time(NULL), random, plan->set.domain);
	message_add(m, "Message-ID", c->message_id);
}

static void
add_from(struct message *m, const char *path, const char *full_name)
{
	char *name, *from;

	if (message_has(m, "From"))
		return;
	name = full_name != NULL ? xstrdup(full_name) : gecos_name();
	from = addr_format(name, path);
	message_add(m, "From", from);
	free(from);
	free(name);
}

/* Bcc is not for the eyes of others (RFC 5322 3.6.3), and a letter without any
 * destination field is taken for a forgery by some. */
static void
hide_blind_copies(struct message *m)
{
	bool blind = message_has(m, "Bcc") || message_has(m, "Resent-Bcc");
	bool open = message_has(m, "To") || message_has(m, "Cc") ||
		    message_has(m, "Resent-To") || message_has(m, "Resent-Cc");

	message_remove(m, "Bcc");
	message_remove(m, "Resent-Bcc");
	if (blind && !open)
		message_add(m, "To", "undisclosed-recipients:;");
}

static void
complete(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, const char *from)
{
	hide_blind_copies(m);
	/* Whoever delivers it in the end writes this (RFC 5321 4.4). */
	message_remove(m, "Return-Path");
	add_date(m);
	add_message_id(c, m, plan);
	add_from(m, from, wish->full_name);
}

static int
settle(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct local *l, struct fail *f)
{
	bool rewrites = plan->set.rewrite_from != SETTINGS_KEEP;
	char *own = NULL;
	int status = 0;

	/* Who names a sender may do so whatever the login is called. */
	if (wish->sender == NULL || rewrites ||
	    (*wish->sender == '\0' && !message_has(m, "From")))
		status = policy_own(plan, l, &own, f);
	if (status == 0)
		status =
		    policy_sender(plan, l, wish->sender, own, &c->sender, f);
	if (status == 0)
		status = take_recipients(c, wish, plan, l, f);
	if (status == 0)
		status = policy_header(m, plan, l, own, f);
	if (status == 0)
		complete(c, wish, plan, m,
		    rewrites || *c->sender == '\0' ? own : c->sender);
	free(own);
	return status;
}

int
compose(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct fail *f)
{
	struct local_params names = {
		.domain = plan->set.domain,
		.host = plan->host,
		.aliases = wish->no_aliases ? NULL : plan->set.aliases,
		.sender_map = plan->set.sender_map,
	};
	struct local *l = local_new(&names);
	int status = settle(c, wish, plan, m, l, f);

	local_free(l);
	if (status < 0)
		return -1;
	c->envelope.sender = c->sender;
	c->envelope.recipients = (const char *const *)c->recipients.paths;
	c->envelope.size = message_wire_size(m);
	c->envelope.is_8bit = message_is_8bit(m);
	if (dsn_wish(&c->dsn, &plan->set, c->originals.paths, &c->envelope, f) <
	    0)
		return -1;
	if (c->dsn_rows != NULL)
		c->envelope.dsn = c->dsn_rows;
	if (wish->ret != NULL)
		c->envelope.ret = wish->ret;
	if (wish->envid != NULL)
		c->envelope.envid = wish->envid;
	c->told = c->envelope;
	c->told.count = c->recipients.count;
	c->told.dsn = NULL;
	return 0;
}

void
composition_init(struct composition *c)
{
	memset(c, 0, sizeof(*c));
	addr_list_init(&c->recipients);
	addr_list_init(&c->named);
	addr_list_init(&c->originals);
}

void
composition_free(struct composition *c)
{
	dsn_free(&c->dsn, &c->envelope);
	addr_list_free(&c->recipients);
	addr_list_free(&c->named);
	addr_list_free(&c->originals);
	free(c->dsn_rows);
	for (size_t i = 0; i < c->refused; i++)
		free(c->refusals[i]);
	free(c->refusals);
	for (size_t i = 0; i < c->discarded; i++)
		free(c->discards[i]);
	free(c->discards);
	free(c->sender);
	free(c->message_id);
	memset(c, 0, sizeof(*c));
}
