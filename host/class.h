/*
 * Classes: the metatables of exported objects, described once to the other side, so that a method
 * call through a remote object is one trip. A class is a metatable with a __name, with a table as
 * __index, or with __eq or __close; its methods are the functions with string keys in that table and
 * in the tables that it inherits from. Reading them runs no Lua.
 *
 * A class does not keep its metatable alive. Once there are many, the other side is told to forget
 * those whose metatable is gone.
 */
#ifndef LEPTON_CLASS_H
#define LEPTON_CLASS_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct classes {
	int tables;  /* registry reference: metatable → class table (weak keys) */
	int by_id;   /* registry reference: class id → class table (weak values) */
	uint32_t id; /* the last one given */
	uint32_t refused;
	struct buffer given; /* u32 ids that the other side remembers */
	struct buffer fresh; /* CLASS frames that are still to be sent, whole */
};

/* What a class table holds beside what its methods are under their names. */
enum { CLASS_HOLDER = 1, CLASS_ID, CLASS_OWN };

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

/* Pushes the class table of the metatable at `holder`, or of that id; nil where there is none. */
bool class_push_table(const struct classes *c, lua_State *L, int holder);
bool class_push_by_id(const struct classes *c, lua_State *L, uint64_t id);

/* A new class id, which belongs to nothing yet; 0 where there are too many. [-0, +0, m] */
uint32_t class_new_id(struct classes *c, lua_State *L, uint32_t epoch);

/* Makes the table on top of the stack that of the metatable at `holder`. [-1, +0, m] */
void class_keep(const struct classes *c, lua_State *L, int holder, uint32_t id);

/* Pushes the function that the class has now as `name`, nil if none. [-0, +1, -] */
void class_push_method(struct classes *c, lua_State *L, uint64_t id, const char *name,
		       size_t length);

#endif
