#include "scatter.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define PAIRS_LEAST 65u /* fewer take 32 steps each at the most */

struct scatter {
	uint32_t size;	/* of the table; the larger one has twice as many places */
	uint8_t held[]; /* of the table's places, then of the larger one's: how many, up to 255 */
};

struct scatter *scatter_push(lua_State *L, uint32_t pairs)
{
	uint32_t size = PAIRS_LEAST - 1;
	if (pairs < PAIRS_LEAST)
		return NULL;
	while (size < pairs)
		size *= 2;
	struct scatter *s = lua_newuserdatauv(L, sizeof *s + (size_t)size * 3, 0);
	s->size = size;
	memset(s->held, 0, (size_t)size * 3);
	return s;
}

/* The places of a number in tables of both sizes, as Lua has them (ltable.c, mainposition). */
struct places {
	uint32_t now, later;
};

static struct places places_by_remainder(uint64_t hash, uint32_t size)
{
	return (struct places){ .now = (uint32_t)(hash % ((size - 1) | 1)),
				.later = (uint32_t)(hash % ((size * 2 - 1) | 1)) };
}

static struct places places_of_integer(lua_Integer n, uint32_t size)
{
#if LUA_VERSION_RELEASE_NUM < 50403
	return (struct places){ .now = (uint32_t)n & (size - 1),
				.later = (uint32_t)n & (size * 2 - 1) };
#else
	return places_by_remainder((uint64_t)n, size);
#endif
}

static struct places places_of_float(lua_Number n, uint32_t size)
{
	int exponent;
	double scaled = frexp(n, &exponent) * -(double)INT_MIN;
	if (!isfinite(scaled))
		return (struct places){ .now = 0, .later = 0 };
	unsigned hash = (unsigned)exponent + (unsigned)(int64_t)scaled;
	return places_by_remainder(hash <= (unsigned)INT_MAX ? hash : ~hash, size);
}

static unsigned count(uint8_t *held)
{
	return *held < UINT8_MAX ? (*held)++ : *held;
}

unsigned scatter_add(struct scatter *s, lua_State *L, int index)
{
	int is_integer;
	lua_Integer n = lua_tointegerx(L, index, &is_integer);
	struct places p = is_integer ? places_of_integer(n, s->size)
				     : places_of_float(lua_tonumber(L, index), s->size);
	return count(&s->held[p.now]) + count(&s->held[s->size + p.later]);
}
