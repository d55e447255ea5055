/*
 * Fuzz target for names of this machine: the input is an alias file, and every
 * name in it (and one that is not) gets a letter.  Beyond not crashing: each
 * name has an outcome; a letter that is sent goes to an address with a domain,
 * on which a line of the file cannot have put anything else; what is refused or
 * discarded says where.  And a header field with what the file holds in it,
 * rewritten, names the addresses that were put there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "conf/aliases.h"
#include "tool/local.h"

enum { NAMES_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_path(const char *path)
{
	struct addr_list list;

	addr_list_init(&list);
	must(addr_domain(path) != NULL && strlen(path) <= ADDR_PATH_MAX + 16);
	must(!text_has_control(path, strlen(path)));
	must(addr_parse_list(&list, path, strlen(path), "x", NULL) == 0);
	must(list.count == 1 && strcmp(list.paths[0], path) == 0);
	addr_list_free(&list);
}

static void
check_name(struct local *l, const char *name)
{
	struct local_outcomes o = { NULL, 0, 0 };
	struct fail f;

	must(local_expand(l, name, &o, &f) == 0);
	must(o.count > 0);
	for (size_t i = 0; i < o.count; i++) {
		check_path(o.items[i].path);
		if (o.items[i].fate == LOCAL_SENT)
			must(o.items[i].why == NULL);
		else
			must(strstr(o.items[i].why, "fuzz:") != NULL);
	}
	local_outcomes_free(&o);
}

/* The values of a line are what aliases_next() makes of them, in order, and
 * come to an end. */
static void
check_line(const struct alias *line)
{
	struct alias_target t;
	size_t at = 0, before = 0;

	while (aliases_next(line, &at, &t)) {
		must(at > before && at <= strlen(line->value));
		before = at;
		must(*t.text != '\0');
		must((unsigned)t.kind < ALIAS_KINDS);
		free(t.text);
	}
}

static void
check_rewriting(const char *text, size_t len)
{
	char *to[NAMES_MAX], *written;
	struct addr_list list, again;

	addr_list_init(&list);
	addr_list_init(&again);
	if (addr_parse_names(&list, text, len, "x", NULL) == 0 &&
	    list.count <= NAMES_MAX) {
		for (size_t i = 0; i < list.count; i++)
			to[i] = xasprintf("a%zu@example.org", i);
		written = addr_rewrite(text, len, to, list.count);
		must(written != NULL);
		must(addr_parse_names(
			 &again, written, strlen(written), "x", NULL) == 0);
		must(again.count == list.count);
		for (size_t i = 0; i < list.count; i++) {
			must(strcmp(again.paths[i], to[i]) == 0);
			free(to[i]);
		}
		free(written);
	}
	addr_list_free(&list);
	addr_list_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct local_params params = { .domain = "example.org",
		.host = "mail.example.net",
		.node = "mail" };
	struct aliases *a;
	struct local *l;
	/* Memory of exactly this size: an over-read is found. */
	char *exact = xmalloc(len);

	memcpy(exact, octets, len);
	check_rewriting(exact, len);
	a = aliases_new("fuzz", exact, len);
	params.table = a;
	l = local_new(&params);
	check_name(l, "nobody");
	for (size_t i = 0; i < aliases_count(a); i++) {
		const struct alias *line = aliases_line(a, i);

		check_line(line);
		if (line->name != NULL && i < NAMES_MAX)
			check_name(l, line->name);
	}
	local_free(l);
	free(exact);
	return 0;
}
