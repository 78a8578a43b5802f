#include "async.h"

#include <lauxlib.h>

#include "task.h"

/* Calls what the task was started with, a registry reference, with its outcome. */
static void async_done(lua_State *co, int status, int count, void *data)
{
	int reference = (int)(intptr_t)data;
	if (!lua_checkstack(co, count + 8))
		return;
	lua_rawgeti(co, LUA_REGISTRYINDEX, reference);
	luaL_unref(co, LUA_REGISTRYINDEX, reference);
	lua_pushboolean(co, status == LUA_OK);
	lua_rotate(co, -count - 2, 2);
	task_start(co, count + 1);
}

enum ask_mode async_mode(lua_State *L, const struct peer *p)
{
	if (p->is_main || (task_data(L, async_done) != NULL && lua_isyieldable(L)))
		return ASK_YIELD;
	return ASK_WAIT;
}

int l_async(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	int count = lua_gettop(L) - 1;
	luaL_checkany(L, 2);
	lua_State *co = task_take(L);
	luaL_checkstack(co, count, "too many arguments");
	lua_insert(L, 2);
	lua_xmove(L, co, count);
	lua_pushvalue(L, 1);
	int reference = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pushvalue(L, 2);
	task_run(L, co, count - 1, async_done, NULL, (void *)(intptr_t)reference);
	return 1;
}
