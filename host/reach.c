#include "reach.h"

#include <lauxlib.h>
#include <string.h>

/* Slots of the walk, counted from its base. */
enum { WAITING = 1, EPHEMERONS, MODE };

#define STACK_ROOM 24
#define LEVELS_A_STEP 4 /* frames that lua_getstack passes in the time of one reference */

enum { WEAK_KEYS = 1, WEAK_VALUES = 2 };

/* --- what was reached ----------------------------------------------------------------------- */

bool reach_is_object(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TTABLE:
	case LUA_TFUNCTION:
	case LUA_TUSERDATA:
	case LUA_TTHREAD:
		return true;
	default:
		return false;
	}
}

/* A userdata's address is that of its block, which may be where another object begins. */
const void *reach_address(lua_State *L, int index)
{
	const char *address = lua_topointer(L, index);
	return lua_type(L, index) == LUA_TUSERDATA ? address + 1 : address;
}

void *reach_new_array(lua_State *L, size_t count, size_t size)
{
	void *array = lua_newuserdatauv(L, count * size + 1, 0);
	memset(array, 0, count * size + 1);
	return array;
}

bool reach_has(const struct reach *r, int index)
{
	uint32_t number;
	return seen_find(&r->reached, reach_address(r->L, index), &number);
}

/* Whether the object on top of the stack is reached for the first time. */
static bool is_new(struct reach *r)
{
	uint32_t number;
	int known = seen_number(&r->reached, reach_address(r->L, -1), &number);
	if (known < 0)
		luaL_error(r->L, "not enough memory");
	return known == 0;
}

void reach_keep(struct reach *r)
{
	lua_rawseti(r->L, r->base + WAITING, ++r->waiting);
}

bool reach_take(struct reach *r)
{
	if (r->waiting == 0)
		return false;
	lua_rawgeti(r->L, r->base + WAITING, r->waiting--);
	return true;
}

void reach_visit(struct reach *r)
{
	if (!is_new(r)) {
		lua_pop(r->L, 1);
		return;
	}
	if (r->met != NULL && lua_type(r->L, -1) == LUA_TUSERDATA)
		r->met(r);
	reach_keep(r);
}

void reach_exclude(struct reach *r)
{
	is_new(r);
	lua_pop(r->L, 1);
}

/* Visits the value on top of the stack, if it is an object. [-1, +0, m] */
static void refer(struct reach *r)
{
	r->work++;
	if (reach_is_object(r->L, -1))
		r->visit(r);
	else
		lua_pop(r->L, 1);
}

void reach_add(struct reach *r)
{
	if (reach_is_object(r->L, -1))
		reach_visit(r);
	else
		lua_pop(r->L, 1);
}

/* --- references ----------------------------------------------------------------------------- */

/* Which references of the table on top of the stack are weak; visits its metatable. */
static unsigned follow_metatable(struct reach *r)
{
	lua_State *L = r->L;
	unsigned weak = 0;
	if (!lua_getmetatable(L, -1))
		return 0;
	lua_pushvalue(L, r->base + MODE);
	if (lua_rawget(L, -2) == LUA_TSTRING) {
		const char *mode = lua_tostring(L, -1);
		weak |= strchr(mode, 'k') != NULL ? WEAK_KEYS : 0;
		weak |= strchr(mode, 'v') != NULL ? WEAK_VALUES : 0;
	}
	lua_pop(L, 1);
	refer(r);
	return weak;
}

/* Whether the value of the entry whose key is at `key` hangs on nothing but the table. */
static bool is_strong_key(const struct reach *r, int key)
{
	return !reach_is_object(r->L, key) || reach_has(r, key);
}

static void follow_table(struct reach *r)
{
	lua_State *L = r->L;
	unsigned weak = follow_metatable(r);
	if (weak == (WEAK_KEYS | WEAK_VALUES))
		return;
	if (weak == WEAK_KEYS && !r->repeated) {
		lua_pushvalue(L, -1);
		lua_rawseti(L, r->base + EPHEMERONS, ++r->ephemerons);
	}
	int table = lua_gettop(L);
	lua_pushnil(L);
	while (lua_next(L, table)) {
		if (weak == WEAK_VALUES || (weak == WEAK_KEYS && !is_strong_key(r, table + 1)))
			lua_pop(L, 1);
		else
			refer(r);
		if (weak != WEAK_KEYS && reach_is_object(L, table + 1)) {
			lua_pushvalue(L, table + 1);
			refer(r);
		}
	}
}

static void follow_function(struct reach *r)
{
	for (int i = 1; lua_getupvalue(r->L, -1, i) != NULL; i++)
		refer(r);
}

static void follow_userdata(struct reach *r)
{
	lua_State *L = r->L;
	if (lua_getmetatable(L, -1))
		refer(r);
	for (int i = 1; lua_getiuservalue(L, -1, i) != LUA_TNONE; i++)
		refer(r);
	lua_pop(L, 1);
}

