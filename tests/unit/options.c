/*
 * The table of options, walked: every row under every name, in every place
 * where a setting may be set.  What is asserted here holds for rows that do
 * not exist yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/argv.h"
#include "conf/environment.h"
#include "conf/file.h"
#include "conf/layer.h"
#include "conf/options.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const restricted_names[] = { "sendmail",
	"/usr/sbin/sendmail", "", "pneu2", "xpneu", "PNEU", "-pneu", "pneu/",
	"/opt/pneu/send-mail", "\033[2Jpneu" };

enum { RESTRICTED = COUNT(restricted_names) };

/* A value that the row takes. */
static const char *
sample(const struct option *o)
{
	if (o->type == &value_number)
		return "7";
	if (o->type == &value_seconds)
		return "90s";
	if (o->type == &value_choice || o->type == &value_set)
		return o->choices[0].word;
	if (o->type == &value_yes_no || o->type == &value_flag)
		return "yes";
	if (o->type == &value_count)
		return "3";
	if (o->type == &value_path)
		return "/etc/x";
	if (o->type == &value_mechanisms)
		return "PLAIN";
	return "x@example.org";
}

/* One command line of a name and up to two words. */
struct line {
	struct layer flags;
	struct argv_words words;
	struct fail fail;
	int result;
};

static void
run(struct line *l, const char *name, const char *one, const char *two)
{
	char *argv[] = { xstrdup(name), xstrdup(one),
		two != NULL ? xstrdup(two) : NULL, NULL };

	memset(l, 0, sizeof(*l));
	layer_init(&l->flags);
	l->words.flags = &l->flags;
	l->result = argv_read(&l->words, two != NULL ? 3 : 2, argv, &l->fail);
	for (size_t i = 0; i < COUNT(argv); i++)
		free(argv[i]);
}

static void
end(struct line *l)
{
	argv_free(&l->words);
	layer_free(&l->flags);
}

static size_t
count_set(const struct layer *l)
{
	size_t n = 0;

	for (size_t i = 0; i < options_count; i++)
		n += l->origins[i] != NULL;
	return n;
}

/* The letter as a word, with a value glued to it where it takes one. */
static const char *
letter_word(const struct option *o, char *word, size_t size)
{
	const char *value = "";

	if (o->glued != NULL)
		value = o->glued;
	else if (option_takes_value(o))
		value = o->type != NULL ? sample(o) : "zz";
	snprintf(word, size, "-%c%s", o->letter, value);
	return word;
}

static void
rows_are_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		assert_true(o->name != NULL || o->letter != 0);
		assert_true(o->where != 0);
		/* It does something, is ignored, is refused or is the
		 * default: each with words for --help. */
		assert_true(o->help != NULL || o->ignored != NULL ||
			    o->refused != NULL);
		if (o->help != NULL)
			assert_int_equal(o->help[strlen(o->help) - 1], '.');
		if (o->type == NULL) {
			assert_null(o->name);
			assert_null(o->fallback);
		}
		if (o->name == NULL)
			continue;
		assert_int_equal(strspn(o->name, "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(o->name));
		assert_ptr_equal(option_find(o->name, strlen(o->name)), o);
	}
}

static void
every_note_begins_with_its_letter(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if (o->ignored == NULL)
			continue;
		assert_int_equal(o->ignored[0], '-');
		assert_int_equal(o->ignored[1], o->letter);
		assert_memory_equal(o->ignored + 2, ": ", 2);
	}
}

static void
every_default_parses_and_prints_as_itself(void **state)
{
	struct layer l;

	(void)state;
	layer_init(&l);
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		struct buf out;
		char *text;

		if (o->fallback == NULL)
			continue;
		assert_null(layer_set(&l, o, o->fallback, "default"));
		buf_init(&out, 1000);
		o->type->print(o, layer_field(&l, o), &out);
		text = buf_text(&out);
		assert_string_equal(text, o->fallback);
		free(text);
		buf_free(&out);
	}
	layer_free(&l);
}

static void
every_row_keeps_its_value_through_print_and_copy(void **state)
{
	struct layer a, b;

	(void)state;
	layer_init(&a);
	layer_init(&b);
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		struct buf first, second;
		char *text;

		if (o->type == NULL)
			continue;
		buf_init(&first, 1000);
		buf_init(&second, 1000);
		assert_null(layer_set(&a, o, sample(o), "here"));
		o->type->print(o, layer_field(&a, o), &first);
		text = buf_text(&first);
		assert_string_not_equal(text, "");
		layer_copy(&b, &a, o);
		o->type->print(o, layer_field(&b, o), &second);
		assert_int_equal(buf_len(&first), buf_len(&second));
		assert_memory_equal(
		    buf_data(&first), buf_data(&second), buf_len(&first));
		assert_null(layer_set(&b, o, text, "again"));
		buf_clear(&second);
		o->type->print(o, layer_field(&b, o), &second);
		assert_memory_equal(
		    buf_data(&first), buf_data(&second), buf_len(&first));
		free(text);
		buf_free(&first);
		buf_free(&second);
	}
	layer_free(&a);
	layer_free(&b);
}

