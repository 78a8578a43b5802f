#include "library.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

static const char library_key;

struct library_file {
	char *path;
	struct buffer text;
	struct library_file *next;
};

struct library {
	struct library_file *first;
};

static const char *const folders[] = { "lua/renderer", "lua/shared" };

static int read_text(const char *path, struct buffer *text)
{
	char bytes[4096];
	size_t n;
	FILE *file = fopen(path, "rbe");
	if (file == NULL)
		return -1;
	while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
		buffer_put(text, bytes, n);
	int result = ferror(file) || text->failed ? -1 : 0;
	fclose(file);
	return result;
}

static int add_file(struct library *library, const char *data_dir, const char *folder,
		    const char *name)
{
	char *path = NULL;
	struct library_file *file = calloc(1, sizeof *file);
	if (file == NULL || asprintf(&path, "%s/%s/%s", data_dir, folder, name) < 0 ||
	    asprintf(&file->path, "%s/%s/%s", LIBRARY_DIR, folder, name) < 0 ||
	    read_text(path, &file->text) < 0) {
		free(path);
		free(file);
		return -1;
	}
	free(path);
	file->next = library->first;
	library->first = file;
	return 0;
}

static int add_folder(struct library *library, const char *data_dir, const char *folder)
{
	char *path;
	if (asprintf(&path, "%s/%s", data_dir, folder) < 0)
		return -1;
	DIR *dir = opendir(path);
	free(path);
	if (dir == NULL)
		return -1;
	int result = 0;
	struct dirent *entry;
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');
		if (dot != NULL && strcmp(dot, ".lua") == 0)
			result = add_file(library, data_dir, folder, entry->d_name);
	}
	closedir(dir);
	return result;
}

struct library *library_read(const char *data_dir)
{
	struct library *library = calloc(1, sizeof *library);
	for (size_t i = 0; library != NULL && i < sizeof folders / sizeof *folders; i++) {
		if (add_folder(library, data_dir, folders[i]) < 0) {
			free(library);
			return NULL;
		}
	}
	return library;
}

static const struct library_file *find(const struct library *library, const char *path)
{
	const struct library_file *file = library->first;
	while (file != NULL && strcmp(file->path, path) != 0)
		file = file->next;
	return file;
}

static const struct library *library_of(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
	const struct library *library = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return library;
}

/* A searcher of package.searchers. */
static int l_search(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		const char *path =
			lua_pushfstring(L, "%s/%s/%s.lua", LIBRARY_DIR, folders[i], name);
		if (find(library_of(L), path) == NULL)
			continue;
		if (library_load(L, path) != LUA_OK)
			return lua_error(L);
		lua_insert(L, -2);
		return 2;
	}
	lua_pushfstring(L, "Lepton has no module '%s'", name);
	return 1;
}

/* package.searchers: the preloaded modules, then the library. */
void library_open(lua_State *L, const struct library *library)
{
	lua_pushlightuserdata(L, (void *)library);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	lua_pushcfunction(L, l_search);
	lua_rawseti(L, -2, 2);
	for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i > 2; i--) {
		lua_pushnil(L);
		lua_rawseti(L, -2, i);
	}
	lua_pop(L, 2);
}

int library_load(lua_State *L, const char *path)
{
	const struct library *library = library_of(L);
	if (library == NULL)
		return luaL_loadfilex(L, path, "t");
	const struct library_file *file = find(library, path);
	if (file == NULL) {
		lua_pushfstring(L, "cannot open %s", path);
		return LUA_ERRFILE;
	}
	const char *name = lua_pushfstring(L, "@%s", path);
	int status =
		luaL_loadbufferx(L, (const char *)file->text.bytes, file->text.tail, name, "t");
	lua_remove(L, -2);
	return status;
}
