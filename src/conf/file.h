/*
 * pneu.conf, line by line.
 *
 *   file    = *line                 UTF-8, a BOM at the start is skipped;
 *   line    = blank / comment / section / setting       LF or CRLF ends it
 *   comment = *WSP "#" *octet
 *   section = *WSP "[" name "]" *WSP
 *   setting = *WSP key *WSP "=" *WSP value *WSP
 *
 * The value runs to the end of the line, so any octet but NUL may stand in a
 * password; one pair of double quotes around it keeps outer blanks.  What is
 * not understood is refused, with the file and the line, and never quoted
 * where it could be a secret, not even a misplaced one.
 */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/layer.h"

struct fail;

enum {
	FILE_MAX = 1024 * 1024, /* octets of a file */
	FILE_PROFILES_MAX = 1000,
	FILE_NAME_MAX = 64 /* octets of a profile's name */
};

struct file_profile {
	char *name;
	struct layer layer;
};

struct file {
	char *path; /* as it is called in messages */
	struct file_profile *profiles; /* the first is "default" */
	size_t count;
	unsigned line;
	bool has_sections; /* a [section] came */
	bool has_secret; /* a secret is in it */
};

/* A file without lines: one profile, "default". */
void file_init(struct file *r, const char *path);
void file_free(struct file *r);

/* Takes one line, without its LF; 0, or -1 with FAIL_CONFIG. */
int file_line(struct file *r, const char *text, size_t len, struct fail *f);

/* What can only be said at the end; 0, or -1 with FAIL_CONFIG. */
int file_finish(struct file *r, struct fail *f);

/* All lines of a file that is in memory, and its end. */
int file_parse(
    struct file *r, const uint8_t *octets, size_t len, struct fail *f);

/* The same from a descriptor of base/trusted, which is closed; where a secret
 * is found the file must be private. */
int file_read(struct file *r, int fd, struct fail *f);

#endif
