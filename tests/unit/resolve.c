/*
 * Names to addresses, with a resolver of our own: getaddrinfo(3) is defined
 * here, and what it does depends on the name.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include "base/fail.h"
#include "base/start.h"
#include "net/clock.h"
#include "net/resolve.h"

enum { SECONDS = 30 };

static sem_t go, gone;      /* for a resolver that takes its time */
static atomic_int lookups;  /* how often it was asked */
static char asked[300], asked_port[16];

/* count addresses 192.0.2.N, every other one 2001:db8::N. */
static struct addrinfo *
make_list(int count, int port)
{
	struct addrinfo *list = NULL;

	while (count-- > 0) {
		struct addrinfo *a = calloc(1, sizeof(*a));
		struct sockaddr_in6 *six = calloc(1, sizeof(*six));
		struct sockaddr_in *four = calloc(1, sizeof(*four));

		if (a == NULL || six == NULL || four == NULL)
			abort();
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		six->sin6_addr.s6_addr[0] = 0x20;
		six->sin6_addr.s6_addr[15] = (uint8_t)count;
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		four->sin_addr.s_addr = htonl(0xc0000200U + (unsigned)count);
		a->ai_family = count % 2 == 1 ? AF_INET6 : AF_INET;
		a->ai_socktype = SOCK_STREAM;
		if (count % 2 == 1) {
			a->ai_addrlen = sizeof(*six);
			a->ai_addr = (struct sockaddr *)(void *)six;
			free(four);
		} else {
			a->ai_addrlen = sizeof(*four);
			a->ai_addr = (struct sockaddr *)(void *)four;
			free(six);
		}
		a->ai_next = list;
		list = a;
	}
	return list;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

static const struct {
	const char *name;
	int result, error, addresses;
	enum fail_kind kind;
} ANSWERS[] = {
	{ "one.test", 0, 0, 1, FAIL_NONE },
	{ "two.test", 0, 0, 2, FAIL_NONE },
	{ "many.test", 0, 0, 300, FAIL_NONE },                /* N-07 */
	{ "none.test", 0, 0, 0, FAIL_NONAME },
	{ "nxdomain.test", EAI_NONAME, 0, 0, FAIL_NONAME },   /* N-02 */
	{ "nodata.test", EAI_NODATA, 0, 0, FAIL_NONAME },
	{ "again.test", EAI_AGAIN, 0, 0, FAIL_TEMP },         /* N-03 */
	{ "servfail.test", EAI_FAIL, 0, 0, FAIL_TEMP },
	{ "system.test", EAI_SYSTEM, EMFILE, 0, FAIL_TEMP },
	{ "xn--bcher-kva.test", 0, 0, 1, FAIL_NONE },
	{ "rooted.test.", 0, 0, 1, FAIL_NONE },
	{ "late.test", 0, 0, 2, FAIL_TEMP },
};

int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **list_r)
{
	lookups++;
	snprintf(asked, sizeof(asked), "%s", node);
	snprintf(asked_port, sizeof(asked_port), "%s", service);
	if (hints->ai_socktype != SOCK_STREAM)
		return EAI_SOCKTYPE;
	for (size_t i = 0; i < sizeof(ANSWERS) / sizeof(*ANSWERS); i++) {
		if (strcmp(node, ANSWERS[i].name) != 0)
			continue;
		if (strcmp(node, "late.test") == 0)
			while (sem_wait(&go) != 0)
				;
		if (ANSWERS[i].result == 0)
			*list_r =
			    make_list(ANSWERS[i].addresses, atoi(service));
		if (strcmp(node, "late.test") == 0)
			sem_post(&gone);
		errno = ANSWERS[i].error;
		return ANSWERS[i].result;
	}
	return EAI_NONAME;
}

static void
a_name_has_the_addresses_of_its_answer_or_says_why_not(void **state)
{
	struct resolved r;
	struct fail f;

	(void)state;
	for (size_t i = 0; i < sizeof(ANSWERS) / sizeof(*ANSWERS) - 1; i++) {
		int result;

		memset(&f, 0, sizeof(f));
		result = resolve_host(
		    ANSWERS[i].name, 587, clock_in(SECONDS), &r, &f);
		assert_int_equal(
		    result, ANSWERS[i].kind == FAIL_NONE ? 0 : -1);
		assert_int_equal(f.kind, ANSWERS[i].kind);
		assert_string_equal(asked, ANSWERS[i].name);
		assert_string_equal(asked_port, "587");
		if (result == 0)
			assert_int_equal(r.count,
			    ANSWERS[i].addresses < RESOLVE_MAX
			        ? ANSWERS[i].addresses
			        : RESOLVE_MAX);
		else
			assert_non_null(strstr(f.words, ANSWERS[i].name));
	}
}

