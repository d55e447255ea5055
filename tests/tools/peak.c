/*
 * peak FILE PROGRAM [ARGUMENT]...: runs the program and writes into FILE how
 * much memory it had at most, in KiB.  Its status, or 99.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct rusage usage;
	FILE *out;
	pid_t pid;
	int status;

	if (argc < 3 || (pid = fork()) < 0)
		return 99;
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(99);
	}
	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status))
		return 99;
	out = fopen(argv[1], "w");
	if (out == NULL || fprintf(out, "%ld\n", usage.ru_maxrss) < 0 ||
	    fclose(out) != 0)
		return 99;
	return WEXITSTATUS(status);
}
