/*
 * The types of settings, one small family of functions each.
 *
 * A parser first looks at the text and only then touches the field, so a bad
 * value leaves what was there.  Caps come from the option's row; where a row
 * has none the ones below count.  Phrases never repeat the text: it may be a
 * secret, and whoever prints it knows whether it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/locked.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/sasl.h"
#include "conf/options.h"
#include "conf/settings.h"
#include "conf/value.h"

enum {
	TEXT_MAX = 4096, /* octets of a text without a max of its own */
	ITEMS_MAX = 1000, /* items of a list without one */
	COUNT_MAX = 9
};

/* text: owned octets without controls, as many as the row allows. */

static char *
check_length(const struct option *o, const char *text)
{
	unsigned long max = o->max != 0 ? o->max : TEXT_MAX;

	if (text == NULL)
		return xstrdup("needs a value");
	if (*text == '\0' && o->min > 0)
		return xstrdup("is empty");
	if (strlen(text) > max)
		return xasprintf("is longer than %lu octets", max);
	return NULL;
}

static char *
check_text(const struct option *o, const char *text)
{
	char *wrong = check_length(o, text);

	if (wrong == NULL && text_has_control(text, strlen(text)))
		wrong = xstrdup("holds a control character");
	return wrong;
}

static void
set_text(void *field, const char *text)
{
	char **to = field;

	free(*to);
	*to = xstrdup(text);
}

static char *
parse_text(const struct option *o, void *field, const char *text)
{
	char *wrong = check_text(o, text);

	if (wrong == NULL)
		set_text(field, text);
	return wrong;
}

static void
print_text(const struct option *o, const void *field, struct buf *out)
{
	const char *const *text = field;

	(void)o;
	if (*text != NULL)
		buf_add_text(out, *text);
}

static void
clear_text(void *field)
{
	char **text = field;

	free(*text);
	*text = NULL;
}

static void
copy_text(void *to, const void *from)
{
	const char *const *text = from;

	if (*text == NULL)
		clear_text(to);
	else
		set_text(to, *text);
}

/* secret: any octets but NUL and line ends.  All layers that have it hold one
 * text, so that it is in memory once, and wiped with the last of them. */

static void
clear_secret(void *field)
{
	char **secret = field;

	locked_free(*secret);
	*secret = NULL;
}

static char *
parse_secret(const struct option *o, void *field, const char *text)
{
	char **secret = field;
	char *wrong = check_length(o, text);

	if (wrong != NULL)
		return wrong;
	if (strpbrk(text, "\r\n") != NULL)
		return xstrdup("holds a line end");
	clear_secret(field);
	*secret = locked_new(text, strlen(text));
	return NULL;
}

static void
copy_secret(void *to, const void *from)
{
	char *const *secret = from;
	char **copy = to;

	clear_secret(to);
	if (*secret != NULL)
		*copy = locked_share(*secret);
}

/* name: of a file in a directory that is known. */

