/*
 * Classes: the metatables of exported objects, described once to the other side, so that a method
 * call through a remote object is one trip. A class is a metatable with a __name, with a table as
 * __index, or with __eq or __close; its methods are the functions with string keys in that table and in the tables that it
 * inherits from. Reading them runs no Lua.
 */
#ifndef LEPTON_CLASS_H
#define LEPTON_CLASS_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct classes {
	int ids;   /* registry reference: metatable → class id */
	int names; /* registry reference: class id → { [name] = true, metatable } */
	uint32_t count;
	struct buffer fresh; /* CLASS frames that are still to be sent, whole */
};

/* [-0, +0, m] */
void classes_init(struct classes *c, lua_State *L);

/* `closing`: the Lua state is about to be closed, leave it alone. */
void classes_clear(struct classes *c, lua_State *L, bool closing);

/*
 * The class id of the object at `index`, 0 if it has no class or there are too many; a class met
 * for the first time is described in c->fresh. *plain tells whether a field of the object itself
 * hides a method of its class. [-0, +0, m]
 */
uint32_t class_of(struct classes *c, lua_State *L, int index, uint32_t epoch, bool *plain);

/* Pushes the function that the class has now as `name`, nil if none. [-0, +1, -] */
void class_push_method(struct classes *c, lua_State *L, uint64_t id, const char *name,
		       size_t length);

#endif
