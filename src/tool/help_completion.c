/*
 * Completions for shells, written from the table: what is committed in
 * completions/ is what comes out here.
 *
 * A word for a value is offered where the row has choices, file names where
 * its argument is a file.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "conf/options.h"
#include "tool/help.h"

static bool
is_offered(const struct option *o)
{
	return o->help != NULL && (o->where & OPTION_PNEU) != 0 &&
	       (o->name != NULL || o->glued == NULL);
}

static bool
is_file(const struct option *o)
{
	return o->type == &value_path ||
	       (o->argument != NULL && strcmp(o->argument, "FILE") == 0);
}

static void
add_words(struct buf *out, const struct option *o, const char *between)
{
	static const struct value_choice yes_no[] = { { "yes", 1 }, { "no", 0 },
		{ NULL, 0 } };
	static const struct value_choice shells[] = { { "bash", 0 },
		{ "zsh", 0 }, { "fish", 0 }, { NULL, 0 } };
	const struct value_choice *c = o->choices;

	if (o->type == &value_yes_no)
		c = yes_no;
	else if (o->name != NULL && strcmp(o->name, "completion") == 0)
		c = shells;
	for (size_t i = 0; c != NULL && c[i].word != NULL; i++)
		buf_addf(out, "%s%s", i == 0 ? "" : between, c[i].word);
}

static bool
has_words(const struct option *o)
{
	struct buf words;
	bool has;

	buf_init(&words, 256);
	add_words(&words, o, " ");
	has = buf_len(&words) > 0;
	buf_free(&words);
	return has;
}

/* The spellings of a row, between separators. */
static void
add_spellings(struct buf *out, const struct option *o, const char *between)
{
	if (o->letter != 0)
		buf_addf(out, "-%c", o->letter);
	if (o->letter != 0 && o->name != NULL)
		buf_add_text(out, between);
	if (o->name != NULL)
		buf_addf(out, "--%s", o->name);
}

/* bash: one function, a case per row with something to offer.  --KEY=VALUE
 * comes as three words and is then looked for as "--KEY=", for an optional
 * value only so. */

static void
bash_pattern(struct buf *out, const struct option *o)
{
	if (!o->optional)
		add_spellings(out, o, "|");
	if (!o->optional && o->name != NULL)
		buf_add_text(out, "|");
	if (o->name != NULL)
		buf_addf(out, "--%s=", o->name);
}

static void
bash_case(struct buf *out, const struct option *o)
{
	bool words = has_words(o);

	buf_add_text(out, "\t");
	bash_pattern(out, o);
	buf_add_text(out, ")\n");
	if (words) {
		buf_add_text(out, "\t\tmapfile -t COMPREPLY < <(compgen -W '");
		add_words(out, o, " ");
		buf_add_text(out, "' -- \"$word\")\n");
	}
	if (is_file(o))
		buf_add_text(out,
		    "\t\tmapfile -t files < <(compgen -f -- \"$word\")\n"
		    "\t\tCOMPREPLY+=(\"${files[@]}\")\n"
		    "\t\tcompopt -o filenames\n");
	buf_add_text(out, "\t\treturn\n\t\t;;\n");
}

/* The rows with a value, of which nothing is known, in one case. */
static void
bash_silent_case(struct buf *out)
{
	bool first = true;

	buf_add_text(out, "\t");
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		/* An optional value behind a letter is glued to it. */
		if (!is_offered(o) || o->argument == NULL || has_words(o) ||
		    is_file(o) || (o->optional && o->name == NULL))
			continue;
		buf_add_text(out, first ? "" : " |\\\n\t");
		bash_pattern(out, o);
		first = false;
	}
	buf_add_text(out, ")\n\t\treturn\n\t\t;;\n");
}

