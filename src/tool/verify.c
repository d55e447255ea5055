/*
 * The same rooms are asked that a letter would pass (conf/profile, tool/local),
 * so that the answer is the truth.  What they say is printed as base/fail makes
 * words printable: an alias file may hold anything.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "smtp/status.h"
#include "conf/aliases.h"
#include "conf/profile.h"
#include "tool/local.h"
#include "tool/verify.h"

static int
say_fail(const struct fail *f)
{
	fprintf(stderr, "pneu: %s\n", f->words);
	if (f->advice[0] != '\0')
		fprintf(stderr, "pneu: %s\n", f->advice);
	return status_of_fail(f->kind);
}

/* What was printed has been read by somebody, or status says that not. */
static int
printed(int status)
{
	struct fail f;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fail_errno(&f, FAIL_IO, errno, "standard output");
	return say_fail(&f);
}

/* ---- -bv ----------------------------------------------------------------- */

/* "smtp.example.org:465", or a socket's path; the caller's. */
static char *
server_of(const struct plan *plan)
{
	const char *host = plan->set.host.items[0];

	if (*host == '/')
		return xstrdup(host);
	return xasprintf("%s:%u", host, plan->set.port);
}

static void
say_outcome(
    const struct plan *plan, const char *path, const struct local_outcome *o)
{
	char *server = server_of(plan);
	struct fail line;

	switch (o->fate) {
	case LOCAL_SENT:
		fail_set(&line, FAIL_NONE, "%s: to %s by profile %s, %s", path,
		    o->path, plan->profile, server);
		break;
	case LOCAL_DISCARDED:
		fail_set(&line, FAIL_NONE, "%s: discarded by %s", path, o->why);
		break;
	case LOCAL_REFUSED:
		fail_set(&line, FAIL_NONE, "%s: refused: %s", path, o->why);
		break;
	}
	puts(line.words);
	free(server);
}

/* The status of a letter to path. */
static int
verify_one(const struct plan *plan, struct local *l, const char *path)
{
	struct local_outcomes o = { NULL, 0, 0 };
	struct fail f;
	int status = 0;

	if (local_expand(l, path, &o, &f) < 0)
		status = say_fail(&f);
	for (size_t i = 0; i < o.count; i++) {
		say_outcome(plan, path, &o.items[i]);
		if (o.items[i].fate == LOCAL_REFUSED)
			status =
			    status_worse(status, status_of_fail(FAIL_NOUSER));
	}
	local_outcomes_free(&o);
	return status;
}

static int
parse_operands(const struct wishes *w, struct addr_list *list, struct fail *f)
{
	char *const *operands;
	size_t count = wishes_operands(w, &operands);

	for (size_t i = 0; i < count; i++)
		if (addr_parse_names(list, operands[i], strlen(operands[i]),
			"argument", f) < 0)
			return -1;
	if (list->count > 0)
		return 0;
	fail_set(f, FAIL_USAGE, "no recipients");
	fail_advise(f, "name them as arguments; no letter is read here");
	return -1;
}

static int
make_plan(const struct wishes *w, struct plan **plan_r, struct fail *f)
{
	const char *given = wishes_run(w)->sender;
	char *sender = NULL;
	int status;

	if (given != NULL && addr_parse_sender(given, "-f", &sender, f) < 0)
		return -1;
	status = plan_new(plan_r, w, sender, NULL, f);
	free(sender);
	return status;
}

int
verify(const struct wishes *w)
{
	struct local_params names = { .domain = NULL };
	struct plan *plan = NULL;
	struct addr_list list;
	struct local *l = NULL;
	struct fail f;
	int status = 0;

	addr_list_init(&list);
	if (parse_operands(w, &list, &f) < 0 || make_plan(w, &plan, &f) < 0) {
		status = say_fail(&f);
		goto out;
	}
	names.domain = plan->set.domain;
	names.host = plan->host;
	if (!wishes_run(w)->no_aliases)
		names.aliases = plan->set.aliases;
	l = local_new(&names);
	addr_list_unique(&list);
	for (size_t i = 0; i < list.count; i++)
		status =
		    status_worse(status, verify_one(plan, l, list.paths[i]));
	status = printed(status);
out:
	local_free(l);
	plan_free(plan);
	addr_list_free(&list);
	return status;
}

/* ---- newaliases ---------------------------------------------------------- */

static void
say_line(const struct aliases *a, const struct alias *line, const char *value,
    const char *why)
{
	struct fail words;

	fail_set(&words, FAIL_NONE, "%s:%u: %s%s%.100s: %s", aliases_path(a),
	    line->line, line->name != NULL ? line->name : "",
	    line->name != NULL && *value != '\0' ? ": " : "", value, why);
	puts(words.words);
}

static void
list_values(const struct aliases *a, const struct alias *line)
{
	struct alias_target t;
	size_t at = 0;

	while (aliases_next(line, &at, &t)) {
		const char *why = aliases_why(t.kind);

		if (why != NULL)
			say_line(a, line, t.text, why);
		free(t.text);
	}
}

/* A loop is seen by whoever goes it. */
static int
list_loops(struct local *l, const struct alias *line, struct fail *f)
{
	struct local_outcomes o = { NULL, 0, 0 };
	int status = local_expand(l, line->name, &o, f);
	struct fail words;

	if (status == 0 && o.items[0].nowhere) {
		fail_set(&words, FAIL_NONE, "%s", o.items[0].why);
		puts(words.words);
	}
	local_outcomes_free(&o);
	return status;
}

/* The file becomes somebody else's.  Where there is no end to following its
 * lines, what each of them says is listed all the same. */
static int
list_lines(struct aliases *a, struct fail *f)
{
	struct local_params params = { .domain = "localhost", .table = a };
	struct local *l = local_new(&params);
	int status = 0;

	for (size_t i = 0; i < aliases_count(a); i++) {
		const struct alias *line = aliases_line(a, i);

		if (line->wrong != NULL) {
			say_line(a, line, line->value, line->wrong);
		} else {
			list_values(a, line);
			if (status == 0)
				status = list_loops(l, line, f);
		}
	}
	local_free(l);
	return status;
}

int
newaliases(const struct wishes *w)
{
	struct aliases *a = NULL;
	struct plan *plan = NULL;
	const char *path = ALIASES_SYSTEM;
	struct fail f;

	/* A package may be installed before there is a smarthost. */
	if (plan_new(&plan, w, NULL, NULL, &f) == 0)
		path = plan->set.aliases;
	if (strcmp(path, "none") != 0 &&
	    (aliases_read(&a, path, &f) < 0 || list_lines(a, &f) < 0))
		say_fail(&f);
	plan_free(plan);
	return printed(0);
}
