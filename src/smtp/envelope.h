/*
 * The envelope: who sends, who receives, what the letter is like on the wire.
 * A recipient's index is its identity from here to the record.  Open and
 * const for all who receive it; tool/compose builds it.
 */
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wished of delivery status notifications about one recipient (RFC
 * 3461 4.1, 4.2), each as it stands on the wire, or NULL. */
struct envelope_dsn {
	const char *notify;   /* "NEVER", or "SUCCESS,FAILURE,DELAY" in part */
	const char *original; /* ORCPT: "rfc822;" and xtext */
};

struct envelope {
	const char *sender;            /* path without <>; "" is the null one;
	                                  NULL, in a record: not known yet */
	const char *const *recipients; /* paths without <> */
	size_t count;                  /* recipients, at least 1 */
	uint64_t size;                 /* octets of the letter on the wire */
	bool is_8bit;                  /* an octet over 127 is in it */
	const struct envelope_dsn *dsn; /* one per recipient, or NULL */
	const char *ret;               /* "FULL", "HDRS" or NULL (4.3) */
	const char *envid;             /* xtext, or NULL (4.4) */
};

#endif
