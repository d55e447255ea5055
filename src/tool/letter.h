/*
 * One letter on its way through the program, whoever brought it (stdin, a
 * dialogue): kept and scanned as it comes, composed under a plan, submitted,
 * and its record written.
 */
#ifndef TOOL_LETTER_H
#define TOOL_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp/record.h"
#include "tool/compose.h"

struct fail;
struct message;
struct plan;
struct store;
struct wishes;

struct letter {
	struct store *store;
	struct message *message;
	bool whole; /* letter_end() found nothing wrong with it */
	struct plan *plan; /* NULL before letter_plan() */
	struct composition composition;
	struct record record;

	/* The same in seven bits, once a server without 8BITMIME was met. */
	struct store *narrow_store;
	struct message *narrow;
	struct envelope narrow_envelope;
};

/* Begins an empty letter; to be freed. */
void letter_init(struct letter *l, bool dots_are_data);
void letter_free(struct letter *l);

/* Its next octets, then their end.  0, or -1 as store_add() and
 * message_scan(): then it cannot be used. */
int letter_add(
    struct letter *l, const void *octets, size_t len, struct fail *f);
int letter_end(struct letter *l, struct fail *f);

/* Chooses the profile for a sender (as plan_new()'s) and the letter's From;
 * the recipients are in l->composition already, and all this is borrowed until
 * letter_free().  0, or -1 as plan_new(). */
int letter_plan(struct letter *l, const struct wishes *w, const char *sender,
    struct fail *f);

/* Makes envelope and edits by that plan.  0, or -1 as compose(). */
int letter_compose(
    struct letter *l, const struct compose_wish *wish, struct fail *f);

/* Submits it: what became of it is in the record, with words for the
 * transcript on stderr where it was wished. */
void letter_submit(struct letter *l);

/* Completes the record by the notes that the wishes have and by the status,
 * which is returned. */
int letter_judge(struct letter *l, const struct wishes *w);

/* Writes the record where the plan (or syslog without one) says.
 * log_trouble() tells what went wrong. */
void letter_log(const struct letter *l);

#endif
