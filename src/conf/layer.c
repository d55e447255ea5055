#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/layer.h"
#include "conf/options.h"

void *
layer_field(struct layer *l, const struct option *o)
{
	return (char *)&l->set + o->offset;
}

static const void *
field_of(const struct layer *l, const struct option *o)
{
	return (const char *)&l->set + o->offset;
}

void
layer_init(struct layer *l)
{
	memset(l, 0, sizeof(*l));
	l->origins = xcalloc(options_count, sizeof(*l->origins));
	for (size_t i = 0; i < options_count; i++)
		if (options[i].type != NULL)
			options[i].type->clear(layer_field(l, &options[i]));
}

void
layer_free(struct layer *l)
{
	if (l->origins == NULL)
		return;
	for (size_t i = 0; i < options_count; i++) {
		if (options[i].type != NULL)
			options[i].type->clear(layer_field(l, &options[i]));
		free(l->origins[i]);
	}
	free(l->origins);
	l->origins = NULL;
}

static void
set_origin(struct layer *l, const struct option *o, const char *origin)
{
	char **to = &l->origins[o - options];

	free(*to);
	*to = xstrdup(origin);
}

char *
layer_set(struct layer *l, const struct option *o, const char *text,
    const char *origin)
{
	char *wrong = o->type->parse(o, layer_field(l, o), text);

	if (wrong == NULL)
		set_origin(l, o, origin);
	return wrong;
}

const char *
layer_origin(const struct layer *l, const struct option *o)
{
	return l->origins[o - options];
}

void
layer_copy(struct layer *to, const struct layer *from, const struct option *o)
{
	if (layer_origin(from, o) == NULL)
		return;
	o->type->copy(layer_field(to, o), field_of(from, o));
	set_origin(to, o, layer_origin(from, o));
}

/* A default that does not parse would be our own mistake; the unit test of
 * the table parses each. */
void
layer_set_defaults(struct layer *l)
{
	for (size_t i = 0; i < options_count; i++)
		if (options[i].fallback != NULL)
			free(layer_set(
			    l, &options[i], options[i].fallback, "default"));
}

int
layer_check_places(const struct layer *l, struct fail *f)
{
	const struct option *first = NULL;

	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if ((o->where & OPTION_PLACE) == 0 ||
		    layer_origin(l, o) == NULL)
			continue;
		if (first != NULL)
			return fail_set(f, FAIL_CONFIG,
			    "%s (%s) and %s (%s): a password is in one place "
			    "only",
			    first->name, layer_origin(l, first), o->name,
			    layer_origin(l, o));
		first = o;
	}
	return 0;
}
