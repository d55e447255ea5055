#include <stdio.h>
#include <string.h>

#include "smarthost/flights.h"

void
flights_init(struct flights *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->way, FLIGHTS_TEXT_MAX);
	flights_begin(f);
	flights_name(f, "connect");
}

void
flights_free(struct flights *f)
{
	buf_free(&f->way);
}

/* Fifty recipients are "RCPT*50".  A description that grows too long just
 * ends; the count is what is judged. */
static void
finish_name(struct flights *f)
{
	if (f->repeated > 1)
		buf_addf(&f->way, "*%u", f->repeated);
	f->repeated = 0;
}

void
flights_begin(struct flights *f)
{
	finish_name(f);
	f->count++;
	f->last = NULL;
}

void
flights_name(struct flights *f, const char *verb)
{
	const char *between = " ";

	if (f->last == verb) {
		f->repeated++;
		return;
	}
	finish_name(f);
	if (f->last == NULL)
		between = buf_len(&f->way) > 0 ? " | " : "";
	else if (strcmp(f->last, "Finished") == 0)
		between = "+";
	buf_addf(&f->way, "%s%s", between, verb);
	f->last = verb;
	f->repeated = 1;
}

char *
flights_take(struct flights *f, unsigned *count_r)
{
	char *text;

	finish_name(f);
	text = buf_text(&f->way);
	*count_r = f->count;
	buf_clear(&f->way);
	f->count = 0;
	f->last = NULL;
	return text;
}
