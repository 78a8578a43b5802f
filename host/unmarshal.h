/*
 * Bytes to Lua values, in three steps that stand in a row in peer.c: a frame is validated and costed
 * whole before anything is built; its references are resolved; its values are built.
 */
#ifndef LEPTON_UNMARSHAL_H
#define LEPTON_UNMARSHAL_H

#include <lua.h>

#include "channel.h"
#include "class.h"
#include "refs.h"

/*
 * Whether body and reference section are well formed, within the limits, and hold as many values
 * and references as the header says. Touches no Lua state. FAULT_NONE or what is wrong.
 */
enum fault frame_validate(const struct frame *f);

/* The same, with at most `depth` tables within tables; *cost is about what its values will take. */
enum fault frame_validate_within(const struct frame *f, unsigned depth, uint64_t *cost);

struct unmarshal {
	const struct frame *frame;
	struct refs *refs;
	struct classes *classes;
	bool objects;	 /* whether the other side may hand out objects, or functions only */
	bool restricted; /* the other side is a sandboxed page */
	lua_State *L;
	int base; /* on L: what stands below the references */
	struct reader body;
	int tables; /* on L: list of the tables begun, where the frame shares some; else 0 */
	uint32_t table_count;
	uint64_t numbers, steps; /* restricted: see scatter.h */
	enum fault fault;	 /* why building has raised, if it was not for want of memory */
};

/*
 * Pushes what the references of a valid frame stand for, and counts the credits. FAULT_NONE or
 * what is wrong with them. [-0, +references, m]
 */
enum fault unmarshal_references(struct unmarshal *u);

/* Pushes all values of the frame, above its references. [-0, +values, m] */
void unmarshal_values(struct unmarshal *u);

/*
 * The short way for a valid frame of not too many values, none of which is an object or a string:
 * pushes them on `to`. False, and nothing is pushed, for any other frame, or where `to` has no room.
 * [-0, +values, -]
 */
bool unmarshal_scalars(const struct frame *f, lua_State *to);

#endif
