/*
 * --help and --version.  The completions are in help_completion.c.
 */
#include <stdio.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "conf/options.h"
#include "tool/help.h"

enum { COLUMN = 26, WIDTH = 79, LABEL_MAX = 128 };

/* Appends text from COLUMN on, two blanks at least behind what is there and
 * broken at blanks; at is the column that the line has reached. */
static void
wrap(struct buf *out, size_t at, const char *text)
{
	if (at + 2 > COLUMN) {
		buf_add_text(out, "\n");
		at = 0;
	}
	buf_addf(out, "%*s", (int)(COLUMN - at), "");
	at = COLUMN;
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (at > COLUMN && at + 1 + len > WIDTH) {
			buf_addf(out, "\n%*s", COLUMN, "");
			at = COLUMN;
		} else if (at > COLUMN) {
			buf_add_text(out, " ");
			at++;
		}
		buf_add(out, text, len);
		at += len;
		text += len;
		text += strspn(text, " ");
	}
	buf_add_text(out, "\n");
}

/* "  -C, --config FILE", "      --auth-unverified[=YES-OR-NO]", "  from LIST";
 * what can only be a key stands without hyphens. */
static void
label(char *to, size_t size, const struct option *o)
{
	bool is_line = (o->where & (OPTION_PNEU | OPTION_RESTRICTED)) != 0;
	const char *gap = " ", *end = "", *argument = o->argument;
	char letter[40] = "    ";

	if (!is_line)
		letter[0] = '\0';
	else if (o->letter != 0)
		snprintf(letter, sizeof(letter), "-%c%s%s", o->letter,
		    o->glued != NULL ? o->glued : "",
		    o->name != NULL ? ", " : "");
	if (argument == NULL)
		gap = argument = "";
	if (o->optional) {
		gap = o->name != NULL ? "[=" : "[";
		end = "]";
	}
	snprintf(to, size, "  %s%s%s%s%s%s", letter,
	    is_line && o->name != NULL ? "--" : "",
	    o->name != NULL ? o->name : "", gap, argument, end);
}

static void
add_row(struct buf *out, const struct option *o)
{
	const char *standard = o->fallback != NULL ? o->fallback : o->derived;
	char text[LABEL_MAX], help[512];

	label(text, sizeof(text), o);
	buf_add_text(out, text);
	snprintf(help, sizeof(help), standard != NULL ? "%s  [%s]" : "%s",
	    o->help, standard);
	wrap(out, strlen(text), help);
}

/* A row that does nothing or is refused: its text begins with the letter. */
static void
add_dull_row(struct buf *out, const struct option *o)
{
	const char *why = o->ignored != NULL ? o->ignored : o->refused;
	char text[LABEL_MAX], help[512];

	label(text, sizeof(text), o);
	buf_add_text(out, text);
	/* A note names its letter, which stands there already. */
	if (o->ignored != NULL)
		why += strcspn(why, " ") + 1;
	snprintf(help, sizeof(help), "%s%s", why,
	    (o->where & OPTION_PNEU) != 0 ? "" : " (not as pneu)");
	wrap(out, strlen(text), help);
}

static bool
is_on_line(const struct option *o)
{
	return o->help != NULL && (o->where & OPTION_PNEU) != 0;
}

static bool
is_key_only(const struct option *o)
{
	return o->help != NULL && (o->where & OPTION_PNEU) == 0 &&
	       (o->where & OPTION_FILE) != 0;
}

static bool
is_refused(const struct option *o)
{
	return o->refused != NULL;
}

static bool
is_ignored(const struct option *o)
{
	return o->help == NULL && o->ignored != NULL;
}

static const struct {
	const char *title;
	bool (*has)(const struct option *o);
	void (*add)(struct buf *out, const struct option *o);
} parts[] = {
	{ "Options (every --KEY is also a key of pneu.conf and, as PNEU_KEY,\n"
	  "an environment variable; pneu.conf(5) says which are not):",
	    is_on_line, add_row },
	{ "Keys of pneu.conf alone:", is_key_only, add_row },
	{ "Refused:", is_refused, add_dull_row },
	{ "Accepted as sendmail's and without effect:", is_ignored,
	    add_dull_row },
};

void
help_usage(struct buf *out)
{
	buf_add_text(out,
	    "Usage: pneu [OPTION]... [RECIPIENT]... < LETTER\n"
	    "       sendmail [LETTER-OPTION]... [RECIPIENT]... < LETTER\n"
	    "\n"
	    "Submits a letter to a smarthost; exit status 0 means that it took"
	    " it.\n");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_addf(out, "\n%s\n", parts[i].title);
		for (size_t j = 0; j < options_count; j++)
			if (parts[i].has(&options[j]))
				parts[i].add(out, &options[j]);
	}
}

void
help_version(struct buf *out)
{
	buf_addf(out, "pneu %s, GnuTLS %s\n", PNEU_VERSION,
	    gnutls_check_version(NULL));
}