static char *
parse_name(const struct option *o, void *field, const char *text)
{
	char *wrong = check_text(o, text);

	if (wrong != NULL)
		return wrong;
	if (strchr(text, '/') != NULL || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return xstrdup("is no file's name without a directory");
	set_text(field, text);
	return NULL;
}

/* path: absolute or below the home directory, or one of the row's words.  A
 * relative one would mean another file wherever a script happens to stand. */

static bool
is_choice(const struct option *o, const char *text)
{
	const struct value_choice *c = o->choices;

	for (; c != NULL && c->word != NULL; c++)
		if (strcmp(c->word, text) == 0)
			return true;
	return false;
}

/* "one of a, b, c" for phrases; the caller's. */
static char *
words_of(const struct option *o)
{
	const struct value_choice *c = o->choices;
	struct buf all;
	char *text;

	buf_init(&all, TEXT_MAX);
	for (; c != NULL && c->word != NULL; c++)
		buf_addf(&all, "%s%s", c == o->choices ? "" : ", ", c->word);
	text = buf_text(&all);
	buf_free(&all);
	return text;
}

static char *
parse_path(const struct option *o, void *field, const char *text)
{
	char *wrong = check_text(o, text), *words;

	if (wrong != NULL)
		return wrong;
	if (text[0] != '/' && strncmp(text, "~/", 2) != 0 &&
	    !is_choice(o, text)) {
		words = words_of(o);
		wrong =
		    *words == '\0'
			? xstrdup("does not begin with / or ~/")
			: xasprintf(
			      "does not begin with / or ~/ and is none of %s",
			      words);
		free(words);
		return wrong;
	}
	set_text(field, text);
	return NULL;
}

/* list: items between commas and blanks. */

static void
clear_list(void *field)
{
	struct settings_list *list = field;

	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

static void
add_item(struct settings_list *list, const char *item, size_t len)
{
	list->items =
	    xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = xstrndup(item, len);
}

static char *
parse_list(const struct option *o, void *field, const char *text)
{
	unsigned long max = o->max != 0 ? o->max : ITEMS_MAX;
	struct settings_list list = { NULL, 0 };

	if (text == NULL)
		return xstrdup("needs a value");
	if (text_has_control(text, strlen(text)))
		return xstrdup("holds a control character");
	for (;;) {
		size_t len;

		text += strspn(text, ", ");
		if (*text == '\0')
			break;
		len = strcspn(text, ", ");
		if (list.count == max) {
			clear_list(&list);
			return xasprintf("names more than %lu things", max);
		}
		add_item(&list, text, len);
		text += len;
	}
	if (list.count == 0)
		return xstrdup("is empty");
	clear_list(field);
	*(struct settings_list *)field = list;
	return NULL;
}

static void
print_list(const struct option *o, const void *field, struct buf *out)
{
	const struct settings_list *list = field;

	(void)o;
	for (size_t i = 0; i < list->count; i++)
		buf_addf(out, "%s%s", i == 0 ? "" : ", ", list->items[i]);
}

static void
copy_list(void *to, const void *from)
{
	const struct settings_list *list = from;

	clear_list(to);
	for (size_t i = 0; i < list->count; i++)
		add_item(to, list->items[i], strlen(list->items[i]));
}

/* mechanisms: one of the row's words, or names of SASL mechanisms. */

static bool
are_mechanisms(const char *text)
{
	size_t names = 0, len;
	bool known = true;
	char *name;

	for (; known && *(text += strspn(text, ", ")) != '\0'; text += len) {
		len = strcspn(text, ", ");
		name = xstrndup(text, len);
		known = sasl_is_known(name);
		free(name);
		names++;
	}
	return known && names > 0;
}

static char *
parse_mechanisms(const struct option *o, void *field, const char *text)
{
	char *wrong = check_text(o, text), *words;

	if (wrong != NULL)
		return wrong;
	if (!is_choice(o, text) && !are_mechanisms(text)) {
		words = words_of(o);
		wrong = xasprintf(
		    "is none of %s and no list of known mechanisms", words);
		free(words);
		return wrong;
	}
	if (sasl_is_mixed(text))
		return xstrdup("mixes mechanisms that take a password with "
			       "mechanisms that take a token");
	set_text(field, text);
	return NULL;
}

/* number, seconds: digits alone, or digits and one letter for the unit. */

static bool
parse_digits(const char **text, unsigned long max, unsigned long *number_r)
{
	unsigned long number = 0;
	const char *at = *text;

	while (text_is_digit(*at)) {
		number = number * 10 + (unsigned long)(*at++ - '0');
		if (number > max)
			return false;
	}
	if (at == *text)
		return false;
	*text = at;
	*number_r = number;
	return true;
}

static char *
parse_number(const struct option *o, void *field, const char *text)
{
	unsigned long number;

	if (text == NULL)
		return xstrdup("needs a value");
	if (!parse_digits(&text, o->max, &number) || *text != '\0' ||
	    number < o->min)
		return xasprintf(
		    "is no number from %lu to %lu", o->min, o->max);
	*(unsigned *)field = (unsigned)number;
	return NULL;
}

static void
print_number(const struct option *o, const void *field, struct buf *out)
{
	(void)o;
	buf_addf(out, "%u", *(const unsigned *)field);
}

static void
copy_number(void *to, const void *from)
{
	*(unsigned *)to = *(const unsigned *)from;
}

static void
clear_number(void *field)
{
	*(unsigned *)field = 0;
}

static const struct {
	char letter;
	unsigned seconds;
} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

enum { UNITS = sizeof(units) / sizeof(units[0]) };

static void
add_seconds(unsigned long seconds, struct buf *out)
{
	size_t i = 0;

	if (seconds == 0) {
		buf_add_text(out, "0");
		return;
	}
	while (seconds % units[i].seconds != 0)
		i++;
	buf_addf(out, "%lu%c", seconds / units[i].seconds, units[i].letter);
}

static char *
wrong_seconds(const struct option *o)
{
	struct buf words;
	char *text;

	buf_init(&words, TEXT_MAX);
	buf_add_text(&words, "is no time from ");
	add_seconds(o->min, &words);
	buf_add_text(&words, " to ");
	add_seconds(o->max, &words);
	buf_add_text(&words, " (30, 30s, 5m, 1h, 1d)");
	text = buf_text(&words);
	buf_free(&words);
	return text;
}

static char *
parse_seconds(const struct option *o, void *field, const char *text)
{
	unsigned long number, unit = 1;

	if (text == NULL)
		return xstrdup("needs a value");
	if (!parse_digits(&text, o->max, &number))
		return wrong_seconds(o);
	for (size_t i = 0; i < UNITS; i++)
		if (*text == units[i].letter) {
			unit = units[i].seconds;
			text++;
			break;
		}
	/* The product cannot overflow: max is well below UINT_MAX / 86400. */
	if (*text != '\0' || number > o->max / unit || number * unit < o->min)
		return wrong_seconds(o);
	*(unsigned *)field = (unsigned)(number * unit);
	return NULL;
}

static void
print_seconds(const struct option *o, const void *field, struct buf *out)
{
	(void)o;
	add_seconds(*(const unsigned *)field, out);
}

/* choice: one of the row's words; -1 while unset. */

static char *
parse_choice(const struct option *o, void *field, const char *text)
{
	const struct value_choice *c = o->choices;
	char *words, *wrong;

	if (text == NULL)
		return xstrdup("needs a value");
	for (; c->word != NULL; c++)
		if (strcmp(c->word, text) == 0) {
			*(int *)field = c->value;
			return NULL;
		}
	words = words_of(o);
	wrong = xasprintf("is none of %s", words);
	free(words);
	return wrong;
}

static void
print_choice(const struct option *o, const void *field, struct buf *out)
{
	const struct value_choice *c = o->choices;

	for (; c->word != NULL; c++)
		if (c->value == *(const int *)field)
			buf_add_text(out, c->word);
}

static void
copy_choice(void *to, const void *from)
{
	*(int *)to = *(const int *)from;
}

static void
clear_choice(void *field)
{
	*(int *)field = -1;
}

/* set: some of the row's words, in any case, whose values are bits; the last
 * word excludes the others. */

static unsigned
bit_of(const struct option *o, const char *word, size_t len)
{
	for (const struct value_choice *c = o->choices; c->word != NULL; c++)
		if (strlen(c->word) == len && text_same_n(c->word, word, len))
			return (unsigned)c->value;
	return 0;
}

static unsigned
highest_bit(const struct option *o)
{
	const struct value_choice *c = o->choices;

	while (c[1].word != NULL)
		c++;
	return (unsigned)c->value;
}

static char *
parse_set(const struct option *o, void *field, const char *text)
{
	unsigned bits = 0, bit = 1;
	char *words, *wrong;

	if (text == NULL)
		return xstrdup("needs a value");
	while (bit != 0) {
		size_t len = strcspn(text, ",");

		bit = bit_of(o, text, len);
		bits |= bit;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	if (bit != 0 && (bits <= highest_bit(o))) {
		*(unsigned *)field = bits;
		return NULL;
	}
	words = words_of(o);
	wrong = xasprintf("is no list of %s", words);
	free(words);
	return wrong;
}

static void
print_set(const struct option *o, const void *field, struct buf *out)
{
	unsigned bits = *(const unsigned *)field;
	const char *between = "";

	for (const struct value_choice *c = o->choices; c->word != NULL; c++) {
		if (!(bits & (unsigned)c->value))
			continue;
		buf_addf(out, "%s%s", between, c->word);
		between = ",";
	}
}

/* mode: the row's own number. */

static char *
parse_mode(const struct option *o, void *field, const char *text)
{
	if (text != NULL && text_has_control(text, strlen(text)))
		return xstrdup("holds a control character");
	*(int *)field = (int)o->min;
	return NULL;
}

static void
clear_mode(void *field)
{
	*(int *)field = 0;
}

static void
print_mode(const struct option *o, const void *field, struct buf *out)
{
	(void)o;
	buf_addf(out, "%d", *(const int *)field);
}

/* yes-no, flag: without an argument they mean yes. */

static char *
parse_yes_no(const struct option *o, void *field, const char *text)
{
	(void)o;
	if (text != NULL && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return xstrdup("is neither yes nor no");
	*(bool *)field = text == NULL || *text == 'y';
	return NULL;
}

static void
print_yes_no(const struct option *o, const void *field, struct buf *out)
{
	(void)o;
	buf_add_text(out, *(const bool *)field ? "yes" : "no");
}

static void
copy_yes_no(void *to, const void *from)
{
	*(bool *)to = *(const bool *)from;
}

static void
clear_yes_no(void *field)
{
	*(bool *)field = false;
}

/* count: once more for every time it stands there. */

static char *
parse_count(const struct option *o, void *field, const char *text)
{
	unsigned *count = field;
	unsigned long number = *count + 1UL;

	(void)o;
	if (text != NULL &&
	    (!parse_digits(&text, COUNT_MAX, &number) || *text != '\0'))
		return xasprintf("is no number from 0 to %d", COUNT_MAX);
	*count = number > COUNT_MAX ? COUNT_MAX : (unsigned)number;
	return NULL;
}

const struct value_type value_text = { "text", parse_text, print_text,
	copy_text, clear_text };
const struct value_type value_name = { "name", parse_name, print_text,
	copy_text, clear_text };
const struct value_type value_secret = { "secret", parse_secret, print_text,
	copy_secret, clear_secret };
const struct value_type value_path = { "path", parse_path, print_text,
	copy_text, clear_text };
const struct value_type value_list = { "list", parse_list, print_list,
	copy_list, clear_list };
const struct value_type value_mechanisms = { "mechanisms", parse_mechanisms,
	print_text, copy_text, clear_text };
const struct value_type value_number = { "number", parse_number, print_number,
	copy_number, clear_number };
const struct value_type value_seconds = { "time", parse_seconds, print_seconds,
	copy_number, clear_number };
const struct value_type value_choice = { "choice", parse_choice, print_choice,
	copy_choice, clear_choice };
const struct value_type value_yes_no = { "yes or no", parse_yes_no,
	print_yes_no, copy_yes_no, clear_yes_no };
const struct value_type value_flag = { "flag", parse_yes_no, print_yes_no,
	copy_yes_no, clear_yes_no };
const struct value_type value_count = { "count", parse_count, print_number,
	copy_number, clear_number };
const struct value_type value_set = { "set", parse_set, print_set, copy_number,
	clear_number };
const struct value_type value_mode = { "mode", parse_mode, print_mode,
	copy_choice, clear_mode };
