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

/* ---- who we are --------------------------------------------------------- */

static char *
login_name(void)
{
	const struct passwd *pw = getpwuid(getuid());

	if (pw != NULL && pw->pw_name[0] != '\0')
		return xstrdup(pw->pw_name);
	return xasprintf("uid-%lu", (unsigned long)getuid());
}

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

/* login@domain, as a path in its proper quoting. */
static int
login_path(const struct plan *plan, char **path_r, struct fail *f)
{
	char *login = login_name(), *name = NULL;
	int status = addr_parse_sender(login, "login name", &name, f);

	if (status == 0)
		*path_r = addr_qualify(name, plan->set.domain);
	free(login);
	free(name);
	return status;
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

static int
derive_sender(struct composition *c, const struct plan *plan, const char *given,
    struct fail *f)
{
	const char *set = plan->set.envelope_from;
	char *path = NULL;
	int status = 0;

	if (given != NULL)
		path = xstrdup(given);
	else if (set != NULL)
		status = addr_parse_sender(set, "envelope-from", &path, f);
	else
		status = login_path(plan, &path, f);
	if (status == 0)
		c->sender = *path != '\0' ? addr_qualify(path, plan->set.domain)
					  : xstrdup("");
	free(path);
	return status;
}

/* ---- recipients --------------------------------------------------------- */

static void
qualify(struct addr_list *list, const struct plan *plan)
{
	for (size_t i = 0; i < list->count; i++) {
		char *whole = addr_qualify(list->paths[i], plan->set.domain);

		free(list->paths[i]);
		list->paths[i] = whole;
	}
}

int
compose_recipients(struct composition *c, const struct wishes *w,
    const struct message *m, struct fail *f)
{
	bool from_header = wishes_run(w)->read_recipients;
	char *const *operands;
	size_t count = wishes_operands(w, &operands);

	for (size_t i = 0; i < count; i++)
		if (addr_parse_list(&c->recipients, operands[i],
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

static int
add_from(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct fail *f)
{
	char *name, *path = NULL, *from;

	if (message_has(m, "From"))
		return 0;
	if (c->sender[0] != '\0')
		path = xstrdup(c->sender);
	else if (login_path(plan, &path, f) < 0)
		return -1;
	name =
	    wish->full_name != NULL ? xstrdup(wish->full_name) : gecos_name();
	from = addr_format(name, path);
	message_add(m, "From", from);
	free(from);
	free(name);
	free(path);
	return 0;
}

static int
edit(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct fail *f)
{
	message_remove(m, "Bcc");
	message_remove(m, "Resent-Bcc");
	add_date(m);
	add_message_id(c, m, plan);
	return add_from(c, wish, plan, m, f);
}

int
compose(struct composition *c, const struct compose_wish *wish,
    const struct plan *plan, struct message *m, struct fail *f)
{
	if (derive_sender(c, plan, wish->sender, f) < 0)
		return -1;
	qualify(&c->recipients, plan);
	if (wish->dsn == NULL)
		addr_list_unique(&c->recipients);
	if (edit(c, wish, plan, m, f) < 0)
		return -1;
	c->envelope = (struct envelope){
		.sender = c->sender,
		.recipients = (const char *const *)c->recipients.paths,
		.count = c->recipients.count,
		.size = message_wire_size(m),
		.is_8bit = message_is_8bit(m),
	};
	if (dsn_wish(&c->dsn, &plan->set, &c->envelope, f) < 0)
		return -1;
	if (wish->dsn != NULL)
		c->envelope.dsn = wish->dsn;
	if (wish->ret != NULL)
		c->envelope.ret = wish->ret;
	if (wish->envid != NULL)
		c->envelope.envid = wish->envid;
	return 0;
}

void
composition_init(struct composition *c)
{
	memset(c, 0, sizeof(*c));
	addr_list_init(&c->recipients);
}

void
composition_free(struct composition *c)
{
	dsn_free(&c->dsn, &c->envelope);
	addr_list_free(&c->recipients);
	free(c->sender);
	free(c->message_id);
	memset(c, 0, sizeof(*c));
}