static void
bash(struct buf *out)
{
	buf_add_text(out,
	    "# bash completion for pneu, written by pneu --completion bash\n"
	    "# shellcheck shell=bash\n"
	    "_pneu() {\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]} option files\n"
	    "\toption=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tif [[ $word == '=' ]]; then\n"
	    "\t\tword='' option+='='\n"
	    "\telif [[ $option == '=' ]]; then\n"
	    "\t\toption=${COMP_WORDS[COMP_CWORD-2]}=\n"
	    "\tfi\n"
	    "\tCOMPREPLY=()\n"
	    "\tcase $option in\n");
	for (size_t i = 0; i < options_count; i++)
		if (is_offered(&options[i]) &&
		    (has_words(&options[i]) || is_file(&options[i])))
			bash_case(out, &options[i]);
	bash_silent_case(out);
	buf_add_text(out, "\tesac\n"
			  "\tif [[ $word == -* ]]; then\n"
			  "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; i < options_count; i++) {
		if (!is_offered(&options[i]))
			continue;
		buf_add_text(out, "\n\t\t\t");
		add_spellings(out, &options[i], " ");
	}
	buf_add_text(out, "\n\t\t' -- \"$word\")\n"
			  "\tfi\n"
			  "}\n"
			  "complete -F _pneu pneu\n");
}

/* Help without its full stop, inside single quotes: special octets get a
 * backslash, quote is what stands for a single quote. */
static void
add_help(
    struct buf *out, const char *help, const char *special, const char *quote)
{
	size_t len = strlen(help);

	if (len > 0 && help[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (help[i] == '\'') {
			buf_add_text(out, quote);
			continue;
		}
		if (strchr(special, help[i]) != NULL)
			buf_add_text(out, "\\");
		buf_add(out, &help[i], 1);
	}
}

/* zsh: a line for _arguments per spelling. */

static void
zsh_value(struct buf *out, const struct option *o)
{
	if (o->argument == NULL)
		return;
	buf_addf(out, "%s:%s:", o->optional ? ":" : "", o->argument);
	if (has_words(o) && is_file(o)) {
		buf_add_text(out, "{compadd -- ");
		add_words(out, o, " ");
		buf_add_text(out, "; _files}");
	} else if (has_words(o)) {
		buf_add_text(out, "(");
		add_words(out, o, " ");
		buf_add_text(out, ")");
	} else if (is_file(o)) {
		buf_add_text(out, "_files");
	}
}

static void
zsh_line(struct buf *out, const struct option *o, const char *spelling)
{
	buf_addf(out, " \\\n\t'%s[", spelling);
	add_help(out, o->help, "[]:", "'\\''");
	buf_add_text(out, "]");
	zsh_value(out, o);
	buf_add_text(out, "'");
}

static void
zsh(struct buf *out)
{
	char letter[] = "-x", letter_value[] = "-x+", name[64];

	buf_add_text(out,
	    "#compdef pneu\n"
	    "# zsh completion for pneu, written by pneu --completion zsh\n"
	    "_arguments -s -S");
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if (!is_offered(o))
			continue;
		letter[1] = letter_value[1] = o->letter;
		if (o->letter != 0)
			zsh_line(out, o,
			    o->argument != NULL ? letter_value : letter);
		if (o->name == NULL)
			continue;
		snprintf(name, sizeof(name), "--%s%s", o->name,
		    o->argument == NULL ? ""
		    : o->optional	? "=-"
					: "=");
		zsh_line(out, o, name);
	}
	buf_add_text(out, " \\\n\t'*:recipient:_email_addresses -c'\n");
}

/* fish: a command per row. */

static void
fish(struct buf *out)
{
	buf_add_text(out,
	    "# fish completion for pneu, written by pneu --completion fish\n"
	    "complete -c pneu -f\n");
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if (!is_offered(o))
			continue;
		buf_add_text(out, "complete -c pneu");
		if (o->letter != 0)
			buf_addf(out, " -s %c", o->letter);
		if (o->name != NULL)
			buf_addf(out, " -l %s", o->name);
		if (o->argument != NULL && !o->optional)
			buf_add_text(out, is_file(o) ? " -r -F" : " -x");
		if (has_words(o)) {
			buf_add_text(out, " -a '");
			add_words(out, o, " ");
			buf_add_text(out, "'");
		}
		buf_add_text(out, " -d '");
		add_help(out, o->help, "\\", "\\'");
		buf_add_text(out, "'\n");
	}
}

static const struct {
	const char *name;
	void (*write)(struct buf *out);
} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

int
help_completion(const char *shell, struct buf *out)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shell, shells[i].name) == 0) {
			shells[i].write(out);
			return 0;
		}
	return -1;
}
