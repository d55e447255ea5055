/*
 * The one table of settings.  Defaults, argv and file parsing, precedence,
 * "where did this value come from", print, free, --help, completions and the
 * test of the man pages come from these rows.  Seen only in conf/ and
 * tool/help.
 */
#ifndef CONF_OPTIONS_H
#define CONF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/value.h"

/* Where a row may be set, and what else is true of it. */
enum option_where {
	OPTION_PNEU = 1 << 0, /* on the command line of name pneu */
	OPTION_RESTRICTED = 1 << 1, /* on that of every other name */
	OPTION_ENVIRONMENT = 1 << 2, /* as PNEU_ + key in capitals, - as _ */
	OPTION_FILE = 1 << 3,
	OPTION_ACCOUNT = 1 << 4, /* part of the account */
	OPTION_SECRET = 1 << 5, /* never printed */
	OPTION_PLACE = 1 << 6, /* a place of the password: one counts */
	OPTION_OWN = 1 << 7 /* a profile's own, never inherited */
};

struct option {
	const char *name; /* long option and key, or NULL: letter only */
	char letter; /* or 0 */
	const char *glued; /* for letters such as o and b: the row counts
	                          when the value is this ("i" of -oi); or NULL:
	                          it counts for all that no other row names */
	size_t offset; /* of the field in struct settings */
	const struct value_type *type; /* NULL: there is no field */
	const char *argument; /* its name in help: "HOST"; NULL: none */
	bool optional; /* the argument only counts when glued */
	const char *fallback; /* the default, as text; NULL: none */
	const char *derived; /* the default in words, where it depends */
	const struct value_choice *choices; /* words for the choice and path
	                          types, up to one without a word */
	unsigned long min, max; /* of numbers, of the octets of a text, of the
	                          items of a list */
	unsigned where; /* enum option_where bits */
	const char *ignored; /* the note, for a letter that does nothing:
	                          without a type under the names of where, with
	                          one under all others */
	const char *refused; /* why a letter cannot be served; status 64 */
	const char *help; /* one sentence */
};

extern const struct option options[];
extern const size_t options_count;

/* The row of a key or long option, or NULL. */
const struct option *option_find(const char *name, size_t len);

/* The row whose name is nearest to what was written and that has one of the
 * bits of where; NULL where none is near. */
const struct option *option_near(const char *name, size_t len, unsigned where);

/* The row of a letter under a name (where is OPTION_PNEU or
 * OPTION_RESTRICTED), with value (NULL: none) as its argument; NULL where the
 * letter is in no row. */
const struct option *option_letter(
    char letter, const char *value, unsigned where);

/* True where the letter takes a value, glued or as the next argument. */
bool option_takes_value(const struct option *o);

/* True where the row does something under a name. */
bool option_acts(const struct option *o, unsigned where);

/* True where a value that is wrong may be repeated in a message: not the
 * password, nor what was written where only its place belongs. */
bool option_may_be_quoted(const struct option *o);

#endif
