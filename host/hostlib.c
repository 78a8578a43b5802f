#include "hostlib.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "childlib.h"
#include "host.h"
#include "limit.h"

static const char host_key;

static struct host *host_of(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
	struct host *host = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return host;
}

void hostlib_open(lua_State *L, struct host *host)
{
	lua_pushlightuserdata(L, host);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
}

static const char *zygote_error(int error)
{
	return error == EPIPE	    ? "the zygote, which forks it, has died"
	       : error == ETIMEDOUT ? "the zygote, which forks it, does not answer"
				    : strerror(error);
}

static int refuse(lua_State *L, const char *why)
{
	lua_pushnil(L);
	lua_pushfstring(L, "cannot start a process for the page: %s", why);
	return 2;
}

static int refuse_spawn(lua_State *L, const struct zygote *z, int error)
{
	enum sandbox_layer missing = z->sandboxed ? sandbox_missing(&z->report) : LAYER_COUNT;
	if (error != EPERM || missing == LAYER_COUNT)
		return refuse(L, zygote_error(error));
	lua_pushnil(L);
	lua_pushfstring(L,
			"cannot start a sandboxed page: this system does not give it the layer "
			"'%s' (%s)",
			sandbox_layer_name(missing), z->report.layers[missing].detail);
	return 2;
}

static int l_spawn(lua_State *L)
{
	struct host *host = host_of(L);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	luaL_argcheck(L, lua_getfield(L, 1, "root") == LUA_TTABLE, 1, "root: table expected");
	luaL_argcheck(L, lua_getfield(L, 1, "onEvent") == LUA_TFUNCTION, 1,
		      "onEvent: function expected");
	luaL_argcheck(L, lua_getfield(L, 1, "hello") == LUA_TTABLE, 1, "hello: table expected");
	lua_getfield(L, 1, "sandbox");
	struct zygote *zygote = lua_toboolean(L, -1) ? &host->sandbox_zygote : &host->zygote;
	lua_getfield(L, 1, "memory");
	struct renderer *r = childlib_fork(L, host, zygote, (size_t)lua_tointeger(L, -1));
	if (r == NULL)
		return refuse_spawn(L, zygote, errno);
	return childlib_adopt(L, r, 1) ? 1 : refuse(L, lua_tostring(L, -1));
}

static int l_exit(lua_State *L)
{
	int status = (int)luaL_optinteger(L, 1, 0);
	zygote_stop(&host_of(L)->zygote);
	zygote_stop(&host_of(L)->sandbox_zygote);
	exit(status);
}

static int l_layers(lua_State *L)
{
	struct zygote *z = &host_of(L)->sandbox_zygote;
	if (z->fd < 0 && zygote_start(z) < 0) {
		lua_pushnil(L);
		lua_pushfstring(L, "cannot start the zygote of sandboxed pages: %s",
				errno == EPIPE ? "it has died" : strerror(errno));
		return 2;
	}
	lua_createtable(L, LAYER_COUNT, 0);
	for (enum sandbox_layer layer = 0; layer < LAYER_COUNT; layer++) {
		lua_createtable(L, 0, 4);
		lua_pushstring(L, sandbox_layer_name(layer));
		lua_setfield(L, -2, "name");
		lua_pushboolean(L, z->report.layers[layer].holds);
		lua_setfield(L, -2, "holds");
		lua_pushstring(L, z->report.layers[layer].detail);
		lua_setfield(L, -2, "detail");
		lua_pushstring(L, sandbox_layer_purpose(layer));
		lua_setfield(L, -2, "purpose");
		lua_rawseti(L, -2, (lua_Integer)layer + 1);
	}
	return 1;
}

/* Opens a regular file below a folder: "..", absolute paths and links never lead out of it. */
static int open_beneath(const char *folder, const char *path, off_t *size)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	struct stat s = { .st_size = 0 };
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
	if (fd >= 0 && (fstat(fd, &s) < 0 || !S_ISREG(s.st_mode))) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	int saved = errno;
	if (dir >= 0)
		close(dir);
	errno = saved;
	*size = s.st_size;
	return fd;
}

static int l_read_beneath(lua_State *L)
{
	const char *folder = luaL_checkstring(L, 1);
	const char *path = luaL_checkstring(L, 2);
	luaL_Buffer text;
	off_t size;
	ssize_t n = -1;
	int fd = open_beneath(folder, path, &size);
	if (fd >= 0 && size <= (off_t)LIMIT_SANDBOX_FRAME) {
		n = read(fd, luaL_buffinitsize(L, &text, LIMIT_SANDBOX_FRAME), LIMIT_SANDBOX_FRAME);
		luaL_pushresultsize(&text, n > 0 ? (size_t)n : 0);
	} else if (fd >= 0) {
		errno = EFBIG;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (n >= 0)
		return 1;
	lua_pushnil(L);
	lua_pushfstring(L, "%s: %s", path, strerror(error));
	lua_pushinteger(L, error);
	return 3;
}

static int l_counts(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushinteger(L, host_of(L)->children);
	lua_setfield(L, -2, "children");
	return 1;
}

int luaopen_host_renderer(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "spawn", l_spawn },	{ "exit", l_exit },
		{ "layers", l_layers }, { "readBeneath", l_read_beneath },
		{ "counts", l_counts }, { NULL, NULL },
	};
	luaL_newlib(L, functions);
	lua_pushboolean(L, host_of(L)->trace);
	lua_setfield(L, -2, "trace");
	lua_pushboolean(L, host_of(L)->sandbox_all);
	lua_setfield(L, -2, "sandboxAll");
	return 1;
}
