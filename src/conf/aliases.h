/*
 * The alias file, in the syntax of /etc/aliases.
 *
 *   file  = *(line / comment / blank line)     LF or CRLF ends each of them
 *   line  = name ":" [value *("," value)]      one that begins with a blank
 *   comment = *WSP "#" *octet                  goes on with the line before
 *   name  = a local name, quoted where it holds blanks or specials; "*" is
 *           whoever has no line
 *   value = an address as in a header field, or a name, or "\name", which is
 *           looked up no further; "/dev/null" or ":blackhole:" (Exim's)
 *           discards; "|program", "/file" and ":include:file" are known, and
 *           followed by nobody
 *
 * A file of this kind is older than its reader and written for others, so
 * nothing in it is an error when it is read: what cannot be used matters when
 * a letter gets there.  Names have no case; of a name that stands there twice
 * the first counts.
 */
#ifndef CONF_ALIASES_H
#define CONF_ALIASES_H

#include <stdbool.h>
#include <stddef.h>

struct aliases;
struct fail;

#define ALIASES_SYSTEM "/etc/aliases"

enum { ALIASES_FILE_MAX = 8 * 1024 * 1024 /* octets of a file */ };

/* One line; borrowed from the file. */
struct alias {
	const char *name; /* a bare path; NULL: none can be read in it */
	const char *value; /* all that stands behind the colon, on one line;
	                      without a name what stands in its place */
	unsigned line; /* its number, from 1 */
	size_t index; /* among the lines, from 0 */
	const char *wrong; /* why it is never used; NULL: it may be */
};

enum alias_kind {
	ALIAS_ADDRESS,
	ALIAS_DISCARD,
	ALIAS_PROGRAM,
	ALIAS_FILE,
	ALIAS_INCLUDE,
	ALIAS_UNUSABLE, /* no address */
	ALIAS_KINDS
};

struct alias_target {
	enum alias_kind kind;
	char *text; /* ADDRESS: a path as addr_parse_names() writes it; else the
	               value as it stands there; the caller's */
};

/*
 * Reads a file, which base/trusted must find safe.  The system's own may be
 * missing, and is then empty.  0 and a file for aliases_free(), or -1 with
 * FAIL_CONFIG.
 */
int aliases_read(struct aliases **aliases_r, const char *path, struct fail *f);

/* What a text says; path is its name in messages. */
struct aliases *aliases_new(const char *path, const char *text, size_t len);
void aliases_free(struct aliases *a); /* accepts NULL */

/* The line of a bare path, else that of "*", or NULL. */
const struct alias *aliases_find(const struct aliases *a, const char *name);

/* True for the line of "*". */
bool aliases_is_catch_all(const struct alias *entry);

/* All lines: how many, and each. */
size_t aliases_count(const struct aliases *a);
const struct alias *aliases_line(const struct aliases *a, size_t index);

/* As the file is called in messages. */
const char *aliases_path(const struct aliases *a);

/* The values of a line, in order: true and the next, *at (0 at first) moved
 * behind it; or false. */
bool aliases_next(
    const struct alias *entry, size_t *at, struct alias_target *target_r);

/* Why a kind is not followed, as a phrase; NULL for those that are. */
const char *aliases_why(enum alias_kind kind);

#endif
