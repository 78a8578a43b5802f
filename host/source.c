#include "source.h"

#include <string.h>

static const char folder_key;

static const char *const subfolders[] = { "modules", "lua/shared", "lua/renderer" };

void source_open(lua_State *L, const char *data_dir)
{
	lua_pushfstring(L, "%s/", data_dir);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &folder_key);
}

static bool begins_own(lua_State *L, const char *name)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &folder_key);
	size_t length;
	const char *folder = lua_tolstring(L, -1, &length);
	bool inside = folder != NULL && strncmp(name, folder, length) == 0;
	lua_pop(L, 1);
	const char *rest = name + length;
	return inside && (strncmp(rest, "lua/", 4) == 0 || strncmp(rest, "modules/", 8) == 0);
}

bool source_is_own(lua_State *L, const char *source)
{
	return *source == '@' && begins_own(L, source + 1);
}

/* Whether what is left of a name, n bytes, is the end of one of a file in those folders. */
static bool ends_own(lua_State *L, const char *left, size_t n)
{
	const char *slash = memrchr(left, '/', n);
	if (slash == NULL)
		return false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &folder_key);
	lua_pushlstring(L, slash, n - (size_t)(slash - left));
	bool is = false;
	for (size_t i = 0; i < sizeof subfolders / sizeof *subfolders && !is; i++) {
		size_t length;
		lua_pushfstring(L, "%s%s%s", lua_tostring(L, -2), subfolders[i],
				lua_tostring(L, -1));
		const char *name = lua_tolstring(L, -1, &length);
		is = n < length && memcmp(name + length - n, left, n) == 0;
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	return is;
}

bool source_names_own(lua_State *L, const char *place)
{
	static const char cut[] = "...";
	const char *end = strstr(place, ".lua:");
	if (end == NULL)
		return false;
	size_t n = (size_t)(end - place) + strlen(".lua");
	if (strncmp(place, cut, strlen(cut)) == 0)
		return ends_own(L, place + strlen(cut), n - strlen(cut));
	return begins_own(L, place);
}
