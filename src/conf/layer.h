/*
 * What one source of settings said: flags, the environment, a profile, the
 * defaults.  Values, and where each came from.
 */
#ifndef CONF_LAYER_H
#define CONF_LAYER_H

#include <stdbool.h>

#include "conf/settings.h"

struct buf;
struct fail;
struct option;

struct layer {
	struct settings set;
	char **origins; /* per option row; NULL: the row is not set here */
};

void layer_init(struct layer *l);
void layer_free(struct layer *l);

/* Sets a row from text (NULL: an option without an argument), remembering
 * origin, a copy.  NULL, or what is wrong with it: a phrase, the caller's. */
char *layer_set(struct layer *l, const struct option *o, const char *text,
    const char *origin);

/* Where the row was set, or NULL. */
const char *layer_origin(const struct layer *l, const struct option *o);

/* Copies one row, with its origin, where from has it. */
void layer_copy(
    struct layer *to, const struct layer *from, const struct option *o);

/* The defaults of all rows. */
void layer_set_defaults(struct layer *l);

/* 0, or -1 with FAIL_CONFIG where the password is said to be in two places. */
int layer_check_places(const struct layer *l, struct fail *f);

/* The field of a row. */
void *layer_field(struct layer *l, const struct option *o);

#endif
