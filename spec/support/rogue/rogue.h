/*
 * rogue: Lepton, object for object, and pages that attack main in C. Every Lua state of this
 * executable finds one more module, `rogue`; what a page is held to is what lepton holds it to. A
 * page is an honest one until it calls an attack, which then has its process and its channel to
 * itself.
 *
 *   rogue.attack(name, …)   runs the attack of that name; gives what main answered, if it did, and
 *                           if the page's process lives that long
 *   rogue.id(object)        the id that an object of main's has here
 *   rogue.get(line, field) rogue.set(line, field, value) rogue.ring(n) rogue.hangUp()
 *   rogue.hammer(seed, milliseconds) rogue.seals()                           see memory.c
 *   rogue.heap()            bytes that the process has allocated, in C and in Lua
 *
 * An attack is a lua_CFunction. They stand in groups, as the threats of docs/security.md do.
 */
#ifndef LEPTON_ROGUE_H
#define LEPTON_ROGUE_H

#include <lauxlib.h>
#include <lua.h>

#include "peer.h"
#include "value.h"

/* The attacks of each group, by name. */
extern const luaL_Reg rogue_references[], rogue_frames[], rogue_floods[], rogue_system[];

/* Functions of the module. */
extern const luaL_Reg rogue_memory[];

/* The page's end of its channel. Raises where the state is not a page's. */
struct peer *rogue_peer(lua_State *L);

/* The id of the object of main's at `index`. */
uint64_t rogue_id(lua_State *L, int index);

/* --- forge.c: frames of any kind --- */

struct forgery {
	struct frame_header header;
	struct buffer body;
	struct buffer references;
};

/* A frame of the page's epoch without values; an ASK or POST has an operation. */
struct forgery forge(const struct peer *p, enum message message, enum operation operation);

/* Adds a reference and the value that names it. */
void forge_reference(struct forgery *f, enum reference_kind kind, uint64_t id, const char *text);

void forge_string(struct forgery *f, const char *text);
void forge_integer(struct forgery *f, int64_t n);

/* A table that begins: `items` list items and `pairs` pairs follow. Not counted as a value. */
void forge_table(struct forgery *f, uint32_t items, uint32_t pairs);

/* An ASK for a method of an object: two values, and those that follow. */
struct forgery forge_invoke(const struct peer *p, uint64_t object, const char *method);

/*
 * Fills in the lengths that are 0, and writes the frame as a whole. `forge_put` leaves it in the
 * channel's output; `forge_send` waits until main has room for it.
 */
void forge_put(struct peer *p, struct forgery *f);
void forge_send(struct peer *p, struct forgery *f);

/* Writes bytes, and waits until main has room for them. */
void forge_write(struct peer *p, const void *bytes, size_t n);
void forge_flush(struct peer *p);

/*
 * Waits for the answer to the newest frame and pushes it: 'returned' and its first value if it is a
 * plain one, or 'raised' and the message. Returns 2.
 */
int forge_answer(struct peer *p, lua_State *L);

/* Sends, and pushes the answer. */
int forge_ask(struct peer *p, struct forgery *f, lua_State *L);

/* Waits for the next frame. The process ends where there will be none. */
void forge_next(struct peer *p, struct frame *f);

/* Reads what main sends, and drops it, until main has had enough of the page. */
__attribute__((noreturn)) void rogue_stay(struct peer *p);

/* Does nothing any more: does not even read. */
__attribute__((noreturn)) void rogue_sleep(struct peer *p);

#endif
