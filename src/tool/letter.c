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
#include "mail/needs.h"
#include "conf/profile.h"
#include "net/deliver.h"
#include "tool/letter.h"
#include "tool/recode.h"

static struct store *
new_store(void)
{
	return store_new(STORE_MEMORY_MAX, "/var/tmp");
}

void
letter_init(struct letter *l, bool dots_are_data)
{
	memset(l, 0, sizeof(*l));
	l->store = new_store();
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
	message_free(l->narrow);
	store_free(l->narrow_store);
	memset(l, 0, sizeof(*l));
}

int
letter_add(struct letter *l, const void *octets, size_t len, struct fail *f)
{
	/* What stands behind a lone dot is read, so that its writer is not
	 * killed, but an endless one must fill no disk. */
	if (!message_ended(l->message) &&
	    store_add(l->store, octets, len, f) < 0)
		return -1;
	return message_scan(l->message, octets, len, f);
}

/* Re-encodes a letter that no server may be given as it is; without such a
 * reason it costs nothing.  What stood in an mbox line only is gone already. */
static int
mend(struct letter *l, struct fail *f)
{
	unsigned reasons = message_needs(l->message) & NEEDS_MENDING;
	struct message *mended = NULL;
	struct store *to;
	int result;

	if (reasons == 0)
		return 0;
	to = new_store();
	result = recode(l->message, l->store, reasons, to, &mended, f);
	if (result != 1) {
		store_free(to);
		return result;
	}
	message_free(l->message);
	store_free(l->store);
	l->message = mended;
	l->store = to;
	record_note(&l->record,
	    reasons & NEEDS_NUL
		? "a NUL octet: re-encoded as quoted-printable"
		: "a line over 998 octets: re-encoded as quoted-printable");
	return 0;
}

int
letter_end(struct letter *l, struct fail *f)
{
	if (message_scan_end(l->message, f) < 0)
		return -1;
	if (message_cut_by_dot(l->message))
		record_note(&l->record,
		    "a lone dot ended the letter before its end (see -i)");
	if (mend(l, f) < 0)
		return -1;
	l->record.message_id = message_value(l->message, "Message-ID");
	l->whole = true;
	return 0;
}

/* So that the record of a letter that gets no further tells of whom it was and
 * for whom. */
static void
tell_names(struct letter *l, const char *sender)
{
	struct composition *c = &l->composition;
	const struct addr_list *names =
	    c->named.count > 0 ? &c->named : &c->recipients;

	c->told = (struct envelope){ .sender = sender,
		.recipients = (const char *const *)names->paths,
		.count = names->count,
		.size = message_wire_size(l->message) };
	record_set_envelope(&l->record, &c->told);
}

int
letter_plan(struct letter *l, const struct wishes *w, const char *sender,
    struct fail *f)
{
	char *header_from = compose_header_from(l->message);
	int status = plan_new(&l->plan, w, sender, header_from, f);

	tell_names(l, sender);
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

	if (compose(c, wish, l->plan, l->message, f) < 0) {
		tell_names(l, wish->sender);
		return -1;
	}
	record_set_envelope(&l->record, &c->told);
	free(l->record.message_id);
	l->record.message_id = xstrdup(c->message_id);
	return 0;
}

/* For a server without 8BITMIME: in seven bits where that may be done, else as
 * it is, which most such servers take. */
static void
narrow(struct letter *l, struct deliver *d)
{
	struct deliver_letter letter = { .envelope = &l->narrow_envelope,
		.record = &l->record };
	struct fail f;

	if (l->narrow == NULL) {
		l->narrow_store = new_store();
		if (recode(l->message, l->store, NEEDS_EIGHT_BIT,
			l->narrow_store, &l->narrow, &f) != 1) {
			store_free(l->narrow_store);
			l->narrow_store = NULL;
			deliver_recoded(d, NULL);
			return;
		}
		record_note(
		    &l->record, "no 8BITMIME: re-encoded as quoted-printable");
		l->narrow_envelope = l->composition.envelope;
		l->narrow_envelope.size = message_wire_size(l->narrow);
		l->narrow_envelope.is_8bit = message_is_8bit(l->narrow);
	}
	letter.message = l->narrow;
	letter.store = l->narrow_store;
	deliver_recoded(d, &letter);
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
			narrow(l, d);
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

/* Whom we refuse ourselves no server was asked about. */
static void
refuse(struct letter *l)
{
	const struct composition *c = &l->composition;
	struct fail f;

	for (size_t i = 0; i < c->refused; i++) {
		fail_set(&f, FAIL_NOUSER, "%s", c->refusals[i]);
		verdict_fail(
		    &l->record.refused[c->envelope.count + i], STAGE_LOCAL, &f);
	}
}

void
letter_submit(struct letter *l)
{
	struct deliver *d;
	struct fail f;

	if (l->composition.envelope.count == 0) {
		/* All there was to do is done. */
		l->record.letter.kind = VERDICT_TAKEN;
	} else if (deliver_new(&d, l->plan, &f) < 0) {
		verdict_fail(&l->record.letter, STAGE_LOCAL, &f);
	} else {
		submit(l, d);
		deliver_free(d);
	}
	refuse(l);
}

int
letter_judge(struct letter *l, const struct wishes *w)
{
	const char *const *notes;
	size_t count = wishes_notes(w, &notes);

	for (size_t i = 0; i < count; i++)
		record_note(&l->record, notes[i]);
	for (size_t i = 0; i < l->composition.discarded; i++)
		record_note(&l->record, l->composition.discards[i]);
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
