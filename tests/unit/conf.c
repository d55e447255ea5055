/*
 * conf/: the command line, the environment, pneu.conf, and the plan that is
 * merged from them.  Each part has a table of what is taken and a table of
 * what is refused.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/engine.h"
#include "conf/argv.h"
#include "conf/environment.h"
#include "conf/file.h"
#include "conf/layer.h"
#include "conf/options.h"
#include "conf/profile.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { WORDS_MAX = 16 };

/* Splits a line at '|' into words; each is the caller's. */
static int
split(const char *line, char **words)
{
	int n = 0;

	while (line != NULL && n < WORDS_MAX - 1) {
		const char *end = strchr(line, '|');

		words[n++] = end != NULL ? xstrndup(line, (size_t)(end - line))
					 : xstrdup(line);
		line = end != NULL ? end + 1 : NULL;
	}
	words[n] = NULL;
	return n;
}

static void
free_words(char **words)
{
	for (; *words != NULL; words++) {
		free(*words);
		*words = NULL;
	}
}

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
	{ "tls-trust", "system", "system" },
	{ "tls-trust", "/etc/ssl/ca.pem", "/etc/ssl/ca.pem" },
	{ "tls-trust", "~/ca.pem", "~/ca.pem" },
	{ "log", "-", "-" },
	{ "auth", "off", "off" },
	{ "auth", "login, PLAIN", "login, PLAIN" },
	{ "auth-unverified", "yes", "yes" },
	{ "auth-unverified", NULL, "yes" },
	{ "auth-unverified", "no", "no" },
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
	{ "tls-trust", "ca.pem",
	    "does not begin with / or ~/ and is none of system" },
	{ "tls-trust", "~ca.pem",
	    "does not begin with / or ~/ and is none of system" },
	{ "password-file", "pw", "does not begin with / or ~/" },
	{ "auth", "auto, plain",
	    "is none of auto, off and no list of known mechanisms" },
	{ "auth", "NTLM",
	    "is none of auto, off and no list of known mechanisms" },
	{ "auth", ", ,",
	    "is none of auto, off and no list of known mechanisms" },
	{ "auth-unverified", "true", "is neither yes nor no" },
	{ "auth-unverified", "YES", "is neither yes nor no" },
	{ "auth-unverified", "", "is neither yes nor no" },
	{ "user", "", "is empty" },
	{ "user", "a\rb", "holds a control character" },
	{ "password", "", "is empty" },
	{ "password", "a\rb", "holds a line end" },
};

