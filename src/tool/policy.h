/*
 * Who sends, by the profile's rules; and the header's addresses: names of this
 * machine are written so that they mean something elsewhere, and From is whose
 * the profile wants it to be.
 *
 * "From: root (Cron Daemon)" is what a provider refuses, for it has no domain,
 * or one that is not the account's.  Only the addresses are exchanged: display
 * names, comments, folds and the order of fields remain, and a field without
 * such an address, or that cannot be read, remains as it came.
 */
#ifndef TOOL_POLICY_H
#define TOOL_POLICY_H

#include "conf/profile.h"

struct fail;
struct local;
struct message;

/*
 * The address that the profile sends with: its envelope-from (not where that is
 * the null sender, which is nobody), else what the login's name sends with.
 * 0 and the caller's *own_r, or -1: FAIL_DATA, or as local_sender().
 */
int policy_own(
    const struct plan *plan, struct local *l, char **own_r, struct fail *f);

/*
 * The envelope sender: given (a path, "" the null sender; NULL: nobody said)
 * or the profile's null sender or own; own also instead of given where the plan
 * rewrites both, but the null sender remains.  0 and the caller's *sender_r, or
 * -1 as local_sender().
 */
int policy_sender(const struct plan *plan, struct local *l, const char *given,
    const char *own, char **sender_r, struct fail *f);

/*
 * Makes the edits in the fields that m came with: local names in all fields
 * with addresses; and where the plan rewrites From, own in it, the old one in
 * the field that the plan says, and no Sender of another address.  0, or -1
 * as local_receiver() and local_sender().
 */
int policy_header(struct message *m, const struct plan *plan, struct local *l,
    const char *own, struct fail *f);

#endif
