/*
 * What is wished of delivery status notifications (RFC 3461), from settings to
 * the envelope: -N, -R, -V and their keys become NOTIFY, RET, ENVID and ORCPT.
 */
#ifndef TOOL_DSN_H
#define TOOL_DSN_H

struct envelope;
struct envelope_dsn;
struct fail;
struct settings;

struct dsn_wishes {
	struct envelope_dsn *rows; /* owned, with the ORCPT of each */
	char *notify; /* owned */
	char *envid; /* owned */
};

/* Fills w (for dsn_free(), also after failure) and the envelope's fields,
 * which point into it; originals: to whom it was addressed, for each recipient
 * (4.2), before aliases.  0, or -1 with FAIL_USAGE: an ID that is not printable
 * or, as xtext, longer than 100 characters (4.4). */
int dsn_wish(struct dsn_wishes *w, const struct settings *set,
    char *const *originals, struct envelope *envelope, struct fail *f);
void dsn_free(struct dsn_wishes *w, const struct envelope *envelope);

#endif