static void
bad_values_are_refused_with_a_phrase_that_says_what_is_allowed(void **state)
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
		strcat(text, "h ");
	assert_null(layer_set(&l, host, text, "x"));
	strcat(text, "h");
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
	if (set->verbose > 0)
		buf_addf(&out, "v%u ", set->verbose);
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
	{ "sendmail|-N|success,delay|-R|hdrs|-Vid|r", "<r> 3 notes" },
	{ "sendmail|-h|3|-L|tag|-X|/x|-C|/y|r", "<r> 4 notes" },
	{ "sendmail|-cGmnsTUx|r", "<r> 8 notes" },
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
		int argc = split(good_lines[i].line, argv);
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
		free_words(argv);
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
	{ "sendmail|-bp", "-b: this pneu keeps no queue" },
	{ "sendmail|-b|p", "-b: this pneu keeps no queue" },
	{ "sendmail|-bs", "-b: this pneu speaks no SMTP on its stdin" },
	{ "sendmail|-bi", "-b: this pneu keeps no table of aliases" },
	{ "sendmail|-I", "-I: this pneu keeps no table of aliases" },
	{ "sendmail|-bv|r", "-b: this pneu cannot verify addresses" },
	{ "sendmail|-bt", "-b: this pneu has no such mode; it sends letters" },
	{ "sendmail|-bd", "-b: this pneu has no such mode; it sends letters" },
	{ "sendmail|-q", "-q: this pneu keeps no queue" },
	{ "sendmail|-q15m", "-q: this pneu keeps no queue" },
	{ "sendmail|-vqIx", "-q: this pneu keeps no queue" },
	{ "mailq", "mailq: this pneu keeps no queue" },
	{ "/usr/bin/mailq|-v", "mailq: this pneu keeps no queue" },
	{ "newaliases", "newaliases: this pneu keeps no table of aliases" },
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
		int argc = split(bad_lines[i].line, argv);
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
		free_words(argv);
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

		split(bad_environments[i].entries, environment);
		layer_init(&l);
		assert_int_equal(environment_read(&l, environment, &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_string_equal(f.words, bad_environments[i].words);
		assert_string_equal(f.advice, bad_environments[i].advice);
		layer_free(&l);
		free_words(environment);
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
	split(others, environment);
	layer_init(&l);
	assert_int_equal(environment_read(&l, environment, NULL), 0);
	assert_string_equal(l.set.tls_server_name, "n");
	assert_int_equal(environment_read(&l, NULL, NULL), 0);
	assert_string_equal(
	    environment_get(environment, "PNEU_TLS_SERVER_NAME"), "n");
	assert_null(environment_get(environment, "PNEU_TLS"));
	free_words(environment);
	layer_free(&l);
}

/* The file. */

#define LINES(text) (text), sizeof(text) - 1

static const struct {
	const char *text;
	size_t len;
	const char *profiles; /* name(host,password)... */
} good_files[] = {
	{ LINES(""), "default(,)" },
	{ LINES("\n\n"), "default(,)" },
	{ LINES("host=a"), "default(a,)" },
	{ LINES(" \t host \t=\t a \t\n"), "default(a,)" },
	{ LINES("host = a\r\n[b]\r\nhost = c\r\n"), "default(a,) b(c,)" },
	{ LINES("\xEF\xBB\xBFhost = a\n"), "default(a,)" },
	{ LINES("# host = a\n  # host = a\n#"), "default(,)" },
	{ LINES("password = a # b"), "default(,a # b)" },
	{ LINES("password = =#[x]\"'"), "default(,=#[x]\"')" },
	{ LINES("password = \" a \""), "default(, a )" },
	{ LINES("password = \"\"a\"\""), "default(,\"a\")" },
	{ LINES("password = \""), "default(,\")" },
	{ LINES("password = a\tb\x7F\xFF"), "default(,a\tb\x7F\xFF)" },
	{ LINES("[default]\nhost = a\n[ b c ]\n[#]\nhost = x\n"),
	    "default(a,) b c(,) #(x,)" },
};

static char *
describe(const struct file *file)
{
	struct buf out;
	char *text;

	buf_init(&out, 10000);
	for (size_t i = 0; i < file->count; i++) {
		const struct settings *set = &file->profiles[i].layer.set;

		buf_addf(&out, "%s%s(%s,%s)", i == 0 ? "" : " ",
		    file->profiles[i].name,
		    set->host.count > 0 ? set->host.items[0] : "",
		    set->password != NULL ? set->password : "");
	}
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

static void
files_are_read_line_by_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_files); i++) {
		struct file file;
		struct fail f;
		char *text;

		file_init(&file, "pneu.conf");
		assert_int_equal(
		    file_parse(&file, (const uint8_t *)good_files[i].text,
			good_files[i].len, &f),
		    0);
		text = describe(&file);
		assert_string_equal(text, good_files[i].profiles);
		free(text);
		file_free(&file);
	}
}

