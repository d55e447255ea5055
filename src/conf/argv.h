/*
 * The command line.
 *
 * Letters are taken as sendmail takes them: bundles, values glued or in the
 * next argument; recipients may stand anywhere, "--" ends the options.  Every
 * name but pneu is restricted: an argument that somebody smuggled in through a
 * web page's mail() can then name no file, program, host or profile, because
 * the rows that could are not there, and neither are long options.
 */
#ifndef CONF_ARGV_H
#define CONF_ARGV_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct layer;

struct argv_words {
	struct layer *flags; /* filled */
	bool restricted; /* the name was not pneu */
	char **operands; /* owned, the words are the caller's */
	size_t operands_count;
	const char **notes; /* owned; constants of the table, each once */
	size_t notes_count;
};

/* Reads the command line into w (flags given, the rest zero); 0, or -1 with
 * FAIL_USAGE.  Ended by argv_free() in both cases. */
int argv_read(
    struct argv_words *w, int argc, char *const argv[], struct fail *f);
void argv_free(struct argv_words *w);

/* The descriptor that --password-fd names, or -1: asked before anything is
 * read, since the others are closed first.  What is amiss with it is for
 * argv_read() to say. */
int argv_descriptor(int argc, char *const argv[]);

#endif