/* Moves what was pushed onto the coroutine, and visits it. */
static void refer_from(struct reach *r, lua_State *co)
{
	lua_xmove(co, r->L, 1);
	refer(r);
}

static void follow_frame(struct reach *r, lua_State *co, lua_Debug *ar)
{
	lua_getinfo(co, "f", ar);
	refer_from(r, co);
	for (int i = 1; lua_getlocal(co, ar, i) != NULL; i++)
		refer_from(r, co);
	for (int i = -1; lua_getlocal(co, ar, i) != NULL; i--)
		refer_from(r, co);
}

static void follow_thread(struct reach *r)
{
	lua_State *co = lua_tothread(r->L, -1);
	lua_Debug ar;
	int level = 0;
	if (!lua_checkstack(co, STACK_ROOM))
		luaL_error(r->L, "not enough memory");
	for (; lua_getstack(co, level, &ar) && r->work <= r->most; level++) {
		r->work += (unsigned)level / LEVELS_A_STEP;
		follow_frame(r, co, &ar);
	}
	if (level > 0)
		return;
	for (int i = lua_gettop(co); i > 0; i--) {
		lua_pushvalue(co, i);
		refer_from(r, co);
	}
}

void reach_follow(struct reach *r)
{
	r->work++;
	switch (lua_type(r->L, -1)) {
	case LUA_TTABLE:
		follow_table(r);
		break;
	case LUA_TFUNCTION:
		follow_function(r);
		break;
	case LUA_TUSERDATA:
		follow_userdata(r);
		break;
	default:
		follow_thread(r);
	}
}

/* --- tables with weak keys ------------------------------------------------------------------ */

static void each_entry(struct reach *r, void (*pair)(struct reach *r))
{
	lua_State *L = r->L;
	int table = lua_gettop(L);
	lua_pushnil(L);
	while (lua_next(L, table)) {
		r->work++;
		if (reach_is_object(L, table + 1) && reach_is_object(L, table + 2)) {
			lua_pushvalue(L, table);
			lua_insert(L, table + 1);
			pair(r);
			lua_remove(L, table + 1);
		}
		lua_pop(L, 1);
	}
}

void reach_each_ephemeron(struct reach *r, void (*pair)(struct reach *r))
{
	for (uint32_t i = 1; i <= r->ephemerons; i++) {
		lua_rawgeti(r->L, r->base + EPHEMERONS, i);
		each_entry(r, pair);
		lua_pop(r->L, 1);
	}
}

static void reach_value(struct reach *r)
{
	if (!reach_has(r, -2))
		return;
	lua_pushvalue(r->L, -1);
	r->visit(r);
}

/* --- the walk ------------------------------------------------------------------------------- */

void reach_open(struct reach *r, lua_State *L, uint64_t most)
{
	luaL_checkstack(L, STACK_ROOM, NULL);
	*r = (struct reach){ .L = L, .most = most, .base = lua_gettop(L), .visit = reach_visit };
	seen_init(&r->reached);
	lua_newtable(L);
	lua_newtable(L);
	lua_pushliteral(L, "__mode");
	for (int i = WAITING; i <= EPHEMERONS; i++) {
		lua_pushvalue(L, r->base + i);
		reach_exclude(r);
	}
}

void reach_clear(struct reach *r)
{
	seen_clear(&r->reached);
}

static int l_nothing(lua_State *L)
{
	(void)L;
	return 0;
}

/* Pushes a value of the type, where its values share a metatable. */
static bool push_example(lua_State *L, int type)
{
	switch (type) {
	case LUA_TNIL:
		lua_pushnil(L);
		return true;
	case LUA_TBOOLEAN:
		lua_pushboolean(L, 0);
		return true;
	case LUA_TLIGHTUSERDATA:
		lua_pushlightuserdata(L, NULL);
		return true;
	case LUA_TNUMBER:
		lua_pushinteger(L, 0);
		return true;
	case LUA_TSTRING:
		lua_pushliteral(L, "");
		return true;
	case LUA_TFUNCTION:
		lua_pushcfunction(L, l_nothing);
		return true;
	case LUA_TTHREAD:
		lua_pushthread(L);
		return true;
	default:
		return false;
	}
}

void reach_add_roots(struct reach *r)
{
	lua_State *L = r->L;
	lua_pushvalue(L, LUA_REGISTRYINDEX);
	reach_add(r);
	lua_pushthread(L);
	reach_add(r);
	for (int type = LUA_TNIL; type < LUA_NUMTYPES; type++) {
		if (!push_example(L, type))
			continue;
		if (lua_getmetatable(L, -1))
			reach_add(r);
		lua_pop(L, 1);
	}
}

void reach_check(struct reach *r)
{
	if (r->work <= r->most)
		return;
	r->exhausted = true;
	luaL_error(r->L, "too much to look at");
}

void reach_run(struct reach *r)
{
	do {
		while (reach_take(r)) {
			reach_follow(r);
			lua_pop(r->L, 1);
			reach_check(r);
		}
		reach_each_ephemeron(r, reach_value);
	} while (r->waiting > 0);
}
