/*
 * Lists of paths, and questions about one.
 *
 * A path is what addr_parse_list() wrote (or one that was made of it), so the
 * only thing to watch is an @ in a quoted local part.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"

void
addr_list_init(struct addr_list *list)
{
	memset(list, 0, sizeof(*list));
}

void
addr_list_free(struct addr_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	addr_list_init(list);
}

int
addr_list_add(struct addr_list *list, const char *path, struct fail *f)
{
	if (list->count == ADDR_LIST_MAX)
		return fail_set(f, FAIL_DATA, "more than %d recipients",
		    (int)ADDR_LIST_MAX);
	if (list->count == list->room) {
		list->room = list->room > 0 ? list->room * 2 : 8;
		list->paths = xreallocarray(
		    list->paths, list->room, sizeof(*list->paths));
	}
	list->paths[list->count++] = xstrdup(path);
	return 0;
}

/* A path where it can be compared; place is its index in the list. */
struct key {
	const char *path, *domain;
	size_t place;
};

/* The octets of the local part. */
static size_t
local_len(const struct key *k)
{
	return k->domain != NULL ? (size_t)(k->domain - k->path)
				 : strlen(k->path);
}

static int
compare_caseless(const char *a, const char *b)
{
	while (*a != '\0' && text_lower(*a) == text_lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)text_lower(*a) - (unsigned char)text_lower(*b);
}

static int
compare_keys(const struct key *a, const struct key *b)
{
	size_t len = local_len(a), other = local_len(b);
	int order;

	if (len != other)
		return len < other ? -1 : 1;
	order = memcmp(a->path, b->path, len);
	if (order != 0 || a->domain == NULL || b->domain == NULL)
		return order;
	return compare_caseless(a->domain, b->domain);
}

static int
compare(const void *a, const void *b)
{
	const struct key *one = a, *other = b;
	int order = compare_keys(one, other);

	if (order != 0)
		return order;
	return one->place < other->place ? -1 : one->place > other->place;
}

/* Closes the gaps where paths were taken out of the list. */
static void
close_gaps(struct addr_list *list, struct addr_list *beside)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->paths[i] != NULL) {
			list->paths[kept] = list->paths[i];
			if (beside != NULL)
				beside->paths[kept] = beside->paths[i];
			kept++;
		} else if (beside != NULL) {
			free(beside->paths[i]);
		}
	}
	list->count = kept;
	if (beside != NULL)
		beside->count = kept;
}

void
addr_list_unique(struct addr_list *list)
{
	addr_list_unique_with(list, NULL);
}

void
addr_list_unique_with(struct addr_list *list, struct addr_list *beside)
{
	struct key *keys = xcalloc(list->count, sizeof(*keys));
	size_t first = 0;

	for (size_t i = 0; i < list->count; i++)
		keys[i] = (struct key){ list->paths[i],
			addr_domain(list->paths[i]), i };
	qsort(keys, list->count, sizeof(*keys), compare);
	/* Equal ones stand together, the first of them first. */
	for (size_t i = 1; i < list->count; i++) {
		if (compare_keys(&keys[first], &keys[i]) != 0) {
			first = i;
			continue;
		}
		free(list->paths[keys[i].place]);
		list->paths[keys[i].place] = NULL;
	}
	close_gaps(list, beside);
	free(keys);
}

const char *
addr_domain(const char *path)
{
	bool quoted = false;

	for (; *path != '\0'; path++)
		if (*path == '"')
			quoted = !quoted;
		else if (quoted && *path == '\\' && path[1] != '\0')
			path++;
		else if (!quoted && *path == '@')
			return path + 1;
	return NULL;
}

char *
addr_qualify(const char *path, const char *domain)
{
	return addr_domain(path) != NULL ? xstrdup(path)
					 : xasprintf("%s@%s", path, domain);
}

static bool
matches_octet(const char *at, const char *domain, char pattern)
{
	if (pattern == '?' || pattern == *at)
		return true;
	return domain != NULL && at >= domain &&
	       text_lower(pattern) == text_lower(*at);
}

bool
addr_matches(const char *path, const char *pattern)
{
	const char *domain = addr_domain(path), *at = path;
	const char *star = NULL, *resume = NULL;

	/* Where octets differ, only the last star can still give way. */
	while (*at != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			resume = at;
		} else if (*pattern != '\0' &&
			   matches_octet(at, domain, *pattern)) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
