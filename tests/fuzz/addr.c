/*
 * Fuzz target for mail/addr.  The input is an address list, a sender, a
 * pattern and a display name at once.  Beyond not crashing: a path that comes
 * out is printable ASCII with no blank or bracket that a quote does not hold,
 * within its caps, and reads again as itself; what addr_format() writes is
 * folded well and names that path.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_octets(const char *path)
{
	bool quoted = false;

	for (; *path != '\0'; path++) {
		must(*path >= 32 && *path < 127);
		if (*path == '"')
			quoted = !quoted;
		else if (quoted && *path == '\\')
			must(*++path >= 32);
		else
			must(quoted || strchr(" <>(),;\\", *path) == NULL);
	}
	must(!quoted);
}

/* The text names path and nothing else. */
static void
check_names(const char *text, const char *path)
{
	struct addr_list list;

	addr_list_init(&list);
	must(addr_parse_list(&list, text, strlen(text), "x", NULL) == 0);
	must(list.count == 1 && strcmp(list.paths[0], path) == 0);
	addr_list_free(&list);
}

static void
check_lines(const char *text)
{
	size_t in_line = strlen("Resent-From: ");

	for (; *text != '\0'; text++, in_line++) {
		if (*text == '\r') {
			must(text[1] == '\n' && text[2] == ' ');
			text++;
			in_line = 0;
		}
		must(in_line <= 998);
		must(
		    *text == '\n' ? text[-1] == '\r' : !text_is_control(*text));
	}
}

static void
check_path(const char *path, const char *name)
{
	char *mailbox = addr_format(name, path);
	char *qualified = addr_qualify(path, "example.org");
	const char *domain = addr_domain(qualified);

	must(strlen(path) <= ADDR_PATH_MAX);
	check_octets(path);
	check_names(path, path);
	check_names(qualified, qualified);
	must(domain != NULL && domain > qualified && domain[-1] == '@');
	must(strlen(qualified) - strlen(domain) - 1 <= ADDR_LOCAL_MAX);
	must(addr_matches(path, path) || strpbrk(path, "*?") != NULL);
	must(addr_matches(qualified, "*@*"));
	check_lines(mailbox);
	check_names(mailbox, path);
	free(qualified);
	free(mailbox);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	/* Memory of exactly this size: an over-read is found. */
	char *exact = xmalloc(len);
	char *text = xstrndup((const char *)octets, len), *sender;
	struct addr_list list;
	struct fail f = { 0 };
	size_t count;

	memcpy(exact, octets, len);
	addr_list_init(&list);
	if (addr_parse_list(&list, exact, len, "fuzz", &f) != 0)
		must(f.kind == FAIL_DATA && f.words[0] != '\0');
	addr_list_unique(&list);
	for (size_t i = 0; i < list.count && i < 8; i++)
		check_path(list.paths[i], text);
	count = list.count;
	addr_list_unique(&list);
	must(list.count == count);
	if (addr_parse_sender(text, "fuzz", &sender, &f) == 0) {
		if (*sender != '\0')
			check_path(sender, NULL);
		free(sender);
	}
	addr_matches("some.body@host.example", text);
	addr_list_free(&list);
	free(text);
	free(exact);
	return 0;
}
