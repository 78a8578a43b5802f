/*
 * The memory of one Lua state, with a cap: past it, Lua gets "not enough memory".
 */
#ifndef LEPTON_HEAP_H
#define LEPTON_HEAP_H

#include <lua.h>
#include <stddef.h>

struct heap {
	size_t used;
	size_t most; /* 0: no cap */
};

/* As luaL_newstate, within `most` bytes. The heap must outlive the state. */
lua_State *heap_new_state(struct heap *h, size_t most);

#endif
