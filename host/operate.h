/*
 * What the owner of an object does for the other side: one Lua function per operation of the
 * protocol. Each does what the Lua virtual machine does for the operator, with its error messages,
 * and lets the metamethods that it calls yield. Most of them stand in lua/shared/operations.lua.
 */
#ifndef LEPTON_OPERATE_H
#define LEPTON_OPERATE_H

#include <lua.h>

/* Gives the state its operations, from the folder that holds lua/. Once in a state. [-0, +0, e] */
void operate_open(lua_State *L, const char *data_dir);

/* Pushes the function to be called with the operation's operands. [-0, +1, -] */
void operate_push(lua_State *L, unsigned operation);

/*
 * What follows the place in an error message that blames one of those functions; NULL where it
 * does not. [-0, +0, -]
 */
const char *operate_blamed(lua_State *L, const char *message);

#endif
