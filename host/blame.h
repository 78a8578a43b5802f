/*
 * Errors that blame the caller. The owner of an object is called by its own host, but the caller
 * whom Lua's messages mean is the code that uses the remote object: in its process the messages get
 * the place and the names that they would have if the object were local.
 */
#ifndef LEPTON_BLAME_H
#define LEPTON_BLAME_H

#include <lua.h>

/*
 * Replaces the error value at `index`, which came from the other side with that traceback, where it
 * is a message that blames the caller: the running C function is what was called, and the function
 * that called it is to blame. [-0, +0, m]
 */
void blame_caller(lua_State *L, int index, const char *traceback);

/*
 * Raises an error that came from the other side: the value and its traceback there are on top of
 * the stack. [-2, +0, e]
 */
int blame_raise(lua_State *L);

/*
 * Pushes the traceback of the value at `index` on the other side, if that was the last error that
 * blame_raise raised; else nil. [-0, +1, -]
 */
void blame_push_traceback(lua_State *L, int index);

#endif
