/*
 * What the client of a talk must be told, as files for a shell to use:
 *
 *   pneu.conf    the configuration, private
 *   letter       the letter, canonical
 *   sender       for -f
 *   recipients   one a line
 */
#ifndef SMARTHOST_TALK_FILES_H
#define SMARTHOST_TALK_FILES_H

struct host;
struct talk;

/* Into the host's directory, when its listener is open.  -1 with words on
 * stderr. */
int talk_files_write(const struct host *h, const struct talk *t);

/* The exit status that the talk ends with; -1 where it tells of none. */
int talk_files_status(const struct talk *t);

#endif
