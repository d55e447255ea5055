/*
 * The whole of conf/: from argv, an environment and a file to the plan that is
 * merged from them, and back to text.
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
#include "smtp/engine.h"
#include "conf/profile.h"
#include "lib/scratch.h"
#include "lib/words.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

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
		int argc = words_split(asks[i], argv);

		words_split("PNEU_CONFIG=/nonexistent|PNEU_X=y", environment);
		assert_int_equal(
		    wishes_read(&w, argc, argv, environment, &f), 0);
		assert_true(wishes_run(w)->help || wishes_run(w)->version ||
			    wishes_run(w)->completion != NULL);
		wishes_free(w);
		words_free(argv);
		words_free(environment);
	}
}

/* The plan. */

#define PIN "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

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
	/* nor does trust go with another host */
	{ "host = h\ntls-verify = no", "", "pneu|--host=x|--user=u", NULL, NULL,
	    "default x:465 implicit u" },
	{ "host = h\ntls-verify = no\nuser = u\nauth-unverified = yes", "",
	    "pneu", NULL, NULL, "default h:465 implicit u" },
	{ "host = h\ntls-verify = no", "", "pneu", NULL, NULL,
	    "default h:465 implicit" },
	{ "host = h\ntls-trust = pin\ntls-pin = " PIN, "", "pneu|--host=x",
	    NULL, NULL, "default x:465 implicit" },
	{ "host = h\ntls-trust = pin\ntls-pin = " PIN, "", "pneu", NULL, NULL,
	    "default h:465 implicit" },
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

struct attempt {
	struct scratch scratch;
	char *argv[WORDS_MAX], *environment[WORDS_MAX];
	struct wishes *wishes;
	struct plan *plan;
	struct fail fail;
};

/* The whole way; 0, or -1 with fail. */
static int
attempt(struct attempt *t, const char *file, const char *environment,
    const char *line)
{
	int argc, n;

	memset(t, 0, sizeof(*t));
	scratch_make(&t->scratch, file, strlen(file), 0600);
	argc = words_split(line, t->argv);
	n = *environment == '\0' ? 0 : words_split(environment, t->environment);
	t->environment[n] = xasprintf("PNEU_CONFIG=%s", t->scratch.path);
	if (wishes_read(
		&t->wishes, argc, t->argv, t->environment, &t->fail) != 0)
		return -1;
	return wishes_check(t->wishes, &t->fail);
}

static void
end_attempt(struct attempt *t)
{
	plan_free(t->plan);
	wishes_free(t->wishes);
	words_free(t->argv);
	words_free(t->environment);
	scratch_remove(&t->scratch);
}

static void
plans_are_merged_by_the_rules_of_precedence_and_account(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_plans); i++) {
		struct attempt t;
		char *text;

		assert_int_equal(
		    attempt(&t, good_plans[i].file, good_plans[i].environment,
			good_plans[i].line),
		    0);
		assert_int_equal(
		    plan_new(&t.plan, t.wishes, good_plans[i].sender,
			good_plans[i].header, &t.fail),
		    0);
		text = plan_words(t.plan);
		assert_string_equal(text, good_plans[i].plan);
		free(text);
		end_attempt(&t);
	}
}

