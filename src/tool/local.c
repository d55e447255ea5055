/*
 * Aliases lead to aliases, so an expansion is a walk over a tree of names that
 * the file and its reader's patience limit.  It is a list of steps, each of
 * which knows the step that it came from: nothing recurs, the way back from any
 * name can be gone to find a loop, and nearer names come before farther ones.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "conf/aliases.h"
#include "conf/place.h"
#include "tool/local.h"

struct local {
	struct local_params params;
	char *host, *node; /* once they are known */
	struct aliases *aliases, *sender_map; /* once they are read */
	size_t steps;
	unsigned *seen; /* per line of the alias file: the last walk that went
	                   through it */
	unsigned walks;
};

/* ---- the machine's names ------------------------------------------------- */

struct local *
local_new(const struct local_params *params)
{
	struct local *l = xcalloc(1, sizeof(*l));

	l->params = *params;
	l->aliases = params->table;
	return l;
}

void
local_free(struct local *l)
{
	if (l == NULL)
		return;
	free(l->host);
	free(l->node);
	aliases_free(l->aliases);
	aliases_free(l->sender_map);
	free(l->seen);
	free(l);
}

static void
find_names(struct local *l)
{
	const struct local_params *p = &l->params;

	if (l->host != NULL)
		return;
	l->host = p->host != NULL ? xstrdup(p->host) : place_host();
	l->node = p->node != NULL ? xstrdup(p->node) : place_node();
}

/* The first label of a host's name is its short name. */
static bool
is_short_for(const char *name, const char *host)
{
	size_t len = strlen(name);

	return strcspn(host, ".") == len && text_same_n(name, host, len);
}

static bool
is_own_host(struct local *l, const char *domain)
{
	if (text_same(domain, "localhost") ||
	    text_same(domain, "localhost.localdomain"))
		return true;
	find_names(l);
	return text_same(domain, l->host) || text_same(domain, l->node) ||
	       is_short_for(domain, l->host) || is_short_for(domain, l->node);
}

bool
local_is(struct local *l, const char *path)
{
	const char *domain = addr_domain(path);

	return domain == NULL || is_own_host(l, domain);
}

/* The name without its domain; the caller's. */
static char *
bare(const char *path)
{
	const char *domain = addr_domain(path);

	return xstrndup(
	    path, domain != NULL ? (size_t)(domain - 1 - path) : strlen(path));
}

/* What is called localhost everywhere, or has no dot, means nothing outside. */
char *
local_whole(struct local *l, const char *path)
{
	const char *domain;
	char *name, *full;

	path += *path == '\\';
	domain = addr_domain(path);
	if (domain != NULL &&
	    (!is_own_host(l, domain) ||
		(strchr(domain, '.') != NULL &&
		    !text_same(domain, "localhost.localdomain"))))
		return xstrdup(path);
	name = bare(path);
	full = addr_qualify(name, l->params.domain);
	free(name);
	return full;
}

/* ---- files --------------------------------------------------------------- */

/* Reads the file unless that was done; "none" is an empty one. */
static int
read_file(struct aliases **a, const char *path, struct fail *f)
{
	if (*a != NULL)
		return 0;
	if (path == NULL || strcmp(path, "none") == 0) {
		*a = aliases_new("", "", 0);
		return 0;
	}
	return aliases_read(a, path, f);
}

/* ---- outcomes ------------------------------------------------------------ */

void
local_outcomes_free(struct local_outcomes *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].path);
		free(o->items[i].why);
	}
	free(o->items);
	memset(o, 0, sizeof(*o));
}

/* Path and why become the outcome's. */
static void
add_outcome(
    struct local_outcomes *o, enum local_fate fate, char *path, char *why)
{
	if (o->count == o->room) {
		o->room = o->room > 0 ? o->room * 2 : 8;
		o->items = xreallocarray(o->items, o->room, sizeof(*o->items));
	}
	o->items[o->count++] = (struct local_outcome){ fate, path, why, false };
}

