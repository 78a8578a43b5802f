#include "operate.h"

#include <lauxlib.h>
#include <string.h>

#include "library.h"
#include "marshal.h"
#include "protocol.h"

static const char functions_key, place_key;

static int l_next_chunk(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checkstack(L, 2 * NEXT_CHUNK + 4, NULL);
	int count = 0;
	while (count < NEXT_CHUNK && lua_next(L, 1)) {
		count++;
		lua_pushvalue(L, -2);
	}
	if (count == NEXT_CHUNK)
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
