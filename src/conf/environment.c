#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "conf/environment.h"
#include "conf/layer.h"
#include "conf/options.h"

static const char prefix[] = "PNEU_";

enum { PREFIX_LEN = sizeof(prefix) - 1, NAME_MAX_LEN = 64 };

/* PNEU_TLS_TRUST becomes tls-trust; false, and an empty key, for what can be
 * none. */
static bool
key_of(const char *name, size_t len, char key[NAME_MAX_LEN + 1])
{
	key[0] = '\0';
	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((name[i] < 'A' || name[i] > 'Z') && name[i] != '_')
			return false;
	for (size_t i = 0; i < len; i++)
		key[i] = name[i] == '_' ? '-' : text_lower(name[i]);
	key[len] = '\0';
	return true;
}

/* tls-trust becomes PNEU_TLS_TRUST. */
static void
name_of(const struct option *o, char *name, size_t size)
{
	size_t i = strlcpy(name, prefix, size);

	for (const char *c = o->name; *c != '\0' && i + 1 < size; c++)
		name[i++] = text_is_alpha(*c) ? (char)(*c - 'a' + 'A') : '_';
	name[i] = '\0';
}

static void
advise(const char *key, struct fail *f)
{
	const struct option *o = option_find(key, strlen(key));
	char name[PREFIX_LEN + NAME_MAX_LEN + 1];

	if (o != NULL && (o->where & OPTION_PLACE) != 0)
		o = option_find("password-file", strlen("password-file"));
	else if (o == NULL)
		o = option_near(key, strlen(key), OPTION_ENVIRONMENT);
	else
		o = NULL;
	if (o == NULL)
		return;
	name_of(o, name, sizeof(name));
	fail_advise(f, "did you mean %s?", name);
}

/* The row of a variable; NULL with FAIL_CONFIG where it is none that may be
 * set from here. */
static const struct option *
row_of(const char *name, size_t len, struct fail *f)
{
	size_t shown = len < NAME_MAX_LEN ? len : NAME_MAX_LEN;
	char key[NAME_MAX_LEN + 1];
	const struct option *o = NULL;

	if (key_of(name + PREFIX_LEN, len - PREFIX_LEN, key))
		o = option_find(key, strlen(key));
	if (o != NULL && (o->where & OPTION_ENVIRONMENT) != 0)
		return o;
	fail_set(f, FAIL_CONFIG,
	    o == NULL ? "%.*s in the environment is no setting"
		      : "%.*s: this cannot be set by the environment",
	    (int)shown, name);
	advise(key, f);
	return NULL;
}

static int
set_variable(struct layer *l, const char *name, size_t len, const char *value,
    struct fail *f)
{
	const struct option *o = row_of(name, len, f);
	char *origin, *wrong;

	if (o == NULL)
		return -1;
	if (layer_origin(l, o) != NULL)
		return fail_set(f, FAIL_CONFIG,
		    "%.*s stands twice in the environment", (int)len, name);
	origin = xstrndup(name, len);
	wrong = layer_set(l, o, value, origin);
	if (wrong != NULL && option_may_be_quoted(o))
		fail_set(
		    f, FAIL_CONFIG, "%s: \"%.100s\" %s", origin, value, wrong);
	else if (wrong != NULL)
		fail_set(f, FAIL_CONFIG, "%s: %s", origin, wrong);
	free(origin);
	if (wrong == NULL)
		return 0;
	free(wrong);
	return -1;
}

int
environment_read(struct layer *l, char *const environment[], struct fail *f)
{
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *entry = *environment, *value = strchr(entry, '=');

		if (value == NULL || strncmp(entry, prefix, PREFIX_LEN) != 0)
			continue;
		if (set_variable(
			l, entry, (size_t)(value - entry), value + 1, f) == -1)
			return -1;
	}
	return 0;
}

const char *
environment_get(char *const environment[], const char *name)
{
	size_t len = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, len) == 0 &&
		    (*environment)[len] == '=')
			return (*environment)[len + 1] != '\0'
				   ? *environment + len + 1
				   : NULL;
	return NULL;
}
