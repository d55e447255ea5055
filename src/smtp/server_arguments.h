/*
 * The arguments of MAIL and RCPT: a path and parameters, RFC 5321 4.1.1.2,
 * 4.1.1.3 and 4.1.2; RFC 1870, 6152, 3461.  Of the files server*.c only.
 */
#ifndef SMTP_SERVER_ARGUMENTS_H
#define SMTP_SERVER_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

/* Which of the two; the bits are those of the table of parameters. */
enum server_verb { SERVER_MAIL = 1 << 0, SERVER_RCPT = 1 << 1 };

struct server_arguments {
	char *path; /* this and the other strings: owned */
	uint64_t size;
	bool is_8bit;
	const char *ret; /* a constant */
	char *envid;
	const char *notify; /* a constant */
	char *original;
	unsigned said; /* rows of the table of parameters */
};

struct server_refusal {
	int code;
	const char *enhanced;
	char text[FAIL_WORDS_MAX];
};

/* Reads what follows the verb; 0, or -1 with what to answer.  To be freed in
 * both cases. */
int server_arguments_read(struct server_arguments *a, enum server_verb verb,
    char *text, struct server_refusal *why_r);
void server_arguments_free(struct server_arguments *a);

#endif
