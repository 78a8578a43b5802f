/*
 * References: what one peer has handed out (exports) and what it holds of the other side (imports),
 * with their counts. No descriptors and no event loop here.
 *
 * The rules are those of docs/lifetimes.md: an export counts how often it was sent, an import how
 * often it was received, a release gives back exactly what was received, and every count belongs to
 * one context. `sent` of an export is always the sum of what the other side's imports have
 * received, what is on its way there, and what releases on their way back carry.
 */
#ifndef LEPTON_REFS_H
#define LEPTON_REFS_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

enum import_state {
	IMPORT_FREE,   /* the record is in nobody's hands */
	IMPORT_LIVE,   /* Lua holds the proxy */
	IMPORT_QUEUED, /* the proxy was collected; its release waits for the next frame */
	IMPORT_DEAD    /* the other side's context has ended; kept for its error message */
};

struct refs;

/* The record of one reference received. Its memory is never given back while the state lives. */
struct import {
	struct refs *refs; /* NULL once the other side's context has ended */
	uint64_t id;
	uint32_t received;
	uint32_t generation; /* counts the reuses of the record; a proxy of another one is stale */
	uint32_t class;	     /* class id of an object, 0 without one */
	uint8_t state;
	uint8_t kind;	/* REF_OBJECT or REF_FUNCTION */
	uint8_t type;	/* Lua type in the other process */
	bool plain;	/* a field of the object hides a method of its class */
	uint64_t mark;	/* number of the last frame that named it, */
	uint32_t place; /* and where in its references */
	uint64_t calls;
	int64_t born; /* of clock_monotonic */
	char *origin; /* where the function was made or passed, or NULL */
	struct import *previous, *next;
};

/*
 * The payload of a remote object's userdata, and of the userdata that is the first upvalue of every
 * remote function.
 */
struct handle {
	const void *tag;
	struct import *import;
	uint32_t generation;
};

/* One reference handed out. */
struct export
{
	uint64_t id;	  /* generation << 32 | place in the table */
	uint32_t sent;	  /* 0 in a free entry */
	uint32_t writing; /* frames under way that name it */
	uint64_t mark;
	uint32_t place;
	uint32_t next_free;
	bool used;
	uint8_t kind;	/* REF_OBJECT or REF_FUNCTION */
	bool plain;	/* REFERENCE_PLAIN */
	uint32_t class; /* class id of an object, 0 without one */
	uint64_t calls;
	int64_t born;
	char *origin; /* where a function was passed, or NULL */
};

/* All import records of one Lua state, and what remote functions are in it. */
struct imports {
	lua_CFunction call;   /* a remote function; its first upvalue is a handle's userdata */
	lua_CFunction method; /* a method stub; its upvalues are a name and a class id */
	int handle_kind;      /* registry reference: the metatable of such userdata */
	/*
	 * Replaces the set of method names on top of the stack by the metatable of remote objects of
	 * that class (0: those without one) of a peer. [-1, +1, m]
	 */
	void (*push_kind)(lua_State *L, void *peer, uint32_t class, const char *name,
			  unsigned bits);
	lua_State *L; /* the state's main thread */
	bool is_main;
	struct import *free;
	struct import_chunk *chunks;
	struct refs *dirty; /* those that have something to send before the loop sleeps */
};

struct refs {
	void *owner;		 /* the peer */
	struct refs *next_dirty; /* itself at the end of the list; NULL while in none */
	lua_State *L; /* the state's main thread; NULL before refs_init and after refs_clear */
	struct imports *imports;
	int exported; /* registry references: place → value, */
	int places;   /* value → place, */
	int cache;    /* import id → proxy (weak values), */
	int kinds;    /* class id → metatable of proxies, for what is imported */
	struct export *exports;
	uint32_t export_count; /* entries in use, the root not counted */
	uint32_t export_capacity;
	uint32_t export_peak; /* most entries in use since memory was last given back */
	uint32_t export_free;
	uint32_t generation;
	uint64_t mark;	    /* number of the last frame begun */
	struct import live; /* list heads */
	struct import queued;
	uint32_t import_count;
	uint32_t queued_count;
	uint32_t callback_count; /* of the imports: functions */
};

