/*
 * What specs of reach.c and cycles.c need in the states of the lab:
 *
 *   predict(objects, n, most)   for each of objects[1] to objects[n], a character: '1' reachable,
 *                               '0' not, '-' nil; at most `most` of work (no limit)
 *   cclosure(…)                 a C function with these upvalues
 *   userdata(n)                 a userdata with n user values
 *   collectCycles(root, most)   page: collects cycles with main
 *
 * and main's root object has the methods that this needs.
 */
#include "cycles.h"
#include "lab.h"
#include "proxy.h"
#include "reach.h"

struct prediction {
	struct reach reach;
	uint64_t most;
	lua_Integer count;
	char *marks;
};

/* Stack: the prediction, the objects. */
static int l_walk(lua_State *L)
{
	struct prediction *p = lua_touserdata(L, 1);
	p->marks = lua_newuserdatauv(L, (size_t)p->count + 1, 0);
	reach_open(&p->reach, L, p->most);
	reach_add_roots(&p->reach);
	reach_run(&p->reach);
	for (lua_Integer i = 1; i <= p->count; i++) {
		lua_rawgeti(L, 2, i);
		bool is_object = reach_is_object(L, -1);
		p->marks[i - 1] = '-';
		if (is_object)
			p->marks[i - 1] = reach_has(&p->reach, -1) ? '1' : '0';
		lua_pop(L, 1);
	}
	lua_pushlstring(L, p->marks, (size_t)p->count);
	return 1;
}

static int l_predict(lua_State *L)
{
	struct prediction p = { .count = luaL_checkinteger(L, 2) };
	p.most = (uint64_t)luaL_optinteger(L, 3, LUA_MAXINTEGER);
	lua_settop(L, 1);
	lua_gc(L, LUA_GCSTOP);
	lua_pushcfunction(L, l_walk);
	lua_pushlightuserdata(L, &p);
	lua_pushvalue(L, 1);
	int status = lua_pcall(L, 2, 1, 0);
	lua_gc(L, LUA_GCRESTART);
	reach_clear(&p.reach);
	return status == LUA_OK ? 1 : lua_error(L);
}

static int l_upvalues(lua_State *L)
{
	int i = 1;
	for (; lua_type(L, lua_upvalueindex(i)) != LUA_TNONE; i++)
		lua_pushvalue(L, lua_upvalueindex(i));
	return i - 1;
}

static int l_cclosure(lua_State *L)
{
	lua_pushcclosure(L, l_upvalues, lua_gettop(L));
	return 1;
}

static int l_userdata(lua_State *L)
{
	lua_newuserdatauv(L, 0, (int)luaL_checkinteger(L, 1));
	return 1;
}

static int l_collect(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	luaL_argexpected(L, h != NULL, 1, "remote object");
	struct peer *p = proxy_usable(L, 1, h)->refs->owner;
	return cycles_collect(p, L, (uint64_t)luaL_optinteger(L, 2, LUA_MAXINTEGER));
}

void lab_furnish_cycles(lua_State *L)
{
	static const luaL_Reg globals[] = {
		{ "predict", l_predict },
		{ "cclosure", l_cclosure },
		{ "userdata", l_userdata },
		{ "collectCycles", l_collect },
		{ "beginCycles", cycles_l_begin },
		{ "endCycles", cycles_l_end },
		{ NULL, NULL },
	};
	lua_pushglobaltable(L);
	luaL_setfuncs(L, globals, 0);
	lua_pop(L, 1);
}
