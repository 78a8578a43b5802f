/*
 * Guards: they notice that another process computes, without looking at it. The kernel counts the
 * processor time of all its threads and sends a signal when there is more of it; a process that
 * does not compute wakes nobody.
 */
#ifndef LEPTON_GUARD_H
#define LEPTON_GUARD_H

#include <ev.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* All guards of a loop, on one signal. */
struct guards {
	struct ev_loop *loop;
	struct ev_signal signal;
	struct guard *first;
};

struct guard {
	struct guards *all; /* NULL while it guards nothing */
	struct guard *previous, *next;
	clockid_t clock;
	timer_t timer;
	int64_t span, due; /* nanoseconds of the other process's time */
	void (*computed)(struct guard *g);
};

/* Guards keep no loop running. */
void guards_init(struct guards *all, struct ev_loop *loop);

/*
 * Has g->computed called whenever the process, a child that was not reaped, has used `milliseconds`
 * more of processor time. 0, or -1 with errno where the kernel has no timer left for that.
 */
int guard_start(struct guard *g, struct guards *all, pid_t pid, unsigned milliseconds,
		void (*computed)(struct guard *g));

/* Also of one that was not started, but is zero; and from inside of g->computed. */
void guard_stop(struct guard *g);

#endif
