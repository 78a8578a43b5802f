/*
 * The main side of the lab:
 *
 *   main:run(code, …)  as page:run
 *   main:step()        one turn of its event loop
 *   main:settle()      turns everybody's loop until nothing moves any more
 *   main:collect(n)    n full garbage collections (2)
 *   main:page(options)  a new page; with `ring` its frames take the ring, and nothing of them can be
 *                       held back or looked at; with `partial` main holds it to the limits of a
 *                       sandboxed one, but for the seconds that a frame may take to come; with
 *                       `narrow` its sockets hold as little as they can
 *   main:close()       ends it and its pages
 *
 * The globals `root` (what pages are born holding) and `pages` (their root objects by number) are
 * there for its code.
 */
#include <stdio.h>
#include <string.h>

#include "lab.h"

struct lab_main *lab_check_main(lua_State *L)
{
	struct lab_main *m = luaL_checkudata(L, 1, "lab.main");
	luaL_argcheck(L, !m->closed, 1, "this main was closed");
	return m;
}

static int l_main(lua_State *L)
{
	const char *data_dir = luaL_checkstring(L, 1);
	struct lab_main *m = lua_newuserdatauv(L, sizeof *m, 0);
	memset(m, 0, sizeof *m);
	snprintf(m->data_dir, sizeof m->data_dir, "%s", data_dir);
	lab_state_init(&m->state, m->data_dir);
	if (lab_state_open(&m->state, true) < 0)
		return luaL_error(L, "lab: no memory for main");
	lua_newtable(m->state.L);
	lua_setglobal(m->state.L, "root");
	lua_newtable(m->state.L);
	lua_setglobal(m->state.L, "pages");
	luaL_setmetatable(L, "lab.main");
	return 1;
}

static int l_run(lua_State *L)
{
	struct lab_main *m = lab_check_main(L);
	luaL_checkstring(L, 2);
	int count = lab_state_run(&m->state, L, 2);
	if (count > 0 && !lua_toboolean(L, -count))
		return lua_error(L);
	return count > 0 ? count - 1 : 0;
}

static int l_step(lua_State *L)
{
	struct lab_main *m = lab_check_main(L);
	for (struct lab_page *page = m->pages; page != NULL; page = page->next)
		lab_wire_move(&page->wire);
	lab_state_step(&m->state);
	for (struct lab_page *page = m->pages; page != NULL; page = page->next)
		lab_wire_move(&page->wire);
	return 0;
}

static int l_settle(lua_State *L)
{
	struct lab_main *m = lab_check_main(L);
	for (struct lab_page *page = m->pages; page != NULL; page = page->next)
		page->host = L;
	lab_settle(m);
	return 0;
}

static int l_collect(lua_State *L)
{
	struct lab_main *m = lab_check_main(L);
	for (lua_Integer i = luaL_optinteger(L, 2, 2); i > 0; i--)
		lua_gc(m->state.L, LUA_GCCOLLECT);
	return 0;
}

static int l_close(lua_State *L)
{
	struct lab_main *m = luaL_checkudata(L, 1, "lab.main");
	if (m->closed)
		return 0;
	while (m->pages != NULL)
		lab_page_close(m->pages);
	lab_state_clear(&m->state);
	m->closed = true;
	return 0;
}

void lab_register_main(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "main", l_main },
		{ NULL, NULL },
	};
	static const luaL_Reg methods[] = {
		{ "run", l_run },	  { "step", l_step },	  { "settle", l_settle },
		{ "collect", l_collect }, { "page", lab_l_page }, { "close", l_close },
		{ "__gc", l_close },	  { NULL, NULL },
	};
	lab_kind(L, "lab.main", methods);
	luaL_setfuncs(L, functions, 0);
}
