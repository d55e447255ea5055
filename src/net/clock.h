/*
 * Moments of the monotonic clock (CLOCK_BOOTTIME where there is one, so that
 * a suspended machine's deadlines pass): milliseconds as int64_t, immune to
 * steps of the wall clock.  CLOCK_NEVER is a deadline that does not come.
 */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER INT64_MAX

int64_t clock_now(void);

/* The moment seconds from now; 0 seconds is CLOCK_NEVER. */
int64_t clock_in(unsigned seconds);

/* What poll(2) wants: milliseconds until the moment, at least 0, -1 for
 * CLOCK_NEVER, clamped to INT_MAX. */
int clock_poll_timeout(int64_t moment);

#endif
