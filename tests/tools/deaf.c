/*
 * deaf: listens on 127.0.0.1 and never answers a connection.  Its queue is
 * full, so the kernel drops what would begin one, as a firewall does.  Prints
 * the port; ends with the program that started it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILLERS = 8 };

int
main(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr *to = (struct sockaddr *)&in;
	socklen_t len = sizeof(in);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, to, len) != 0 || listen(listener, 0) != 0 ||
	    getsockname(listener, to, &len) != 0) {
		perror("deaf");
		return 1;
	}
	/* All but the first of these stay half open. */
	for (int i = 0; i < FILLERS; i++)
		connect(
		    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), to, len);
	printf("%d\n", ntohs(in.sin_port));
	fflush(stdout);
	for (;;)
		pause();
}
