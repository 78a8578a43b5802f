#include "operate.h"

#include <lauxlib.h>
#include <string.h>

#include "library.h"
#include "marshal.h"
#include "protocol.h"

static const char functions_key, place_key, cursor_tag;

/* Puts a cursor that keeps the key on top of the stack in its place. */
static void push_cursor(lua_State *L)
{
	const void **tag = lua_newuserdatauv(L, sizeof *tag, 1);
	*tag = &cursor_tag;
	lua_insert(L, -2);
	lua_setiuservalue(L, -2, 1);
}

/* Puts the key that the cursor at `index` keeps in its place; leaves anything else. */
static void open_cursor(lua_State *L, int index)
{
	const void *const *tag = lua_touserdata(L, index);
	if (tag == NULL || lua_rawlen(L, index) != sizeof *tag || *tag != &cursor_tag)
		return;
	lua_getiuservalue(L, index, 1);
	lua_replace(L, index);
}

/* Stack: the table, the key or cursor to go on from, how many pairs at the most. */
static int l_next_chunk(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	int most = (int)luaL_checkinteger(L, 3);
	luaL_argcheck(L, most > 0 && most <= NEXT_CHUNK, 3, "not the size of a chunk");
	luaL_checkstack(L, 2 * NEXT_CHUNK + 4, NULL);
	lua_settop(L, 2);
	open_cursor(L, 2);
	int count = 0;
	while (count < most && lua_next(L, 1)) {
		count++;
		lua_pushvalue(L, -2);
	}
	if (count < most)
		return 2 * count;
	/* A field that is cleared meanwhile is found again by the very same string only. */
	if (most > 1 && lua_type(L, -1) == LUA_TSTRING) {
		push_cursor(L);
		return 2 * count + 1;
	}
	lua_pop(L, 1);
	return 2 * count;
}

static int l_copy(lua_State *L)
{
	if (!lua_istable(L, 1))
		return luaL_error(L, "copy: a table expected, got a %s", luaL_typename(L, 1));
	marshal_push_by_value(L);
	return 1;
}

/* Loads the Lua file and keeps how messages name a place in it. Leaves its table of functions. */
static void load_file(lua_State *L, const char *path)
{
	lua_Debug ar;
	if (library_load(L, path) != LUA_OK)
		lua_error(L);
	lua_pushvalue(L, -1);
	lua_getinfo(L, ">S", &ar);
	lua_pushfstring(L, "%s:", ar.short_src);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &place_key);
	lua_call(L, 0, 1);
}

void operate_open(lua_State *L, const char *data_dir)
{
	lua_createtable(L, OP_COUNT, 0);
	lua_pushfstring(L, "%s/lua/shared/operations.lua", data_dir);
	load_file(L, lua_tostring(L, -1));
	for (unsigned operation = 0; operation < OP_COUNT; operation++) {
		if (operation == OP_NEXT)
			lua_pushcfunction(L, l_next_chunk);
		else if (operation == OP_COPY)
			lua_pushcfunction(L, l_copy);
		else
			lua_getfield(L, -1, protocol_operation_name(operation));
		lua_rawseti(L, -4, operation);
	}
	lua_pop(L, 2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &functions_key);
}

void operate_push(lua_State *L, unsigned operation)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
	lua_rawgeti(L, -1, operation);
	lua_remove(L, -2);
}

const char *operate_blamed(lua_State *L, const char *message)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &place_key);
	size_t length;
	const char *place = lua_tolstring(L, -1, &length);
	bool blamed = strncmp(message, place, length) == 0;
	lua_pop(L, 1);
	size_t digits = blamed ? strspn(message + length, "0123456789") : 0;
	const char *rest = message + length + digits;
	return digits > 0 && strncmp(rest, ": ", 2) == 0 ? rest + 2 : NULL;
}
