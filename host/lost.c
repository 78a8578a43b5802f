#include "lost.h"

#include <stdbool.h>
#include <stddef.h>

/* Seconds that requests are given before the collector is run for the first time. */
#define DELAY 1.0
/* Kilobytes that one step of it shall be worth. */
#define STEP 64
/* The cycle under way may have passed what is garbage now. */
#define CYCLES 2

static void wait_again(struct lost *lost)
{
	ev_timer_set(&lost->wait, lost->delay, 0);
	ev_timer_start(lost->loop, &lost->wait);
	lost->delay *= 2;
}

/* Where the collector is generational, steps of it pass by what is old. Whether it is. */
static bool collect_generations(lua_State *L)
{
	if (lua_gc(L, LUA_GCINC, 0, 0, 0) != LUA_GCGEN)
		return false;
	lua_gc(L, LUA_GCGEN, 0, 0);
	lua_gc(L, LUA_GCCOLLECT);
	return true;
}

static void on_waited(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct lost *lost = w->data;
	(void)events;
	if (lost->L != NULL && collect_generations(lost->L)) {
		wait_again(lost);
		return;
	}
	lost->cycles = CYCLES;
	ev_idle_start(loop, &lost->collect);
}

static void on_idle(struct ev_loop *loop, struct ev_idle *w, int events)
{
	struct lost *lost = w->data;
	(void)events;
	if (lost->L == NULL || lua_gc(lost->L, LUA_GCSTEP, STEP) == 0 || --lost->cycles > 0)
		return;
	ev_idle_stop(loop, w);
	wait_again(lost);
}

void lost_init(struct lost *lost, struct ev_loop *loop)
{
	*lost = (struct lost){ .loop = loop, .delay = DELAY };
	ev_timer_init(&lost->wait, on_waited, DELAY, 0);
	ev_idle_init(&lost->collect, on_idle);
	ev_set_priority(&lost->collect, EV_MINPRI);
	lost->wait.data = lost->collect.data = lost;
}

void lost_clear(struct lost *lost)
{
	ev_timer_stop(lost->loop, &lost->wait);
	ev_idle_stop(lost->loop, &lost->collect);
	lost->delay = DELAY;
}

void lost_before_sleep(struct lost *lost, lua_State *L)
{
	bool waits = ev_is_active(&lost->wait) || ev_is_active(&lost->collect);
	lost->L = L;
	if (lost->awaited == 0 && waits)
		lost_clear(lost);
	else if (lost->awaited > 0 && !waits)
		wait_again(lost);
}
