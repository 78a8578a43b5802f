#include "blame.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "operate.h"
#include "source.h"

static const char last_key;

enum { LAST_ERROR = 1, LAST_TRACEBACK };

/* What the standard libraries say about an argument, taken apart. */
struct complaint {
	int argument; /* 0 is the object of a method call */
	const char *name;
	int name_length;
	const char *rest; /* from the parenthesis on */
};

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Reads `bad argument #2 to 'name' (…)`. */
static bool read_complaint(const char *text, struct complaint *c)
{
	static const char before_number[] = "bad argument #", before_name[] = " to '";
	if (!starts(text, before_number))
		return false;
	char *end;
	c->argument = (int)strtol(text + strlen(before_number), &end, 10);
	if (!starts(end, before_name))
		return false;
	c->name = end + strlen(before_name);
	c->rest = strstr(c->name, "' (");
	if (c->rest == NULL)
		return false;
	c->name_length = (int)(c->rest - c->name);
	c->rest += 2;
	return true;
}

/* The innermost function of the traceback, if it is one of C that made its message itself. */
static const char *innermost_in_c(const char *traceback)
{
	static const char begin[] = "stack traceback:\n\t[C]: in ";
	if (!starts(traceback, begin))
		return NULL;
	const char *function = traceback + strlen(begin);
	return starts(function, "function 'error'\n") ? NULL : function;
}

/* Pushes how main knows the C function: 'string.rep'; nothing where it has no name. */
static bool push_global_name(lua_State *L, const char *function)
{
	static const char begin[] = "function '";
	const char *name = function + strlen(begin);
	const char *end = starts(function, begin) ? strchr(name, '\'') : NULL;
	if (end != NULL)
		lua_pushlstring(L, name, (size_t)(end - name));
	return end != NULL;
}

/* Pushes the complaint as the caller in this process would have got it. */
static bool push_complaint(lua_State *L, const char *text, const char *traceback)
{
	lua_Debug ar;
	struct complaint c;
	const char *function = innermost_in_c(traceback);
	if (function == NULL || !read_complaint(text, &c))
		return false;
	lua_getstack(L, 0, &ar);
	lua_getinfo(L, "n", &ar);
	bool is_method = strcmp(ar.namewhat, "method") == 0;
	if (ar.name != NULL)
		lua_pushstring(L, ar.name);
	else if (!starts(c.name, "f'") && !starts(c.name, "?'"))
		lua_pushlstring(L, c.name, (size_t)c.name_length);
	else if (!push_global_name(L, function))
		lua_pushliteral(L, "?");
	const char *name = lua_tostring(L, -1);
	if (is_method && c.argument == 1)
		lua_pushfstring(L, "calling '%s' on bad self %s", name, c.rest);
	else
		lua_pushfstring(L, "bad argument #%d to '%s' %s", c.argument - is_method, name,
				c.rest);
	lua_remove(L, -2);
	return true;
}

/* Pushes what the virtual machine says about an operand, without the operand's name over there. */
static bool push_attempt(lua_State *L, const char *text)
{
	lua_Debug ar;
	const char *operand = strrchr(text, '(');
	if (!starts(text, "attempt to ") || operand == NULL ||
	    !(starts(operand, "(local '") || starts(operand, "(field '?')")))
		return false;
	lua_pushlstring(L, text, (size_t)(operand - text - 1));
	lua_getstack(L, 0, &ar);
	lua_getinfo(L, "n", &ar);
	if (starts(text, "attempt to call ") && ar.name != NULL) {
		lua_pushfstring(L, " (%s '%s')", ar.namewhat, ar.name);
		lua_concat(L, 2);
	}
	return true;
}

/* Pushes the place of the caller, as luaL_where does; Lepton's own Lua code is not to blame. */
static void push_place(lua_State *L)
{
	lua_Debug ar;
	for (int level = 1; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (!source_is_own(L, ar.source)) {
			luaL_where(L, level);
			return;
		}
	}
	lua_pushliteral(L, "");
}

void blame_caller(lua_State *L, int index, const char *traceback)
{
	index = lua_absindex(L, index);
	if (lua_type(L, index) != LUA_TSTRING)
		return;
	size_t length;
	const char *message = lua_tolstring(L, index, &length);
	const char *text = operate_blamed(L, message);
	if (text == NULL)
		return;
	luaL_checkstack(L, 8, NULL);
	push_place(L);
	if (!push_attempt(L, text) && !push_complaint(L, text, traceback))
		lua_pushlstring(L, text, length - (size_t)(text - message));
	lua_concat(L, 2);
	lua_replace(L, index);
}

/* Pushes the table that has the last error and its traceback; it keeps no object alive. */
static void push_last(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &last_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, 2, 0);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &last_key);
}

int blame_raise(lua_State *L)
{
	const char *traceback = lua_tostring(L, -1);
	blame_caller(L, -2, traceback != NULL ? traceback : "");
	push_last(L);
	lua_insert(L, -2);
	lua_rawseti(L, -2, LAST_TRACEBACK);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, LAST_ERROR);
	lua_pop(L, 1);
	return lua_error(L);
}

void blame_push_traceback(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	push_last(L);
	lua_rawgeti(L, -1, LAST_ERROR);
	bool same = !lua_isnil(L, -1) && lua_rawequal(L, -1, index);
	lua_pop(L, 1);
	if (same)
		lua_rawgeti(L, -1, LAST_TRACEBACK);
	else
		lua_pushnil(L);
	lua_remove(L, -2);
}
