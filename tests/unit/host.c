/*
 * What may stand for a host, and what the resolver, SNI and the certificate
 * check then get to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/fail.h"
#include "net/host.h"

#define LABEL_63 \
	"abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"
#define LABEL_60 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345"

static const struct {
	const char *text, *parsed, *zone;
	int family;
	bool rooted;
} GOOD[] = {
	{ "mail.example.org", "mail.example.org", "", AF_UNSPEC, false },
	{ "Mail.EXAMPLE.org", "mail.example.org", "", AF_UNSPEC, false },
	{ "mail.example.org.", "mail.example.org", "", AF_UNSPEC, true },
	{ "relay", "relay", "", AF_UNSPEC, false },
	{ "mail_relay", "mail_relay", "", AF_UNSPEC, false },
	{ "1.2.3.example", "1.2.3.example", "", AF_UNSPEC, false },
	{ "4.de", "4.de", "", AF_UNSPEC, false },
	{ "0xg", "0xg", "", AF_UNSPEC, false },
	{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example", "", AF_UNSPEC,
	    false },
	{ "B\xc3\x9c" "CHER.example", "xn--bcher-kva.example", "", AF_UNSPEC,
	    false },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", "", AF_UNSPEC,
	    false },
	{ "\xe6\x97\xa5\xe6\x9c\xac.jp", "xn--wgv71a.jp", "", AF_UNSPEC,
	    false },
	{ LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".example",
	    LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".example", "",
	    AF_UNSPEC, false },
	{ LABEL_63 ".example", LABEL_63 ".example", "", AF_UNSPEC, false },
	{ "192.0.2.7", "192.0.2.7", "", AF_INET, false },
	{ "2001:db8::7", "2001:db8::7", "", AF_INET6, false },
	{ "[2001:DB8::7]", "2001:DB8::7", "", AF_INET6, false },
	{ "::", "::", "", AF_INET6, false },
	{ "::ffff:192.0.2.7", "::ffff:192.0.2.7", "", AF_INET6, false },
	{ "fe80::1%eth0", "fe80::1", "eth0", AF_INET6, false },
	{ "[fe80::1%2]", "fe80::1", "2", AF_INET6, false },
};

static const char *const BAD[] = {
	"",
	".",
	"..",
	"mail..example",
	".mail.example",
	"mail.example..",
	"mail example",
	"mail.example ",
	"mail\texample",
	"mail\r\nexample",
	"mail/example",
	"me@mail.example",
	"mail.example:25",
	"*.example",
	"-mail.example",
	"mail-.example",
	LABEL_63 "x.example",
	LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60,
	"\xff\xfe.example", /* no UTF-8 */
	"a\xe2\x80\xaex.example", /* a direction mark */
	"b\xc3\xbc\\cher.example", /* beside a letter that is mapped */
	("b\xc3\xbc"
	 "cher%.example"),
	"127.1",
	"2130706433",
	"0x7f000001",
	"0x7f.0.0.0x1",
	"0177.0.0.1.",
	"192.0.2.256",
	"192.0.2.7.",
	"192.0.2",
	"1.2.3.4.5",
	"[192.0.2.7]",
	"[]",
	"[",
	"[::1",
	"::1]",
	"[::1]x",
	"[mail.example]",
	":",
	":::",
	"fe80::1%",
	"fe80::1%abcdefghijklmnop", /* 16 octets */
	"%eth0",
	"2001:db8::7:25:1:2:3:4:5",
};

static void
what_may_be_a_host_is_read(void **state)
{
	struct fail f = { 0 };
	struct host h;

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(*GOOD); i++) {
		if (host_parse(&h, GOOD[i].text, &f) != 0)
			fail_msg("%s", f.words);
		assert_string_equal(h.text, GOOD[i].parsed);
		assert_string_equal(h.zone, GOOD[i].zone);
		assert_int_equal(h.family, GOOD[i].family);
		assert_int_equal(h.rooted, GOOD[i].rooted);
	}
}

/* N-08 */
static void
what_is_no_host_is_refused_as_a_setting(void **state)
{
	struct fail f;
	struct host h;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		memset(&f, 0, sizeof(f));
		if (host_parse(&h, BAD[i], &f) != -1)
			fail_msg("\"%s\" was taken for %s", BAD[i], h.text);
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_int_equal(host_parse(&h, BAD[i], NULL), -1);
	}
}

static void
the_longest_name_fits_and_one_octet_more_does_not(void **state)
{
	char name[256];
	struct host h;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 60; i < sizeof(name); i += 61)
		name[i] = '.';
	name[254] = '\0';
	assert_int_equal(host_parse(&h, name, NULL), -1);
	name[253] = '\0';
	assert_int_equal(host_parse(&h, name, NULL), 0);
	assert_string_equal(h.text, name);
}

static void
an_address_becomes_a_socket_address(void **state)
{
	struct sockaddr_storage address;
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	struct host h;
	socklen_t len;
	struct fail f;

	(void)state;
	assert_int_equal(host_parse(&h, "192.0.2.7", &f), 0);
	assert_int_equal(host_sockaddr(&h, 465, &address, &len, &f), 0);
	assert_int_equal(len, sizeof(four));
	memcpy(&four, &address, sizeof(four));
	assert_int_equal(four.sin_family, AF_INET);
	assert_int_equal(ntohs(four.sin_port), 465);
	assert_int_equal(ntohl(four.sin_addr.s_addr), 0xc0000207);

	assert_int_equal(host_parse(&h, "[fe80::7%lo]", &f), 0);
	assert_int_equal(host_sockaddr(&h, 65535, &address, &len, &f), 0);
	assert_int_equal(len, sizeof(six));
	memcpy(&six, &address, sizeof(six));
	assert_int_equal(ntohs(six.sin6_port), 65535);
	assert_int_equal(six.sin6_addr.s6_addr[15], 7);
	assert_int_equal(six.sin6_scope_id, 1);

	assert_int_equal(host_parse(&h, "fe80::7%17", &f), 0);
	assert_int_equal(host_sockaddr(&h, 25, &address, &len, &f), 0);
	memcpy(&six, &address, sizeof(six));
	assert_int_equal(six.sin6_scope_id, 17);

	assert_int_equal(host_parse(&h, "fe80::7%nosuch", &f), 0);
	assert_int_equal(host_sockaddr(&h, 25, &address, &len, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_a_host_is_read),
		cmocka_unit_test(what_is_no_host_is_refused_as_a_setting),
		cmocka_unit_test(
		    the_longest_name_fits_and_one_octet_more_does_not),
		cmocka_unit_test(an_address_becomes_a_socket_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
