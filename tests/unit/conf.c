/*
 * The values of settings, the command line, the environment: for each a table
 * of what is taken and a table of what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "conf/argv.h"
#include "conf/environment.h"
#include "conf/layer.h"
#include "conf/options.h"
#include "lib/words.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Values. */

static const struct option *
row(const char *name)
{
	const struct option *o = option_find(name, strlen(name));

	assert_non_null(o);
	return o;
}

static const struct {
	const char *key, *text, *printed;
} good_values[] = {
	{ "host", "a", "a" },
	{ "host", "a,b c ,, d", "a, b, c, d" },
	{ "host", "[2001:db8::1]", "[2001:db8::1]" },
	{ "port", "1", "1" },
	{ "port", "00465", "465" },
	{ "port", "65535", "65535" },
	{ "connect-timeout", "1", "1s" },
	{ "connect-timeout", "90", "90s" },
	{ "connect-timeout", "60s", "1m" },
	{ "connect-timeout", "24h", "1d" },
	{ "timeout", "0", "0" },
	{ "timeout", "0m", "0" },
	{ "deadline", "1d", "1d" },
	{ "deadline", "30d", "30d" },
	{ "tls", "starttls", "starttls" },
	{ "tls-min-version", "1.3", "1.3" },
	{ "tls-priorities", "NORMAL:-VERS-TLS1.2", "NORMAL:-VERS-TLS1.2" },
	{ "tls-verify", "yes", "yes" },
	{ "tls-verify", "no", "no" },
	{ "tls-trust", "system", "system" },
	{ "tls-trust", "/etc/ssl/ca.pem", "/etc/ssl/ca.pem" },
	{ "tls-trust", "~/ca.pem", "~/ca.pem" },
	{ "log", "-", "-" },
	{ "auth", "off", "off" },
	{ "auth", "login, PLAIN", "login, PLAIN" },
	{ "auth-unverified", "yes", "yes" },
	{ "auth-unverified", NULL, "yes" },
	{ "auth-unverified", "no", "no" },
	{ "dsn-notify", "Delay,SUCCESS", "success,delay" },
	{ "dsn-notify", "NEVER", "never" },
	{ "dsn-return", "HDRS", "hdrs" },
	{ "user", "J\303\266rg \"x\" #1", "J\303\266rg \"x\" #1" },
	{ "password", "#=: \t\"'\\\177\377", "#=: \t\"'\\\177\377" },
};

static void
values_are_parsed_and_print_so_that_they_parse_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_values); i++) {
		const struct option *o = row(good_values[i].key);
		struct layer l;
		struct buf out;
		char *text;

		layer_init(&l);
		buf_init(&out, 1000);
		assert_null(layer_set(&l, o, good_values[i].text, "x"));
		o->type->print(o, layer_field(&l, o), &out);
		text = buf_text(&out);
		assert_string_equal(text, good_values[i].printed);
		assert_null(layer_set(&l, o, text, "x"));
		buf_clear(&out);
		o->type->print(o, layer_field(&l, o), &out);
		assert_memory_equal(buf_data(&out), text, strlen(text));
		free(text);
		buf_free(&out);
		layer_free(&l);
	}
}

