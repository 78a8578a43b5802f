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
	void *fill;  /* what heap_settle took: each block begins with the address of the next */
};

/* As luaL_newstate. The heap must outlive the state. */
lua_State *heap_new_state(struct heap *h);

/*
 * Takes what is free between the blocks of the process, until heap_clear: a process that is forked
 * now, and shares its memory until it is written to, puts what it makes side by side.
 */
void heap_settle(struct heap *h);

/* Gives back what heap_settle took, after the state was closed. */
void heap_clear(struct heap *h);

/* From now on the state gets no more than `most` bytes altogether; 0: as many as there are. */
void heap_limit(struct heap *h, size_t most);

#endif
