#include "async.h"

#include <lauxlib.h>

#include "task.h"

static const char outcomes_key;

/* Pushes the table of who is told the outcome of which task; it keeps no task alive. */
static void push_outcomes(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &outcomes_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "k");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &outcomes_key);
}

/* Calls what the task was started with. */
static void async_done(lua_State *co, int status, int count, void *data)
{
	(void)data;
	if (!lua_checkstack(co, count + 8))
		return;
	push_outcomes(co);
	lua_pushthread(co);
	lua_rawget(co, -2);
	lua_pushthread(co);
	lua_pushnil(co);
	lua_rawset(co, -4);
	lua_remove(co, -2);
	if (status != LUA_OK) {
		lua_pushstring(co, task_traceback(co));
		lua_insert(co, -2);
		count++;
	}
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
	push_outcomes(L);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 1);
	lua_rawset(L, -3);
	lua_pop(L, 1);
	lua_pushvalue(L, 2);
	task_run(L, co, count - 1, async_done, NULL, (void *)&outcomes_key);
	return 1;
}