static const struct {
	const char *key, *text, *wrong;
} bad_values[] = {
	{ "host", "", "is empty" },
	{ "host", " , ", "is empty" },
	{ "host", NULL, "needs a value" },
	{ "host", "a\tb", "holds a control character" },
	{ "port", "0", "is no number from 1 to 65535" },
	{ "port", "65536", "is no number from 1 to 65535" },
	{ "port", "99999999999999999999999", "is no number from 1 to 65535" },
	{ "port", "-1", "is no number from 1 to 65535" },
	{ "port", " 25", "is no number from 1 to 65535" },
	{ "port", "25 ", "is no number from 1 to 65535" },
	{ "port", "smtp", "is no number from 1 to 65535" },
	{ "port", "", "is no number from 1 to 65535" },
	{ "connect-timeout", "0",
	    "is no time from 1s to 1d "
	    "(30, 30s, 5m, 1h, 1d)" },
	{ "connect-timeout", "25h",
	    "is no time from 1s to 1d "
	    "(30, 30s, 5m, 1h, 1d)" },
	{ "timeout", "5x", "is no time from 0 to 1d (30, 30s, 5m, 1h, 1d)" },
	{ "timeout", "5ms", "is no time from 0 to 1d (30, 30s, 5m, 1h, 1d)" },
	{ "timeout", "m", "is no time from 0 to 1d (30, 30s, 5m, 1h, 1d)" },
	{ "timeout", "4294967297",
	    "is no time from 0 to 1d (30, 30s, 5m, 1h, 1d)" },
	{ "tls", "ssl", "is none of implicit, starttls, none" },
	{ "tls", "None", "is none of implicit, starttls, none" },
	{ "tls", "", "is none of implicit, starttls, none" },
	{ "tls-min-version", "1.1", "is none of 1.2, 1.3" },
	{ "tls-verify", "off", "is none of yes, no" },
	{ "tls-verify", "NO", "is none of yes, no" },
	{ "tls-trust", "ca.pem",
	    "does not begin with / or ~/ and is none of system, pin" },
	{ "tls-trust", "~ca.pem",
	    "does not begin with / or ~/ and is none of system, pin" },
	{ "password-credential", "a/b",
	    "is no file's name without a directory" },
	{ "password-credential", "..",
	    "is no file's name without a directory" },
	{ "password-credential", "", "is empty" },
	{ "password-file", "pw", "does not begin with / or ~/" },
	{ "auth", "auto, plain",
	    "is none of auto, off and no list of known mechanisms" },
	{ "auth", "NTLM",
	    "is none of auto, off and no list of known mechanisms" },
	{ "auth", ", ,",
	    "is none of auto, off and no list of known mechanisms" },
	{ "auth", "XOAUTH2, PLAIN",
	    "mixes mechanisms that take a password with mechanisms that take "
	    "a token" },
	{ "auth-unverified", "true", "is neither yes nor no" },
	{ "auth-unverified", "YES", "is neither yes nor no" },
	{ "auth-unverified", "", "is neither yes nor no" },
	{ "dsn-notify", "", "is no list of success, failure, delay, never" },
	{ "dsn-notify", "success,",
	    "is no list of success, failure, delay, never" },
	{ "dsn-notify", "success,never",
	    "is no list of success, failure, delay, never" },
	{ "dsn-return", "full,hdrs", "is no list of full, hdrs" },
	{ "user", "", "is empty" },
	{ "user", "a\rb", "holds a control character" },
	{ "password", "", "is empty" },
	{ "password", "a\rb", "holds a line end" },
};

static void
bad_values_are_refused_with_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_values); i++) {
		const struct option *o = row(bad_values[i].key);
		struct layer l;
		char *wrong;

		layer_init(&l);
		wrong = layer_set(&l, o, bad_values[i].text, "x");
		assert_non_null(wrong);
		assert_string_equal(wrong, bad_values[i].wrong);
		assert_null(layer_origin(&l, o));
		free(wrong);
		layer_free(&l);
	}
}

static void
a_list_or_a_text_has_its_row_s_cap(void **state)
{
	const struct option *host = row("host"), *name = row("ehlo-name");
	char text[1000] = "", *wrong;
	struct layer l;

	(void)state;
	layer_init(&l);
	for (unsigned long i = 0; i < host->max; i++)
		strlcat(text, "h ", sizeof(text));
	assert_null(layer_set(&l, host, text, "x"));
	strlcat(text, "h", sizeof(text));
	wrong = layer_set(&l, host, text, "x");
	assert_string_equal(wrong, "names more than 32 things");
	assert_int_equal(l.set.host.count, host->max);
	free(wrong);
	memset(text, 'a', sizeof(text));
	text[name->max] = '\0';
	assert_null(layer_set(&l, name, text, "x"));
	text[name->max] = 'a';
	text[name->max + 1] = '\0';
	wrong = layer_set(&l, name, text, "x");
	assert_string_equal(wrong, "is longer than 255 octets");
	free(wrong);
	layer_free(&l);
}

/* The command line. */

