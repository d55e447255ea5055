/*
 * netrc: which entry is for whom, what a word is, and that what is not
 * understood is refused, not guessed at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/netrc.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define H "machine h.example "

static const struct netrc_wish wish = { "h.example", "me", 465 };

/* What is found for the wish. */
static int
find(const char *text, char **password_r, unsigned *line_r)
{
	struct buf in, out;
	int result;

	buf_init(&in, 100000);
	buf_init(&out, 1000);
	assert_int_equal(buf_add_text(&in, text), 0);
	result = netrc_find(&in, &wish, &out, line_r);
	*password_r = buf_text(&out);
	buf_free(&in);
	buf_free(&out);
	return result;
}

static const struct {
	const char *text, *password;
} good[] = {
	{ H "login me password x", "x" },
	{ H "password x login me\n", "x" },
	{ "machine\th.example\r\n\tlogin me\r\n\tpassword x\r\n", "x" },
	{ "machine H.EXAMPLE login me password x", "x" },
	{ H "password x", "x" },
	{ H "login me account a password x", "x" },
	{ H "login me port 465 password x", "x" },
	/* the first that fits */
	{ H "login you password y\n" H "login me password x\n", "x" },
	{ H "login me password x\n" H "login me password y\n", "x" },
	{ H "login me port 25 password y " H "login me password x", "x" },
	{ "machine other login me password y\n" H "password x", "x" },
	{ H "login me\n" H "login me password x", "x" },
	{ "default login me password x", "x" },
	{ H "login you password y default login me password x", "x" },
	/* words */
	{ H "login \"me\" password \" a \\\" b\\\\ \"", " a \" b\\ " },
	{ H "login me password a\"b\\c#d", "a\"b\\c#d" },
	{ H "login me password machine", "machine" },
	{ H "login me password #x", "#x" },
	{ "# machine h.example password y\n" H "password x # z\n", "x" },
	{ "macdef init\npassword y\n" H "password y\n\n" H "password x", "x" },
	{ "macdef init\r\n" H "password y\r\n\r\n" H "password x", "x" },
	{ H "password \303\251", "\303\251" },
	{ H "password \"\"", "" },
};

static void
the_first_entry_for_machine_login_and_port_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		char *password;
		unsigned line;

		if (find(good[i].text, &password, &line) != 1)
			fail_msg("nothing in: %s", good[i].text);
		assert_string_equal(password, good[i].password);
		free(password);
	}
}

static const char *const without[] = {
	"",
	"\n\n",
	"# nothing",
	H,
	H "login me",
	H "login you password y",
	H "login ME password y",
	H "port 25 password y",
	"machine h password y",
	"machine h.example.org password y",
	"machine \"\" password y",
	/* A password for no login is not for each server. */
	"default password y",
	"default login you password y",
	"macdef init\n" H "login me password y",
};

static void
what_is_for_others_is_not_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(without); i++) {
		char *password;
		unsigned line;

		if (find(without[i], &password, &line) != 0)
			fail_msg("something in: %s", without[i]);
		assert_string_equal(password, "");
		free(password);
	}
}

static const struct {
	const char *text;
	unsigned line;
} bad[] = {
	{ "password y", 1 },
	{ "login me password y", 1 },
	{ "h.example", 1 },
	{ "\nmachine", 2 },
	{ H "login me\npassword", 2 },
	{ H "\n\nlogin me pass y", 3 },
	{ H "login me password a b", 1 },
	{ H "password \"y", 1 },
	{ H "password \"y\nz\"", 1 },
	{ H "password \"y\\\nz\"", 1 },
	{ "\"\" x", 1 },
	{ "macdef", 1 },
};

static void
what_is_no_netrc_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *password;
		unsigned line;

		if (find(bad[i].text, &password, &line) != -1)
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(line, bad[i].line);
		assert_string_equal(password, "");
		free(password);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_entry_for_machine_login_and_port_counts),
		cmocka_unit_test(what_is_for_others_is_not_found),
		cmocka_unit_test(what_is_no_netrc_is_refused_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
