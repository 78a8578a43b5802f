#include "looplib.h"

#include <float.h>
#include <lauxlib.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "handle.h"
#include "task.h"
#include "watchlib.h"

#define MS_MOST 1e12 /* about thirty years */
#define INTERVAL_LEAST 1.0
#define TIMERS_FIRST 16

struct timer {
	struct handle handle;
	int64_t deadline, duration; /* nanoseconds of CLOCK_MONOTONIC */
	lua_Unsigned order;
	size_t slot;
	bool repeats;
};

struct immediate {
	struct handle handle;
	struct immediate *next, **link;
	lua_Unsigned order;
};

/* The heap of timers */

static bool before(const struct timer *a, const struct timer *b)
{
	return a->deadline != b->deadline ? a->deadline < b->deadline : a->order < b->order;
}

static void place(struct loop *loop, struct timer *timer, size_t slot)
{
	loop->timers[slot] = timer;
	timer->slot = slot;
}

static void sift_up(struct loop *loop, struct timer *timer, size_t slot)
{
	while (slot > 0 && before(timer, loop->timers[(slot - 1) / 2])) {
		place(loop, loop->timers[(slot - 1) / 2], slot);
		slot = (slot - 1) / 2;
	}
	place(loop, timer, slot);
}

static void sift_down(struct loop *loop, struct timer *timer, size_t slot)
{
	for (;;) {
		size_t child = 2 * slot + 1;
		if (child >= loop->timer_count)
			break;
		if (child + 1 < loop->timer_count &&
		    before(loop->timers[child + 1], loop->timers[child]))
			child++;
		if (!before(loop->timers[child], timer))
			break;
		place(loop, loop->timers[child], slot);
		slot = child;
	}
	place(loop, timer, slot);
}

static void heap_remove(struct loop *loop, struct timer *timer)
{
	size_t slot = timer->slot;
	struct timer *last = loop->timers[--loop->timer_count];
	if (last == timer)
		return;
	if (before(last, timer))
		sift_up(loop, last, slot);
	else
		sift_down(loop, last, slot);
}

/* Makes room for one more; the array is a userdata, so that it counts as the state's memory. */
static void heap_reserve(lua_State *L, struct loop *loop)
{
	if (loop->timer_count < loop->timer_room)
		return;
	size_t room = loop->timer_room > 0 ? 2 * loop->timer_room : TIMERS_FIRST;
	struct timer **timers = lua_newuserdatauv(L, room * sizeof *timers, 0);
	if (loop->timer_count > 0)
		memcpy(timers, loop->timers, loop->timer_count * sizeof *timers);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &loop->timers);
	loop->timers = timers;
	loop->timer_room = room;
}

/* Timers */

/* Sets the one libev timer to the first deadline. */
static void arm(struct loop *loop)
{
	if (loop->timers_running)
		return;
	if (loop->timer_count == 0) {
		if (ev_is_active(&loop->wake)) {
			handle_count(loop);
			ev_timer_stop(loop->ev, &loop->wake);
		}
		return;
	}
	ev_now_update(loop->ev);
	double after =
		(double)(loop->timers[0]->deadline - clock_monotonic()) / (double)CLOCK_SECOND;
	bool was_active = ev_is_active(&loop->wake);
	loop->wake.repeat = after > DBL_EPSILON ? after : DBL_EPSILON;
	ev_timer_again(loop->ev, &loop->wake);
	if (!was_active)
		handle_uncount(loop);
}

static void stop_timer(struct handle *handle)
{
	struct timer *timer = (struct timer *)handle;
	bool first = timer->slot == 0;
	heap_remove(handle->loop, timer);
	if (first)
		arm(handle->loop);
}

static const struct handle_kind timer_kind = { "timer", stop_timer };

static void schedule(struct timer *timer, int64_t deadline)
{
	struct loop *loop = timer->handle.loop;
	timer->deadline = deadline;
	timer->order = loop->timer_order++;
	sift_up(loop, timer, loop->timer_count++);
	if (timer->slot == 0)
		arm(loop);
}

