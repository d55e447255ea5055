/*
 * remembers PID: does a running program have the text that is on our stdin in
 * its memory?  0 where it has, 1 where it has not, 2 where that cannot be
 * seen; in how many places, it prints.  (On stdin, because an argument would
 * be in memory as well: ours.)
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[512];
static size_t text_len;

/* Of the pages that can be written; what is in files is not asked for. */
static unsigned
search(int memory, unsigned long from, unsigned long to)
{
	size_t len = to - from;
	char *copy = malloc(len), *at = copy;
	ssize_t got = copy != NULL ? pread(memory, copy, len, (off_t)from) : -1;
	unsigned found = 0;

	while (got > 0 && (at = memmem(at, (size_t)(copy + got - at), text,
			       text_len)) != NULL) {
		found++;
		at++;
	}
	free(copy);
	return found;
}

int
main(int argc, char *argv[])
{
	char path[64], line[4096], mode[8];
	unsigned long from, to;
	unsigned found = 0;
	int memory;
	FILE *maps;

	text_len = fread(text, 1, sizeof(text), stdin);
	if (argc != 2 || text_len == 0)
		return 2;
	snprintf(path, sizeof(path), "/proc/%.20s/maps", argv[1]);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%.20s/mem", argv[1]);
	memory = open(path, O_RDONLY);
	if (maps == NULL || memory < 0)
		return 2;
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 &&
		    mode[0] == 'r' && mode[1] == 'w')
			found += search(memory, from, to);
	printf("%u\n", found);
	return found > 0 ? 0 : 1;
}