static const struct {
	const char *text;
	size_t len;
	const char *words, *advice;
} bad_files[] = {
	{ LINES("hsot = a"), "pneu.conf:1: hsot: there is no such key",
	    "did you mean host?" },
	{ LINES("\n\ntls_trust = a"),
	    "pneu.conf:3: tls_trust: there is no such key",
	    "did you mean tls-trust?" },
	{ LINES("Host = a"), "pneu.conf:1: this is no key",
	    "did you mean host?" },
	{ LINES("quux = a"), "pneu.conf:1: this is no key", "" },
	{ LINES("config = /x"), "pneu.conf:1: this is no key", "" },
	{ LINES("help = yes"), "pneu.conf:1: this is no key", "" },
	{ LINES("= a"), "pneu.conf:1: this is no key", "" },
	{ LINES("host"), "pneu.conf:1: there is no = in this line", "" },
	{ LINES("host ="), "pneu.conf:1: host: \"\" is empty", "" },
	{ LINES("host = \"\""), "pneu.conf:1: host: \"\" is empty", "" },
	{ LINES("host = a\nport = 5\nhost = b"),
	    "pneu.conf:3: host: this key stands there already", "" },
	{ LINES("tls = off"),
	    "pneu.conf:1: tls: \"off\" is none of implicit, "
	    "starttls, none",
	    "" },
	{ LINES("port = 5 # x"),
	    "pneu.conf:1: port: \"5 # x\" is no number "
	    "from 1 to 65535",
	    "" },
	{ LINES("host = a\0b"), "pneu.conf:1: a NUL is in this line", "" },
	{ LINES("#\0"), "pneu.conf:1: a NUL is in this line", "" },
	{ LINES("host = a\rport = 5"),
	    "pneu.conf:1: host: \"a\\rport = 5\" "
	    "holds a control character",
	    "" },
	{ LINES("[a"), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("["), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("[a] # b"), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("[]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[ ]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[a]b]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[a\033]"), "pneu.conf:1: this is no name of a profile", "" },
	{ LINES("[a]\n[b]\n[a]"),
	    "pneu.conf:3: a: this profile stands there already", "" },
	{ LINES("host = a\n[default]"),
	    "pneu.conf:2: default: this profile stands there already", "" },
	{ LINES("[a]\n[default]"),
	    "pneu.conf:2: default: this profile stands there already", "" },
	{ LINES("[a]\npassword-file = /x\npassword-command = y"),
	    "password-file (pneu.conf:2) and password-command (pneu.conf:3): "
	    "a password is in one place only",
	    "" },
	/* P-16: not even where the line itself is broken */
	{ LINES("password = hunter2\npassword = hunter2"),
	    "pneu.conf:2: password: this key stands there already", "" },
	{ LINES("password hunter2"), "pneu.conf:1: there is no = in this line",
	    "" },
	{ LINES("passwrod = hunter2"),
	    "pneu.conf:1: passwrod: there is no such key",
	    "did you mean password?" },
	{ LINES("password = a\nhunter2=="), "pneu.conf:2: this is no key", "" },
	{ LINES("hunter2 = password"), "pneu.conf:1: this is no key", "" },
	{ LINES("[hunter2"), "pneu.conf:1: a [profile] ends with ]", "" },
	{ LINES("password = hunter2\rx"),
	    "pneu.conf:1: password: holds a line end", "" },
	{ LINES("password-command = hunter2\001"),
	    "pneu.conf:1: password-command: holds a control character", "" },
	{ LINES("password-file = hunter2"),
	    "pneu.conf:1: password-file: does not begin with / or ~/", "" },
};

static void
bad_files_are_78_with_file_and_line_and_never_show_a_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_files); i++) {
		struct file file;
		struct fail f;

		file_init(&file, "pneu.conf");
		assert_int_equal(
		    file_parse(&file, (const uint8_t *)bad_files[i].text,
			bad_files[i].len, &f),
		    -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_string_equal(f.words, bad_files[i].words);
		assert_string_equal(f.advice, bad_files[i].advice);
		assert_null(strstr(f.words, "hunter2"));
		assert_null(strstr(f.advice, "hunter2"));
		file_free(&file);
	}
}

/* A file on disk, and what reading it says. */

struct scratch {
	char path[64];
};

