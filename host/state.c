#include "state.h"

#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap.h"
#include "library.h"
#include "operate.h"
#include "proxy.h"
#include "source.h"
#include "task.h"

static const char extras_key;

/* What goes with a state and is no Lua value. */
struct extras {
	struct imports *imports;
	struct peers *peers;
	struct heap heap;
};

/* Puts Lepton's folders in front of package.path; main has modules/, a page lua/renderer/. */
static void set_path(lua_State *L, const struct state_options *o)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "path");
	lua_pushfstring(L, "%s/%s/?.lua;%s/lua/shared/?.lua;%s", o->data_dir,
			o->is_main ? "modules" : "lua/renderer", o->data_dir, lua_tostring(L, -1));
	lua_setfield(L, -3, "path");
	lua_pop(L, 2);
}

static void preload(lua_State *L, const luaL_Reg *libraries)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	luaL_setfuncs(L, libraries, 0);
	lua_pop(L, 1);
}

/* Stack: the loop, the options, the extras. */
static int l_furnish(lua_State *L)
{
	struct ev_loop *loop = lua_touserdata(L, 1);
	const struct state_options *o = lua_touserdata(L, 2);
	struct extras *x = lua_touserdata(L, 3);
	if (o->no_environment) {
		lua_pushboolean(L, 1);
		lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
	}
	luaL_openlibs(L);
	task_open(L, loop);
	source_open(L, o->data_dir);
	if (o->library != NULL)
		library_open(L, o->library);
	operate_open(L, o->data_dir);
	x->imports = proxy_open(L, o->is_main);
	lua_pushlightuserdata(L, x);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &extras_key);
	set_path(L, o);
	preload(L, o->libraries);
	return 0;
}

lua_State *state_open(struct peers *peers, const struct state_options *options)
{
	struct extras *x = calloc(1, sizeof *x);
	lua_State *L = x != NULL ? heap_new_state(&x->heap, options->memory) : NULL;
	if (L == NULL) {
		free(x);
		return NULL;
	}
	x->peers = peers;
	lua_pushcfunction(L, l_furnish);
	lua_pushlightuserdata(L, peers->loop);
	lua_pushlightuserdata(L, (void *)options);
	lua_pushlightuserdata(L, x);
	if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
		lua_close(L);
		if (x->imports != NULL)
			imports_free(x->imports);
		free(x);
		return NULL;
	}
	peers->imports = x->imports;
	return L;
}

void state_close(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &extras_key);
	struct extras *x = lua_touserdata(L, -1);
	lua_settop(L, 0);
	x->peers->imports = NULL;
	lua_close(L);
	imports_free(x->imports);
	free(x);
}

void state_data_dir(char *path, size_t size)
{
	static const char installed[] = "/../share/lepton";
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	if (n > 0) {
		path[n] = '\0';
		char *slash = strrchr(path, '/');
		size_t room = size - (size_t)(slash - path);
		if (room > sizeof installed + sizeof "/lua/shared") {
			strcpy(slash, installed);
			size_t length = strlen(path);
			strcpy(path + length, "/lua/shared");
			bool there = access(path, R_OK) == 0;
			path[length] = '\0';
			if (there)
				return;
		}
	}
	snprintf(path, size, "%s", LEPTON_SOURCE_DIR);
}
