/*
 * Tasks: every piece of Lua that the host starts (the main script, a page's script, a timer, a
 * request, a callback) runs in a coroutine of its own, so that it may wait.
 *
 * Finished coroutines are kept and used again, so that starting a task allocates nothing.
 */
#ifndef LEPTON_TASK_H
#define LEPTON_TASK_H

#include <lua.h>

struct ev_loop;

/*
 * Told when a task has ended. `co` has the results (status LUA_OK) or the error value (any other
 * status) on top of its stack, `count` of them; it may push more. Must not raise.
 */
typedef void task_done(lua_State *co, int status, int count, void *data);

/* Told when a task can never end, because its suspended coroutine was collected. */
typedef void task_dropped(void *data);

/* Gives the state its tasks. [-0, +0, m] */
void task_open(lua_State *L);

/* Gives the tasks their event loop, before the first of them runs. [-0, +0, -] */
void task_attach(lua_State *L, struct ev_loop *loop);

/* The event loop of the state that L belongs to (NULL before there is one), and its main thread. */
struct ev_loop *task_loop(lua_State *L);
lua_State *task_main_thread(lua_State *L);

/*
 * Runs the function that stands below `nargs` arguments on top of L's stack in a coroutine of its
 * own, until it returns, raises or first yields. An error nobody catches goes to the handler set
 * with host.task's onUncaught, with its traceback; without a handler, to standard error.
 * [-(nargs + 1), +0, m]
 */
void task_start(lua_State *L, int nargs);

/*
 * The long form of task_start. task_take pushes an idle coroutine [-0, +1, m] on which the caller
 * pushes a function and its arguments (what stands on it already belongs to the task). task_run,
 * with that coroutine on top of L's stack, runs it [-1, +0, m] and calls `done` once, when the
 * function has ended: at once, or after it has yielded and was resumed. If nobody can resume it any
 * more, `dropped` (which may be NULL) is called instead.
 */
lua_State *task_take(lua_State *L);
void task_run(lua_State *L, lua_State *co, int nargs, task_done *done, task_dropped *dropped,
	      void *data);

/* Gives back, unused, the coroutine on top of L's stack that task_take pushed. [-1, +0, m] */
void task_give_back(lua_State *L, lua_State *co);

/* The traceback of the error that ended the task running in co; an empty string without one. */
const char *task_traceback(lua_State *co);

/* The data given to task_run, where co runs a task that was started with `done`; else NULL. */
void *task_data(lua_State *co, task_done *done);

/*
 * Continues a suspended coroutine with the `nargs` values on top of L's stack. An error in a
 * coroutine that is no task (the user's own) goes to the uncaught handler too. [-nargs, +0, m]
 */
void task_resume(lua_State *L, lua_State *co, int nargs);

/* The same with the values already on co's own stack; co must be anchored. [co: -nargs, m] */
void task_continue(lua_State *L, lua_State *co, int nargs);

/*
 * Reports the error value on top of the stack to the uncaught handler as (error, traceback,
 * origin); traceback and origin ("page": main was serving one) may be NULL. [-1, +0, -]
 */
void task_uncaught(lua_State *L, const char *traceback, const char *origin);

/* host.task: start, resume, onUncaught. */
int luaopen_host_task(lua_State *L);

#endif
