#include "heap.h"

#include <lauxlib.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"

#define FILL_LARGEST 1040u /* what malloc keeps lists of by size */
#define FILL_STEP 16u
#define FILL_MOST (1u << 20) /* bytes altogether */

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

/* Takes a block of that size. Whether it lay between others: below `end`. */
static bool fill(struct heap *h, size_t size, uintptr_t end)
{
	void **block = malloc(size);
	if (block == NULL)
		return false;
	*block = h->fill;
	h->fill = block;
	return (uintptr_t)block < end;
}

/* The last block of each size lies at the end: given back, it would be the first to be used. */
void heap_settle(struct heap *h)
{
	uintptr_t end = (uintptr_t)sbrk(0) - mallinfo2().keepcost;
	size_t taken = 0;
	for (size_t size = FILL_LARGEST; size >= FILL_STEP; size -= FILL_STEP)
		while (fill(h, size, end) && taken < FILL_MOST)
			taken += size;
}

void heap_clear(struct heap *h)
{
	while (h->fill != NULL) {
		void **block = h->fill;
		h->fill = *block;
		free(block);
	}
}

void heap_limit(struct heap *h, size_t most)
{
	h->most = most;
}