/* ---- expansion ----------------------------------------------------------- */

struct step {
	char *path;
	const struct alias *via; /* the line that led here; NULL: the first */
	size_t from; /* the step that it belongs to */
	unsigned depth;
};

struct walk {
	struct local *l;
	struct local_outcomes *outcomes;
	const char *path; /* where it begins */
	struct step *steps;
	size_t count, room;
	const struct alias *loop; /* a line that leads to itself, or NULL */
};

/* The path becomes the walk's. */
static void
add_step(struct walk *w, char *path, const struct alias *via, size_t from)
{
	struct step *s;

	if (w->count == w->room) {
		w->room = w->room > 0 ? w->room * 2 : 8;
		w->steps = xreallocarray(w->steps, w->room, sizeof(*w->steps));
	}
	s = &w->steps[w->count++];
	*s = (struct step){ path, via, from, 0 };
	if (via != NULL)
		s->depth = w->steps[from].depth + 1;
}

/* True when a step on the way to this one went through the line. */
static bool
came_by(const struct walk *w, const struct step *s, const struct alias *entry)
{
	while (s->via != NULL && s->via != entry)
		s = &w->steps[s->from];
	return s->via != NULL;
}

/* The place, and what stands there; the caller's. */
static char *
quote_line(const struct walk *w, const struct alias *entry, const char *value)
{
	bool far = !text_same(entry->name, w->path);

	return xasprintf("%s%s%s:%u: %s%s%.100s", far ? w->path : "",
	    far ? ": " : "", aliases_path(w->l->aliases), entry->line,
	    entry->name, *value != '\0' ? ": " : "", value);
}

static void
refuse(struct walk *w, const struct alias *entry, const char *value,
    const char *why)
{
	char *place = quote_line(w, entry, value);

	add_outcome(w->outcomes, LOCAL_REFUSED, local_whole(w->l, w->path),
	    xasprintf("%s: %s", place, why));
	free(place);
}

static void
take_target(struct walk *w, const struct alias *entry,
    const struct alias_target *t, size_t from)
{
	switch (t->kind) {
	case ALIAS_ADDRESS:
		add_step(w, xstrdup(t->text), entry, from);
		break;
	case ALIAS_DISCARD:
		add_outcome(w->outcomes, LOCAL_DISCARDED,
		    local_whole(w->l, w->path), quote_line(w, entry, t->text));
		break;
	default:
		refuse(w, entry, t->text, aliases_why(t->kind));
		break;
	}
}

static bool
is_seen(const struct walk *w, const struct alias *entry)
{
	return w->l->seen[entry->index] == w->l->walks;
}

static void
follow(struct walk *w, const struct alias *entry, size_t from)
{
	struct alias_target t;
	size_t at = 0;

	w->l->seen[entry->index] = w->l->walks;
	while (aliases_next(entry, &at, &t)) {
		take_target(w, entry, &t, from);
		free(t.text);
	}
}

static void
send_to(struct walk *w, const char *path)
{
	add_outcome(w->outcomes, LOCAL_SENT, local_whole(w->l, path), NULL);
}

/* The line of a step's name, or NULL where the name is the end of the way:
 * not local, not to be looked up, in no line, or led to by its own. */
static const struct alias *
line_of(struct walk *w, const struct step *s)
{
	const struct alias *entry;
	char *name;

	if (*s->path == '\\' || !local_is(w->l, s->path))
		return NULL;
	name = bare(s->path);
	entry = aliases_find(w->l->aliases, name);
	free(name);
	if (entry == NULL || entry == s->via)
		return NULL;
	/* Who was found by nobody's line is not looked for there again. */
	if (aliases_is_catch_all(entry) && came_by(w, s, entry))
		return NULL;
	return entry;
}

