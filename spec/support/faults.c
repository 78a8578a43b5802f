/*
 * faults: what a machine does to a process now and then. Preloaded into lepton, it stands between
 * the host and the C library; its main script loads it, too, and says what shall happen.
 *
 *   faults.shift(clock, seconds)   'wall' or 'monotonic' is set that much forward (or back)
 *   faults.failAt(n, m)            the n-th allocation from now on and those after it, m in all,
 *                                  find no memory
 *   faults.calm()                  memory is there again; returns how many allocations there were
 */
#include <ev.h>
#include <lauxlib.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "shortage.h"

#define EXPORTED __attribute__((visibility("default")))

/* What is put in the place of the C library's functions takes no argument of ours. */
static struct {
	lua_Integer wall, monotonic;
	struct shortage shortage;
} faults;

/* --- clocks --------------------------------------------------------------------------------- */

EXPORTED int clock_gettime(clockid_t clock, struct timespec *t)
{
	int result = (int)syscall(SYS_clock_gettime, clock, t);
	if (result == 0 && clock == CLOCK_REALTIME)
		t->tv_sec += faults.wall;
	else if (result == 0 && clock == CLOCK_MONOTONIC)
		t->tv_sec += faults.monotonic;
	return result;
}

EXPORTED int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec precise;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &precise);
	*t = (struct timeval){ .tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000 };
	return 0;
}

EXPORTED time_t time(time_t *seconds)
{
	struct timespec precise;
	clock_gettime(CLOCK_REALTIME, &precise);
	if (seconds != NULL)
		*seconds = precise.tv_sec;
	return precise.tv_sec;
}

static int l_shift(lua_State *L)
{
	static const char *const names[] = { "wall", "monotonic", NULL };
	lua_Integer seconds = luaL_checkinteger(L, 2);
	if (luaL_checkoption(L, 1, NULL, names) == 0)
		faults.wall += seconds;
	else
		faults.monotonic += seconds;
	return 0;
}

/* --- memory --------------------------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static bool runs_out(void)
{
	return shortage_meets(&faults.shortage);
}

EXPORTED void *malloc(size_t size)
{
	return runs_out() ? NULL : __libc_malloc(size);
}

EXPORTED void *calloc(size_t count, size_t size)
{
	return runs_out() ? NULL : __libc_calloc(count, size);
}

/* Lua relies on it that to shrink a block never fails. */
EXPORTED void *realloc(void *block, size_t size)
{
	bool grows = block == NULL || malloc_usable_size(block) < size;
	return grows && runs_out() ? NULL : __libc_realloc(block, size);
}

/* libev ends the process where it finds no memory: it is spared. */
static void *spared(void *block, long size)
{
	if (size > 0)
		return __libc_realloc(block, (size_t)size);
	free(block);
	return NULL;
}

static int l_fail_at(lua_State *L)
{
	return shortage_set(L, &faults.shortage);
}

static int l_calm(lua_State *L)
{
	return shortage_end(L, &faults.shortage);
}

int luaopen_faults(lua_State *L);

EXPORTED int luaopen_faults(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "shift", l_shift },
		{ "failAt", l_fail_at },
		{ "calm", l_calm },
		{ NULL, NULL },
	};
	ev_set_allocator(spared);
	luaL_newlib(L, functions);
	return 1;
}
