/*
 * What a page can do to the memory and the socket that it shares with main.
 *
 *   rogue.get(line, field)            line: 'toMain', 'toPage'; field: 'tail', 'head', 'asleep',
 *   rogue.set(line, field, value)       'wantsRoom'
 *   rogue.ring(n)                     rings main's bell n times
 *   rogue.hangUp()                    closes the socket
 *   rogue.hammer(seed, milliseconds)  writes at random into all of the shared memory
 *   rogue.seals()                     what comes of making main's end shorter, and longer
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"
#include "rogue.h"

/* Both lines: to main, and to the page. */
static struct ring_line *find_ring(lua_State *L)
{
	struct ring_line *lines = rogue_peer(L)->channel.ring.memory;
	if (lines == NULL)
		luaL_error(L, "this process has no ring");
	return lines;
}

static _Atomic uint32_t *check_field(lua_State *L)
{
	static const char *const names[] = { "toMain", "toPage", NULL };
	static const char *const fields[] = { "tail", "head", "asleep", "wantsRoom", NULL };
	struct ring_line *line = find_ring(L) + luaL_checkoption(L, 1, NULL, names);
	_Atomic uint32_t *const all[] = { &line->tail, &line->head, &line->asleep,
					  &line->wants_room };
	return all[luaL_checkoption(L, 2, NULL, fields)];
}

static int l_get(lua_State *L)
{
	lua_pushinteger(L, atomic_load(check_field(L)));
	return 1;
}

static int l_set(lua_State *L)
{
	atomic_store(check_field(L), (uint32_t)luaL_checkinteger(L, 3));
	return 0;
}

static int l_ring(lua_State *L)
{
	int fd = rogue_peer(L)->channel.fd;
	for (lua_Integer n = luaL_checkinteger(L, 1); n > 0; n--)
		send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	return 0;
}

static int l_hang_up(lua_State *L)
{
	close(rogue_peer(L)->channel.fd);
	return 0;
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int l_hammer(lua_State *L)
{
	struct ring_line *lines = find_ring(L);
	uint64_t random = (uint64_t)luaL_checkinteger(L, 1) * 2 + 1;
	struct timespec now, until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)luaL_checkinteger(L, 2) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	do {
		for (int i = 0; i < 1000; i++) {
			uint64_t n = next(&random);
			struct ring_line *line = &lines[n >> 1 & 1];
			uint32_t value = (uint32_t)(n >> 32);
			switch (n >> 2 & 7) {
			case 0:
				atomic_store(&line->tail, line->tail + value % 64);
				break;
			case 1:
				atomic_store(&line->head, line->head + value % 64);
				break;
			case 2:
				atomic_store(&line->asleep, value);
				break;
			case 3:
				atomic_store(&line->wants_room, value);
				break;
			default:
				line->bytes[value % RING_CAPACITY] = (unsigned char)(n >> 8);
				break;
			}
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < until.tv_sec ||
		 (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec));
	return 0;
}

/* What becomes of the ring's memory in main if a page that holds its descriptor changes its size. */
static int l_seals(lua_State *L)
{
	struct ring ring;
	int fd = ring_create(&ring);
	if (fd < 0)
		return luaL_error(L, "no ring");
	lua_pushboolean(L, ftruncate(fd, 0) < 0 && errno == EPERM);
	lua_pushboolean(L, ftruncate(fd, (off_t)1 << 30) < 0 && errno == EPERM);
	lua_pushboolean(L, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0 && errno == EPERM);
	close(fd);
	ring_clear(&ring);
	return 3;
}

const luaL_Reg rogue_memory[] = {
	{ "get", l_get },	{ "set", l_set },     { "ring", l_ring }, { "hangUp", l_hang_up },
	{ "hammer", l_hammer }, { "seals", l_seals }, { NULL, NULL },
};
