/*
 * A file of a test's own, in /tmp.
 */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <stddef.h>
#include <sys/types.h>

struct scratch {
	char path[64];
};

/* Makes it with these octets and this mode; fails the test where it cannot. */
void scratch_make(
    struct scratch *s, const void *octets, size_t len, mode_t mode);
void scratch_remove(struct scratch *s);

#endif