/* Starts the timer at an index, which is not active. */
static void start_timer(lua_State *L, int index)
{
	struct timer *timer = lua_touserdata(L, index);
	heap_reserve(L, timer->handle.loop);
	handle_start(L, index);
	schedule(timer, clock_monotonic() + timer->duration);
}

static int run_timer(lua_State *L)
{
	struct timer *timer = lua_touserdata(L, 1);
	handle_push(L, &timer->handle);
	if (timer->repeats) {
		int64_t next = timer->deadline + timer->duration, moment = clock_monotonic();
		heap_remove(timer->handle.loop, timer);
		schedule(timer, next > moment ? next : moment + timer->duration);
	} else {
		handle_stop(L, &timer->handle);
	}
	handle_call(L, 2, 0);
	return 0;
}

static void run_timers(struct ev_loop *ev, ev_timer *watcher, int events)
{
	struct loop *loop = watcher->data;
	int64_t moment = clock_monotonic();
	(void)ev;
	(void)events;
	loop->timers_running = true;
	while (loop->timer_count > 0 && loop->timers[0]->deadline <= moment)
		handle_enter(loop, run_timer, loop->timers[0]);
	loop->timers_running = false;
	arm(loop);
}

static int64_t check_duration(lua_State *L, int arg, lua_Number least)
{
	lua_Number ms = luaL_optnumber(L, arg, 0);
	luaL_argcheck(L, !isnan(ms), arg, "number of milliseconds expected, got nan");
	ms = ms < least ? least : ms > MS_MOST ? MS_MOST : ms;
	return (int64_t)ceil(ms * 1e6);
}

static int set_timer(lua_State *L, bool repeats)
{
	handle_check_function(L, 1);
	int64_t duration = check_duration(L, 2, repeats ? INTERVAL_LEAST : 0);
	struct timer *timer = handle_new(L, &timer_kind, sizeof *timer, 1, 3);
	timer->duration = duration;
	timer->repeats = repeats;
	start_timer(L, -1);
	return 1;
}

static int l_set_timeout(lua_State *L)
{
	return set_timer(L, false);
}

static int l_set_interval(lua_State *L)
{
	return set_timer(L, true);
}

static int clear(lua_State *L, const struct handle_kind *kind)
{
	if (lua_isnoneornil(L, 1))
		return 0;
	struct handle *handle = luaL_testudata(L, 1, HANDLE_METATABLE);
	if (handle == NULL || handle->kind != kind)
		return luaL_typeerror(L, 1, kind->name);
	handle_stop(L, handle);
	return 0;
}

static int l_clear_timeout(lua_State *L)
{
	return clear(L, &timer_kind);
}

static int l_refresh(lua_State *L)
{
	struct handle *handle = handle_check(L, 1);
	luaL_argcheck(L, handle->kind == &timer_kind, 1, "timer expected");
	lua_settop(L, 1);
	handle_stop(L, handle);
	start_timer(L, 1);
	return 1;
}

/* The timer stays at index 1: a coroutine that somebody else resumes early sleeps no longer. */
static int wake_up(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	handle_stop(L, lua_touserdata(L, 1));
	return 0;
}

static int l_sleep(lua_State *L)
{
	int64_t duration = check_duration(L, 1, 0);
	if (!lua_isyieldable(L))
		return luaL_error(L, "sleep: nothing can wait here, %s",
				  lua_pushthread(L) ? "outside of any coroutine"
						    : "inside a function that cannot yield");
	lua_settop(L, 0);
	lua_pushthread(L);
	struct timer *timer = handle_new(L, &timer_kind, sizeof *timer, 1, 2);
	timer->duration = duration;
	lua_replace(L, 1);
	start_timer(L, 1);
	return lua_yieldk(L, 0, 0, wake_up);
}

/* Immediates */

static void stop_immediate(struct handle *handle)
{
	struct immediate *immediate = (struct immediate *)handle;
	struct loop *loop = handle->loop;
	*immediate->link = immediate->next;
	if (immediate->next != NULL)
		immediate->next->link = immediate->link;
	else
		loop->immediate_end = immediate->link;
	if (loop->immediate != NULL)
		return;
	handle_count(loop);
	ev_check_stop(loop->ev, &loop->after_poll);
	handle_count(loop);
	ev_idle_stop(loop->ev, &loop->no_sleep);
}

