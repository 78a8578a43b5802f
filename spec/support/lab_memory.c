/*
 * Memory that runs out when a spec says so: the allocator of the lab's Lua states, and, by the
 * linker's --wrap, what the floors themselves allocate.
 *
 *   lab.failAt(n, m)    the n-th allocation from now on and those after it, m in all (1), find no
 *                       memory. Lua tries each allocation a second time after a full collection
 *   lab.calm()          all is well again; returns how many allocations there were
 *   lab.blocks()        blocks and bytes in use
 *   lab.descriptors()   how many this process has open
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "shortage.h"

/* The linker's hooks take no argument of ours: this is the one place for it. */
static struct {
	size_t blocks;
	size_t bytes; /* of Lua states only */
	struct shortage shortage;
	bool spared; /* the lab itself allocates */
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t most);

static bool runs_out(void)
{
	return !memory.spared && shortage_meets(&memory.shortage);
}

static void *counted(void *block)
{
	if (block != NULL)
		memory.blocks++;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return runs_out() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return runs_out() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	if (runs_out())
		return NULL;
	void *moved = __real_realloc(block, size);
	if (block == NULL)
		counted(moved);
	return moved;
}

void __wrap_free(void *block)
{
	if (block != NULL)
		memory.blocks--;
	__real_free(block);
}

char *__wrap_strndup(const char *s, size_t most)
{
	size_t length = strnlen(s, most);
	char *copy = __wrap_malloc(length + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, s, length);
	copy[length] = '\0';
	return copy;
}

char *__wrap_strdup(const char *s)
{
	return __wrap_strndup(s, SIZE_MAX);
}

/* Lua's; shrinking never fails, as Lua demands. */
static void *allocate(void *data, void *block, size_t old, size_t size)
{
	(void)data;
	if (block == NULL)
		old = 0;
	if (size == 0) {
		memory.bytes -= old;
		__wrap_free(block);
		return NULL;
	}
	if (size > old && runs_out())
		return NULL;
	void *moved = __real_realloc(block, size);
	if (moved == NULL)
		return NULL;
	memory.bytes += size - old;
	return block == NULL ? counted(moved) : moved;
}

lua_State *lab_newstate(void)
{
	return lua_newstate(allocate, NULL);
}

bool lab_spare(bool spared)
{
	bool before = memory.spared;
	memory.spared = spared;
	return before;
}

size_t lab_blocks(void)
{
	return memory.blocks;
}

size_t lab_bytes(void)
{
	return memory.bytes;
}

static int l_fail_at(lua_State *L)
{
	return shortage_set(L, &memory.shortage);
}

static int l_calm(lua_State *L)
{
	return shortage_end(L, &memory.shortage);
}

static int l_blocks(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)lab_blocks());
	lua_pushinteger(L, (lua_Integer)lab_bytes());
	return 2;
}

static int l_descriptors(lua_State *L)
{
	lua_Integer count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	lua_pushinteger(L, count);
	return 1;
}

void lab_register_memory(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "failAt", l_fail_at },	  { "calm", l_calm }, { "blocks", l_blocks },
		{ "descriptors", l_descriptors }, { NULL, NULL },
	};
	luaL_setfuncs(L, functions, 0);
}
