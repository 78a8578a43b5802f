/*
 * Lua values to bytes. Values are written by raw traversal: no Lua code runs. What cannot be copied
 * becomes a reference. Nothing is counted until the frame is whole (marshal_end): an error before
 * leaves no trace.
 */
#ifndef LEPTON_MARSHAL_H
#define LEPTON_MARSHAL_H

#include <lua.h>
#include <stdbool.h>

#include "channel.h"
#include "class.h"
#include "refs.h"
#include "seen.h"

/* What is being written. */
struct marshal_frame {
	size_t start; /* in the channel's output */
	uint64_t mark;
	struct buffer references;
	uint32_t reference_count;
	struct buffer exported; /* u32 places of the exports in the frame */
	struct seen tables;
	bool active;
	bool shared;
	bool by_value;
	unsigned depth;
	struct buffer partial;	     /* of an outer frame: what was written of it so far, */
	struct buffer pieces;	     /* and the pieces in it, */
	struct marshal_frame *outer; /* while a finalizer sends frames of its own */
};

struct marshal {
	struct channel *channel;
	struct refs *refs;
	bool copies;	 /* tables cross by copy, and other objects not at all: the page's side */
	bool scatters;	 /* long strings are written from where they lie */
	bool restricted; /* the receiver is a sandboxed page: objects cross only with a charter */
	unsigned depth_most;  /* tables within tables */
	const char *receiver; /* "the main process", for errors */
	uint32_t epoch;
	struct classes classes;
	struct marshal_frame frame;
	char path[128];	 /* where in the value an error lies: .opts.file */
	char error[192]; /* what is wrong with it */
};

void marshal_init(struct marshal *m, struct channel *channel, struct refs *refs, bool copies);
void marshal_clear(struct marshal *m);

/* Forgets the classes described to the context that has ended, and begins the next epoch. */
void marshal_begin_epoch(struct marshal *m, lua_State *L, uint32_t epoch);

/*
 * Begins a frame. Writing one may run the garbage collector, and so a finalizer that sends frames
 * of its own on the same channel: those go ahead, whole. 0, or -1 with errno ENOMEM.
 */
int marshal_begin(struct marshal *m);

/*
 * Appends the value at `index` to the body. 0; or -1 where the value cannot be sent: then
 * m->error and m->path say why, and the frame is to be abandoned. [-0, +0, m]
 */
int marshal_put(struct marshal *m, lua_State *L, int index);

/* The same, with tables by copy whatever their side. */
int marshal_put_copy(struct marshal *m, lua_State *L, int index);

/*
 * Ends the frame and counts its references. Its sections are measured here; the rest of the header
 * is the caller's. 0, or -1 with errno as channel_end; then the frame is abandoned.
 */
int marshal_end(struct marshal *m, lua_State *L, struct frame_header *header);

/* Takes the frame back; exports made for it go. [-0, +0, m] */
void marshal_abandon(struct marshal *m, lua_State *L);

/* Lets go of the strings that have been written meanwhile. [-0, +0, -] */
void marshal_reap(struct marshal *m, lua_State *L);

/*
 * The Lua state is about to end: copies what is to be written of its strings. L is NULL where they
 * are left alone. 0; or -1 without memory, and nothing is left to be written. [-0, +0, -]
 */
int marshal_settle(struct marshal *m, lua_State *L);

/*
 * The innermost place in the application's own Lua code that is running: "page.lua:12", with a
 * colon and a space after it; "" where there is none. `place` has room for MARSHAL_PLACE bytes.
 */
#define MARSHAL_PLACE 100
void marshal_where(lua_State *L, char *place);

/*
 * Pushes a userdata that stands for the value on top of the stack and makes it cross by copy.
 * [-1, +1, m]
 */
void marshal_push_by_value(lua_State *L);

/* --- between marshal.c and references.c --- */

/* Says why a value cannot be sent: what is wrong, or that its type cannot. Returns -1. */
int marshal_refuse(struct marshal *m, const char *what);
int marshal_refuse_type(struct marshal *m, const char *type);

/* The import that the value at `index` stands for, if it is this peer's; else NULL. [-0, +0, m] */
struct import *marshal_import_at(struct marshal *m, lua_State *L, int index);

/* Append a reference: an import, the value at `index`, the method stub there. As marshal_put. */
int marshal_put_home(struct marshal *m, struct import *import);
int marshal_put_export(struct marshal *m, lua_State *L, int index, uint8_t kind);
int marshal_put_method(struct marshal *m, lua_State *L, int index);

#endif