static void
scratch_make(struct scratch *s, const void *octets, size_t len, mode_t mode)
{
	int fd;

	strcpy(s->path, "/tmp/pneu-conf-XXXXXX");
	fd = mkstemp(s->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
scratch_remove(struct scratch *s)
{
	unlink(s->path);
}

static int
read_scratch(const struct scratch *s, struct fail *f)
{
	char *line = xasprintf("pneu|-C|%s", s->path), *argv[WORDS_MAX];
	struct wishes *w;
	int argc = split(line, argv), result;

	result = wishes_read(&w, argc, argv, NULL, f);
	wishes_free(w);
	free_words(argv);
	free(line);
	return result;
}

static const struct {
	const char *text;
	mode_t mode;
	const char *words; /* NULL: taken */
} modes[] = {
	{ "host = a\n", 0600, NULL },
	{ "host = a\n", 0644, NULL },
	{ "host = a\n", 0664, "has mode 0664: others may write to it" },
	{ "host = a\n", 0602, "has mode 0602: others may write to it" },
	{ "password = hunter2\n", 0600, NULL },
	{ "password = hunter2\n", 0400, NULL },
	{ "password = hunter2\n", 0644,
	    "has mode 0644: others may read a "
	    "secret in it" },
	{ "[x]\npassword = hunter2\n", 0640,
	    "has mode 0640: others may read "
	    "a secret in it" },
	{ "password-file = /x\n", 0644, NULL },
};

static void
G_12_a_file_with_a_secret_is_private(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct scratch s;
		struct fail f = { FAIL_NONE, "", "" };
		int result;

		scratch_make(
		    &s, modes[i].text, strlen(modes[i].text), modes[i].mode);
		result = read_scratch(&s, &f);
		assert_int_equal(result, modes[i].words == NULL ? 0 : -1);
		if (modes[i].words != NULL) {
			assert_int_equal(f.kind, FAIL_CONFIG);
			assert_non_null(strstr(f.words, modes[i].words));
			assert_non_null(strstr(f.advice, "chmod"));
			assert_null(strstr(f.words, "hunter2"));
		}
		scratch_remove(&s);
	}
}

static void
G_13_a_file_has_a_cap_and_is_a_file(void **state)
{
	char *big = xmalloc(FILE_MAX + 1);
	struct scratch s;
	struct fail f;

	(void)state;
	memset(big, '\n', FILE_MAX + 1);
	scratch_make(&s, big, FILE_MAX, 0600);
	assert_int_equal(read_scratch(&s, &f), 0);
	scratch_remove(&s);
	scratch_make(&s, big, FILE_MAX + 1, 0600);
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_non_null(strstr(f.words, "larger than 1048576 octets"));
	scratch_remove(&s);
	free(big);

	strcpy(s.path, "/tmp");
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	strcpy(s.path, "/nonexistent/pneu.conf");
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	scratch_make(&s, "", 0, 0600);
	scratch_remove(&s);
	assert_int_equal(mkfifo(s.path, 0600), 0);
	assert_int_equal(read_scratch(&s, &f), -1);
	assert_non_null(strstr(f.words, "is not a regular file"));
	scratch_remove(&s);
}

static void
profiles_have_a_cap(void **state)
{
	struct file file;
	struct fail f;
	char line[32];

	(void)state;
	file_init(&file, "c");
	for (int i = 1; i < FILE_PROFILES_MAX; i++) {
		snprintf(line, sizeof(line), "[p%d]", i);
		assert_int_equal(file_line(&file, line, strlen(line), &f), 0);
	}
	assert_int_equal(file_line(&file, "[more]", 6, &f), -1);
	assert_string_equal(f.words, "c:1000: too many profiles");
	file_free(&file);
}

/* Questions about the program are answered whatever else is wrong. */
static void
help_and_version_read_no_file_and_no_environment(void **state)
{
	static const char *const asks[] = { "pneu|--help", "pneu|-h",
		"pneu|--version", "pneu|--completion=bash" };

	(void)state;
	for (size_t i = 0; i < COUNT(asks); i++) {
		char *argv[WORDS_MAX], *environment[WORDS_MAX];
		struct wishes *w;
		struct fail f;
		int argc = split(asks[i], argv);

		split("PNEU_CONFIG=/nonexistent|PNEU_X=y", environment);
		assert_int_equal(
		    wishes_read(&w, argc, argv, environment, &f), 0);
		assert_true(wishes_run(w)->help || wishes_run(w)->version ||
			    wishes_run(w)->completion != NULL);
		wishes_free(w);
		free_words(argv);
		free_words(environment);
	}
}

/* The plan. */

static const char two[] = "host = smtp.example.org\n"
			  "user = me@example.org\n"
			  "password-command = pass mail/example\n"
			  "source-address = 192.0.2.1\n"
			  "timeout = 5m\n"
			  "domain = example.org\n"
			  "[work]\n"
			  "from = *@corp.example, me@corp.example.org\n"
			  "host = smtp.corp.example\n"
			  "tls = starttls\n"
			  "user = me@corp.example\n"
			  "password-file = /w\n"
			  "[play]\n"
			  "from = me@play.example\n"
			  "password-file = /p\n"
			  "recipients = all\n"
			  "[bare]\n"
			  "from = *@bare.example me@play.example\n"
			  "host = bare.example\n";

static const struct {
	const char *file, *environment, *line, *sender, *header, *plan;
} good_plans[] = {
	/* ports and TLS */
	{ "host = h", "", "pneu", NULL, NULL, "default h:465 implicit" },
	{ "host = h\ntls = starttls", "", "pneu", NULL, NULL,
	    "default h:587 starttls" },
	{ "host = h\ntls = none", "", "pneu", NULL, NULL, "default h:25 none" },
	{ "host = h\nport = 465", "", "pneu", NULL, NULL,
	    "default h:465 implicit" },
	{ "host = h\nport = 2525", "", "pneu", NULL, NULL,
	    "default h:2525 starttls" },
	{ "host = h\nport = 587\ntls = implicit", "", "pneu", NULL, NULL,
	    "default h:587 implicit" },
	{ "host = /run/s", "", "pneu", NULL, NULL, "default /run/s:0 none" },
	{ "host = [::1]", "", "pneu", NULL, NULL,
	    "default [::1]:465 implicit" },
	{ "host = 2001:db8::1", "", "pneu", NULL, NULL,
	    "default 2001:db8::1:465 implicit" },
	/* the account, and what is inherited */
	{ two, "", "pneu", NULL, NULL,
	    "default smtp.example.org:465 implicit me@example.org "
	    "command=pass mail/example source=192.0.2.1 timeout=300" },
	{ two, "", "pneu|--profile=work", NULL, NULL,
	    "work smtp.corp.example:587 starttls me@corp.example file=/w "
	    "timeout=300" },
	{ two, "", "pneu|--profile=play", NULL, NULL,
	    "play smtp.example.org:465 implicit me@example.org file=/p "
	    "source=192.0.2.1 timeout=300 all" },
	{ two, "", "pneu|--profile=bare", NULL, NULL,
	    "bare bare.example:465 implicit timeout=300" },
	/* whoever names the host starts afresh */
	{ two, "", "pneu|--host=x", NULL, NULL,
	    "default x:465 implicit timeout=300" },
	{ two, "PNEU_HOST=x", "pneu", NULL, NULL,
	    "default x:465 implicit timeout=300" },
	{ two, "PNEU_HOST=x|PNEU_USER=u|PNEU_PASSWORD_FILE=/e", "pneu", NULL,
	    NULL, "default x:465 implicit u file=/e timeout=300" },
	{ two, "PNEU_HOST=x|PNEU_USER=u|PNEU_PASSWORD_FILE=/e", "pneu|--host=y",
	    NULL, NULL, "default y:465 implicit timeout=300" },
	{ two, "PNEU_HOST=x", "pneu|--user=u|--password-file=/f", NULL, NULL,
	    "default x:465 implicit u file=/f timeout=300" },
	/* a container needs no file */
	{ "", "PNEU_HOST=x|PNEU_USER=u|PNEU_PASSWORD_FILE=/e", "pneu", NULL,
	    NULL, "default x:465 implicit u file=/e" },
	/* precedence, key by key */
	{ two, "PNEU_TIMEOUT=7", "pneu", NULL, NULL,
	    "default smtp.example.org:465 implicit me@example.org "
	    "command=pass mail/example source=192.0.2.1 timeout=7" },
	{ two, "PNEU_TIMEOUT=7", "pneu|--timeout=8|--port=1465", NULL, NULL,
	    "default smtp.example.org:1465 starttls me@example.org "
	    "command=pass mail/example source=192.0.2.1 timeout=8" },
	{ two, "PNEU_PASSWORD_FILE=/e", "pneu", NULL, NULL,
	    "default smtp.example.org:465 implicit me@example.org file=/e "
	    "source=192.0.2.1 timeout=300" },
	{ two, "PNEU_PASSWORD_FILE=/e", "pneu|--password-command=c", NULL, NULL,
	    "default smtp.example.org:465 implicit me@example.org "
	    "command=c source=192.0.2.1 timeout=300" },
	/* which profile */
	{ two, "", "pneu", "a@corp.example", NULL,
	    "work smtp.corp.example:587 starttls me@corp.example file=/w "
	    "timeout=300" },
	{ two, "", "sendmail", "a@bare.example", "a@corp.example",
	    "bare bare.example:465 implicit timeout=300" },
	{ two, "", "pneu", "a@else.example", "a@bare.example",
	    "default smtp.example.org:465 implicit me@example.org "
	    "command=pass mail/example source=192.0.2.1 timeout=300" },
	{ two, "", "pneu", NULL, "a@bare.example",
	    "bare bare.example:465 implicit timeout=300" },
	{ two, "", "pneu", "", "a@bare.example",
	    "bare bare.example:465 implicit timeout=300" },
	{ two, "", "pneu", "", "me@play.example",
	    "play smtp.example.org:465 implicit me@example.org file=/p "
	    "source=192.0.2.1 timeout=300 all" },
	{ two, "PNEU_PROFILE=bare", "sendmail", "a@corp.example", NULL,
	    "bare bare.example:465 implicit timeout=300" },
	{ two, "PNEU_PROFILE=bare", "pneu|--profile=default", NULL, NULL,
	    "default smtp.example.org:465 implicit me@example.org "
	    "command=pass mail/example source=192.0.2.1 timeout=300" },
	/* a stranger's From field chooses nothing under a restricted name */
	{ two, "", "sendmail", NULL, "a@bare.example",
	    "default smtp.example.org:465 implicit me@example.org "
	    "command=pass mail/example source=192.0.2.1 timeout=300" },
	{ "profile-by-header = yes\nhost = h\n[b]\nfrom = a@b", "", "sendmail",
	    NULL, "a@b", "b h:465 implicit" },
	{ "host = h\n[b]\nfrom = a@b\nprofile-by-header = yes", "", "sendmail",
	    NULL, "a@b", "default h:465 implicit" },
	{ "host = h\n[b]\nfrom = a@b", "PNEU_PROFILE_BY_HEADER=yes", "sendmail",
	    NULL, "a@b", "b h:465 implicit" },
	/* AUTH */
	{ "host = h\ntls = none\nuser = u\nauth-unverified = yes", "", "pneu",
	    NULL, NULL, "default h:25 none u" },
	{ "host = h\ntls = none\nuser = u\nauth = off", "", "pneu", NULL, NULL,
	    "default h:25 none u" },
};

static char *
plan_words(const struct plan *p)
{
	const struct settings *set = &p->set;
	struct buf out;
	char *text;

	buf_init(&out, 4096);
	buf_addf(&out, "%s %s:%u %s", p->profile, set->host.items[0], set->port,
	    set->tls == ENGINE_TLS_IMPLICIT ? "implicit"
	    : set->tls == ENGINE_TLS_NONE   ? "none"
					    : "starttls");
	if (set->user != NULL)
		buf_addf(&out, " %s", set->user);
	if (set->password != NULL)
		buf_addf(&out, " password=%s", set->password);
	if (set->password_file != NULL)
		buf_addf(&out, " file=%s", set->password_file);
	if (set->password_command != NULL)
		buf_addf(&out, " command=%s", set->password_command);
	if (set->source_address != NULL)
		buf_addf(&out, " source=%s", set->source_address);
	if (set->timeout != 0)
		buf_addf(&out, " timeout=%u", set->timeout);
	if (set->recipients == ENGINE_RECIPIENTS_ALL)
		buf_add_text(&out, " all");
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

struct
try {
	struct scratch scratch;
	char *argv[WORDS_MAX], *environment[WORDS_MAX];
	struct wishes *wishes;
	struct plan *plan;
	struct fail fail;
};

/* The whole way; 0, or -1 with fail. */
static int
try_plan(
    struct try *t, const char *file, const char *environment, const char *line)
{
	int argc, n;

	memset(t, 0, sizeof(*t));
	scratch_make(&t->scratch, file, strlen(file), 0600);
	argc = split(line, t->argv);
	n = *environment == '\0' ? 0 : split(environment, t->environment);
	t->environment[n] = xasprintf("PNEU_CONFIG=%s", t->scratch.path);
	return wishes_read(&t->wishes, argc, t->argv, t->environment, &t->fail);
}

static void
end_try(struct try *t)
{
	plan_free(t->plan);
	wishes_free(t->wishes);
	free_words(t->argv);
	free_words(t->environment);
	scratch_remove(&t->scratch);
}

static void
plans_are_merged_by_the_rules_of_precedence_and_account(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_plans); i++) {
		struct try t;
		char *text;

		assert_int_equal(
		    try_plan(&t, good_plans[i].file, good_plans[i].environment,
			good_plans[i].line),
		    0);
		assert_int_equal(
		    plan_new(&t.plan, t.wishes, good_plans[i].sender,
			good_plans[i].header, &t.fail),
		    0);
		text = plan_words(t.plan);
		assert_string_equal(text, good_plans[i].plan);
		free(text);
		end_try(&t);
	}
}

