/*
 * A fresh Lua state of main or of a page's context: the standard libraries, tasks, remote objects,
 * the host's own modules ready to be required, and Lepton's Lua files on package.path.
 */
#ifndef LEPTON_STATE_H
#define LEPTON_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "peers.h"

struct state_options {
	bool is_main;
	bool no_environment;	   /* LUA_PATH and its like are not looked at */
	const char *data_dir;	   /* the folder that holds lua/ and modules/ */
	const luaL_Reg *libraries; /* name and luaopen function of the host's modules */
	const struct library *library; /* where Lepton's own files are; NULL: in data_dir */
	size_t memory;		   /* bytes that the state may use; 0: as many as there are */
};

/* A new state on the loop of the process's peers; NULL without memory. */
lua_State *state_open(struct peers *peers, const struct state_options *options);

/* Closes the state; the loop has nothing of it any more. */
void state_close(lua_State *L);

/*
 * The folder that holds lua/ and modules/: ../share/lepton beside the executable's folder, else
 * where the host was built. Written to `path` of `size` bytes.
 */
void state_data_dir(char *path, size_t size);

#endif