static void
addresses_keep_the_resolvers_order_and_are_numbers(void **state)
{
	struct resolved r;
	struct sockaddr_in four;

	(void)state;
	assert_int_equal(
	    resolve_host("two.test", 465, CLOCK_NEVER, &r, NULL), 0);
	assert_string_equal(r.addresses[0].text, "192.0.2.0");
	assert_string_equal(r.addresses[1].text, "[2000::1]");
	assert_int_equal(r.addresses[0].len, sizeof(four));
	memcpy(&four, &r.addresses[0].address, sizeof(four));
	assert_int_equal(ntohs(four.sin_port), 465);
}

static void
u_labels_are_asked_for_as_a_labels(void **state)
{
	struct resolved r;

	(void)state;
	assert_int_equal(resolve_host("b\xc3\xbc" "cher.test", 25,
	                     clock_in(SECONDS), &r, NULL),
	    0);
	assert_string_equal(asked, "xn--bcher-kva.test");
}

static void
addresses_and_localhost_ask_nobody(void **state)
{
	static const struct {
		const char *host, *first, *second;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.7", NULL },
		{ "2001:db8::7", "[2001:db8::7]", NULL },
		{ "[2001:db8::7]", "[2001:db8::7]", NULL },
		{ "[fe80::7%lo]", "[fe80::7%lo]", NULL },
		{ "localhost", "127.0.0.1", "[::1]" },
		{ "LocalHost.", "127.0.0.1", "[::1]" },
		{ "mail.localhost", "127.0.0.1", "[::1]" },
	};
	struct resolved r;
	int before = lookups;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		/* Not even a deadline that has passed matters. */
		assert_int_equal(
		    resolve_host(rows[i].host, 25, clock_now(), &r, NULL), 0);
		assert_int_equal(r.count, rows[i].second != NULL ? 2 : 1);
		assert_string_equal(r.addresses[0].text, rows[i].first);
		if (rows[i].second != NULL)
			assert_string_equal(
			    r.addresses[1].text, rows[i].second);
	}
	assert_int_equal(lookups, before);
	assert_int_equal(
	    resolve_host("notlocalhost", 25, CLOCK_NEVER, &r, NULL), -1);
	assert_int_equal(lookups, before + 1);
}

static void
what_is_no_host_asks_nobody(void **state)
{
	static const char *const rows[] = { "", "no host", "127.1", "[::1",
		"fe80::7%nosuchinterface" };
	struct resolved r;
	struct fail f;
	int before = lookups;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(&f, 0, sizeof(f));
		assert_int_equal(
		    resolve_host(rows[i], 25, CLOCK_NEVER, &r, &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
	}
	assert_int_equal(lookups, before);
}

static void
a_resolver_that_answers_too_late_is_left_behind(void **state)
{
	int64_t before = clock_now();
	struct resolved r;
	struct fail f;

	(void)state;
	assert_int_equal(
	    resolve_host("late.test", 25, before + 20, &r, &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_in_range(clock_now() - before, 20, 5000);
	/* Now it answers, to nobody; the sanitizer watches its memory. */
	sem_post(&go);
	assert_int_equal(sem_wait(&gone), 0);
}

static void
note_signal(int signal)
{
	start_stop = signal;
}

static void
a_signal_ends_a_lookup(void **state)
{
	const struct itimerval soon = { .it_value = { 0, 20000 } };
	struct sigaction act = { .sa_handler = note_signal };
	struct resolved r;
	struct fail f;

	(void)state;
	sigaction(SIGALRM, &act, NULL);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(
	    resolve_host("late.test", 25, clock_in(SECONDS), &r, &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_non_null(strstr(f.words, "signal"));
	start_stop = 0;
	sem_post(&go);
	assert_int_equal(sem_wait(&gone), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_name_has_the_addresses_of_its_answer_or_says_why_not),
		cmocka_unit_test(
		    addresses_keep_the_resolvers_order_and_are_numbers),
		cmocka_unit_test(u_labels_are_asked_for_as_a_labels),
		cmocka_unit_test(addresses_and_localhost_ask_nobody),
		cmocka_unit_test(what_is_no_host_asks_nobody),
		cmocka_unit_test(
		    a_resolver_that_answers_too_late_is_left_behind),
		cmocka_unit_test(a_signal_ends_a_lookup),
	};

	sem_init(&go, 0, 0);
	sem_init(&gone, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