static const struct {
	const char *file, *environment, *line;
	enum fail_kind kind;
	const char *words; /* a part of them; @ is the file's name */
} bad_plans[] = {
	{ "", "", "pneu", FAIL_CONFIG, "no host is set" },
	{ "user = u", "", "pneu", FAIL_CONFIG, "no host is set" },
	{ "host = h:465", "", "pneu", FAIL_CONFIG,
	    "\"h:465\" is no host name" },
	{ "host = [::1]:465", "", "pneu", FAIL_CONFIG,
	    "\"[::1]:465\" is no host name" },
	{ "host = smtps://h", "", "pneu", FAIL_CONFIG,
	    "\"smtps://h\" is no host name" },
	{ "host = h /run/s", "", "pneu", FAIL_CONFIG,
	    "\"/run/s\" is no host name" },
	{ "host = /run/s\nport = 25", "", "pneu", FAIL_CONFIG,
	    "port (@:2): this has no meaning with a unix socket as host" },
	{ "host = /run/s\nuser = u", "", "pneu", FAIL_CONFIG,
	    "user (@:2): this has no meaning with a unix socket as host" },
	{ "host = /run/s\ntls = starttls", "", "pneu", FAIL_CONFIG,
	    "tls (@:2): a unix socket has no TLS" },
	{ "host = h\nuser = u\ntls = none", "", "pneu", FAIL_CONFIG,
	    "tls (@:3): without TLS the password of u would travel" },
	{ "host = h\nuser = u", "", "pneu|--tls=none", FAIL_CONFIG,
	    "tls (flag): without TLS the password of u would travel" },
	{ "host = h\npassword = hunter2", "", "pneu", FAIL_CONFIG,
	    "a password is set for h, but no user" },
	{ "host = h\nauth = PLAIN", "", "pneu", FAIL_CONFIG,
	    "auth (@:2): PLAIN needs a user" },
	{ "host = h\nauth = auto", "", "pneu", FAIL_CONFIG,
	    "auth (@:2): auto needs a user" },
	{ "host = h\npassword-file = /x\npassword = hunter2", "", "pneu",
	    FAIL_CONFIG,
	    "password (@:3) and password-file (@:2): a password "
	    "is in one place only" },
	{ "host = h", "", "pneu|--password-file=/x|--password-command=y",
	    FAIL_CONFIG, "password-file (flag) and password-command (flag)" },
	{ "host = h", "", "pneu|--profile=x", FAIL_USAGE,
	    "there is no profile \"x\" in @" },
	{ "host = h", "PNEU_PROFILE=x", "sendmail", FAIL_CONFIG,
	    "there is no profile \"x\" in @" },
	{ "hots = h", "", "sendmail", FAIL_CONFIG, "@:1: hots" },
	{ "host = h", "PNEU_HOTS=h", "sendmail", FAIL_CONFIG, "PNEU_HOTS" },
};

