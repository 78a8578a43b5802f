#include "tables.h"

#include <err.h>
#include <lauxlib.h>

#define FIELDS 10000

struct states {
	lua_State *from, *to; /* the table to be copied is on top of from's stack */
};

static struct states open_states(int named)
{
	struct states s = { luaL_newstate(), luaL_newstate() };
	if (s.from == NULL || s.to == NULL)
		errx(1, "no memory for a Lua state");
	lua_newtable(s.from);
	for (int i = 1; i <= FIELDS; i++) {
		if (named)
			lua_pushfstring(s.from, "field%d", i);
		else
			lua_pushinteger(s.from, i);
		lua_pushinteger(s.from, i);
		lua_rawset(s.from, -3);
	}
	return s;
}

static void close_states(struct states *s)
{
	lua_close(s->from);
	lua_close(s->to);
}

static void copy(void *data)
{
	struct states *s = data;
	lua_createtable(s->to, 0, FIELDS);
	lua_pushnil(s->from);
	while (lua_next(s->from, -2)) {
		size_t length;
		const char *key = lua_tolstring(s->from, -2, &length);
		lua_pushlstring(s->to, key, length);
		lua_pushinteger(s->to, lua_tointeger(s->from, -1));
		lua_rawset(s->to, -3);
		lua_pop(s->from, 1);
	}
	lua_pop(s->to, 1);
}

static void pairs(void *data)
{
	struct states *s = data;
	lua_pushnil(s->from);
	while (lua_next(s->from, -2)) {
		lua_pushinteger(s->to, lua_tointeger(s->from, -2));
		lua_pushinteger(s->to, lua_tointeger(s->from, -1));
		lua_pop(s->to, 2);
		lua_pop(s->from, 1);
	}
}

static void measure(const struct plan *plan, const char *name, int named, void (*run)(void *data))
{
	struct states s = open_states(named);
	struct plan few = *plan;
	few.singly = plan->singly < 200 ? plan->singly : 200;
	struct piece piece = { "lua", name, run, &s, NULL };
	measure_share(&few, &piece, FIELDS);
	close_states(&s);
}

void tables_copy(const struct plan *plan, const char *name)
{
	measure(plan, name, 1, copy);
}

void tables_pairs(const struct plan *plan, const char *name)
{
	measure(plan, name, 0, pairs);
}
