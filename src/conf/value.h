/*
 * Types of settings: how a text becomes a field, a field a text, and how it
 * is freed.  One row per type; conf/options names them.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>

struct buf;
struct option;

struct value_choice {
	const char *word;
	int value;
};

struct value_type {
	const char *name;
	/* Parses text into the field (replacing and freeing what is there);
	 * text is NULL where an option stood without an argument.  NULL, or
	 * what is wrong with it as a phrase, the caller's: "is no number from
	 * 1 to 65535".  The phrase never repeats the text. */
	char *(*parse)(const struct option *o, void *field, const char *text);
	/* Appends the field as text that parse would take; nothing where it is
	 * not set. */
	void (*print)(
	    const struct option *o, const void *field, struct buf *out);
	void (*copy)(void *to, const void *from);
	void (*clear)(void *field); /* frees; leaves it unset */
};

extern const struct value_type value_text, value_secret, value_path, value_name,
    value_list, value_mechanisms, value_number, value_seconds, value_choice,
    value_set, value_mode, value_yes_no, value_flag, value_count;

#endif
