/*
 * exec0 FILE [ARGUMENT]...: executes the file with just these arguments, the
 * first of which is its argv[0]: without any, argc is 0 (Linux 5.18 and later
 * make that one empty argument).
 */
#include <unistd.h>

int
main(int argc, char *argv[])
{
	if (argc >= 2)
		execv(argv[1], argv + 2);
	return 99;
}
