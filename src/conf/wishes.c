#include <stdlib.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/environment.h"
#include "conf/options.h"
#include "conf/place.h"
#include "conf/profile.h"
#include "conf/wishes.h"

static int
read_file(struct wishes *w, char *const environment[], struct fail *f)
{
	char *path = NULL;
	int fd = place_open(w->run.set.config, environment, &path, f);

	file_init(&w->file, path);
	free(path);
	if (fd >= 0)
		return file_read(&w->file, fd, f);
	return fd == PLACE_NONE ? 0 : -1;
}

/* Flags over the environment over the defaults. */
static void
make_run(struct wishes *w)
{
	layer_set_defaults(&w->run);
	for (size_t i = 0; i < options_count; i++) {
		layer_copy(&w->run, &w->environment, &options[i]);
		layer_copy(&w->run, &w->flags, &options[i]);
	}
}

/* Questions about the program itself are answered whatever its settings. */
static bool
asks_about_us(const struct settings *set)
{
	return set->help || set->version || set->completion != NULL;
}

/* What is a fault of a file elsewhere is one of the caller's here. */
static int
check_flags(const struct layer *flags, struct fail *f)
{
	if (layer_check_places(flags, f) == 0)
		return 0;
	f->kind = FAIL_USAGE;
	return -1;
}

/* What may be wrong besides the flags. */
static int
read_settings(struct wishes *w, char *const environment[], struct fail *f)
{
	int status = environment_read(&w->environment, environment, f);

	/* Flags decide what is to be done, however little that may then be. */
	make_run(w);
	return status == -1 ? -1 : read_file(w, environment, f);
}

int
wishes_read(struct wishes **wishes_r, int argc, char *const argv[],
    char *const environment[], struct fail *f)
{
	struct wishes *w = xcalloc(1, sizeof(*w));

	*wishes_r = NULL;
	layer_init(&w->flags);
	layer_init(&w->environment);
	layer_init(&w->run);
	w->words.flags = &w->flags;
	if (argv_read(&w->words, argc, argv, f) == -1 ||
	    (!asks_about_us(&w->flags.set) &&
		check_flags(&w->flags, f) == -1)) {
		wishes_free(w);
		return -1;
	}
	if (asks_about_us(&w->flags.set))
		make_run(w);
	else if (read_settings(w, environment, f) == -1)
		w->fault = *f;
	*wishes_r = w;
	return 0;
}

int
wishes_check(const struct wishes *w, struct fail *f)
{
	if (w->fault.kind == FAIL_NONE)
		return 0;
	if (f != NULL)
		*f = w->fault;
	return -1;
}

void
wishes_free(struct wishes *w)
{
	if (w == NULL)
		return;
	argv_free(&w->words);
	layer_free(&w->flags);
	layer_free(&w->environment);
	layer_free(&w->run);
	file_free(&w->file);
	free(w);
}

const struct settings *
wishes_run(const struct wishes *w)
{
	return &w->run.set;
}

size_t
wishes_operands(const struct wishes *w, char *const **operands_r)
{
	*operands_r = w->words.operands;
	return w->words.operands_count;
}

bool
wishes_restricted(const struct wishes *w)
{
	return w->words.restricted;
}

size_t
wishes_notes(const struct wishes *w, const char *const **notes_r)
{
	*notes_r = w->words.notes;
	return w->words.notes_count;
}
