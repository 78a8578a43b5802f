#include "source.h"

#include <string.h>

static const char folder_key;

void source_open(lua_State *L, const char *data_dir)
{
	lua_pushfstring(L, "@%s/", data_dir);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &folder_key);
}

bool source_is_own(lua_State *L, const char *source)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &folder_key);
	size_t length;
	const char *folder = lua_tolstring(L, -1, &length);
	bool inside = folder != NULL && strncmp(source, folder, length) == 0;
	lua_pop(L, 1);
	const char *rest = source + length;
	return inside && (strncmp(rest, "lua/", 4) == 0 || strncmp(rest, "modules/", 8) == 0);
}
