/*
 * The address of a From field that is rewritten is not lost: answers go where
 * they would have gone (Reply-To), or it can at least be read.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "mail/header.h"
#include "mail/message.h"
#include "conf/profile.h"
#include "tool/local.h"
#include "tool/policy.h"

/* ---- the envelope -------------------------------------------------------- */

static bool
is_null(const char *sender)
{
	return sender != NULL && *sender == '\0';
}

static char *
login_name(void)
{
	const struct passwd *pw = getpwuid(getuid());

	if (pw != NULL && pw->pw_name[0] != '\0')
		return xstrdup(pw->pw_name);
	return xasprintf("uid-%lu", (unsigned long)getuid());
}

/* As a path in its proper quoting. */
static int
login_path(char **path_r, struct fail *f)
{
	char *login = login_name();
	int status = addr_parse_sender(login, "login name", path_r, f);

	free(login);
	return status;
}

int
policy_own(
    const struct plan *plan, struct local *l, char **own_r, struct fail *f)
{
	const char *set = plan->set.envelope_from;
	char *path = NULL;
	int status = 0;

	*own_r = NULL;
	if (set != NULL)
		status = addr_parse_sender(set, "envelope-from", &path, f);
	if (status == 0 && (path == NULL || is_null(path))) {
		free(path);
		status = login_path(&path, f);
	}
	if (status == 0)
		status = local_sender(l, path, own_r, f);
	free(path);
	return status;
}

int
policy_sender(const struct plan *plan, struct local *l, const char *given,
    const char *own, char **sender_r, struct fail *f)
{
	char *set = NULL;
	int status = 0;

	*sender_r = NULL;
	if (given == NULL && plan->set.envelope_from != NULL)
		status = addr_parse_sender(
		    plan->set.envelope_from, "envelope-from", &set, f);
	if (status < 0)
		return -1;
	if (is_null(given) || is_null(set))
		*sender_r = xstrdup("");
	else if (given == NULL || plan->set.rewrite_from == SETTINGS_BOTH)
		*sender_r = xstrdup(own);
	else
		status = local_sender(l, given, sender_r, f);
	free(set);
	return status;
}

/* ---- names of this machine ----------------------------------------------- */

enum role { ROLE_FROM, ROLE_SENDER, ROLE_SENDS, ROLE_RECEIVES, ROLE_NONE };

