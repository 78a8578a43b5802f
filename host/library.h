/*
 * Lepton's own Lua files, read into memory by a process that will soon be unable to open any file:
 * the zygote of sandboxed pages.
 */
#ifndef LEPTON_LIBRARY_H
#define LEPTON_LIBRARY_H

#include <lua.h>

struct library;

/* What data_dir is to a page that has no files: the names of the library's begin with it. */
#define LIBRARY_DIR "lepton"

/* Reads all that a page may need. NULL with errno. Never freed: processes are forked with it. */
struct library *library_read(const char *data_dir);

/* The state finds Lepton's files in the library, and `require` finds nothing else. [-0, +0, m] */
void library_open(lua_State *L, const struct library *library);

/* As luaL_loadfilex, text only, from the state's library if it has one. [-0, +1, m] */
int library_load(lua_State *L, const char *path);

#endif
