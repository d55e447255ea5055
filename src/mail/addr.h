/*
 * Addresses: lists as people and headers write them in, paths for RCPT out.
 *
 *   address-list = address *("," address)            RFC 5322 3.4
 *   address      = mailbox / group                    comments and folding
 *   mailbox      = [display-name] "<" addr-spec ">" / addr-spec  allowed where
 *   addr-spec    = local-part "@" domain              the RFC and 4.4 (routes)
 *                                                     allow them
 * The paths that come out are RFC 5321 4.1.2 paths without the angle brackets,
 * in their shortest quoting, source routes dropped, the domain's labels as
 * A-labels (IDNA 2008).  A bare name ("root") comes out bare: whoever asked
 * decides how it is qualified.  Every octet is taken to be hostile: no
 * recursion, nothing quadratic, caps below.
 */
#ifndef MAIL_ADDR_H
#define MAIL_ADDR_H

#include <stdbool.h>
#include <stddef.h>

struct fail;

enum {
	ADDR_LOCAL_MAX = 256, /* octets of a local part; RFC 5321 says 64,
	                          servers take more and refuse for themselves */
	ADDR_DOMAIN_MAX = 255, /* RFC 5321 4.5.3.1.2; DNS has no longer ones */
	ADDR_PATH_MAX = ADDR_LOCAL_MAX + 1 + ADDR_DOMAIN_MAX,
	ADDR_COMMENT_DEPTH = 100,
	ADDR_LINE_MAX = 900, /* octets of a line that addr_rewrite() makes
	                         longer; with the field's name below 998 */
	ADDR_LIST_MAX = 100000 /* addresses in one letter */
};

/* A growing list of paths, each a NUL-terminated string the list owns. */
struct addr_list {
	char **paths;
	size_t count;
	size_t room;
};

void addr_list_init(struct addr_list *list);
void addr_list_free(struct addr_list *list);

/* Appends a copy of path; 0, or -1 with FAIL_DATA past ADDR_LIST_MAX. */
int addr_list_add(struct addr_list *list, const char *path, struct fail *f);

/* Removes later duplicates, in n log n; local parts compare exactly, domains
 * without case (RFC 5321 2.4).  The order of the first ones stays. */
void addr_list_unique(struct addr_list *list);

/* The same, and what stands at the same places in beside goes with them; NULL:
 * nothing does. */
void addr_list_unique_with(struct addr_list *list, struct addr_list *beside);

/*
 * Parses an address list (a header field's unfolded or still folded value, or
 * an argument) and appends the path of every mailbox in it.  where names the
 * place in errors ("To", "argument").  An empty list or empty group adds
 * nothing and is fine; "<>" as a recipient, an unbalanced quote, a control
 * character, '<' '>' or blanks in a bare word, a non-ASCII local part, an over-
 * long path are refused: 0, or -1 with FAIL_DATA naming the offending part.
 * CRLF before a blank is a fold and no control character: who has an argument,
 * which is never folded, looks for line ends himself.
 */
int addr_parse_list(struct addr_list *list, const char *text, size_t len,
    const char *where, struct fail *f);

/*
 * The same where names of this machine are meant: a backslash may stand before
 * an address, as sendmail has it, and then stands before its path: this name is
 * to be looked up in no table of aliases.
 */
int addr_parse_names(struct addr_list *list, const char *text, size_t len,
    const char *where, struct fail *f);

/*
 * The text of a list with other addresses in it: where number i (counted as
 * addr_parse_names() finds them) stood, to[i] stands, or what stood there where
 * that is NULL.  Names, comments, blanks and folds around it remain; a line
 * that would pass ADDR_LINE_MAX octets is folded before an address.  The
 * caller's; NULL where the text cannot be parsed or names other than count
 * addresses.
 */
char *addr_rewrite(const char *text, size_t len, char *const *to, size_t count);

/*
 * Parses one sender as -f takes it: "", "<>" (null: *path_r is ""), a bare
 * name, an addr-spec, "Name <addr>".  *path_r is the caller's.
 */
int addr_parse_sender(
    const char *text, const char *where, char **path_r, struct fail *f);

/*
 * The whole mailbox for a From field: display name (UTF-8, may be NULL or
 * empty) quoted where RFC 5322 asks for it and encoded by RFC 2047 where it is
 * not ASCII (long names in several encoded words, folded), then <path>.
 * The caller's.
 */
char *addr_format(const char *name, const char *path);

/* The domain of a path (after its last unquoted @), or NULL for a bare name;
 * borrowed from path. */
const char *addr_domain(const char *path);

/* path with "@domain" behind a bare name; the caller's. */
char *addr_qualify(const char *path, const char *domain);

/* True when path matches pattern: "*" (any run of octets) and "?" as in
 * fnmatch, no case in the domain part, exact local part. */
bool addr_matches(const char *path, const char *pattern);

#endif
