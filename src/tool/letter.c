/*
 * Everything that goes wrong on a letter's way becomes a verdict in its
 * record, so that whoever brought it has one place to look at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/store.h"
#include "base/xalloc.h"
#include "mail/message.h"
#include "conf/profile.h"
#include "net/deliver.h"
#include "tool/letter.h"

void
letter_init(struct letter *l, bool dots_are_data)
{
	memset(l, 0, sizeof(*l));
	l->store = store_new(STORE_MEMORY_MAX, "/var/tmp");
	l->message = message_new(dots_are_data);
	composition_init(&l->composition);
	record_init(&l->record);
}

void
letter_free(struct letter *l)
{
	record_free(&l->record);
	composition_free(&l->composition);
	plan_free(l->plan);
	message_free(l->message);
	store_free(l->store);
	memset(l, 0, sizeof(*l));
}

int
letter_add(struct letter *l, const void *octets, size_t len, struct fail *f)
{
	if (store_add(l->store, octets, len, f) < 0)
		return -1;
	return message_scan(l->message, octets, len, f);
}

int
letter_end(struct letter *l, struct fail *f)
{
	return message_scan_end(l->message, f);
}

int
letter_plan(struct letter *l, const struct wishes *w, const char *sender,
    struct fail *f)
{
	char *header_from = compose_header_from(l->message);
	int status = plan_new(&l->plan, w, sender, header_from, f);

	free(header_from);
	if (status == 0)
		l->record.profile = l->plan->profile;
	return status;
}

int
letter_compose(
    struct letter *l, const struct compose_wish *wish, struct fail *f)
{
	struct composition *c = &l->composition;

	if (compose(c, wish, l->plan, l->message, f) < 0)
		return -1;
	record_set_envelope(&l->record, &c->envelope);
	if (c->message_id != NULL)
		l->record.message_id = xstrdup(c->message_id);
	return 0;
}

static void
submit(struct letter *l, struct deliver *d)
{
	struct deliver_letter letter = { .envelope = &l->composition.envelope,
		.message = l->message,
		.store = l->store,
		.record = &l->record };
	struct deliver_event ev;
	bool given = false;

	do {
		deliver_next(d, &ev);
		switch (ev.kind) {
		case DELIVER_LETTER_WANTED:
			if (given)
				deliver_finish(d);
			else
				deliver_letter(d, &letter);
			given = true;
			break;
		case DELIVER_WANT_7BIT:
			deliver_recoded(d, NULL);
			break;
		case DELIVER_TRANSCRIPT:
			fprintf(stderr, "%s %s\n", ev.from_server ? "<" : ">",
			    ev.line);
			break;
		case DELIVER_PROGRESS:
		case DELIVER_VERDICT:
		case DELIVER_DONE:
			break;
		}
	} while (ev.kind != DELIVER_DONE);
}

void
letter_submit(struct letter *l)
{
	struct deliver *d;
	struct fail f;

	if (deliver_new(&d, l->plan, &f) < 0) {
		verdict_fail(&l->record.letter, STAGE_LOCAL, &f);
		return;
	}
	submit(l, d);
	deliver_free(d);
}

int
letter_judge(struct letter *l, const struct wishes *w)
{
	const char *const *notes;
	size_t count = wishes_notes(w, &notes);

	for (size_t i = 0; i < count; i++)
		record_note(&l->record, notes[i]);
	l->record.status = record_status(&l->record);
	return l->record.status;
}

void
letter_log(const struct letter *l)
{
	enum log_level level =
	    l->record.status == 0 ? LEVEL_RECORD : LEVEL_TROUBLE;
	struct buf line;
	char *text;

	log_open(l->plan != NULL ? l->plan->set.log : "syslog");
	buf_init(&line, RECORD_MAX);
	record_logfmt(&l->record, &line);
	text = buf_text(&line);
	log_write(level, text);
	log_close();
	free(text);
	buf_free(&line);
}