static void
a_bad_value_leaves_the_field_of_every_row_alone(void **state)
{
	struct layer l;

	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		struct buf before, after;
		char *wrong;

		if (o->type == NULL)
			continue;
		layer_init(&l);
		buf_init(&before, 1000);
		buf_init(&after, 1000);
		assert_null(layer_set(&l, o, sample(o), "here"));
		o->type->print(o, layer_field(&l, o), &before);
		wrong = layer_set(&l, o, "a\r\nb", "there");
		assert_non_null(wrong);
		assert_null(strstr(wrong, "a\r"));
		o->type->print(o, layer_field(&l, o), &after);
		assert_int_equal(buf_len(&before), buf_len(&after));
		assert_string_equal(layer_origin(&l, o), "here");
		free(wrong);
		buf_free(&before);
		buf_free(&after);
		layer_free(&l);
	}
}

/* Arity as sendmail had it: a wrong one eats a recipient. */
static void
every_letter_has_the_arity_that_callers_expect(void **state)
{
	static const char value[] = "ABbCDeFfLMNOopRrVX",
			  none[] = "cGIimnsTtUvx", glued[] = "dq";

	(void)state;
	for (int c = 33; c < 127; c++) {
		unsigned names[] = { OPTION_PNEU, OPTION_RESTRICTED };

		for (size_t i = 0; i < 2; i++) {
			const struct option *o =
			    option_letter((char)c, NULL, names[i]);

			if (c == 'h') {
				assert_non_null(o);
				assert_int_equal(option_takes_value(o),
				    names[i] == OPTION_RESTRICTED);
			} else if (strchr(value, c) != NULL) {
				assert_non_null(o);
				assert_true(option_takes_value(o));
			} else if (strchr(none, c) != NULL) {
				assert_non_null(o);
				assert_false(option_takes_value(o));
				assert_null(o->argument);
			} else if (strchr(glued, c) != NULL) {
				assert_non_null(o);
				assert_false(option_takes_value(o));
				assert_non_null(o->argument);
			} else {
				assert_null(o);
			}
		}
	}
}

static void
G_01_a_letter_in_no_row_is_64_under_every_name(void **state)
{
	static const char letters[] = "aEgHJjKkluPQSWwYyZz0129@?=";
	char word[] = "-?";

	(void)state;
	for (const char *c = letters; *c != '\0'; c++) {
		struct line l;

		word[1] = *c;
		for (size_t i = 0; i <= RESTRICTED; i++) {
			run(&l, i == RESTRICTED ? "pneu" : restricted_names[i],
			    word, NULL);
			assert_int_equal(l.result, -1);
			assert_int_equal(l.fail.kind, FAIL_USAGE);
			end(&l);
		}
	}
}

/* What the row must do when its letter is given under a name. */
static void
check_letter(const struct option *o, const char *name, unsigned where)
{
	char word[64];
	struct line l;

	run(&l, name, letter_word(o, word, sizeof(word)), NULL);
	if (o->refused != NULL) {
		assert_int_equal(l.result, -1);
		assert_int_equal(l.fail.kind, FAIL_USAGE);
		assert_non_null(strstr(l.fail.words, o->refused));
	} else if (option_acts(o, where)) {
		assert_int_equal(l.result, 0);
		assert_int_equal(count_set(&l.flags), 1);
		assert_non_null(layer_origin(&l.flags, o));
	} else {
		assert_int_equal(l.result, 0);
		assert_int_equal(count_set(&l.flags), 0);
		assert_int_equal(l.words.notes_count, o->ignored != NULL);
		if (o->ignored != NULL)
			assert_ptr_equal(l.words.notes[0], o->ignored);
	}
	assert_int_equal(l.words.operands_count, 0);
	end(&l);
}

static void
every_letter_does_what_its_row_says_under_every_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if (o->letter == 0)
			continue;
		if ((o->where & OPTION_PNEU) != 0)
			check_letter(o, "pneu", OPTION_PNEU);
		if ((o->where & OPTION_RESTRICTED) == 0 && o->ignored == NULL)
			continue;
		for (size_t j = 0; j < RESTRICTED; j++)
			check_letter(o, restricted_names[j], OPTION_RESTRICTED);
	}
}

static void
P_07_no_long_option_exists_under_a_restricted_name(void **state)
{
	char word[128];
	struct line l;

	(void)state;
	for (size_t i = 0; i < options_count; i++)
		for (size_t j = 0; j < RESTRICTED; j++) {
			if (options[i].name == NULL)
				continue;
			snprintf(word, sizeof(word), "--%s", options[i].name);
			run(&l, restricted_names[j], word, "x");
			assert_int_equal(l.result, -1);
			assert_int_equal(l.fail.kind, FAIL_USAGE);
			assert_int_equal(count_set(&l.flags), 0);
			end(&l);
		}
}

