#include "heap.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "log.h"

static void *allocate(void *data, void *block, size_t old, size_t new)
{
	struct heap *h = data;
	size_t before = block != NULL ? old : 0;
	if (new == 0) {
		free(block);
		h->used -= before;
		return NULL;
	}
	if (new > before && (new > h->most || h->used - before > h->most - new))
		return NULL;
	void *moved = realloc(block, new);
	if (moved != NULL)
		h->used += new - before;
	return moved;
}

static int panic(lua_State *L)
{
	log_die(1, "not enough memory, or an error that nobody caught: %s", lua_tostring(L, -1));
}

lua_State *heap_new_state(struct heap *h, size_t most)
{
	*h = (struct heap){ .most = most };
	if (most == 0)
		return luaL_newstate();
	lua_State *L = lua_newstate(allocate, h);
	if (L != NULL)
		lua_atpanic(L, panic);
	return L;
}
