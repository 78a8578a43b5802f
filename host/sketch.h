/*
 * The sketch that a page sends main of its heap, so that main can tell which cycles through both
 * heaps are garbage: which remote objects the page reaches by itself, and how those that only its
 * callbacks reach hang on them. It names no value: its points are callbacks and whatever in the
 * page several references lead to, its lines say from which point one gets to which other.
 *
 * As bytes: six u32 counts, in the order below, then the entries.
 *
 *   proxies     u64 id, u32 received, u32 1 where the page reaches it by itself
 *   callbacks   u64 id; they are the points 1, 2, 3 …
 *   points      (no entries: how many points there are, callbacks included)
 *   lines       u32 from, u32 to; in the order of `from`
 *   holds       u32 from, u32 number of a proxy, from 0; in the order of `from`
 *   weak        u32 table or 0, u32 key, u32 value: who gets to table and key gets to the value
 */
#ifndef LEPTON_SKETCH_H
#define LEPTON_SKETCH_H

#include <lua.h>

#include "buffer.h"
#include "reach.h"
#include "refs.h"

/* A sketch being made. */
struct sketch {
	struct reach *reach;
	struct refs *refs;
	int base;		     /* on L: the points' objects */
	struct seen reached;	     /* imports that the page reaches by itself, */
	struct seen numbers;	     /* number of each import among the proxies */
	struct seen region;	     /* objects that only callbacks reach: number of each, */
	struct buffer region_points; /* u32 by that number: its point or 0 */
	uint32_t point_count;
	uint32_t current; /* the point whose lines are drawn */
	struct buffer proxies, callbacks, lines, holds, weak;
	struct buffer imports; /* struct import * by number */
};

/* Begins a sketch; r is to walk the page's heap. Free it with sketch_clear. [-0, +1, m] */
void sketch_open(struct sketch *s, struct reach *r, struct refs *refs);
void sketch_clear(struct sketch *s);

/*
 * Draws, once the walk has found what the page reaches by itself. `gone` tells by place whether
 * main has released an export already. Pushes the bytes. [-0, +1, e]
 */
void sketch_draw(struct sketch *s, const bool *gone);

/* How many proxies and callbacks there are in it, and which. */
uint32_t sketch_proxies(const struct sketch *s);
uint32_t sketch_callbacks(const struct sketch *s);
struct import *sketch_proxy(const struct sketch *s, uint32_t number);
uint64_t sketch_callback(const struct sketch *s, uint32_t number);

/* A sketch received. */
struct sketch_view {
	uint32_t proxies, callbacks, points, lines, holds, weak;
	const unsigned char *proxy, *callback, *line, *hold, *triple;
};

/* Checks and lays out the bytes. 0, or -1 where they are no sketch. */
int sketch_read(struct sketch_view *v, const void *bytes, size_t length);

/* Reads the n-th u32 of entries. */
static inline uint32_t sketch_u32(const unsigned char *entries, size_t n)
{
	uint32_t v;
	memcpy(&v, entries + n * sizeof v, sizeof v);
	return v;
}

static inline uint64_t sketch_u64(const unsigned char *at)
{
	uint64_t v;
	memcpy(&v, at, sizeof v);
	return v;
}

#define SKETCH_PROXY 16u /* bytes of an entry */
#define SKETCH_CALLBACK 8u
#define SKETCH_LINE 8u
#define SKETCH_WEAK 12u

#endif