static enum role
role_of(const struct header_field *field)
{
	static const struct {
		const char *name;
		enum role role;
	} rows[] = {
		{ "From", ROLE_FROM },
		{ "Sender", ROLE_SENDER },
		{ "Reply-To", ROLE_SENDS },
		{ "Resent-From", ROLE_SENDS },
		{ "Resent-Sender", ROLE_SENDS },
		{ "Resent-Reply-To", ROLE_SENDS },
		{ "To", ROLE_RECEIVES },
		{ "Cc", ROLE_RECEIVES },
		{ "Resent-To", ROLE_RECEIVES },
		{ "Resent-Cc", ROLE_RECEIVES },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (header_is(field, rows[i].name))
			return rows[i].role;
	return ROLE_NONE;
}

/* The addresses that stand for those of the list, NULL for those that remain:
 * how many are other ones, or -1. */
static int
replacements(struct local *l, const struct addr_list *list, enum role role,
    char **to, struct fail *f)
{
	int changed = 0;

	for (size_t i = 0; i < list->count; i++) {
		const char *path = list->paths[i];
		int status = 0;

		if (local_is(l, path) && role == ROLE_RECEIVES)
			status = local_receiver(l, path, &to[i], f);
		else if (local_is(l, path))
			status = local_sender(l, path, &to[i], f);
		if (status < 0)
			return -1;
		changed += to[i] != NULL;
	}
	return changed;
}

/* The field's value with its local names written out; *value_r, the caller's,
 * is NULL where nothing changes. */
static int
write_out(struct local *l, const struct header_field *field, enum role role,
    char **value_r, struct fail *f)
{
	struct addr_list list;
	char **to = NULL;
	int changed = 0;

	*value_r = NULL;
	addr_list_init(&list);
	if (addr_parse_names(&list, field->value, field->value_len, "", NULL) ==
	    0) {
		to = xcalloc(list.count, sizeof(*to));
		changed = replacements(l, &list, role, to, f);
	}
	if (changed > 0)
		*value_r = addr_rewrite(
		    field->value, field->value_len, to, list.count);
	for (size_t i = 0; to != NULL && i < list.count; i++)
		free(to[i]);
	free(to);
	addr_list_free(&list);
	return changed < 0 ? -1 : 0;
}

/* ---- From ---------------------------------------------------------------- */

static bool
is_same(const char *path, const char *other)
{
	const char *a = addr_domain(path), *b = addr_domain(other);

	if (a == NULL || b == NULL)
		return strcmp(path, other) == 0;
	return a - path == b - other && text_same(a, b) &&
	       strncmp(path, other, (size_t)(a - path)) == 0;
}

/* How many addresses the value names: 0 also where it cannot be read; *same_r:
 * the first is own. */
static size_t
count_addresses(const char *value, const char *own, bool *same_r)
{
	struct addr_list list;
	size_t count = 0;

	addr_list_init(&list);
	if (addr_parse_list(&list, value, strlen(value), "", NULL) == 0)
		count = list.count;
	*same_r = count > 0 && is_same(list.paths[0], own);
	addr_list_free(&list);
	return count;
}

/* Behind the blanks and folds at its beginning. */
static const char *
without_blanks(const char *value)
{
	return value + strspn(value, " \t\r\n");
}

static void
keep_original(
    struct message *m, const struct plan *plan, const char *value, size_t count)
{
	const char *field = "X-Original-From";

	if (plan->set.original_from == SETTINGS_NOWHERE)
		return;
	/* A letter that says where answers go has the last word on it. */
	if (plan->set.original_from == SETTINGS_REPLY_TO && count > 0 &&
	    !message_has(m, "Reply-To"))
		field = "Reply-To";
	message_add(m, field, without_blanks(value));
}

/* The value with own as its one address; the caller's. */
static char *
with_own(const char *value, const char *own, size_t count)
{
	char *to[1], *from, *spaced;

	to[0] = xstrdup(own);
	from = count == 1 ? addr_rewrite(value, strlen(value), to, 1) : NULL;
	free(to[0]);
	if (from != NULL)
		return from;
	/* Of several authors, or none, no name can be kept. */
	from = addr_format(NULL, own);
	spaced = xasprintf(" %s", from);
	free(from);
	return spaced;
}

struct rewriting {
	struct message *m;
	const struct plan *plan;
	const char *own;
	bool had_from;
};

static void
rewrite_from(
    struct rewriting *r, const struct header_field *field, const char *value)
{
	bool same;
	size_t count = count_addresses(value, r->own, &same);
	char *from;

	if (r->had_from) {
		message_replace(r->m, field, NULL);
		return;
	}
	r->had_from = true;
	if (count == 1 && same) {
		message_replace(r->m, field, value);
		return;
	}
	from = with_own(value, r->own, count);
	message_replace(r->m, field, from);
	keep_original(r->m, r->plan, value, count);
	free(from);
}

/* Who transmits is the author now, so that there is nothing for a Sender to
 * tell (RFC 5322 3.6.2). */
static void
rewrite_sender(
    struct rewriting *r, const struct header_field *field, const char *value)
{
	bool same;

	count_addresses(value, r->own, &same);
	message_replace(r->m, field, same ? value : NULL);
}

static int
edit_field(struct rewriting *r, struct local *l,
    const struct header_field *field, struct fail *f)
{
	bool rewrites = r->plan->set.rewrite_from != SETTINGS_KEEP;
	enum role role = role_of(field);
	char *value = NULL;

	if (role == ROLE_NONE)
		return 0;
	if (write_out(l, field, role, &value, f) < 0)
		return -1;
	if (value != NULL)
		message_replace(r->m, field, value);
	if (rewrites && (role == ROLE_FROM || role == ROLE_SENDER)) {
		if (value == NULL)
			value = xstrndup(field->value, field->value_len);
		if (role == ROLE_FROM)
			rewrite_from(r, field, value);
		else
			rewrite_sender(r, field, value);
	}
	free(value);
	return 0;
}

int
policy_header(struct message *m, const struct plan *plan, struct local *l,
    const char *own, struct fail *f)
{
	struct rewriting r = { .m = m, .plan = plan, .own = own };
	struct header_field field;
	size_t at = 0;

	while (message_field(m, &at, &field))
		if (edit_field(&r, l, &field, f) < 0)
			return -1;
	return 0;
}
