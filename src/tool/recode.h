/*
 * A letter that cannot go as it is becomes one that can (mail/mime does it,
 * this reads and writes the stores).
 */
#ifndef TOOL_RECODE_H
#define TOOL_RECODE_H

struct fail;
struct message;
struct store;

/*
 * Writes into to (empty) what message and its store from become when they are
 * re-encoded for reasons (NEEDS_* of mail/needs.h).  1: *message_r is the new
 * letter, scanned, the caller's; edits of the old one are part of it.  0:
 * nothing could be changed, *message_r is NULL.  -1: FAIL_DATA, a NUL or a long
 * line that is a reason stands where nothing may be changed; or the stores
 * failed.  The old letter stays as it is.
 */
int recode(struct message *message, struct store *from, unsigned reasons,
    struct store *to, struct message **message_r, struct fail *f);

#endif
