/*
 * Everything that conf/ parses, from memory: the first octet says whether the
 * rest is a pneu.conf, a command line or an environment (words end in NUL).
 *
 * What is asserted: a restricted caller reaches no row with a name; a refusal
 * has a kind and words; what was taken prints as what parses again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/argv.h"
#include "conf/environment.h"
#include "conf/file.h"
#include "conf/layer.h"
#include "conf/options.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void
insist(int true_or_not)
{
	if (!true_or_not)
		abort();
}

static void
check_failure(const struct fail *f, enum fail_kind kind)
{
	insist(f->kind == kind && *f->words != '\0');
	insist(strlen(f->words) < FAIL_WORDS_MAX);
}

/* Every value that is set prints as a text that gives the same value. */
static void
check_layer(struct layer *l)
{
	struct buf first, second;
	char *text;

	buf_init(&first, 1 << 21);
	buf_init(&second, 1 << 21);
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		/* A mode is said by its row: the last of several counts. */
		if (layer_origin(l, o) == NULL || o->type == &value_mode)
			continue;
		buf_clear(&first);
		buf_clear(&second);
		o->type->print(o, layer_field(l, o), &first);
		text = buf_text(&first);
		insist(layer_set(l, o, text, "again") == NULL);
		o->type->print(o, layer_field(l, o), &second);
		insist(buf_len(&first) == buf_len(&second));
		insist(memcmp(buf_data(&first), buf_data(&second),
			   buf_len(&first)) == 0);
		free(text);
	}
	buf_free(&first);
	buf_free(&second);
}

static void
fuzz_file(const uint8_t *octets, size_t len)
{
	struct file file;
	struct fail f;

	file_init(&file, "pneu.conf");
	if (file_parse(&file, octets, len, &f) == -1)
		check_failure(&f, FAIL_CONFIG);
	for (size_t i = 0; i < file.count; i++)
		check_layer(&file.profiles[i].layer);
	file_free(&file);
}

/* Cuts the octets into words, each memory of its own so that a step over its
 * end is seen. */
static int
cut(const uint8_t *octets, size_t len, char **words)
{
	int n = 0;

	while (len > 0 && n < WORDS_MAX - 1) {
		size_t word = strnlen((const char *)octets, len);

		words[n++] = xstrndup((const char *)octets, word);
		octets += word;
		len -= word;
		if (len > 0) {
			octets++;
			len--;
		}
	}
	words[n] = NULL;
	return n;
}

static void
free_words(char **words)
{
	for (; *words != NULL; words++)
		free(*words);
}

static void
fuzz_argv(const uint8_t *octets, size_t len)
{
	char *words[WORDS_MAX];
	int n = cut(octets, len, words);
	struct argv_words w = { .flags = NULL };
	struct layer flags;
	struct fail f;

	layer_init(&flags);
	w.flags = &flags;
	if (argv_read(&w, n, words, &f) == -1)
		check_failure(&f, FAIL_USAGE);
	insist(w.operands_count < WORDS_MAX && w.notes_count < options_count);
	for (size_t i = 0; w.restricted && i < options_count; i++)
		insist(options[i].name == NULL ||
		       options[i].type == &value_set ||
		       flags.origins[i] == NULL);
	check_layer(&flags);
	argv_free(&w);
	layer_free(&flags);
	free_words(words);
}

static void
fuzz_environment(const uint8_t *octets, size_t len)
{
	char *words[WORDS_MAX];
	struct layer l;
	struct fail f;

	cut(octets, len, words);
	layer_init(&l);
	if (environment_read(&l, words, &f) == -1)
		check_failure(&f, FAIL_CONFIG);
	environment_get(words, "HOME");
	check_layer(&l);
	layer_free(&l);
	free_words(words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	if (len == 0)
		return 0;
	if (octets[0] % 3 == 0)
		fuzz_file(octets + 1, len - 1);
	else if (octets[0] % 3 == 1)
		fuzz_argv(octets + 1, len - 1);
	else
		fuzz_environment(octets + 1, len - 1);
	return 0;
}