static void
plans_that_cannot_be_meant_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_plans); i++) {
		char want[512] = "";
		struct try t;

		if (try_plan(&t, bad_plans[i].file, bad_plans[i].environment,
			bad_plans[i].line) == 0)
			assert_int_equal(
			    plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail),
			    -1);
		assert_null(t.plan);
		assert_int_equal(t.fail.kind, bad_plans[i].kind);
		for (const char *c = bad_plans[i].words; *c != '\0'; c++)
			if (*c == '@')
				strcat(want, t.scratch.path);
			else
				strncat(want, c, 1);
		if (strstr(t.fail.words, want) == NULL)
			fail_msg("%s\nis not in\n%s", want, t.fail.words);
		assert_null(strstr(t.fail.words, "hunter2"));
		end_try(&t);
	}
}

static char *
print_plan(const struct plan *p)
{
	struct buf out;
	char *text;

	buf_init(&out, 65536);
	plan_print(p, &out);
	text = buf_text(&out);
	buf_free(&out);
	return text;
}

/* The lines of a text that are no comments. */
static char *
without_comments(const char *text)
{
	struct buf out;
	char *rest;

	buf_init(&out, 65536);
	while (*text != '\0') {
		size_t len = strcspn(text, "\n") + 1;

		if (*text != '#')
			buf_add(&out, text, len);
		text += len;
	}
	rest = buf_text(&out);
	buf_free(&out);
	return rest;
}