/* What a command line came to, in one line. */
static char *
summary(const struct argv_words *w)
{
	const struct settings *set = &w->flags->set;
	struct buf out;
	char *text;

	buf_init(&out, 4096);
	if (set->read_recipients)
		buf_add_text(&out, "t ");
	if (set->dots_are_data)
		buf_add_text(&out, "i ");
	if (set->no_aliases)
		buf_add_text(&out, "n ");
	if (set->verbose > 0)
		buf_addf(&out, "v%u ", set->verbose);
	if (set->mode != MODE_SEND)
		buf_addf(&out, "mode=%d ", set->mode);
	if (set->envid != NULL)
		buf_addf(&out, "V=%s ", set->envid);
	if (set->sender != NULL)
		buf_addf(&out, "f=%s ", set->sender);
	if (set->full_name != NULL)
		buf_addf(&out, "F=%s ", set->full_name);
	if (set->config != NULL)
		buf_addf(&out, "C=%s ", set->config);
	for (size_t i = 0; i < set->host.count; i++)
		buf_addf(&out, "host=%s ", set->host.items[i]);
	for (size_t i = 0; i < w->operands_count; i++)
		buf_addf(&out, "<%s> ", w->operands[i]);
	if (w->notes_count > 0)
		buf_addf(&out, "%zu notes ", w->notes_count);
	text = buf_text(&out);
	buf_free(&out);
	if (*text != '\0')
		text[strlen(text) - 1] = '\0';
	return text;
}

static const struct {
	const char *line, *summary;
} good_lines[] = {
	{ "pneu", "" },
	{ "pneu|a@b", "<a@b>" },
	{ "pneu|a@b|-i|c@d", "i <a@b> <c@d>" },
	{ "pneu|-", "<->" },
	{ "pneu||x", "<> <x>" },
	/* G-04: as sendmail */
	{ "sendmail|-fa@b|r", "f=a@b <r>" },
	{ "sendmail|-f|a@b|r", "f=a@b <r>" },
	{ "sendmail|-f||r", "f= <r>" },
	{ "sendmail|-f|<>|--|r", "f=<> <r>" },
	{ "sendmail|-f|-x|r", "f=-x <r>" },
	{ "sendmail|-rx|r", "f=x <r>" },
	{ "sendmail|-oi|r", "i <r>" },
	{ "sendmail|-o|i|r", "i <r>" },
	{ "sendmail|-oem|-odb|-oi|r", "i <r> 1 notes" },
	{ "sendmail|-oI|r", "<r> 1 notes" },
	{ "sendmail|-OIgnoreDots|-OIgnoreDots=true|r", "i <r>" },
	{ "sendmail|-ODeliveryMode=b|-OErrorMode=m|r", "<r> 1 notes" },
	{ "sendmail|-ti", "t i" },
	{ "sendmail|-it", "t i" },
	{ "sendmail|-tifA|r", "t i f=A <r>" },
	{ "sendmail|-toi|r", "t i <r>" },
	{ "sendmail|-vvv", "v3" },
	{ "sendmail|-FCronDaemon|-i|-B8BITMIME|-oem|root",
	    "i F=CronDaemon <root> 2 notes" },
	{ "sendmail|-F|A B|root", "F=A B <root>" },
	{ "sendmail|-bm|-i|r", "i <r>" },
	{ "sendmail|-b|m|r", "<r>" },
	{ "sendmail|-G|-oee|-odi|-oi|-pUUCP:host|-fbang|r",
	    "i f=bang <r> 3 notes" },
	{ "sendmail|-d|r", "<r> 1 notes" },
	{ "sendmail|-d0.1|r", "<r> 1 notes" },
	{ "sendmail|-N|success,delay|-R|HDRS|-Vid|r", "V=id <r>" },
	{ "sendmail|-bp", "mode=4" },
	{ "sendmail|-b|p", "mode=4" },
	{ "sendmail|-bs", "mode=1" },
	{ "sendmail|-bi", "mode=3" },
	{ "sendmail|-I", "mode=3" },
	{ "sendmail|-bv|r", "mode=2 <r>" },
	{ "sendmail|-q", "mode=5" },
	{ "sendmail|-q15m", "mode=5" },
	{ "sendmail|-vqIx", "v1 mode=5" },
	{ "sendmail|-bp|-bm|r", "<r>" },
	{ "mailq", "mode=4" },
	{ "/usr/bin/mailq|-v", "v1 mode=4" },
	{ "newaliases", "mode=3" },
	{ "sendmail|-h|3|-L|tag|-X|/x|-C|/y|r", "<r> 4 notes" },
	{ "sendmail|-cGmnsTUx|r", "n <r> 7 notes" },
	/* G-03: the last one wins */
	{ "sendmail|-fa|-rb|-fc|r", "f=c <r>" },
	/* G-06 */
	{ "sendmail|--|-fx|--|-t", "<-fx> <--> <-t>" },
	{ "pneu|r|--|--host=x", "<r> <--host=x>" },
	{ "pneu|--host|x|r", "host=x <r>" },
	{ "pneu|--host=x,y|r", "host=x host=y <r>" },
	{ "pneu|--host=x|--host|y|r", "host=y <r>" },
	{ "pneu|-C|f|r", "C=f <r>" },
	{ "pneu|--config=a=b|r", "C=a=b <r>" },
	{ "pneu|-tCf|r", "t C=f <r>" },
	{ "pneu|--auth-unverified|r", "<r>" },
	{ "/usr/bin/pneu|--host=x", "host=x" },
};