/*
 * Makes the import records of a state, given its main thread; what proxies are is filled in by
 * proxy.c. [-0, +0, m]
 */
struct imports *imports_open(lua_State *L);
struct imports *imports_of(lua_State *L);

/* Frees every record; only after the state was closed. */
void imports_free(struct imports *all);

/* Remembers that there is something to send; takes one from those remembered, or NULL. */
void refs_mark_dirty(struct refs *r);
struct refs *refs_take_dirty(struct imports *all);

/* Empty tables of references, with the value on top of the stack as root (id 0). [-1, +0, m] */
void refs_init(struct refs *r, lua_State *L, void *owner);

/* Gives remote objects of the class the metatable, or nil, on top of the stack. [-1, +0, m] */
void refs_add_kind(struct refs *r, lua_State *L, uint32_t class);

/*
 * The context has ended: forgets all exports, and makes all imports dead. `closing` leaves the Lua
 * state alone, because it is about to be closed or already is.
 */
void refs_clear(struct refs *r, bool closing);

/* Whether the value at `index` is exported, and at which place. [-0, +0, -] */
bool refs_exported(struct refs *r, lua_State *L, int index, uint32_t *place);

/*
 * Finds or makes the export of the value at `index`; runs no finalizer. Returns its place.
 * [-0, +0, m]
 */
uint32_t refs_export(struct refs *r, lua_State *L, int index, uint8_t kind);
struct export *refs_export_at(struct refs *r, uint32_t place);

/*
 * A frame under way names the export; it was sent, or it is not going to be: then an export that
 * was never sent goes.
 */
void refs_begin_export(struct refs *r, uint32_t place);
void refs_commit_export(struct refs *r, uint32_t place);
void refs_abandon_export(struct refs *r, lua_State *L, uint32_t place);

/* Pushes the exported value. 0, or -1 where the id was never given or has been released. */
int refs_resolve(struct refs *r, lua_State *L, uint64_t id);

/* The other side gives back `count` of the id. 0, or -1 where it does not hold that many. */
int refs_release(struct refs *r, lua_State *L, uint64_t id, uint32_t count);

/*
 * Pushes the proxy of an id received, a new one if there is none, and counts one credit for it.
 * `fresh` tells whether it is new. [-0, +1, m]
 */
struct import *refs_import(struct refs *r, lua_State *L, uint64_t id, uint8_t kind, uint8_t type,
			   uint32_t class, bool *fresh);

/* Pushes a proxy of the other side's root object; it is not counted. Once a context. [-0, +1, m] */
void refs_push_root(struct refs *r, lua_State *L);

/* Writes up to `most` queued releases as (u64 id, u32 count) pairs; returns how many. */
uint32_t refs_take_releases(struct refs *r, struct buffer *out, uint32_t most);

/* The handle in the value at `index`, a remote object or remote function; else NULL. */
struct handle *handle_at(lua_State *L, int index);

/* The import behind a handle, or NULL where it was released or collected for good. */
static inline struct import *handle_import(const struct handle *h)
{
	return h->import->generation == h->generation ? h->import : NULL;
}

/*
 * Makes the import behind a proxy that Lua is about to use live again, if its release was already
 * queued (another finalizer resurrected it). Value at `index`. [-0, +0, m]
 */
void refs_revive(lua_State *L, int index, struct import *import);

/* Pushes what a handle's userdata must have as __gc: it queues the release and does no more. */
int l_handle_gc(lua_State *L);

/* The export that was given that id, and was not released; NULL where there is none. */
struct export *refs_find_export(struct refs *r, uint64_t id);

/* Puts the value on top of the stack, one for many, in the place of an exported one. [-1, +0, m] */
void refs_replace_export(struct refs *r, lua_State *L, uint32_t place);

/* The live import of that id that its proxy stands for; NULL where there is none. [-0, +0, -] */
struct import *refs_cached_import(struct refs *r, lua_State *L, uint64_t id);

/* Drops a live import which the other side no longer counts; its proxy is stale then. [-0, +0, -] */
void refs_forget(struct refs *r, lua_State *L, struct import *import);

/* Gives a reference back now, without waiting for the collector; the handle is stale then. */
void refs_let_go(lua_State *L, struct handle *h);

#endif
