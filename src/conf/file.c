#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/core.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/trusted.h"
#include "base/xalloc.h"
#include "conf/file.h"
#include "conf/options.h"

/* A stretch of a line. */
struct piece {
	const char *text;
	size_t len;
};

static void
add_profile(struct file *r, const char *name, size_t len)
{
	struct file_profile *p;

	r->profiles =
	    xreallocarray(r->profiles, r->count + 1, sizeof(*r->profiles));
	p = &r->profiles[r->count++];
	p->name = xstrndup(name, len);
	layer_init(&p->layer);
}

void
file_init(struct file *r, const char *path)
{
	memset(r, 0, sizeof(*r));
	r->path = xstrdup(path);
	add_profile(r, "default", strlen("default"));
}

void
file_free(struct file *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->profiles[i].name);
		layer_free(&r->profiles[i].layer);
	}
	free(r->profiles);
	free(r->path);
	memset(r, 0, sizeof(*r));
}

/* FAIL_CONFIG at this line; what is the phrase, name (or NULL) the key that
 * it is about. */
static int
refuse(const struct file *r, const char *name, const char *what, struct fail *f)
{
	return fail_set(f, FAIL_CONFIG, "%s:%u: %s%s%s", r->path, r->line,
	    name != NULL ? name : "", name != NULL ? ": " : "", what);
}

static struct piece
trim(const char *text, size_t len)
{
	struct piece p = { text, len };

	while (p.len > 0 && text_is_blank(p.text[p.len - 1]))
		p.len--;
	while (p.len > 0 && text_is_blank(*p.text)) {
		p.text++;
		p.len--;
	}
	return p;
}

static bool
is_piece(struct piece p, const char *text)
{
	return p.len == strlen(text) && memcmp(p.text, text, p.len) == 0;
}

/* Whether default may still be opened by name: nothing came before. */
static bool
is_untouched(const struct file *r)
{
	for (size_t i = 0; i < options_count; i++)
		if (r->profiles[0].layer.origins[i] != NULL)
			return false;
	return !r->has_sections;
}

static int
read_section(struct file *r, struct piece p, struct fail *f)
{
	struct piece name;

	if (p.text[p.len - 1] != ']')
		return refuse(r, NULL, "a [profile] ends with ]", f);
	name = trim(p.text + 1, p.len - 2);
	if (name.len == 0 || name.len > FILE_NAME_MAX ||
	    text_has_control(name.text, name.len) ||
	    memchr(name.text, ']', name.len) != NULL)
		return refuse(r, NULL, "this is no name of a profile", f);
	if (is_piece(name, "default") && is_untouched(r)) {
		r->has_sections = true;
		return 0;
	}
	r->has_sections = true;
	for (size_t i = 0; i < r->count; i++)
		if (is_piece(name, r->profiles[i].name))
			return refuse(r, r->profiles[i].name,
			    "this profile stands there already", f);
	if (r->count == FILE_PROFILES_MAX)
		return refuse(r, NULL, "too many profiles", f);
	add_profile(r, name.text, name.len);
	return 0;
}

/* A word may be shown when it can be nothing but a misspelt key: a line of a
 * secret that was broken in two has other octets in it, or is longer. */
static bool
may_be_shown(struct piece key)
{
	if (key.len == 0 || key.len > 24)
		return false;
	for (size_t i = 0; i < key.len; i++)
		if ((key.text[i] < 'a' || key.text[i] > 'z') &&
		    key.text[i] != '-' && key.text[i] != '_')
			return false;
	return true;
}

static int
unknown_key(const struct file *r, struct piece key, struct fail *f)
{
	const struct option *near = option_near(key.text, key.len, OPTION_FILE);
	char name[32];

	if (near != NULL && may_be_shown(key)) {
		text_vis(name, sizeof(name), key.text, key.len);
		refuse(r, name, "there is no such key", f);
	} else {
		refuse(r, NULL, "this is no key", f);
	}
	if (near != NULL)
		fail_advise(f, "did you mean %s?", near->name);
	return -1;
}

