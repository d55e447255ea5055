/*
 * Waiting for a descriptor, in one place: with a deadline, and ended by a
 * signal that asks us to stop.
 */
#ifndef NET_WAIT_H
#define NET_WAIT_H

#include <stdint.h>

struct fail;

/* Waits until fd is ready for one of the events of poll(2), or in trouble: 1;
 * 0 when the deadline (a moment of net/clock) has passed, ready or not, so
 * that dripping cannot extend it; -1: FAIL_TEMP when a signal asked us to
 * stop, FAIL_OS on an error of poll(2). */
int wait_fd(int fd, short events, int64_t deadline, struct fail *f);

#endif
