/*
 * Asynchronous tasks of a page: in them, remote operations yield to the page's loop instead of
 * blocking it.
 */
#ifndef LEPTON_ASYNC_H
#define LEPTON_ASYNC_H

#include <lua.h>

#include "peer.h"

/*
 * How Lua code that runs in L gets its answers from the peer: main's code always yields; a page's
 * yields in an asynchronous task, where Lua can, and waits otherwise.
 */
enum ask_mode async_mode(lua_State *L, const struct peer *p);

/*
 * Lua function (done, fn, …): runs fn(…) in an asynchronous task and calls done(ok, …) with its
 * results, or with false, its error and the traceback, once it has ended. Returns the task's coroutine.
 */
int l_async(lua_State *L);

#endif
