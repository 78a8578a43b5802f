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

/* As luaL_newstate. The heap must outlive the state. */
lua_State *heap_new_state(struct heap *h);

/* From now on the state gets no more than `most` bytes altogether; 0: as many as there are. */
void heap_limit(struct heap *h, size_t most);

#endif
