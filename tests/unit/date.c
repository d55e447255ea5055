/*
 * mail/date: what is written is the date-time of RFC 5322 3.3 for any second
 * and offset, and a Message-ID that says nothing about the machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/date.h"

static const struct {
	int64_t seconds;
	int offset;
	const char *date;
} dates[] = {
	{ 0, 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
	{ 1795514783, 3600, "Tue, 24 Nov 2026 11:06:23 +0100" },
	{ -1, 0, "Wed, 31 Dec 1969 23:59:59 +0000" },
	/* leap days: every fourth year, not 1900, but 2000 */
	{ 951782400, 0, "Tue, 29 Feb 2000 00:00:00 +0000" },
	{ 951868800, 0, "Wed, 1 Mar 2000 00:00:00 +0000" },
	{ -2203891201, 0, "Wed, 28 Feb 1900 23:59:59 +0000" },
	{ -2203891200, 0, "Thu, 1 Mar 1900 00:00:00 +0000" },
	{ 1709164800, 0, "Thu, 29 Feb 2024 00:00:00 +0000" },
	/* behind 2038, which is the end for some */
	{ INT64_C(2147483648), 0, "Tue, 19 Jan 2038 03:14:08 +0000" },
	{ INT64_C(4107542400), 0, "Mon, 1 Mar 2100 00:00:00 +0000" },
	/* offsets: the local time is shown, cut to minutes towards UTC */
	{ 0, -18000, "Wed, 31 Dec 1969 19:00:00 -0500" },
	{ 0, 20700, "Thu, 1 Jan 1970 05:45:00 +0545" },
	{ 0, -12600, "Wed, 31 Dec 1969 20:30:00 -0330" },
	{ 0, -3599, "Wed, 31 Dec 1969 23:01:00 -0059" },
	{ 0, 59, "Thu, 1 Jan 1970 00:00:00 +0000" },
	{ 0, -59, "Thu, 1 Jan 1970 00:00:00 +0000" },
	/* both ends of what four digits can say, and beyond */
	{ INT64_C(-62135596800), 0, "Mon, 1 Jan 0001 00:00:00 +0000" },
	{ INT64_C(-62135596801), 0, "Mon, 1 Jan 0001 00:00:00 +0000" },
	{ INT64_C(-62135596800), -60, "Mon, 1 Jan 0001 00:00:00 -0001" },
	{ INT64_MIN, INT32_MIN, "Mon, 1 Jan 0001 00:00:00 -2359" },
	{ INT64_C(253402300799), 0, "Fri, 31 Dec 9999 23:59:59 +0000" },
	{ INT64_C(253402300800), 0, "Fri, 31 Dec 9999 23:59:59 +0000" },
	{ INT64_MAX, INT32_MAX, "Fri, 31 Dec 9999 23:59:59 +2359" },
};

static void
dates_are_those_of_rfc_5322(void **state)
{
	char out[DATE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		date_format(out, dates[i].seconds, dates[i].offset);
		assert_string_equal(out, dates[i].date);
	}
}

/* libc's calendar has no say in the code, but a vote here. */
static void
dates_agree_with_the_c_library_for_each_day_of_600_years(void **state)
{
	char out[DATE_MAX], libc[DATE_MAX];
	const int64_t day = 24 * 60 * 60;

	(void)state;
	for (int64_t n = -146097; n < 73049; n++) {
		time_t t = n * day + n % day;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(
		    libc, sizeof(libc), "%a, %e %b %Y %H:%M:%S +0000", &tm);
		date_format(out, t, 0);
		if (libc[5] == ' ')
			memmove(&libc[5], &libc[6], strlen(&libc[6]) + 1);
		assert_string_equal(out, libc);
	}
}

static const struct {
	int64_t seconds;
	uint8_t random[16];
	const char *domain, *id;
} ids[] = {
	{ 0, { 0 }, "a.example", "<0.aaaaaaaaaaaaaaaaaaaaaaaaaa@a.example>" },
	{ 1795514783,
	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff },
	    "a.example", "<1795514783.77777777777777777777777774@a.example>" },
	/* RFC 4648 section 10: "foobar" is MZXW6YTBOI, here with six more */
	{ 1, "foobarfoobarfoob", "[192.0.2.1]",
	    "<1.mzxw6ytbojtg633cmfzgm33pmi@[192.0.2.1]>" },
};

static void
a_message_id_is_time_and_random_octets_in_base32(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char *id = date_message_id(
		    ids[i].seconds, ids[i].random, ids[i].domain);

		assert_string_equal(id, ids[i].id);
		free(id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_those_of_rfc_5322),
		cmocka_unit_test(
		    dates_agree_with_the_c_library_for_each_day_of_600_years),
		cmocka_unit_test(
		    a_message_id_is_time_and_random_octets_in_base32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