static void
a_printed_plan_is_a_file_that_gives_the_same_plan(void **state)
{
	static const char file[] =
	    "host = a, b\nport = 77\nuser = \"\"q\"\"\ndomain = d\n"
	    "ehlo-name = e.e\npassword-command = \" x\"\nlog = none\n"
	    "chunking = grouped\ndeadline = 90\nenvelope-from = me@d\n";
	struct try first, second;
	char *once, *twice, *bare;

	(void)state;
	assert_int_equal(try_plan(&first, file, "", "pneu"), 0);
	assert_int_equal(
	    plan_new(&first.plan, first.wishes, NULL, NULL, &first.fail), 0);
	once = print_plan(first.plan);
	assert_non_null(strstr(once, "\nuser = \"\"q\"\"\n"));
	assert_non_null(strstr(once, "\npassword-command = \" x\"\n"));
	assert_int_equal(try_plan(&second, once, "", "pneu"), 0);
	assert_int_equal(
	    plan_new(&second.plan, second.wishes, NULL, NULL, &second.fail), 0);
	twice = print_plan(second.plan);
	bare = without_comments(once);
	free(once);
	once = bare;
	bare = without_comments(twice);
	assert_string_equal(once, bare);
	free(once);
	free(twice);
	free(bare);
	end_try(&first);
	end_try(&second);
}