static void
take_step(struct walk *w, size_t index)
{
	/* A copy: steps are added. */
	struct step s = w->steps[index];
	const struct alias *entry = line_of(w, &s);

	if (entry == NULL)
		send_to(w, s.path);
	else if (is_seen(w, entry) && came_by(w, &s, entry))
		w->loop = entry;
	else if (!is_seen(w, entry) && s.depth > LOCAL_DEPTH_MAX)
		refuse(w, entry, s.path, "too many aliases of aliases");
	else if (!is_seen(w, entry))
		follow(w, entry, index);
}

/* Nobody would receive the letter, and nobody be told. */
static void
refuse_nowhere(struct walk *w)
{
	const struct alias *entry = w->loop;

	if (entry == NULL)
		entry = line_of(w, &w->steps[0]);
	refuse(w, entry, entry->value,
	    w->loop != NULL ? "it leads back to itself alone"
			    : "it leads nowhere");
	w->outcomes->items[w->outcomes->count - 1].nowhere = true;
}

static void
forget(struct walk *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->steps[i].path);
	free(w->steps);
}

int
local_expand(
    struct local *l, const char *path, struct local_outcomes *o, struct fail *f)
{
	struct walk w = { .l = l, .outcomes = o, .path = path };
	size_t before = o->count;
	int status = 0;

	if (!local_is(l, path) || *path == '\\') {
		send_to(&w, path);
		return 0;
	}
	if (read_file(&l->aliases, l->params.aliases, f) < 0)
		return -1;
	if (l->seen == NULL)
		l->seen = xcalloc(aliases_count(l->aliases), sizeof(*l->seen));
	l->walks++;
	add_step(&w, xstrdup(path), NULL, 0);
	for (size_t i = 0; i < w.count && status == 0; i++) {
		if (++l->steps > LOCAL_STEPS_MAX)
			status = fail_set(f, FAIL_DATA,
			    "%s: more than %d names for one letter",
			    aliases_path(l->aliases), (int)LOCAL_STEPS_MAX);
		else
			take_step(&w, i);
	}
	if (status == 0 && o->count == before)
		refuse_nowhere(&w);
	forget(&w);
	return status;
}

/* ---- one address --------------------------------------------------------- */

int
local_receiver(
    struct local *l, const char *path, char **whole_r, struct fail *f)
{
	struct local_outcomes o = { NULL, 0, 0 };
	int status = local_expand(l, path, &o, f);

	*whole_r = NULL;
	if (status == 0)
		*whole_r = o.count == 1 && o.items[0].fate == LOCAL_SENT
			       ? xstrdup(o.items[0].path)
			       : local_whole(l, path);
	local_outcomes_free(&o);
	return status;
}

/* The one address that a line of the sender map has; the caller's. */
static char *
only_target(const struct alias *entry)
{
	struct alias_target t;
	char *path = NULL;
	size_t at = 0, count;

	for (count = 0; aliases_next(entry, &at, &t); count++) {
		if (count == 0 && t.kind == ALIAS_ADDRESS)
			path = xstrdup(t.text);
		free(t.text);
	}
	if (count == 1)
		return path;
	free(path);
	return NULL;
}

int
local_sender(struct local *l, const char *path, char **whole_r, struct fail *f)
{
	const struct alias *entry = NULL;
	char *name, *target;

	*whole_r = NULL;
	if (local_is(l, path) && *path != '\\') {
		if (read_file(&l->sender_map, l->params.sender_map, f) < 0)
			return -1;
		name = bare(path);
		entry = aliases_find(l->sender_map, name);
		free(name);
	}
	if (entry == NULL) {
		*whole_r = local_whole(l, path);
		return 0;
	}
	target = only_target(entry);
	if (target == NULL)
		return fail_set(f, FAIL_CONFIG,
		    "%s:%u: %s: one address is wanted here, and nothing else",
		    aliases_path(l->sender_map), entry->line, entry->name);
	*whole_r = local_whole(l, target);
	free(target);
	return 0;
}
