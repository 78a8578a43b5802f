/*
 * host.loop: the event loop of a Lua state as Lua sees it. lua/shared/timers.lua, loop.lua and
 * process.lua are its public faces.
 *
 *   setTimeout(fn, ms, ...)  setInterval(fn, ms, ...)  setImmediate(fn, ...)   return a handle
 *   clearTimeout(handle)  clearInterval(handle)  clearImmediate(handle)        nil is allowed
 *   sleep(ms)                suspends the running coroutine
 *   nextTick(fn, ...)        fn runs as soon as the task that libev entered has returned or yielded
 *   fd(descriptor, mode, fn) signal(name, fn)  child(pid, fn)                  return a handle
 *   counts()                 how many handles of each kind are active
 *
 * A handle has stop, ref, unref, hasRef and isActive; one of setTimeout or setInterval also has
 * refresh, which starts it anew. Each function that comes due runs in a task of its own.
 *
 * Timers fire in the order of their deadlines, and those of one deadline in the order in which they
 * were started. An interval that was missed is not made up for. Immediates run once after the loop
 * has looked for events, those set meanwhile after the next look.
 */
#ifndef LEPTON_LOOPLIB_H
#define LEPTON_LOOPLIB_H

#include <lua.h>

/* The event loop of the state's tasks has come: from now on things can be started. [-0, +0, m] */
void looplib_attach(lua_State *L);

/*
 * Stops every handle and forgets every tick: nothing of this state runs from the loop any more,
 * and nothing new can be started. For an exit, and the end of a page's context; closing the state
 * does the same. [-0, +0, -]
 */
void looplib_close(lua_State *L);

int luaopen_host_loop(lua_State *L);

#endif
