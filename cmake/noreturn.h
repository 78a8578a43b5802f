/*
 * What Lua's headers do not say and clang-tidy has to know: these functions do not return. The
 * floor that knows no Lua does not have the headers.
 */
#if __has_include(<lauxlib.h>)
#include <lauxlib.h>
#include <lua.h>

__attribute__((noreturn)) int lua_error(lua_State *L);
__attribute__((noreturn)) int luaL_error(lua_State *L, const char *fmt, ...);
__attribute__((noreturn)) int luaL_argerror(lua_State *L, int arg, const char *extramsg);
__attribute__((noreturn)) int luaL_typeerror(lua_State *L, int arg, const char *tname);
#endif