static void
O_02_a_printed_plan_says_of_a_secret_only_that_it_is_set(void **state)
{
	struct try t;
	char *text;

	(void)state;
	assert_int_equal(try_plan(&t, "host = h\nuser = u\npassword = hunter2",
			     "", "pneu|--timeout=5"),
	    0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	text = print_plan(t.plan);
	assert_null(strstr(text, "hunter2"));
	assert_non_null(strstr(text, "# password is set\n"));
	assert_non_null(strstr(text, "# password-file is not set\n"));
	assert_non_null(strstr(text, "# flag\ntimeout = 5s\n"));
	assert_non_null(strstr(text, ":1\nhost = h\n"));
	free(text);
	end_try(&t);
}

static void
without_a_user_there_is_no_AUTH(void **state)
{
	struct try t;

	(void)state;
	assert_int_equal(try_plan(&t, "host = h", "", "pneu"), 0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_string_equal(t.plan->set.auth, "off");
	assert_non_null(t.plan->set.domain);
	assert_non_null(strpbrk(t.plan->set.ehlo_name, ".["));
	end_try(&t);
	assert_int_equal(try_plan(&t, "host = h\nuser = u", "", "pneu"), 0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_string_equal(t.plan->set.auth, "auto");
	end_try(&t);
}

static void
a_leading_tilde_is_the_home_directory(void **state)
{
	struct try t;

	(void)state;
	assert_int_equal(try_plan(&t,
			     "host = h\nuser = u\npassword-file = ~/x\n"
			     "log = ~/y\n",
			     "", "pneu"),
	    0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_int_equal(t.plan->set.password_file[0], '/');
	assert_non_null(strstr(t.plan->set.password_file, "/x"));
	assert_int_equal(t.plan->set.log[0], '/');
	end_try(&t);
}

static void
wishes_tell_what_this_run_needs_before_a_profile_is_chosen(void **state)
{
	struct try t;
	char *const *operands;
	const char *const *notes;

	(void)state;
	assert_int_equal(
	    try_plan(&t, two, "", "sendmail|-t|-oi|-oem|-fx@y|-v|r|-X/z"), 0);
	assert_true(wishes_restricted(t.wishes));
	assert_true(wishes_run(t.wishes)->read_recipients);
	assert_true(wishes_run(t.wishes)->dots_are_data);
	assert_int_equal(wishes_run(t.wishes)->verbose, 1);
	assert_string_equal(wishes_run(t.wishes)->sender, "x@y");
	assert_int_equal(wishes_run(t.wishes)->connect_timeout, 30);
	assert_int_equal(wishes_operands(t.wishes, &operands), 1);
	assert_string_equal(operands[0], "r");
	assert_int_equal(wishes_notes(t.wishes, &notes), 2);
	assert_string_equal(notes[1], "-X: no file is written");
	end_try(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    values_are_parsed_and_print_so_that_they_parse_again),
		cmocka_unit_test(
		    bad_values_are_refused_with_a_phrase_that_says_what_is_allowed),
		cmocka_unit_test(a_list_or_a_text_has_its_row_s_cap),
		cmocka_unit_test(command_lines_are_read_as_sendmail_reads_them),
		cmocka_unit_test(bad_command_lines_are_64_with_the_flag_named),
		cmocka_unit_test(P_04_without_a_name_the_caller_is_restricted),
		cmocka_unit_test(G_10_a_huge_argument_is_refused_in_few_words),
		cmocka_unit_test(G_14_bad_variables_are_78_and_never_ignored),
		cmocka_unit_test(variables_of_other_programs_do_not_matter),
		cmocka_unit_test(files_are_read_line_by_line),
		cmocka_unit_test(
		    bad_files_are_78_with_file_and_line_and_never_show_a_secret),
		cmocka_unit_test(G_12_a_file_with_a_secret_is_private),
		cmocka_unit_test(G_13_a_file_has_a_cap_and_is_a_file),
		cmocka_unit_test(profiles_have_a_cap),
		cmocka_unit_test(
		    help_and_version_read_no_file_and_no_environment),
		cmocka_unit_test(
		    plans_are_merged_by_the_rules_of_precedence_and_account),
		cmocka_unit_test(plans_that_cannot_be_meant_are_refused),
		cmocka_unit_test(
		    a_printed_plan_is_a_file_that_gives_the_same_plan),
		cmocka_unit_test(
		    O_02_a_printed_plan_says_of_a_secret_only_that_it_is_set),
		cmocka_unit_test(without_a_user_there_is_no_AUTH),
		cmocka_unit_test(a_leading_tilde_is_the_home_directory),
		cmocka_unit_test(
		    wishes_tell_what_this_run_needs_before_a_profile_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
