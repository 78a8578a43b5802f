/*
 * What the owner of an object does for the other side: one C function per operation of the
 * protocol. Each does what the Lua virtual machine would do for the operator, with its error
 * messages, and lets the metamethods that it calls yield.
 */
#ifndef LEPTON_OPERATE_H
#define LEPTON_OPERATE_H

#include <lua.h>

/*
 * The function that carries out the operation, to be called with the operation's operands; NULL
 * for OP_CALL, where the first operand itself is called with the others.
 */
lua_CFunction operate_function(unsigned operation);

#endif
