/*
 * The one clock that nobody sets.
 */
#ifndef LEPTON_CLOCK_H
#define LEPTON_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND INT64_C(1000000000)

/* Nanoseconds since some moment in the past, the same one for all processes. */
static inline int64_t clock_monotonic(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

#endif
