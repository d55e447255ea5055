#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/scratch.h"

void
scratch_make(struct scratch *s, const void *octets, size_t len, mode_t mode)
{
	int fd;

	strcpy(s->path, "/tmp/pneu-conf-XXXXXX");
	fd = mkstemp(s->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void
scratch_remove(struct scratch *s)
{
	unlink(s->path);
}
