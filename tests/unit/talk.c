/*
 * Every conversation of tests/talk against the pure engine, whole, in the
 * smallest pieces, and cut in two at every octet that the server says.  The
 * tests' names are the talks'; what each shows stands at its head.
 *
 * TALK_DIR names another directory; arguments name single files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "lib/replay.h"
#include "lib/talk.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

static const struct replay_mode modes[] = {
	{ .name = "whole" },
	{ .name = "octet by octet", .piece = 1 },
	{ .name = "told early of the last letter", .quits = true },
	{ .name = "given the letter when it is wanted", .late = true },
	{ .name = "three octets at a time", .piece = 3 },
	{ .name = "written octet by octet", .drain = 1 },
	{ .name = "the letter octet by octet", .body = 1 },
	{ .name = "all octet by octet", .piece = 1, .drain = 1, .body = 1 },
	{ .name = "answered while written", .eager = true },
	{ .name = "answered octet by octet while written octet by octet",
	    .eager = true,
	    .piece = 1,
	    .drain = 1 },
};

static char *
read_file(const char *path, size_t *len_r)
{
	FILE *f = fopen(path, "r");
	char *text = xmalloc(FILE_MAX);

	*len_r = f == NULL ? 0 : fread(text, 1, FILE_MAX, f);
	if (f != NULL)
		fclose(f);
	return text;
}

static int
replay_every_way(const struct talk *t, struct fail *f)
{
	struct replay_mode split = { .name = "cut in two", .split = 1 };
	size_t octets = t->no_split ? 0 : replay_octets(t), i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (replay(t, &modes[i], f) < 0)
			return -1;
	for (; split.split < octets; split.split++)
		if (replay(t, &split, f) < 0)
			return -1;
	return 0;
}

static void
it_goes_as_written(void **state)
{
	const char *path = *state;
	struct fail f;
	struct talk t;
	size_t len;
	char *text = read_file(path, &len);
	int result = talk_parse(&t, text, len, &f);

	free(text);
	if (result == 0)
		result = replay_every_way(&t, &f);
	talk_free(&t);
	if (result < 0)
		fail_msg("%s: %s", path, f.words);
}

static int
run(char **paths, size_t count)
{
	struct CMUnitTest *tests = xcalloc(count, sizeof(*tests));
	int failed;
	size_t i;

	for (i = 0; i < count; i++) {
		const char *slash = strrchr(paths[i], '/');

		tests[i].name = slash == NULL ? paths[i] : slash + 1;
		tests[i].test_func = it_goes_as_written;
		tests[i].initial_state = paths[i];
	}
	failed = _cmocka_run_group_tests("talk", tests, count, NULL, NULL);
	free(tests);
	/* A count would be success again at 256, as an exit status is. */
	return failed != 0;
}

int
main(int argc, char *argv[])
{
	const char *dir = getenv("TALK_DIR");
	char *pattern =
	    xasprintf("%s/*.talk", dir == NULL ? "tests/talk" : dir);
	glob_t found = { 0 };
	int failed;

	if (argc > 1) {
		failed = run(argv + 1, (size_t)argc - 1);
	} else if (glob(pattern, 0, NULL, &found) != 0) {
		fprintf(stderr, "no talks: %s\n", pattern);
		failed = 1;
	} else {
		failed = run(found.gl_pathv, found.gl_pathc);
	}
	globfree(&found);
	free(pattern);
	return failed;
}