static const struct {
	const char *file, *environment, *line;
	enum fail_kind kind;
	const char *words; /* a part of them; @ is the file's name */
} bad_plans[] = {
	{ "", "", "pneu", FAIL_CONFIG, "no host is set" },
	{ "user = u", "", "pneu", FAIL_CONFIG, "no host is set" },
	/* G-09: they stand in commands as they are */
	{ "host = h\ndomain = x> SIZE=1", "", "pneu", FAIL_CONFIG,
	    "domain (@:2): \"x> SIZE=1\" is no domain" },
	{ "host = h", "PNEU_DOMAIN=a, b", "pneu", FAIL_CONFIG,
	    "domain (PNEU_DOMAIN): \"a, b\" is no domain" },
	{ "host = h\ndomain = a@b", "", "pneu", FAIL_CONFIG, "is no domain" },
	{ "host = h\ndomain = a.", "", "pneu", FAIL_CONFIG, "is no domain" },
	{ "host = h\nehlo-name = a b", "", "pneu", FAIL_CONFIG,
	    "ehlo-name (@:2): \"a b\" is no domain" },
	{ "host = h\nehlo-name = [::1", "", "pneu", FAIL_CONFIG,
	    "is no domain" },
	{ "host = h\nenvelope-from = a b", "", "pneu", FAIL_CONFIG,
	    "envelope-from (@:2): \"a b\" is no address" },
	{ "host = h\nenvelope-from = a@b> X=Y", "", "pneu", FAIL_CONFIG,
	    "is no address" },
	{ "host = h:465", "", "pneu", FAIL_CONFIG,
	    "\"h:465\" is no host name" },
	{ "host = [::1]:465", "", "pneu", FAIL_CONFIG,
	    "\"[::1]:465\" is no host name" },
	{ "host = smtps://h", "", "pneu", FAIL_CONFIG,
	    "\"smtps://h\" is no host name" },
	{ "host = h /run/s", "", "pneu", FAIL_CONFIG,
	    "\"/run/s\" is no host name" },
	/* C-20: whom to trust is never weakened without a word */
	{ "host = h\ntls-pin = sha256:AAAA", "", "pneu", FAIL_CONFIG,
	    "tls-pin (@:2): \"sha256:AAAA\" is no pin" },
	{ "host = h\ntls-trust = pin", "", "pneu", FAIL_CONFIG,
	    "tls-trust (@:2): pin needs tls-pin" },
	{ "host = h\ntls = none\ntls-pin = " PIN, "", "pneu", FAIL_CONFIG,
	    "tls-pin (@:3): without TLS no certificate is shown" },
	{ "host = h\ntls-crl = /c\ntls = none", "", "pneu", FAIL_CONFIG,
	    "tls-crl (@:2): without TLS no certificate is shown" },
	{ "host = h\ntls-crl = /c\ntls-verify = no", "", "pneu", FAIL_CONFIG,
	    "tls-verify (@:3): no, and yet there is tls-crl" },
	{ "host = h\ntls-crl = /c\ntls-trust = pin\ntls-pin = " PIN, "", "pneu",
	    FAIL_CONFIG, "tls-crl (@:2): with tls-trust = pin no authority" },
	{ "host = /run/s\ntls-pin = " PIN, "", "pneu", FAIL_CONFIG,
	    "tls-pin (@:2): this has no meaning with a unix socket" },
	{ "host = h\ntls-key = /k", "", "pneu", FAIL_CONFIG,
	    "tls-key (@:2): it is of no use without tls-certificate" },
	/* C-25: nobody is verified only where nothing secret goes */
	{ "host = h\ntls-verify = no\nuser = u", "", "pneu", FAIL_CONFIG,
	    "tls-verify (@:2): with no the password of u would go to whoever" },
	{ "host = h\nuser = u", "", "pneu|--tls-verify=no", FAIL_CONFIG,
	    "tls-verify (flag): with no the password of u" },
	{ "host = h\ntls-verify = no\ntls-trust = pin\ntls-pin = " PIN, "",
	    "pneu", FAIL_CONFIG,
	    "tls-verify (@:2): no, and yet there is tls-pin" },
	{ "host = h", "PNEU_TLS_VERIFY=no", "pneu", FAIL_CONFIG,
	    "PNEU_TLS_VERIFY" },
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
	{ "host = h\nauth = EXTERNAL, PLAIN", "", "pneu", FAIL_CONFIG,
	    "auth (@:2): EXTERNAL, PLAIN needs a user" },
	{ "host = h\nauthorization-id = a", "", "pneu", FAIL_CONFIG,
	    "authorization-id (@:2): it needs a user who acts" },
	{ "host = /run/s\nauthorization-id = a", "", "pneu", FAIL_CONFIG,
	    "authorization-id (@:2): this has no meaning with a unix socket" },
	{ "host = h\nauth = auto", "", "pneu", FAIL_CONFIG,
	    "auth (@:2): auto needs a user" },
	{ "host = h\npassword-file = /x\npassword = hunter2", "", "pneu",
	    FAIL_CONFIG,
	    "password (@:3) and password-file (@:2): a password "
	    "is in one place only" },
	{ "host = h", "", "pneu|--password-file=/x|--password-command=y",
	    FAIL_USAGE, "password-file (flag) and password-command (flag)" },
	{ "host = h", "", "pneu|--profile=x", FAIL_USAGE,
	    "there is no profile \"x\" in @" },
	{ "host = h", "PNEU_PROFILE=x", "sendmail", FAIL_CONFIG,
	    "there is no profile \"x\" in @" },
	{ "hots = h", "", "sendmail", FAIL_CONFIG, "@:1: hots" },
	{ "host = h", "PNEU_HOTS=h", "sendmail", FAIL_CONFIG, "PNEU_HOTS" },
};

/* text with the name of the file for each '@'; the caller's. */
static char *
name_file(const char *text, const char *path)
{
	struct buf out;
	char *named;

	buf_init(&out, 1000);
	for (; *text != '\0'; text++)
		if (*text == '@')
			buf_add_text(&out, path);
		else
			buf_add(&out, text, 1);
	named = buf_text(&out);
	buf_free(&out);
	return named;
}

static void
plans_that_cannot_be_meant_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_plans); i++) {
		struct attempt t;
		char *want;

		if (attempt(&t, bad_plans[i].file, bad_plans[i].environment,
			bad_plans[i].line) == 0)
			assert_int_equal(
			    plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail),
			    -1);
		assert_null(t.plan);
		assert_int_equal(t.fail.kind, bad_plans[i].kind);
		want = name_file(bad_plans[i].words, t.scratch.path);
		if (strstr(t.fail.words, want) == NULL)
			fail_msg("%s\nis not in\n%s", want, t.fail.words);
		assert_null(strstr(t.fail.words, "hunter2"));
		free(want);
		end_attempt(&t);
	}
}

