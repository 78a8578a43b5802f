/*
 * Which Lua code is Lepton's own: messages to a user name places in the user's code.
 */
#ifndef LEPTON_SOURCE_H
#define LEPTON_SOURCE_H

#include <lua.h>
#include <stdbool.h>

/* Tells the state the folder that holds lua/ and modules/. [-0, +0, m] */
void source_open(lua_State *L, const char *data_dir);

/* Whether a function's source, as lua_Debug has it, is a file in one of them. [-0, +0, -] */
bool source_is_own(lua_State *L, const char *source);

/*
 * Whether a place as messages and tracebacks have it, "file:12: …", is in one of those files. Lua
 * cuts off the beginning of a long name. [-0, +0, m]
 */
bool source_names_own(lua_State *L, const char *place);

#endif
