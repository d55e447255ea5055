#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/fail.h"
#include "base/start.h"

#include "net/clock.h"
#include "net/wait.h"

static int
stopped(struct fail *f)
{
	return fail_set(
	    f, FAIL_TEMP, "stopped by a signal (%s)", strsignal(start_stop));
}

static int
wait_with(
    const sigset_t *mask, struct pollfd *p, int64_t deadline, struct fail *f)
{
	for (;;) {
		int ready, ms = clock_poll_timeout(deadline);
		struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };

		if (start_stop != 0)
			return stopped(f);
		if (ms == 0)
			return 0;
		ready = ppoll(p, 1, ms < 0 ? NULL : &limit, mask);
		if (ready > 0)
			return 1;
		if (ready < 0 && errno != EINTR)
			return fail_errno(f, FAIL_OS, errno, "poll");
	}
}

int
wait_fd(int fd, short events, int64_t deadline, struct fail *f)
{
	struct pollfd p = { .fd = fd, .events = events };
	sigset_t all, before;
	int result;

	/* A signal between the look at start_stop and the wait would be lost
	 * for as long as the wait lasts: only ppoll(2) lets signals in. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = wait_with(&before, &p, deadline, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}
