/*
 * Charters: what a sandboxed page may call of an object of main's. An object has one where the class
 * that is its metatable has a list of names as its own field __remote; so has a module, which is a
 * table of functions with such a list (and no class: it has no __index). The functions are looked
 * up once in a context, without running any Lua; whatever else the object can do, the page cannot.
 */
#ifndef LEPTON_CHARTER_H
#define LEPTON_CHARTER_H

#include "class.h"

/* Whether the object at `index` has a charter. [-0, +0, -] */
bool charter_is_at(lua_State *L, int index);

/*
 * The class id of the object at `index`, which has a charter; as class_of describes it. 0 if there
 * are too many. [-0, +0, m]
 */
uint32_t charter_class(struct classes *c, lua_State *L, int index, uint32_t epoch);

/*
 * Pushes the function that the charter of the object at `object` has as the name at `name`; nil if
 * none. `class` is the class id that the object had when the page was given it, 0 if unknown: it
 * saves looking for the charter where it is still the same. [-0, +1, m]
 */
void charter_push(struct classes *c, lua_State *L, uint32_t class, int object, int name,
		  uint32_t epoch);

/*
 * Pushes a function of a module by its class id; nil for a method of a class, which goes with its
 * object only. [-0, +1, -]
 */
void charter_push_function(struct classes *c, lua_State *L, uint64_t id, const char *name,
			   size_t length);

#endif
