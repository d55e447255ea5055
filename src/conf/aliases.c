/*
 * Reading is in two steps: lines are found at once and put in the order of
 * their names; what a line says is looked at when somebody asks.  So a line
 * that makes no sense costs nobody anything, and a large file little.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/trusted.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "conf/aliases.h"

struct row {
	struct alias alias;
	char *text; /* owned: the line, on which value points */
	char *name; /* owned */
};

struct aliases {
	char *path;
	struct row *rows;
	size_t count, room;
	struct row **sorted; /* those with a name, by name, then index */
	size_t sorted_count;
};

/* ---- names --------------------------------------------------------------- */

static int
compare_names(const char *a, const char *b)
{
	while (*a != '\0' && text_lower(*a) == text_lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)text_lower(*a) - (unsigned char)text_lower(*b);
}

static int
compare(const void *a, const void *b)
{
	const struct row *const *one = a, *const *other = b;
	int order = compare_names((*one)->name, (*other)->name);

	if (order != 0)
		return order;
	return (*one)->alias.index < (*other)->alias.index ? -1 : 1;
}

/* The first line of that name. */
static const struct alias *
find(const struct aliases *a, const char *name)
{
	size_t low = 0, high = a->sorted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names(a->sorted[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < a->sorted_count &&
	    compare_names(a->sorted[low]->name, name) == 0)
		return &a->sorted[low]->alias;
	return NULL;
}

static void
sort(struct aliases *a)
{
	a->sorted = xcalloc(a->count, sizeof(struct row *));
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].name != NULL)
			a->sorted[a->sorted_count++] = &a->rows[i];
	qsort(a->sorted, a->sorted_count, sizeof(struct row *), compare);
	for (size_t i = 1; i < a->sorted_count; i++)
		if (compare_names(a->sorted[i - 1]->name, a->sorted[i]->name) ==
		    0)
			a->sorted[i]->alias.wrong =
			    "this name stands there before, and the first "
			    "line counts";
}

/* ---- lines --------------------------------------------------------------- */

/* The colon behind the name, which may be quoted, or NULL. */
static char *
find_colon(char *text)
{
	bool quoted = false;

	for (; *text != '\0' && (quoted || *text != ':'); text++)
		if (*text == '"')
			quoted = !quoted;
		else if (quoted && *text == '\\' && text[1] != '\0')
			text++;
	return *text == ':' ? text : NULL;
}

/* Reads the name, or finds out what is wrong. */
static void
read_name(struct row *r)
{
	char *colon = find_colon(r->text), *name = NULL;

	r->alias.value = r->text;
	r->alias.wrong = "there is no name and no colon";
	if (colon == NULL)
		return;
	*colon = '\0';
	if (addr_parse_sender(r->text, "", &name, NULL) < 0 || *name == '\0')
		r->alias.wrong = "what stands before the colon is no name";
	else if (addr_domain(name) != NULL)
		r->alias.wrong = "an address; only names are looked up";
	else
		r->alias.wrong = NULL;
	if (r->alias.wrong != NULL) {
		free(name);
		return;
	}
	r->alias.name = r->name = name;
	r->alias.value = colon + 1 + strspn(colon + 1, " \t");
}

/* The line's text becomes the row's. */
static void
add_row(struct aliases *a, char *text, unsigned number)
{
	struct row *r;

	if (a->count == a->room) {
		a->room = a->room > 0 ? a->room * 2 : 32;
		a->rows = xreallocarray(a->rows, a->room, sizeof(*a->rows));
	}
	r = &a->rows[a->count];
	*r = (struct row){ .text = text };
	r->alias.line = number;
	r->alias.index = a->count++;
	read_name(r);
}

/* A line of the file and what goes on with it, until the next begins. */
struct reading {
	struct aliases *a;
	struct buf logical;
	unsigned begun; /* the number of its first line; 0: there is none */
};

static void
end_line(struct reading *r)
{
	if (r->begun > 0)
		add_row(r->a, buf_text(&r->logical), r->begun);
	buf_clear(&r->logical);
	r->begun = 0;
}

static void
take_line(struct reading *r, const char *line, size_t len, unsigned number)
{
	bool goes_on = len > 0 && text_is_blank(*line);

	while (
	    len > 0 && (text_is_blank(line[len - 1]) || line[len - 1] == '\r'))
		len--;
	while (len > 0 && text_is_blank(*line)) {
		line++;
		len--;
	}
	if (len == 0 || *line == '#')
		return;
	if (!goes_on)
		end_line(r);
	if (r->begun == 0)
		r->begun = number;
	else
		buf_add(&r->logical, " ", 1);
	/* A NUL would end the text here, and what is behind it unseen. */
	for (size_t i = 0; i < len; i++)
		buf_add(&r->logical, line[i] != '\0' ? &line[i] : "\x7f", 1);
}

struct aliases *
aliases_new(const char *path, const char *text, size_t len)
{
	struct aliases *a = xcalloc(1, sizeof(*a));
	struct reading r = { .a = a };
	const char *at = text, *end = text + len, *stop;
	unsigned number = 1;

	a->path = xstrdup(path);
	buf_init(&r.logical, SIZE_MAX / 2);
	if (len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		take_line(&r, at, (size_t)(stop - at), number++);
	}
	end_line(&r);
	buf_free(&r.logical);
	sort(a);
	return a;
}

void
aliases_free(struct aliases *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++) {
		free(a->rows[i].text);
		free(a->rows[i].name);
	}
	free(a->rows);
	free(a->sorted);
	free(a->path);
	free(a);
}

/* ---- the file ------------------------------------------------------------ */

