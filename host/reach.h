/*
 * What of a Lua state is reachable: the garbage collector's marking, done again through Lua's public
 * API. No Lua code runs, nothing is changed, and what is weak is weak here, too.
 *
 * Seen are the fields of tables, metatables, upvalues, user values, and of every coroutine all that
 * stands in the frames of its functions: locals, varargs, temporaries. What the API does not show is
 * what a C program has left on a coroutine's stack below the first function that runs in it; the
 * host leaves nothing there while it runs Lua.
 *
 * The collector must not run from reach_open to reach_close, because objects are known by their
 * addresses.
 */
#ifndef LEPTON_REACH_H
#define LEPTON_REACH_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "seen.h"

struct reach {
	lua_State *L;
	struct seen reached; /* by address */
	uint64_t work;	     /* done so far: about one for each object and each reference, */
	uint64_t most;	     /* and how much of it may be done */
	int base;	     /* on L: the tables that belong to the walk */
	uint32_t waiting;    /* objects reached whose references were not yet followed */
	uint32_t ephemerons; /* tables with weak keys met so far */
	bool exhausted;	     /* it was too much work */
	bool repeated;	     /* what is followed was followed before */
	/*
	 * What is done with the object on top of L's stack when a reference to it is followed; takes it
	 * away. reach_visit, or another that the owner puts in its place. [-1, +0, m]
	 */
	void (*visit)(struct reach *r);
	/* Told of each userdata when it is reached, on top of L's stack; may be NULL. [-0, +0, m] */
	void (*met)(struct reach *r);
	void *data; /* the owner's */
};

/* Stack slots that the walk keeps on L from reach_open on. */
#define REACH_SLOTS 3

/* Begins a walk on L, at most `most` of work. r->reached is to be cleared with reach_clear. [-0, +3, m] */
void reach_open(struct reach *r, lua_State *L, uint64_t most);

/* Frees what the walk holds outside of Lua; its slots on L are not touched. */
void reach_clear(struct reach *r);

/* The object on top of the stack counts as reached, and its references are not followed. [-1, +0, m] */
void reach_exclude(struct reach *r);

/* Adds the value on top of the stack to what is reached. [-1, +0, m] */
void reach_add(struct reach *r);

/* Adds what is always reachable: the registry, the running coroutine, metatables of types. [-0, +0, m] */
void reach_add_roots(struct reach *r);

/* Follows references until no more is reached. Raises where that is too much work. [-0, +0, e] */
void reach_run(struct reach *r);

/* Raises where too much work was done. [-0, +0, e] */
void reach_check(struct reach *r);

/* Whether the value at `index` is one that has references, and one that was reached. */
bool reach_is_object(lua_State *L, int index);
bool reach_has(const struct reach *r, int index);

/* What an object is known by. */
const void *reach_address(lua_State *L, int index);

/* Pushes, and returns, so many zeroed entries, for as long as they stand on the stack. [-0, +1, m] */
void *reach_new_array(lua_State *L, size_t count, size_t size);

/* --- for those with a `visit` of their own --- */

/* The default: the object on top of the stack is reached. [-1, +0, m] */
void reach_visit(struct reach *r);

/* Keeps the object on top of the stack for reach_follow. [-1, +0, m] */
void reach_keep(struct reach *r);

/* Takes up the object kept last; false if none is left. [-0, +(0|1), m] */
bool reach_take(struct reach *r);

/* Visits what the object on top of the stack refers to strongly. [-0, +0, m] */
void reach_follow(struct reach *r);

/*
 * Calls `pair` for each entry of a table with weak keys met so far whose value hangs on its key, an
 * object: the table, key and value are on top of L's stack, and stay. [-0, +0, m]
 */
void reach_each_ephemeron(struct reach *r, void (*pair)(struct reach *r));

#endif