/* The value as a text of its own, one pair of quotes taken off. */
static char *
unquote(struct piece p)
{
	if (p.len >= 2 && p.text[0] == '"' && p.text[p.len - 1] == '"')
		return xstrndup(p.text + 1, p.len - 2);
	return xstrndup(p.text, p.len);
}

static int
set_key(
    struct file *r, const struct option *o, struct piece value, struct fail *f)
{
	struct layer *l = &r->profiles[r->count - 1].layer;
	char *text, *origin, *wrong;
	int result = 0;

	if (layer_origin(l, o) != NULL)
		return refuse(r, o->name, "this key stands there already", f);
	text = unquote(value);
	origin = xasprintf("%s:%u", r->path, r->line);
	wrong = layer_set(l, o, text, origin);
	r->has_secret = r->has_secret || (o->where & OPTION_SECRET) != 0;
	/* The words around the value are made printable by fail_set(). */
	if (wrong != NULL && !option_may_be_quoted(o))
		result = refuse(r, o->name, wrong, f);
	else if (wrong != NULL)
		result = fail_set(f, FAIL_CONFIG, "%s: %s: \"%.100s\" %s",
		    origin, o->name, text, wrong);
	explicit_bzero(text, strlen(text));
	free(text);
	free(origin);
	free(wrong);
	return result;
}

static int
read_setting(struct file *r, struct piece p, struct fail *f)
{
	const char *sign = memchr(p.text, '=', p.len);
	const struct option *o;
	struct piece key, value;

	if (sign == NULL)
		return refuse(r, NULL, "there is no = in this line", f);
	key = trim(p.text, (size_t)(sign - p.text));
	value = trim(sign + 1, p.len - (size_t)(sign + 1 - p.text));
	o = option_find(key.text, key.len);
	if (o == NULL || (o->where & OPTION_FILE) == 0)
		return unknown_key(r, key, f);
	return set_key(r, o, value, f);
}

int
file_line(struct file *r, const char *text, size_t len, struct fail *f)
{
	struct piece p;

	r->line++;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (memchr(text, '\0', len) != NULL)
		return refuse(r, NULL, "a NUL is in this line", f);
	p = trim(text, len);
	if (p.len == 0 || *p.text == '#')
		return 0;
	if (*p.text == '[')
		return read_section(r, p, f);
	return read_setting(r, p, f);
}

int
file_finish(struct file *r, struct fail *f)
{
	for (size_t i = 0; i < r->count; i++)
		if (layer_check_places(&r->profiles[i].layer, f) == -1)
			return -1;
	return 0;
}

int
file_parse(struct file *r, const uint8_t *octets, size_t len, struct fail *f)
{
	const char *at = (const char *)octets, *end = at + len, *stop;

	if (len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		if (file_line(r, at, (size_t)(stop - at), f) == -1)
			return -1;
	}
	return file_finish(r, f);
}

static int
read_all(const struct file *r, int fd, struct buf *all, struct fail *f)
{
	for (;;) {
		size_t room = buf_space(all) < 4096 ? buf_space(all) : 4096;
		ssize_t got;

		if (room == 0)
			return fail_set(f, FAIL_CONFIG,
			    "%s: larger than %d octets", r->path, FILE_MAX);
		got = read(fd, buf_reserve(all, room), room);
		if (got == 0)
			return 0;
		if (got > 0)
			buf_added(all, (size_t)got);
		else if (errno != EINTR)
			return fail_errno(f, FAIL_CONFIG, errno,
			    "%s: cannot be read", r->path);
	}
}

int
file_read(struct file *r, int fd, struct fail *f)
{
	struct buf all;
	int result = -1;

	/* Whether there is a password in it is known when it has been read. */
	core_shut();
	/* One more than the cap, so that a file of just that size passes. */
	buf_init(&all, FILE_MAX + 1);
	all.secret = true;
	if (read_all(r, fd, &all, f) == -1 ||
	    file_parse(r, buf_data(&all), buf_len(&all), f) == -1)
		goto out;
	if (r->has_secret && trusted_with_secret(fd, r->path, f) == -1)
		goto out;
	result = 0;
out:
	buf_free(&all);
	close(fd);
	return result;
}
