/*
 * The arguments of MAIL and RCPT, read as strictly as RFC 5321 4.1.1.2 and
 * 4.1.2 write them: no blank behind the colon, no parameter that was not
 * offered, none twice.
 */
#ifndef SMARTHOST_SYNTAX_H
#define SMARTHOST_SYNTAX_H

#include <stdbool.h>
#include <stdint.h>

enum { SYNTAX_PATH_MAX = 512 };

struct syntax {
	char path[SYNTAX_PATH_MAX]; /* without <> */
	uint64_t size; /* SIZE=, 0 without it */
	bool is_8bit; /* BODY=8BITMIME or BINARYMIME */
	bool is_binary;
	bool is_utf8; /* SMTPUTF8 */
};

/* arguments stand behind the verb; offered are enum host_extension bits.
 * NULL, or the reply that refuses them. */
const char *syntax_mail(
    const char *arguments, unsigned offered, struct syntax *syntax_r);
const char *syntax_rcpt(
    const char *arguments, unsigned offered, struct syntax *syntax_r);

#endif
