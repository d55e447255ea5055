/*
 * What the table of options says, in the forms people and shells read.
 */
#ifndef TOOL_HELP_H
#define TOOL_HELP_H

struct buf;

#define PNEU_VERSION "0.1"

void help_usage(struct buf *out); /* --help */
void help_version(struct buf *out); /* --version: ours and GnuTLS's */

/* Completions for "bash", "zsh" or "fish"; -1 for another shell. */
int help_completion(const char *shell, struct buf *out);

#endif
