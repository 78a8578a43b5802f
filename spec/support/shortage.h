/*
 * Which of the allocations of a process find no memory, as a spec has it: some in a row.
 */
#ifndef LEPTON_SHORTAGE_H
#define LEPTON_SHORTAGE_H

#include <errno.h>
#include <lauxlib.h>
#include <stdbool.h>

struct shortage {
	lua_Integer seen; /* allocations since it was set */
	lua_Integer from, until;
	bool armed;
};

/* At each allocation: whether it finds none; then errno says so. */
static inline bool shortage_meets(struct shortage *s)
{
	if (!s->armed)
		return false;
	s->seen++;
	if (s->seen < s->from || s->seen >= s->until)
		return false;
	errno = ENOMEM;
	return true;
}

/* failAt(n, m): the n-th allocation from now on and those after it, m in all (1). */
static inline int shortage_set(lua_State *L, struct shortage *s)
{
	lua_Integer from = luaL_checkinteger(L, 1);
	*s = (struct shortage){ .from = from,
				.until = from + luaL_optinteger(L, 2, 1),
				.armed = true };
	return 0;
}

/* calm(): there is memory again; how many allocations there were. */
static inline int shortage_end(lua_State *L, struct shortage *s)
{
	s->armed = false;
	lua_pushinteger(L, s->seen);
	return 1;
}

#endif