static void
command_lines_are_read_as_sendmail_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_lines); i++) {
		char *argv[WORDS_MAX], *text;
		int argc = words_split(good_lines[i].line, argv);
		struct argv_words w = { .flags = NULL };
		struct layer flags;
		struct fail f;

		layer_init(&flags);
		w.flags = &flags;
		assert_int_equal(argv_read(&w, argc, argv, &f), 0);
		text = summary(&w);
		assert_string_equal(text, good_lines[i].summary);
		free(text);
		argv_free(&w);
		layer_free(&flags);
		words_free(argv);
	}
}

static const struct {
	const char *line, *words;
} bad_lines[] = {
	{ "pneu|-f", "-f needs a value" },
	{ "pneu|-tf", "-f needs a value" },
	{ "pneu|--host", "--host needs a value" },
	{ "pneu|--host=", "--host: \"\" is empty" },
	{ "pneu|--help=x", "--help takes no value" },
	{ "pneu|--hots=x", "--hots is no option" },
	{ "pneu|--hos", "--hos is no option" },
	{ "pneu|--Host=x", "--Host is no option" },
	{ "pneu|--=x", "-- is no option" },
	{ "pneu|--from=x", "--from is no option, only a key of pneu.conf" },
	/* G-11 */
	{ "pneu|--password=x",
	    "--password is no option, only a key of pneu.conf" },
	{ "pneu|--port=0", "--port: \"0\" is no number from 1 to 65535" },
	{ "pneu|-tz", "-z is no flag" },
	{ "pneu|-z|x", "-z is no flag" },
	{ "sendmail|-bt", "-b: this pneu has no such mode; it sends letters" },
	{ "sendmail|-bd", "-b: this pneu has no such mode; it sends letters" },
	{ "sendmail|--help", "--help: only the name pneu has long options" },
	{ "sendmail|-t|--x", "--x: only the name pneu has long options" },
	/* G-05 */
	{ "sendmail|-fa\nb", "argument 1 holds a control character" },
	{ "sendmail|-F|a\rb", "argument 2 holds a control character" },
	{ "sendmail|r|--|a\tb", "argument 3 holds a control character" },
	{ "pneu|--ehlo-name=a\033b", "argument 1 holds a control character" },
	{ "sendmail|-V\177", "argument 1 holds a control character" },
};

static void
bad_command_lines_are_64_with_the_flag_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_lines); i++) {
		char *argv[WORDS_MAX];
		int argc = words_split(bad_lines[i].line, argv);
		struct argv_words w = { .flags = NULL };
		struct layer flags;
		struct fail f;

		layer_init(&flags);
		w.flags = &flags;
		assert_int_equal(argv_read(&w, argc, argv, &f), -1);
		assert_int_equal(f.kind, FAIL_USAGE);
		assert_string_equal(f.words, bad_lines[i].words);
		argv_free(&w);
		layer_free(&flags);
		words_free(argv);
	}
}

static void
P_04_without_a_name_the_caller_is_restricted(void **state)
{
	char *argv[] = { NULL };
	struct argv_words w = { .flags = NULL };
	struct layer flags;
	struct fail f;

	(void)state;
	layer_init(&flags);
	w.flags = &flags;
	assert_int_equal(argv_read(&w, 0, argv, &f), 0);
	assert_true(w.restricted);
	argv_free(&w);
	assert_int_equal(argv_read(&w, -1, argv, &f), 0);
	assert_true(w.restricted);
	argv_free(&w);
	layer_free(&flags);
}

static void
G_10_a_huge_argument_is_refused_in_few_words(void **state)
{
	char name[] = "pneu", *huge = xmalloc(131072);
	char *argv[] = { name, huge, NULL };
	struct argv_words w = { .flags = NULL };
	struct layer flags;
	struct fail f;

	(void)state;
	memset(huge, 'x', 131071);
	huge[131071] = '\0';
	memcpy(huge, "--user=", 7);
	layer_init(&flags);
	w.flags = &flags;
	assert_int_equal(argv_read(&w, 2, argv, &f), -1);
	assert_non_null(strstr(f.words, "is longer than 4096 octets"));
	argv_free(&w);
	memcpy(huge, "--usxr=", 7);
	assert_int_equal(argv_read(&w, 2, argv, &f), -1);
	assert_string_equal(f.words, "--usxr is no option");
	assert_string_equal(f.advice, "did you mean --user?");
	argv_free(&w);
	layer_free(&flags);
	free(huge);
}

