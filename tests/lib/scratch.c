#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/scratch.h"

void
scratch_make(struct scratch *s, const void *octets, size_t len, mode_t mode)
{
	int fd;

	strcpy(s->path, "/tmp/pneu-conf-XXXXXX");
	fd = mkstemp(s->path);
	if (fd < 0 || write(fd, octets, len) != (ssize_t)len ||
	    fchmod(fd, mode) != 0)
		abort();
	close(fd);
}

void
scratch_remove(struct scratch *s)
{
	unlink(s->path);
}
