/*
 * What failed, kept: some callers (cron, at, sudo) throw a letter away that
 * could not be sent, so it may be kept in a directory, Maildir style.
 */
#ifndef TOOL_DEADLETTER_H
#define TOOL_DEADLETTER_H

struct fail;
struct letter;

/*
 * Writes the letter, with its envelope in fields of its own on top
 * (Return-Path, X-Envelope-To for each recipient), into directory, which is
 * made (0700, with cur, new and tmp) where it is missing: a file in tmp,
 * synced, then seen under new, which is synced as well.  Lines end in LF, as a
 * Maildir's do.  0 and *path_r, the caller's; or -1 with FAIL_IO, FAIL_TEMP
 * (disk full) or FAIL_CONFIG (the directory is another's, or open to others),
 * and nothing left behind; but where only the last sync failed the letter is
 * there all the same, *path_r names it, and a crash may take it.
 */
int deadletter_keep(
    struct letter *l, const char *directory, char **path_r, struct fail *f);

#endif
