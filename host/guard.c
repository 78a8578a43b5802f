#include "guard.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define SECOND 1000000000
#define MILLISECOND 1000000

/* One that neither shells nor the C library make use of. */
#define GUARD_SIGNAL (SIGRTMIN + 3)

static int64_t used(const struct guard *g)
{
	struct timespec t;
	if (clock_gettime(g->clock, &t) < 0)
		return -1;
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static int set(struct guard *g)
{
	struct itimerspec at = { .it_value = { .tv_sec = g->due / SECOND,
					       .tv_nsec = g->due % SECOND } };
	return timer_settime(g->timer, TIMER_ABSTIME, &at, NULL);
}

/* Tells of one that is due, and waits for more; false where none is. */
static bool tell_one(struct guards *all)
{
	for (struct guard *g = all->first; g != NULL; g = g->next) {
		int64_t now = used(g);
		if (now < g->due)
			continue;
		g->due = now + g->span;
		set(g);
		g->computed(g);
		return true;
	}
	return false;
}

static void on_signal(struct ev_loop *loop, struct ev_signal *w, int events)
{
	(void)loop;
	(void)events;
	while (tell_one(w->data))
		;
}

void guards_init(struct guards *all, struct ev_loop *loop)
{
	*all = (struct guards){ .loop = loop };
	ev_signal_init(&all->signal, on_signal, GUARD_SIGNAL);
	all->signal.data = all;
	ev_signal_start(loop, &all->signal);
	ev_unref(loop);
}

static int arm(struct guard *g, pid_t pid)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = GUARD_SIGNAL };
	if (clock_getcpuclockid(pid, &g->clock) != 0 ||
	    timer_create(g->clock, &event, &g->timer) < 0)
		return -1;
	g->due = used(g) + g->span;
	if (set(g) == 0)
		return 0;
	timer_delete(g->timer);
	return -1;
}

int guard_start(struct guard *g, struct guards *all, pid_t pid, unsigned milliseconds,
		void (*computed)(struct guard *g))
{
	*g = (struct guard){ .span = (int64_t)milliseconds * MILLISECOND, .computed = computed };
	if (arm(g, pid) < 0)
		return -1;
	g->all = all;
	g->next = all->first;
	if (g->next != NULL)
		g->next->previous = g;
	all->first = g;
	return 0;
}

void guard_stop(struct guard *g)
{
	if (g->all == NULL)
		return;
	timer_delete(g->timer);
	if (g->previous != NULL)
		g->previous->next = g->next;
	else
		g->all->first = g->next;
	if (g->next != NULL)
		g->next->previous = g->previous;
	*g = (struct guard){ .all = NULL };
}
