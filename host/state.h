/*
 * A fresh Lua state of main or of a page's context: the standard libraries, tasks, remote objects,
 * the host's own modules ready to be required, and Lepton's Lua files on package.path.
 */
#ifndef LEPTON_STATE_H
#define LEPTON_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "heap.h"
#include "peers.h"

struct state_options {
	bool is_main;
	bool no_environment;	       /* LUA_PATH and its like are not looked at */
	const char *data_dir;	       /* the folder that holds lua/ and modules/ */
	const luaL_Reg *libraries;     /* name and luaopen function of the host's modules */
	const struct library *library; /* where Lepton's own files are; NULL: in data_dir */
};

/* A Lua state, and what goes with it and is no Lua value. */
struct state {
	lua_State *L;
	struct imports *imports;
	struct peers *peers;
	struct heap heap;
};

/* A new state, without an event loop: nothing runs in it yet that might wait. 0, or -1 without memory. */
int state_open(struct state *s, const struct state_options *options);

/*
 * Lets the state use the loop of the process's peers, and no more than `memory` bytes altogether
 * (0: as many as there are). 0, or -1 without memory: then the state is closed.
 */
int state_attach(struct state *s, struct peers *peers, size_t memory);

/* Closes an attached state; the loop has nothing of it any more. */
void state_close(struct state *s);

/*
 * Pushes a function of a Lua module, which is required if need be: whatever the application has made
 * of the global `require`. [-0, +1, e]
 */
void state_push_function(lua_State *L, const char *module, const char *name);

/*
 * The folder that holds lua/ and modules/: ../share/lepton beside the executable's folder, else
 * where the host was built. Written to `path` of `size` bytes.
 */
void state_data_dir(char *path, size_t size);

#endif
