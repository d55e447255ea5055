#include <limits.h>
#include <time.h>

#include "net/clock.h"

int64_t
clock_now(void)
{
#ifdef CLOCK_BOOTTIME
	clockid_t id = CLOCK_BOOTTIME;
#else
	clockid_t id = CLOCK_MONOTONIC;
#endif
	struct timespec now = { 0, 0 };

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_in(unsigned seconds)
{
	return seconds > 0 ? clock_now() + (int64_t)seconds * 1000
			   : CLOCK_NEVER;
}

int
clock_poll_timeout(int64_t moment)
{
	int64_t left;

	if (moment == CLOCK_NEVER)
		return -1;
	left = moment - clock_now();
	if (left < 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}