/* The fields that name a file, a program, a host or a profile all belong to
 * rows with a name; letters of restricted names reach none of them, only such
 * as take words of their row. */
static void
G_08_no_argument_reaches_a_named_row_when_restricted(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++)
		if (options[i].name != NULL && options[i].type != &value_set)
			assert_int_equal(
			    options[i].where & OPTION_RESTRICTED, 0);
}

static void
every_long_option_is_taken_where_its_row_says_so(void **state)
{
	char word[128];
	struct line l;

	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		bool allowed = (o->where & OPTION_PNEU) != 0;

		if (o->name == NULL)
			continue;
		snprintf(word, sizeof(word),
		    o->argument != NULL ? "--%s=%s" : "--%s", o->name,
		    sample(o));
		run(&l, "/usr/bin/pneu", word, NULL);
		assert_int_equal(l.result, allowed ? 0 : -1);
		assert_int_equal(layer_origin(&l.flags, o) != NULL, allowed);
		end(&l);
		if (!allowed || !option_takes_value(o))
			continue;
		snprintf(word, sizeof(word), "--%s", o->name);
		run(&l, "pneu", word, sample(o));
		assert_int_equal(l.result, 0);
		assert_string_equal(layer_origin(&l.flags, o), "flag");
		assert_int_equal(l.words.operands_count, 0);
		end(&l);
		run(&l, "pneu", word, NULL);
		assert_int_equal(l.fail.kind, FAIL_USAGE);
		end(&l);
	}
}

static void
every_variable_is_taken_where_its_row_says_so(void **state)
{
	char entry[128], *environment[] = { entry, NULL };

	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		bool allowed = (o->where & OPTION_ENVIRONMENT) != 0;
		struct layer l;
		struct fail f;

		if (o->name == NULL)
			continue;
		snprintf(
		    entry, sizeof(entry), "PNEU_%s=%s", o->name, sample(o));
		for (char *c = entry; *c != '='; c++)
			*c = *c == '-'	 ? '_'
			     : *c >= 'a' ? (char)(*c - 'a' + 'A')
					 : *c;
		layer_init(&l);
		assert_int_equal(
		    environment_read(&l, environment, &f), allowed ? 0 : -1);
		assert_int_equal(layer_origin(&l, o) != NULL, allowed);
		if (!allowed)
			assert_int_equal(f.kind, FAIL_CONFIG);
		layer_free(&l);
	}
}

static void
every_key_is_taken_by_the_file_where_its_row_says_so(void **state)
{
	char line[128];

	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		bool allowed = (o->where & OPTION_FILE) != 0;
		struct file file;
		struct fail f;

		if (o->name == NULL)
			continue;
		snprintf(line, sizeof(line), "%s = %s", o->name, sample(o));
		file_init(&file, "pneu.conf");
		assert_int_equal(
		    file_line(&file, line, strlen(line), &f), allowed ? 0 : -1);
		if (allowed)
			assert_string_equal(
			    layer_origin(&file.profiles[0].layer, o),
			    "pneu.conf:1");
		else
			assert_int_equal(f.kind, FAIL_CONFIG);
		file_free(&file);
	}
}

/* DESIGN: the environment can set everything but what runs a program, names a
 * file to be written, or is itself a secret. */
static void
the_environment_has_no_power(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if ((o->where & OPTION_SECRET) != 0)
			assert_int_equal(
			    o->where & (OPTION_ENVIRONMENT | OPTION_PNEU |
					   OPTION_RESTRICTED),
			    0);
		if (o->argument != NULL &&
		    (strcmp(o->argument, "COMMAND") == 0 ||
			(o->name != NULL && strcmp(o->name, "log") == 0)))
			assert_int_equal(o->where & OPTION_ENVIRONMENT, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_well_formed),
		cmocka_unit_test(every_note_begins_with_its_letter),
		cmocka_unit_test(every_default_parses_and_prints_as_itself),
		cmocka_unit_test(
		    every_row_keeps_its_value_through_print_and_copy),
		cmocka_unit_test(
		    a_bad_value_leaves_the_field_of_every_row_alone),
		cmocka_unit_test(
		    every_letter_has_the_arity_that_callers_expect),
		cmocka_unit_test(
		    G_01_a_letter_in_no_row_is_64_under_every_name),
		cmocka_unit_test(
		    every_letter_does_what_its_row_says_under_every_name),
		cmocka_unit_test(
		    P_07_no_long_option_exists_under_a_restricted_name),
		cmocka_unit_test(
		    G_08_no_argument_reaches_a_named_row_when_restricted),
		cmocka_unit_test(
		    every_long_option_is_taken_where_its_row_says_so),
		cmocka_unit_test(every_variable_is_taken_where_its_row_says_so),
		cmocka_unit_test(
		    every_key_is_taken_by_the_file_where_its_row_says_so),
		cmocka_unit_test(the_environment_has_no_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
