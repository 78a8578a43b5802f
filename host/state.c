#include "state.h"

#include <limits.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap.h"
#include "library.h"
#include "looplib.h"
#include "operate.h"
#include "proxy.h"
#include "source.h"
#include "task.h"

static const char require_key;

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

/* Stack: the options, the state. */
static int l_furnish(lua_State *L)
{
	const struct state_options *o = lua_touserdata(L, 1);
	struct state *s = lua_touserdata(L, 2);
	if (o->no_environment) {
		lua_pushboolean(L, 1);
		lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
	}
	luaL_openlibs(L);
	task_open(L);
	source_open(L, o->data_dir);
	if (o->library != NULL)
		library_open(L, o->library);
	operate_open(L, o->data_dir);
	s->imports = proxy_open(L, o->is_main);
	lua_getglobal(L, "require");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &require_key);
	set_path(L, o);
	preload(L, o->libraries);
	return 0;
}

static void clear(struct state *s)
{
	if (s->peers != NULL)
		s->peers->imports = NULL;
	lua_close(s->L);
	if (s->imports != NULL)
		imports_free(s->imports);
	heap_clear(&s->heap);
	*s = (struct state){ .L = NULL };
}

int state_open(struct state *s, const struct state_options *options)
{
	*s = (struct state){ .peers = NULL };
	lua_State *L = s->L = heap_new_state(&s->heap);
	if (L == NULL)
		return -1;
	lua_pushcfunction(L, l_furnish);
	lua_pushlightuserdata(L, (void *)options);
	lua_pushlightuserdata(L, s);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		clear(s);
		return -1;
	}
	return 0;
}

/* Stack: the loop. */
static int l_attach(lua_State *L)
{
	task_attach(L, lua_touserdata(L, 1));
	looplib_attach(L);
	return 0;
}

int state_attach(struct state *s, struct peers *peers, size_t memory)
{
	heap_limit(&s->heap, memory);
	s->peers = peers;
	peers->imports = s->imports;
	lua_pushcfunction(s->L, l_attach);
	lua_pushlightuserdata(s->L, peers->loop);
	if (lua_pcall(s->L, 1, 0, 0) != LUA_OK) {
		clear(s);
		return -1;
	}
	return 0;
}

void state_close(struct state *s)
{
	lua_settop(s->L, 0);
	clear(s);
}

void state_push_function(lua_State *L, const char *module, const char *name)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &require_key);
	lua_pushstring(L, module);
	lua_call(L, 1, 1);
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
}

/* Whether the folder is there, and holds Lua files of Lepton's. */
static bool is_data_dir(const char *path)
{
	char inside[PATH_MAX];
	int n = snprintf(inside, sizeof inside, "%s/lua/shared", path);
	return n > 0 && (size_t)n < sizeof inside && access(inside, R_OK) == 0;
}

void state_data_dir(char *path, size_t size)
{
	char file[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", file, sizeof file - 1);
	file[n > 0 ? n : 0] = '\0';
	const char *name = strrchr(file, '/');
	const char *folder = name != NULL ? memrchr(file, '/', (size_t)(name - file)) : NULL;
	if (folder != NULL) {
		int length = (int)(folder - file);
		int written = snprintf(path, size, "%.*s/share/lepton", length, file);
		if (written > 0 && (size_t)written < size && is_data_dir(path))
			return;
	}
	snprintf(path, size, "%s", LEPTON_SOURCE_DIR);
}
