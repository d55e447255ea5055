#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "conf/argv.h"
#include "conf/layer.h"
#include "conf/options.h"

/* Names that stand for a mode: they must never wait for a letter on stdin. */
static const struct {
	const char *name;
	char letter;
	const char *value;
} names[] = {
	{ "mailq", 'b', "p" },
	{ "newaliases", 'b', "i" },
};

struct reader {
	struct argv_words *w;
	char *const *argv;
	size_t argc;
	size_t at; /* the argument after the one being read */
	unsigned where; /* OPTION_PNEU or OPTION_RESTRICTED */
	struct fail *f;
};

static void
note(struct argv_words *w, const char *text)
{
	for (size_t i = 0; i < w->notes_count; i++)
		if (w->notes[i] == text)
			return;
	w->notes =
	    xreallocarray(w->notes, w->notes_count + 1, sizeof(*w->notes));
	w->notes[w->notes_count++] = text;
}

static void
add_operand(struct argv_words *w, char *word)
{
	w->operands[w->operands_count++] = word;
}

static char *
next_argument(struct reader *r)
{
	return r->at < r->argc ? r->argv[r->at++] : NULL;
}

/* Does what a row says; flag is how it was written, for the message. */
static int
apply(struct reader *r, const struct option *o, const char *value,
    const char *flag)
{
	char *wrong;

	if (o->refused != NULL)
		return fail_set(r->f, FAIL_USAGE, "%s: %s", flag, o->refused);
	if (!option_acts(o, r->where)) {
		if (o->ignored != NULL)
			note(r->w, o->ignored);
		return 0;
	}
	wrong = layer_set(r->w->flags, o, value, "flag");
	if (wrong == NULL)
		return 0;
	if (value == NULL || !option_may_be_quoted(o))
		fail_set(r->f, FAIL_USAGE, "%s %s", flag, wrong);
	else
		fail_set(
		    r->f, FAIL_USAGE, "%s: \"%.100s\" %s", flag, value, wrong);
	free(wrong);
	return -1;
}

/* One letter of a bundle; rest is what stands behind it.  1: the bundle goes
 * on, 0: it is used up. */
static int
read_letter(struct reader *r, char letter, char *rest)
{
	const struct option *o = option_letter(letter, NULL, r->where);
	char flag[] = { '-', letter, '\0' }, *value = NULL;
	bool takes, may;

	if (o == NULL) {
		fail_set(r->f, FAIL_USAGE, "%s is no flag", flag);
		fail_advise(
		    r->f, "a recipient that begins with - goes behind --");
		return -1;
	}
	takes = option_takes_value(o);
	may = takes || o->argument != NULL;
	if (may && *rest != '\0')
		value = rest;
	else if (takes && (value = next_argument(r)) == NULL)
		return fail_set(r->f, FAIL_USAGE, "%s needs a value", flag);
	o = option_letter(letter, value, r->where);
	/* What is glued to -o and -b has chosen the row; it is no value. */
	if (apply(r, o, o->glued == NULL ? value : NULL, flag) == -1)
		return -1;
	return may ? 0 : 1;
}

static int
read_bundle(struct reader *r, char *letters)
{
	int more = 1;

	for (; more == 1 && *letters != '\0'; letters++)
		more = read_letter(r, *letters, letters + 1);
	return more == -1 ? -1 : 0;
}

static int
unknown_long(struct reader *r, const char *name, size_t len)
{
	const struct option *o = option_find(name, len);

	if (o != NULL)
		fail_set(r->f, FAIL_USAGE,
		    "--%s is no option, only a key of pneu.conf", o->name);
	else
		fail_set(
		    r->f, FAIL_USAGE, "--%.*s is no option", (int)len, name);
	o = option_near(name, len, OPTION_PNEU);
	if (o != NULL)
		fail_advise(r->f, "did you mean --%s?", o->name);
	else
		fail_advise(r->f, "pneu --help lists the options");
	return -1;
}

static int
read_long(struct reader *r, const char *word)
{
	const char *value = strchr(word, '='), *name = word + 2;
	size_t len = value != NULL ? (size_t)(value - name) : strlen(name);
	const struct option *o;
	char flag[64];

	if (r->where == OPTION_RESTRICTED)
		return fail_set(r->f, FAIL_USAGE,
		    "--%.*s: only the name pneu has long options",
		    len < 64 ? (int)len : 64, name);
	o = option_find(name, len);
	if (o == NULL || !option_acts(o, OPTION_PNEU))
		return unknown_long(r, name, len < 64 ? len : 64);
	snprintf(flag, sizeof(flag), "--%s", o->name);
	if (value != NULL && o->argument == NULL)
		return fail_set(r->f, FAIL_USAGE, "%s takes no value", flag);
	if (value != NULL)
		value++;
	else if (option_takes_value(o) && (value = next_argument(r)) == NULL)
		return fail_set(r->f, FAIL_USAGE, "%s needs a value", flag);
	return apply(r, o, value, flag);
}

static int
read_word(struct reader *r, char *word)
{
	if (word[0] != '-' || word[1] == '\0') {
		add_operand(r->w, word);
		return 0;
	}
	if (word[1] != '-')
		return read_bundle(r, word + 1);
	if (word[2] != '\0')
		return read_long(r, word);
	while ((word = next_argument(r)) != NULL)
		add_operand(r->w, word);
	return 0;
}

/* A control character is never meant; where one is, somebody tries to write a
 * line of their own into a command or a header. */
static int
check_controls(const struct reader *r)
{
	for (size_t i = 1; i < r->argc; i++)
		if (text_has_control(r->argv[i], strlen(r->argv[i])))
			return fail_set(r->f, FAIL_USAGE,
			    "argument %zu holds a control character", i);
	return 0;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Refuses where the name by which we were called is a mode we do not have. */
static int
check_name(struct reader *r, const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return apply(r,
			    option_letter(
				names[i].letter, names[i].value, r->where),
			    NULL, name);
	return 0;
}

int
argv_read(struct argv_words *w, int argc, char *const argv[], struct fail *f)
{
	struct reader r = { .w = w, .argv = argv, .at = 1, .f = f };
	const char *name = "";
	char *word;

	if (argc > 0 && argv[0] != NULL)
		name = last_part(argv[0]);
	r.argc = argc > 0 ? (size_t)argc : 0;
	w->restricted = strcmp(name, "pneu") != 0;
	r.where = w->restricted ? OPTION_RESTRICTED : OPTION_PNEU;
	w->operands = xcalloc(r.argc + 1, sizeof(*w->operands));
	if (check_controls(&r) == -1 || check_name(&r, name) == -1)
		return -1;
	while ((word = next_argument(&r)) != NULL)
		if (read_word(&r, word) == -1)
			return -1;
	return 0;
}

/* One that is another option's value is kept for nothing, and that is all. */
int
argv_descriptor(int argc, char *const argv[])
{
	static const char flag[] = "--password-fd";
	const size_t len = sizeof(flag) - 1;
	const char *value = NULL, *wrong;
	int fd;

	if (argc == 0 || strcmp(last_part(argv[0]), "pneu") != 0)
		return -1;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], flag, len) != 0)
			continue;
		else if (argv[i][len] == '=')
			value = argv[i] + len + 1;
		else if (argv[i][len] == '\0' && i + 1 < argc)
			value = argv[i + 1];
	if (value == NULL)
		return -1;
	fd = (int)strtonum(value, 0, INT_MAX, &wrong);
	return wrong == NULL ? fd : -1;
}

void
argv_free(struct argv_words *w)
{
	free(w->operands);
	free(w->notes);
	w->operands = NULL;
	w->notes = NULL;
}
