#include "lab.h"

#include "limit.h"

void lab_kind(lua_State *L, const char *name, const luaL_Reg *methods)
{
	luaL_newmetatable(L, name);
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}

static void set(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

void lab_push_counts(lua_State *L, const struct peer *p)
{
	lua_newtable(L);
	set(L, "exports", p->refs.export_count);
	set(L, "imports", p->refs.import_count);
	set(L, "callbacks", p->refs.callback_count);
	set(L, "queued", p->refs.queued_count);
	set(L, "requests", p->request_count);
	set(L, "epoch", p->epoch);
}

static void push_exports(lua_State *L, const struct refs *r)
{
	lua_newtable(L);
	for (uint32_t place = 1; place < r->export_capacity; place++) {
		if (!r->exports[place].used)
			continue;
		lua_pushinteger(L, r->exports[place].sent);
		lua_rawseti(L, -2, (lua_Integer)r->exports[place].id);
	}
}

static void add_imports(lua_State *L, const struct import *head)
{
	for (const struct import *i = head->next; i != NULL && i != head; i = i->next) {
		if (i->id == 0)
			continue;
		lua_newtable(L);
		set(L, "id", i->id);
		set(L, "received", i->received);
		lua_pushstring(L, i->state == IMPORT_LIVE ? "live" : "queued");
		lua_setfield(L, -2, "state");
		lua_pushstring(L, i->origin);
		lua_setfield(L, -2, "origin");
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
}

void lab_push_references(lua_State *L, const struct peer *p)
{
	lua_newtable(L);
	push_exports(L, &p->refs);
	lua_setfield(L, -2, "exports");
	lua_newtable(L);
	add_imports(L, &p->refs.live);
	add_imports(L, &p->refs.queued);
	lua_setfield(L, -2, "imports");
}

/* Numbers by name: of messages, operations, faults and limits. */
static void set_numbers(lua_State *L)
{
	lua_newtable(L);
#define X(name, text) set(L, text, MSG_##name);
	PROTOCOL_MESSAGES(X)
#undef X
	lua_setfield(L, -2, "messages");
	lua_newtable(L);
#define X(name, text, fewest, most) set(L, text, OP_##name);
	PROTOCOL_OPERATIONS(X)
#undef X
	lua_setfield(L, -2, "operations");
	lua_newtable(L);
#define X(name, text) set(L, #name, FAULT_##name);
	PROTOCOL_FAULTS(X)
#undef X
	lua_setfield(L, -2, "faults");
	lua_newtable(L);
#define X(name) set(L, #name, LIMIT_##name);
	X(FRAME)
	X(QUEUE)
	X(DEPTH)
	X(REFERENCES)
	X(VALUES)
	X(CLASSES)
	X(METHODS)
	X(REQUESTS)
	X(READ)
	X(BUFFER_KEPT)
#undef X
	lua_setfield(L, -2, "limits");
}

static int l_message_name(lua_State *L)
{
	lua_pushstring(L, protocol_message_name((unsigned)luaL_checkinteger(L, 1)));
	return 1;
}

static int l_operation_name(lua_State *L)
{
	lua_pushstring(L, protocol_operation_name((unsigned)luaL_checkinteger(L, 1)));
	return 1;
}

static int l_fault_text(lua_State *L)
{
	lua_pushstring(L, protocol_fault_text((unsigned)luaL_checkinteger(L, 1)));
	return 1;
}

static int l_takes(lua_State *L)
{
	unsigned operation = (unsigned)luaL_checkinteger(L, 1);
	lua_pushboolean(L, protocol_operation_takes(operation, (uint32_t)luaL_checkinteger(L, 2)));
	return 1;
}

int luaopen_lab(lua_State *L);

__attribute__((visibility("default"))) int luaopen_lab(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "messageName", l_message_name },
		{ "operationName", l_operation_name },
		{ "faultText", l_fault_text },
		{ "takes", l_takes },
		{ NULL, NULL },
	};
	luaL_newlib(L, functions);
	set_numbers(L);
	lab_register_memory(L);
	lab_register_trickle(L);
	lab_register_bytes(L);
	lab_register_main(L);
	lab_register_page(L);
	return 1;
}