static void
names_that_stand_in_commands_have_a_labels(void **state)
{
	struct attempt t;

	(void)state;
	assert_int_equal(
	    attempt(&t,
		"host = h\ndomain = b\xC3\xBC"
		"cher.example\nehlo-name = [IPv6:::1]",
		"", "pneu"),
	    0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_string_equal(t.plan->set.domain, "xn--bcher-kva.example");
	assert_string_equal(t.plan->set.ehlo_name, "[IPv6:::1]");
	end_attempt(&t);
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
	struct attempt first, second;
	char *once, *twice, *bare;

	(void)state;
	assert_int_equal(attempt(&first, file, "", "pneu"), 0);
	assert_int_equal(
	    plan_new(&first.plan, first.wishes, NULL, NULL, &first.fail), 0);
	once = print_plan(first.plan);
	assert_non_null(strstr(once, "\nuser = \"\"q\"\"\n"));
	assert_non_null(strstr(once, "\npassword-command = \" x\"\n"));
	assert_int_equal(attempt(&second, once, "", "pneu"), 0);
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
	end_attempt(&first);
	end_attempt(&second);
}

static void
O_02_a_printed_plan_says_of_a_secret_only_that_it_is_set(void **state)
{
	struct attempt t;
	char *text;

	(void)state;
	assert_int_equal(attempt(&t, "host = h\nuser = u\npassword = hunter2",
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
	end_attempt(&t);
}

static void
without_a_user_there_is_no_AUTH(void **state)
{
	struct attempt t;

	(void)state;
	assert_int_equal(attempt(&t, "host = h", "", "pneu"), 0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_string_equal(t.plan->set.auth, "off");
	assert_non_null(t.plan->set.domain);
	assert_true(t.plan->set.ehlo_name == NULL ||
		    strchr(t.plan->set.ehlo_name, '.') != NULL);
	end_attempt(&t);
	assert_int_equal(attempt(&t, "host = h\nuser = u", "", "pneu"), 0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_string_equal(t.plan->set.auth, "auto");
	end_attempt(&t);
	/* but by a certificate */
	assert_int_equal(
	    attempt(&t, "host = h\nauth = EXTERNAL", "", "pneu"), 0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_string_equal(t.plan->set.auth, "EXTERNAL");
	end_attempt(&t);
}

static void
a_leading_tilde_is_the_home_directory(void **state)
{
	struct attempt t;

	(void)state;
	assert_int_equal(attempt(&t,
			     "host = h\nuser = u\npassword-file = ~/x\n"
			     "log = ~/y\n",
			     "", "pneu"),
	    0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_int_equal(t.plan->set.password_file[0], '/');
	assert_non_null(strstr(t.plan->set.password_file, "/x"));
	assert_int_equal(t.plan->set.log[0], '/');
	end_attempt(&t);
}

static void
wishes_tell_what_this_run_needs_before_a_profile_is_chosen(void **state)
{
	struct attempt t;
	char *const *operands;
	const char *const *notes;

	(void)state;
	assert_int_equal(
	    attempt(&t, two, "", "sendmail|-t|-oi|-oem|-fx@y|-v|r|-X/z"), 0);
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
	end_attempt(&t);
}

static void
O_04_all_plans_have_one_password_in_memory(void **state)
{
	static const char file[] = "host = h\nuser = u\npassword = sesame\n"
				   "[other]\nfrom = *@o.example";
	struct attempt t;
	struct plan *other;

	(void)state;
	assert_int_equal(attempt(&t, file, "", "pneu"), 0);
	assert_int_equal(plan_new(&t.plan, t.wishes, NULL, NULL, &t.fail), 0);
	assert_int_equal(
	    plan_new(&other, t.wishes, "x@o.example", NULL, &t.fail), 0);
	assert_string_equal(other->profile, "other");
	assert_ptr_equal(t.plan->set.password, other->set.password);
	plan_free(other);
	assert_string_equal(t.plan->set.password, "sesame");
	end_attempt(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    help_and_version_read_no_file_and_no_environment),
		cmocka_unit_test(
		    plans_are_merged_by_the_rules_of_precedence_and_account),
		cmocka_unit_test(plans_that_cannot_be_meant_are_refused),
		cmocka_unit_test(names_that_stand_in_commands_have_a_labels),
		cmocka_unit_test(
		    a_printed_plan_is_a_file_that_gives_the_same_plan),
		cmocka_unit_test(
		    O_02_a_printed_plan_says_of_a_secret_only_that_it_is_set),
		cmocka_unit_test(O_04_all_plans_have_one_password_in_memory),
		cmocka_unit_test(without_a_user_there_is_no_AUTH),
		cmocka_unit_test(a_leading_tilde_is_the_home_directory),
		cmocka_unit_test(
		    wishes_tell_what_this_run_needs_before_a_profile_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
