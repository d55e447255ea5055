/*
 * Dates without a clock, identifiers without a machine.
 *
 * The calendar is computed here and not by gmtime(3), which may read the
 * environment and whose answer ends where time_t does.  It is the Gregorian
 * one, backwards too, as RFC 5322 3.3 has no other.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "mail/date.h"

enum {
	DAY = 24 * 60 * 60,
	OFFSET_MAX = DAY - 60, /* beyond a day no zone has a meaning */
	RANDOM_LEN = 16,
	BASE32_LEN = (RANDOM_LEN * 8 + 4) / 5
};

/* 1 January of the year 1, and the last second of the year 9999. */
static const int64_t first_second = INT64_C(-62135596800);
static const int64_t last_second = INT64_C(253402300799);

struct day {
	int year, month, day; /* month 0 is January */
	int weekday; /* 0 is Sunday */
};

static int64_t
clamp(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

/*
 * Counts from 1 March of the year 0, so that the leap day is the last of its
 * year; an era is the 400 years after which the calendar repeats.  days is
 * counted from the epoch, a Thursday, and lies in the years 1 to 9999.
 */
static struct day
day_of(int64_t days)
{
	int64_t n = days + 719468, era = n / 146097, of_era = n % 146097;
	int64_t year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct day d;

	d.day = (int)(of_year - (153 * month + 2) / 5 + 1);
	d.month = (int)((month + 2) % 12);
	d.year = (int)(era * 400 + year + (month >= 10));
	/* The epoch lies 719468 days behind a Wednesday: 719468 % 7 == 1. */
	d.weekday = (int)((n + 3) % 7);
	return d;
}

void
date_format(char out[DATE_MAX], int64_t seconds, int offset)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int minutes = (int)clamp(offset, -OFFSET_MAX, OFFSET_MAX) / 60;
	unsigned zone = (unsigned)(minutes < 0 ? -minutes : minutes);
	int64_t local = clamp(seconds, first_second, last_second);
	int64_t since;
	struct day d;
	int second;

	local = clamp(local + (int64_t)minutes * 60, first_second, last_second);
	since = local - first_second;
	d = day_of(since / DAY + first_second / DAY);
	second = (int)(since % DAY);
	snprintf(out, DATE_MAX, "%s, %d %s %04d %02d:%02d:%02d %c%02u%02u",
	    days[d.weekday], d.day, months[d.month], d.year, second / 3600,
	    second / 60 % 60, second % 60, minutes < 0 ? '-' : '+', zone / 60,
	    zone % 60);
}

/* RFC 4648 section 6 in lower case, without padding. */
static void
base32(char out[BASE32_LEN + 1], const uint8_t random[RANDOM_LEN])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned held = 0, bits = 0;
	size_t used = 0;

	for (size_t i = 0; i < RANDOM_LEN; i++) {
		held = held << 8 | random[i];
		for (bits += 8; bits >= 5; bits -= 5)
			out[used++] = digits[held >> (bits - 5) & 31];
	}
	out[used++] = digits[held << (5 - bits) & 31];
	out[used] = '\0';
}

char *
date_message_id(int64_t seconds, const uint8_t random[16], const char *domain)
{
	char unique[BASE32_LEN + 1];

	base32(unique, random);
	return xasprintf("<%" PRId64 ".%s@%s>", seconds, unique, domain);
}
