#include "heap.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>

#include "log.h"

static bool is_past(const struct heap *h, size_t more)
{
	return h->most != 0 && (more > h->most || h->used > h->most - more);
}

static void *allocate(void *data, void *block, size_t old, size_t new)
{
	struct heap *h = data;
	size_t before = block != NULL ? old : 0;
	if (new == 0) {
		free(block);
		h->used -= before;
		return NULL;
	}
	if (new > before && is_past(h, new - before))
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

lua_State *heap_new_state(struct heap *h)
{
	lua_State *L = luaL_newstate();
	*h = (struct heap){ .used = 0 };
	if (L == NULL)
		return NULL;
	h->used = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
	lua_setallocf(L, allocate, h);
	lua_atpanic(L, panic);
	return L;
}

void heap_limit(struct heap *h, size_t most)
{
	h->most = most;
}
