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

struct envelope {
	const char *sender;            /* path without <>; "" is the null one */
	const char *const *recipients; /* paths without <> */
	size_t count;                  /* recipients, at least 1 */
	uint64_t size;                 /* octets of the letter on the wire */
	bool is_8bit;                  /* an octet over 127 is in it */
};

#endif