static int
read_all(int fd, const char *path, struct buf *all, struct fail *f)
{
	for (;;) {
		size_t room = buf_space(all) < 4096 ? buf_space(all) : 4096;
		ssize_t got;

		if (room == 0)
			return fail_set(f, FAIL_CONFIG,
			    "%s: larger than %d octets", path,
			    ALIASES_FILE_MAX);
		got = read(fd, buf_reserve(all, room), room);
		if (got == 0)
			return 0;
		if (got > 0)
			buf_added(all, (size_t)got);
		else if (errno != EINTR)
			return fail_errno(
			    f, FAIL_CONFIG, errno, "%s: cannot be read", path);
	}
}

int
aliases_read(struct aliases **aliases_r, const char *path, struct fail *f)
{
	struct buf all;
	int fd = trusted_open(path, false, f), status = 0;

	*aliases_r = NULL;
	if (fd < 0 &&
	    (fd != TRUSTED_MISSING || strcmp(path, ALIASES_SYSTEM) != 0))
		return -1;
	/* One more than the cap, so that a file of just that size passes. */
	buf_init(&all, ALIASES_FILE_MAX + 1);
	if (fd >= 0) {
		status = read_all(fd, path, &all, f);
		close(fd);
	}
	if (status == 0)
		*aliases_r = aliases_new(path,
		    buf_len(&all) > 0 ? (const char *)buf_data(&all) : "",
		    buf_len(&all));
	buf_free(&all);
	return status;
}

/* ---- questions ----------------------------------------------------------- */

const struct alias *
aliases_find(const struct aliases *a, const char *name)
{
	const struct alias *found = find(a, name);

	return found != NULL ? found : find(a, "*");
}

bool
aliases_is_catch_all(const struct alias *entry)
{
	return entry->name != NULL && strcmp(entry->name, "*") == 0;
}

size_t
aliases_count(const struct aliases *a)
{
	return a->count;
}

const struct alias *
aliases_line(const struct aliases *a, size_t index)
{
	return &a->rows[index].alias;
}

const char *
aliases_path(const struct aliases *a)
{
	return a->path;
}

/* ---- values -------------------------------------------------------------- */

/* What a value begins with, or is, that is no address: the first row that
 * fits. */
static const struct special {
	const char *text;
	bool whole;
	enum alias_kind kind;
} specials[] = {
	{ "|", false, ALIAS_PROGRAM },
	{ "/dev/null", true, ALIAS_DISCARD },
	{ ":blackhole:", true, ALIAS_DISCARD },
	{ ":include:", false, ALIAS_INCLUDE },
	{ "/", false, ALIAS_FILE },
	{ ":", false, ALIAS_UNUSABLE },
};

const char *
aliases_why(enum alias_kind kind)
{
	static const char *const why[ALIAS_KINDS] = {
		[ALIAS_PROGRAM] = "a letter is given to no program",
		[ALIAS_FILE] = "a letter is written to no file",
		[ALIAS_INCLUDE] = "no other file is read",
		[ALIAS_UNUSABLE] = "this is no address",
	};

	return why[kind];
}

/* The octets up to the comma that ends the value: one that neither quotes,
 * a comment nor angle brackets hold. */
static size_t
value_len(const char *text)
{
	bool quoted = false, angle = false;
	size_t len, depth = 0;

	for (len = 0; text[len] != '\0'; len++) {
		char c = text[len];

		if (c == '\\' && text[len + 1] != '\0')
			len++;
		else if (c == '"' && depth == 0)
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '<' || c == '>')
			angle = c == '<';
		else if (c == ',' && depth == 0 && !angle)
			break;
	}
	return len;
}

/* Without the quotes around all of it, if there are such; the caller's. */
static char *
unquote(const char *text, size_t len)
{
	char *plain = xstrndup(text, len), *to = plain;

	if (len < 2 || text[0] != '"')
		return plain;
	for (size_t i = 1; i < len; i++) {
		if (text[i] == '"' && i + 1 == len) {
			*to = '\0';
			return plain;
		}
		if (text[i] == '"')
			break;
		if (text[i] == '\\' && i + 1 < len)
			i++;
		*to++ = text[i];
	}
	free(plain);
	return xstrndup(text, len);
}

static const struct special *
find_special(const char *text)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(*specials); i++) {
		size_t len = strlen(specials[i].text);

		if (strncmp(text, specials[i].text, len) == 0 &&
		    (!specials[i].whole || text[len] == '\0'))
			return &specials[i];
	}
	return NULL;
}

/* The one address that the text is, as a path; NULL where it is none. */
static char *
read_address(const char *text, size_t len)
{
	struct addr_list list;
	char *path = NULL;

	addr_list_init(&list);
	if (addr_parse_names(&list, text, len, "", NULL) == 0 &&
	    list.count == 1)
		path = xstrdup(list.paths[0]);
	addr_list_free(&list);
	return path;
}

static void
read_value(struct alias_target *t, const char *text, size_t len)
{
	char *plain = unquote(text, len);
	const struct special *s = find_special(plain);

	free(plain);
	t->kind = s != NULL ? s->kind : ALIAS_ADDRESS;
	t->text = s == NULL ? read_address(text, len) : xstrndup(text, len);
	if (t->text == NULL) {
		t->kind = ALIAS_UNUSABLE;
		t->text = xstrndup(text, len);
	}
}

bool
aliases_next(
    const struct alias *entry, size_t *at, struct alias_target *target_r)
{
	const char *text = entry->value + *at;
	size_t len;

	/* Empty places in a list are none of it. */
	text += strspn(text, ", \t");
	len = value_len(text);
	*at = (size_t)(text + len - entry->value);
	while (len > 0 && text_is_blank(text[len - 1]))
		len--;
	if (len == 0)
		return false;
	read_value(target_r, text, len);
	return true;
}
