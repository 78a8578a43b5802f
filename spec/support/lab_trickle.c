/*
 * A system that does as little as it may: by the linker's --wrap, what the floors send and receive.
 *
 *   lab.trickle(n)   from now on each call moves n bytes at most, and every other one, as well as
 *                    every other wait, is interrupted by a signal before it has done anything
 *   lab.trickle()    all is well again
 */
#include <errno.h>
#include <sys/socket.h>

#include "lab.h"

/* The linker's hooks take no argument of ours: this is the one place for it. */
static struct {
	size_t most; /* 0: as many as there are */
	bool interrupted;
} trickle;

ssize_t __real_send(int fd, const void *bytes, size_t n, int flags);
ssize_t __real_recv(int fd, void *bytes, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t n, int flags);

bool lab_is_interrupted(void)
{
	if (trickle.most == 0)
		return false;
	trickle.interrupted = !trickle.interrupted;
	if (trickle.interrupted)
		errno = EINTR;
	return trickle.interrupted;
}

static size_t few(size_t n)
{
	return trickle.most > 0 && n > trickle.most ? trickle.most : n;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags)
{
	return lab_is_interrupted() ? -1 : __real_send(fd, bytes, few(n), flags);
}

ssize_t __wrap_recv(int fd, void *bytes, size_t n, int flags)
{
	return lab_is_interrupted() ? -1 : __real_recv(fd, bytes, few(n), flags);
}

static int l_trickle(lua_State *L)
{
	trickle.most = (size_t)luaL_optinteger(L, 1, 0);
	return 0;
}

void lab_register_trickle(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "trickle", l_trickle },
		{ NULL, NULL },
	};
	luaL_setfuncs(L, functions, 0);
}
