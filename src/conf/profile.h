/*
 * Which profile, and what is in force: the merge of flags, environment,
 * profile and defaults into one const plan.
 *
 * The account (rows with the account bit) belongs together: a profile
 * inherits the account of "default" whole, or, when it sets host, nothing of
 * it; a host from a flag or the environment likewise starts an empty account,
 * so no secret from a file goes to another server.  "from" is never
 * inherited; all other keys are.
 */
#ifndef CONF_PROFILE_H
#define CONF_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/settings.h"

struct buf;
struct fail;
struct wishes;

/* What is in force for one letter.  Const once made. */
struct plan {
	const char *profile; /* its name; borrowed from the wishes */
	struct settings set; /* complete: port, tls, trust, auth decided */
	char **origin; /* owned; per option row: "flag", "PNEU_HOST",
	                           "/etc/pneu/pneu.conf:3", "default"; NULL:
	                           not set */
	char
	    *host; /* owned: this machine's full name, as place_host() has it */
};

/*
 * Collects what argv, the environment and the file say.  argv[0] decides
 * whether the caller is restricted (every name but "pneu").  environment is
 * environ's form.  Reads at most one file, and checks that it may be trusted.
 * Where --help or --version is asked for, no file is read.  0, or -1 with
 * FAIL_USAGE for flags.  What is wrong with the environment or the file is
 * kept: a letter that comes all the same is in the record by it, and a client
 * of -bs is answered.
 */
int wishes_read(struct wishes **wishes_r, int argc, char *const argv[],
    char *const environment[], struct fail *f);
void wishes_free(struct wishes *w);

/* 0, or -1 with what was wrong with the environment or the file. */
int wishes_check(const struct wishes *w, struct fail *f);

/* Flags and environment over defaults, before any profile is chosen: for
 * what is needed while stdin is read (-t, -i, -f, -F, -v, --help ...). */
const struct settings *wishes_run(const struct wishes *w);

/* The operands: recipients as the caller wrote them. */
size_t wishes_operands(const struct wishes *w, char *const **operands_r);

/* True for every name but "pneu". */
bool wishes_restricted(const struct wishes *w);

/* Notes on what was accepted and ignored, for the record: constants. */
size_t wishes_notes(const struct wishes *w, const char *const **notes_r);

/*
 * Chooses the profile: --profile; else the first, in the order of the file,
 * with a "from" pattern that matches sender (the path of -f or -r); where
 * that is NULL or "", header_from (the path of the From header, or NULL),
 * unless the caller is restricted and neither the environment nor the profile
 * "default" says profile-by-header = yes; else "default".  Then merges.  0,
 * or -1 as wishes_check(), with FAIL_CONFIG (no host, two places for the
 * password, AUTH wanted on a link that forbids it, ...) or FAIL_USAGE (no such
 * --profile).
 */
int plan_new(struct plan **plan_r, const struct wishes *w, const char *sender,
    const char *header_from, struct fail *f);
void plan_free(struct plan *p);

/* --print-config: each key, its effective value and where it came from, in
 * the form of pneu.conf; a secret as set or unset. */
void plan_print(const struct plan *p, struct buf *out);

#endif
