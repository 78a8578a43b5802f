/*
 * Handles: what timers, immediates and watchers have in common. A handle is a userdata of Lua
 * whose first user value is the function to call and whose others are that function's arguments.
 * While it is active it is anchored, so that nobody has to keep it, and it keeps the loop running
 * unless it was unreferenced.
 *
 * Everything that libev calls enters Lua through handle_enter. Nothing here outlives the Lua state:
 * when the state closes, all handles are stopped. The state must close before its loop is destroyed.
 */
#ifndef LEPTON_HANDLE_H
#define LEPTON_HANDLE_H

#include <ev.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDLE_METATABLE "loop.handle"
#define HANDLE_BUCKETS 64

struct handle;

/* A kind of handle: its name, and how its watcher, heap place or queue place is taken away. */
struct handle_kind {
	const char *name;
	void (*stop)(struct handle *handle);
};

struct handle {
	const struct handle_kind *kind;
	struct loop *loop;
	struct handle *next, **link; /* among the active ones */
	bool active;
	bool referenced;
};

/* What one Lua state knows of its loop. */
struct loop {
	lua_State *L; /* the main thread */
	struct ev_loop *ev;
	bool closed;
	struct handle *active;

	/* handle.c: ticks are the slots tick_head to tick_tail - 1 of a table in the registry */
	lua_Integer tick_head, tick_tail;
	bool ticks_counted;
	ev_prepare before_sleep;

	/* looplib.c: a heap of timers behind one libev timer; immediates run after the poll */
	struct timer **timers;
	size_t timer_count, timer_room;
	lua_Unsigned timer_order;
	bool timers_running;
	ev_timer wake;
	struct immediate *immediate, **immediate_end;
	lua_Unsigned immediate_order;
	ev_check after_poll;
	ev_idle no_sleep;

	/* watchlib.c: watched descriptors in buckets, with a bit for each bucket to be inspected
	   before the loop sleeps; signals that were ignored before they were watched */
	struct descriptor *descriptors[HANDLE_BUCKETS];
	uint64_t changed;
	void (*inspect)(struct loop *loop);
	sigset_t ignored;
};

/* The loop of the state that L belongs to, made by the first call. [-0, +0, m] */
struct loop *handle_loop(lua_State *L);

/* Has the loop run on an event loop. Nothing can be started before. */
void handle_attach(struct loop *loop, struct ev_loop *ev);

/*
 * Pushes a new handle of `size` bytes, zeroed but for its head, with the function at index
 * `function` and everything from `first` to the top as its arguments. Raises if the loop is closed.
 * [-0, +1, e]
 */
void *handle_new(lua_State *L, const struct handle_kind *kind, size_t size, int function,
		 int first);

/* The handle at an index; raises, blaming the argument, if it is none. [-0, +0, v] */
struct handle *handle_check(lua_State *L, int arg);

/* Requires something callable at an index, as luaL_checktype does. [-0, +0, v] */
void handle_check_function(lua_State *L, int arg);

/* Anchors the handle at an index and counts it as active. Its kind starts it after that. [-0, +0, m] */
void handle_start(lua_State *L, int index);

/* Stops an active handle, through its kind, and lets it go. Others are left alone. [-0, +0, -] */
void handle_stop(lua_State *L, struct handle *handle);

/* Keeps a libev watcher that was just started out of libev's count of what keeps it running; and
   the reverse, before it is stopped or after libev stopped it. Handles count instead. */
void handle_uncount(struct loop *loop);
void handle_count(struct loop *loop);

/*
 * Calls function(L) on the main thread, protected, with `data` as a light userdata, and then runs
 * the ticks. An error goes to the uncaught handler. [-0, +0, -]
 */
void handle_enter(struct loop *loop, lua_CFunction function, void *data);

/* Pushes an active handle; a function called by handle_enter begins with it. [-0, +1, -] */
void handle_push(lua_State *L, struct handle *handle);

/*
 * Starts a task with the function and the arguments of the handle at `index`, followed by the
 * `extra` values on top of the stack. A coroutine in place of the function is resumed instead, if
 * it waits. [-extra, +0, m]
 */
void handle_call(lua_State *L, int index, int extra);

/* Adds a tick: a function, with the values above it as arguments. [-(nargs + 1), +0, m] */
void handle_tick(lua_State *L, int nargs);

/* Runs the ticks, and those that they add, until none is left. [-0, +0, -] */
void handle_drain(struct loop *loop);

/* Stops everything and forgets the ticks; nothing can be started any more. [-0, +0, -] */
void handle_close(lua_State *L, struct loop *loop);

#endif
