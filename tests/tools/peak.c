/*
 * peak FILE COMMAND [ARGUMENT...]: runs the command and writes into FILE how
 * many KiB of memory it had at most.  Its status is the command's.
 */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int
main(int argc, char *argv[])
{
	struct rusage usage;
	FILE *out;
	pid_t pid;
	int status, error;

	if (argc < 3)
		return 125;
	/* Spawned, so that our own memory never counts as the command's. */
	error = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
	if (error != 0) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(error));
		return 127;
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		return 126;
	out = fopen(argv[1], "w");
	if (out == NULL || fprintf(out, "%ld\n", usage.ru_maxrss) < 0 ||
	    fclose(out) != 0) {
		perror(argv[1]);
		return 126;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
