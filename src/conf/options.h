/*
 * The one table of settings.  Defaults, argv and file parsing, precedence,
 * "where did this value come from", print, free, --help, completions and the
 * test of the man pages come from these rows.  Seen only in conf/ and
 * tool/help.
 */
#ifndef CONF_OPTIONS_H
#define CONF_OPTIONS_H

#include <stddef.h>

#include "conf/value.h"

/* Where a row may be set. */
enum option_where {
	OPTION_PNEU = 1 << 0,        /* on the command line of name pneu */
	OPTION_RESTRICTED = 1 << 1,  /* on that of every other name */
	OPTION_ENVIRONMENT = 1 << 2, /* as PNEU_ + key in capitals, - as _ */
	OPTION_FILE = 1 << 3,
	OPTION_ACCOUNT = 1 << 4,     /* part of the account */
	OPTION_SECRET = 1 << 5       /* never printed */
};

struct option {
	const char *name;      /* long option and key, or NULL: letter only */
	char letter;           /* or 0 */
	const char *glued;     /* for letters such as o and b: the row counts
	                          when the value is this ("i" of -oi); or NULL */
	size_t offset;         /* of the field in struct settings */
	const struct value_type *type; /* NULL: accepted and ignored */
	const char *argument;  /* its name in help: "HOST"; NULL: none */
	bool optional;         /* the argument only counts when glued */
	const char *fallback;  /* the default, as text; NULL: none */
	const struct value_choice *choices; /* for the choice type */
	unsigned long min, max; /* for numbers */
	unsigned where;        /* enum option_where bits */
	const char *ignored;   /* the reason, for rows that do nothing, under
	                          the names where they do nothing */
	const char *help;      /* one sentence */
};

extern const struct option options[];
extern const size_t options_count;

#endif