/* The environment. */

static const struct {
	const char *entries, *words, *advice;
} bad_environments[] = {
	{ "PNEU_HSOT=x", "PNEU_HSOT in the environment is no setting",
	    "did you mean PNEU_HOST?" },
	{ "PNEU_TSL_TRUST=x", "PNEU_TSL_TRUST in the environment is no setting",
	    "did you mean PNEU_TLS_TRUST?" },
	{ "PNEU_=x", "PNEU_ in the environment is no setting", "" },
	{ "PNEU_host=x", "PNEU_host in the environment is no setting", "" },
	{ "PNEU_A\033B=x", "PNEU_A\\^[B in the environment is no setting", "" },
	{ "PNEU_PASSWORD=hunter2",
	    "PNEU_PASSWORD: this cannot be set by the environment",
	    "did you mean PNEU_PASSWORD_FILE?" },
	{ "PNEU_PASSWORD_COMMAND=hunter2",
	    "PNEU_PASSWORD_COMMAND: this cannot be set by the environment",
	    "did you mean PNEU_PASSWORD_FILE?" },
	{ "PNEU_LOG=/etc/x", "PNEU_LOG: this cannot be set by the environment",
	    "" },
	{ "PNEU_FROM=x", "PNEU_FROM: this cannot be set by the environment",
	    "" },
	{ "PNEU_TLS_VERIFY=no",
	    "PNEU_TLS_VERIFY: this cannot be set by the environment", "" },
	{ "PNEU_TLS_PRIORITIES=NORMAL:%VERIFY_DISABLE_CRL_CHECKS",
	    "PNEU_TLS_PRIORITIES: this cannot be set by the environment", "" },
	{ "PNEU_HELP=yes", "PNEU_HELP: this cannot be set by the environment",
	    "" },
	{ "PNEU_USER=", "PNEU_USER: \"\" is empty", "" },
	{ "PNEU_TLS=no", "PNEU_TLS: \"no\" is none of implicit, starttls, none",
	    "" },
	{ "PNEU_HOST=a|PNEU_HOST=b",
	    "PNEU_HOST stands twice in the environment", "" },
};

static void
G_14_bad_variables_are_78_and_never_ignored(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_environments); i++) {
		char *environment[WORDS_MAX];
		struct layer l;
		struct fail f;

		words_split(bad_environments[i].entries, environment);
		layer_init(&l);
		assert_int_equal(environment_read(&l, environment, &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_string_equal(f.words, bad_environments[i].words);
		assert_string_equal(f.advice, bad_environments[i].advice);
		layer_free(&l);
		words_free(environment);
	}
}

static void
variables_of_other_programs_do_not_matter(void **state)
{
	static const char others[] = "PNEU|PNEUMA_X=1|XPNEU_HOST=1|=|"
				     "PNEU_NOT_AN_ENTRY|PNEU_TLS_SERVER_NAME=n";
	char *environment[WORDS_MAX];
	struct layer l;

	(void)state;
	words_split(others, environment);
	layer_init(&l);
	assert_int_equal(environment_read(&l, environment, NULL), 0);
	assert_string_equal(l.set.tls_server_name, "n");
	assert_int_equal(environment_read(&l, NULL, NULL), 0);
	assert_string_equal(
	    environment_get(environment, "PNEU_TLS_SERVER_NAME"), "n");
	assert_null(environment_get(environment, "PNEU_TLS"));
	words_free(environment);
	layer_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    values_are_parsed_and_print_so_that_they_parse_again),
		cmocka_unit_test(bad_values_are_refused_with_what_is_allowed),
		cmocka_unit_test(a_list_or_a_text_has_its_row_s_cap),
		cmocka_unit_test(command_lines_are_read_as_sendmail_reads_them),
		cmocka_unit_test(bad_command_lines_are_64_with_the_flag_named),
		cmocka_unit_test(P_04_without_a_name_the_caller_is_restricted),
		cmocka_unit_test(G_10_a_huge_argument_is_refused_in_few_words),
		cmocka_unit_test(G_14_bad_variables_are_78_and_never_ignored),
		cmocka_unit_test(variables_of_other_programs_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