static const struct handle_kind immediate_kind = { "immediate", stop_immediate };

static int run_immediate(lua_State *L)
{
	struct immediate *immediate = lua_touserdata(L, 1);
	handle_push(L, &immediate->handle);
	handle_stop(L, &immediate->handle);
	handle_call(L, 2, 0);
	return 0;
}

static void run_immediates(struct ev_loop *ev, ev_check *watcher, int events)
{
	struct loop *loop = watcher->data;
	lua_Unsigned end = loop->immediate_order;
	(void)ev;
	(void)events;
	while (loop->immediate != NULL && loop->immediate->order < end)
		handle_enter(loop, run_immediate, loop->immediate);
}

static void do_not_sleep(struct ev_loop *ev, ev_idle *watcher, int events)
{
	(void)ev;
	(void)watcher;
	(void)events;
}

static int l_set_immediate(lua_State *L)
{
	handle_check_function(L, 1);
	struct immediate *immediate = handle_new(L, &immediate_kind, sizeof *immediate, 1, 2);
	struct loop *loop = immediate->handle.loop;
	handle_start(L, -1);
	if (loop->immediate == NULL) {
		ev_check_start(loop->ev, &loop->after_poll);
		handle_uncount(loop);
		ev_idle_start(loop->ev, &loop->no_sleep);
		handle_uncount(loop);
	}
	immediate->order = loop->immediate_order++;
	immediate->link = loop->immediate_end;
	*immediate->link = immediate;
	loop->immediate_end = &immediate->next;
	return 1;
}

static int l_clear_immediate(lua_State *L)
{
	return clear(L, &immediate_kind);
}

/* The module */

static int l_next_tick(lua_State *L)
{
	handle_check_function(L, 1);
	handle_tick(L, lua_gettop(L) - 1);
	return 0;
}

static int l_counts(lua_State *L)
{
	static const char *const names[] = { "timer", "immediate", "fd", "signal", "child" };
	lua_settop(L, 0);
	lua_createtable(L, 0, sizeof names / sizeof names[0]);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		lua_pushinteger(L, 0);
		lua_setfield(L, 1, names[i]);
	}
	for (struct handle *h = handle_loop(L)->active; h != NULL; h = h->next) {
		lua_getfield(L, 1, h->kind->name);
		lua_pushinteger(L, lua_tointeger(L, -1) + 1);
		lua_setfield(L, 1, h->kind->name);
		lua_pop(L, 1);
	}
	return 1;
}

void looplib_attach(lua_State *L)
{
	handle_attach(handle_loop(L), task_loop(L));
}

void looplib_close(lua_State *L)
{
	handle_close(L, handle_loop(L));
}

static void prepare(struct loop *loop)
{
	loop->immediate_end = &loop->immediate;
	ev_init(&loop->wake, run_timers);
	loop->wake.data = loop;
	ev_check_init(&loop->after_poll, run_immediates);
	ev_set_priority(&loop->after_poll, EV_MINPRI);
	loop->after_poll.data = loop;
	ev_idle_init(&loop->no_sleep, do_not_sleep);
	ev_set_priority(&loop->no_sleep, EV_MINPRI);
}

static const luaL_Reg functions[] = {
	{ "setTimeout", l_set_timeout },
	{ "setInterval", l_set_interval },
	{ "clearTimeout", l_clear_timeout },
	{ "clearInterval", l_clear_timeout },
	{ "sleep", l_sleep },
	{ "setImmediate", l_set_immediate },
	{ "clearImmediate", l_clear_immediate },
	{ "nextTick", l_next_tick },
	{ "counts", l_counts },
	{ NULL, NULL },
};

int luaopen_host_loop(lua_State *L)
{
	struct loop *loop = handle_loop(L);
	if (loop->immediate_end == NULL)
		prepare(loop);
	luaL_newlib(L, functions);
	watchlib_register(L);
	luaL_getmetatable(L, HANDLE_METATABLE);
	lua_getfield(L, -1, "__index");
	lua_pushcfunction(L, l_refresh);
	lua_setfield(L, -2, "refresh");
	lua_pop(L, 2);
	return 1;
}
