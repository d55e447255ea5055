/*
 * netrc, the file in which programs of old keep logins: tokens, by blanks and
 * line ends apart.
 *
 *   machine HOST | default    begins an entry
 *   login USER, password SECRET, port NUMBER    in it, in any order
 *   account WORD              is read over
 *   macdef NAME               as well, with all lines up to an empty one
 *   # ...                     where a keyword could stand: a comment
 *
 * A value may stand in double quotes, in which a backslash keeps the next
 * octet.  The first entry counts that is for the machine or, named by nothing,
 * for all; whose login, where it has one, is the user (that of default must
 * be: a password is for nobody else); whose port, likewise, is the port; and
 * that has a password.
 */
#ifndef NET_NETRC_H
#define NET_NETRC_H

#include <stddef.h>
#include <stdint.h>

struct buf;

struct netrc_wish {
	const char *machine, *user;
	unsigned port;
};

/* Appends the password to out: 1; 0 where no entry is for this; -1 where the
 * text is no netrc or out is full, *line_r being the line.  Never quotes. */
int netrc_find(const struct buf *text, const struct netrc_wish *wish,
    struct buf *out, unsigned *line_r);

#endif
