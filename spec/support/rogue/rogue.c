#include "rogue.h"

#include <malloc.h>
#include <string.h>

#include "refs.h"

static const char peer_key;

/* --- how the module gets into a page, and the page's peer into the module --- */

int luaopen_rogue(lua_State *L);

void __real_luaL_openlibs(lua_State *L);
void __wrap_luaL_openlibs(lua_State *L);
void __real_peer_begin_context(struct peer *p, lua_State *L);
void __wrap_peer_begin_context(struct peer *p, lua_State *L);

void __wrap_luaL_openlibs(lua_State *L)
{
	__real_luaL_openlibs(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, luaopen_rogue);
	lua_setfield(L, -2, "rogue");
	lua_pop(L, 1);
}

void __wrap_peer_begin_context(struct peer *p, lua_State *L)
{
	__real_peer_begin_context(p, L);
	lua_pushlightuserdata(L, p);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &peer_key);
}

struct peer *rogue_peer(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &peer_key);
	struct peer *p = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (p == NULL || p->is_main)
		luaL_error(L, "only a page can attack main");
	return p;
}

uint64_t rogue_id(lua_State *L, int index)
{
	const struct handle *h = handle_at(L, index);
	if (h == NULL || handle_import(h) == NULL)
		luaL_argerror(L, index, "an object of main's expected");
	return handle_import(h)->id;
}

/* --- the module --- */

static int l_id(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)rogue_id(L, 1));
	return 1;
}

/* Where the build has a sanitizer, which has an allocator of its own. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static int l_heap(lua_State *L)
{
	size_t used = __sanitizer_get_current_allocated_bytes != NULL
			      ? __sanitizer_get_current_allocated_bytes()
			      : mallinfo2().uordblks + mallinfo2().hblkhd;
	lua_pushinteger(L, (lua_Integer)used);
	return 1;
}

static lua_CFunction find_attack(const char *name)
{
	static const luaL_Reg *const groups[] = { rogue_references, rogue_frames, rogue_floods,
						  rogue_system };
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		for (const luaL_Reg *attack = groups[i]; attack->name != NULL; attack++)
			if (strcmp(attack->name, name) == 0)
				return attack->func;
	return NULL;
}

static int l_attack(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	lua_CFunction attack = find_attack(name);
	if (attack == NULL)
		return luaL_error(L, "there is no attack '%s'", name);
	lua_remove(L, 1);
	return attack(L);
}

int luaopen_rogue(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "attack", l_attack },
		{ "id", l_id },
		{ "heap", l_heap },
		{ NULL, NULL },
	};
	luaL_newlib(L, functions);
	luaL_setfuncs(L, rogue_memory, 0);
	return 1;
}
