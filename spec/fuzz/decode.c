#include "decode.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "limit.h"
#include "proxy.h"
#include "unmarshal.h"

/* Nanoseconds of the processor that decoding may take, under the sanitizers: far more than it does. */
#define TIME_BASE 1000000000u
#define TIME_FACTOR 100000u

/* The other side of the references in a frame. */
struct receiver {
	struct refs refs;
	struct classes classes;
	struct imports *imports;
	struct unmarshal u;
};

/* Stack: the receiver. Objects 1 and 2 can be sent home. */
static int l_open(lua_State *L)
{
	struct receiver *r = lua_touserdata(L, 1);
	r->imports = proxy_open(L, true);
	lua_newtable(L);
	refs_init(&r->refs, L, r);
	classes_init(&r->classes, L);
	for (int i = 0; i < 2; i++) {
		lua_newtable(L);
		uint32_t place = refs_export(&r->refs, L, -1, REF_OBJECT);
		refs_begin_export(&r->refs, place);
		refs_commit_export(&r->refs, place);
	}
	return 0;
}

static int l_decode(lua_State *L)
{
	struct receiver *r = lua_touserdata(L, 1);
	r->u.L = L;
	if (lua_checkstack(L, LUA_MINSTACK) && unmarshal_scalars(r->u.frame, L))
		return 0;
	if (unmarshal_references(&r->u) == FAULT_NONE)
		unmarshal_values(&r->u);
	return 0;
}

static void *allocate(void *data, void *block, size_t old, size_t size)
{
	size_t *used = data;
	if (block == NULL)
		old = 0;
	*used = *used - old + size;
	if (size == 0) {
		free(block);
		return NULL;
	}
	return realloc(block, size);
}

static void call(lua_State *L, lua_CFunction function, struct receiver *r)
{
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, r);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		lua_pop(L, 1);
}

static uint64_t time_used(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void decode(const struct frame *f, size_t size, unsigned how)
{
	struct receiver r = { .u = { .frame = f, .objects = how & 1, .restricted = how & 2 } };
	size_t used = 0;
	lua_State *L = lua_newstate(allocate, &used);
	if (L == NULL)
		abort();
	lua_gc(L, LUA_GCSTOP);
	call(L, l_open, &r);
	r.u.refs = &r.refs;
	r.u.classes = &r.classes;
	size_t before = used;
	call(L, l_decode, &r);
	/* What decoding costs is bounded by what was sent. */
	if (used - before > LIMIT_COST_BASE + size * LIMIT_COST_FACTOR)
		abort();
	refs_clear(&r.refs, true);
	classes_clear(&r.classes, L, true);
	lua_close(L);
	imports_free(r.imports);
}

void decode_bytes(const uint8_t *bytes, size_t length, unsigned how)
{
	struct frame f;
	/* A copy of its own: a read past the end is a read out of bounds. */
	uint8_t *frame = malloc(length);
	if (frame == NULL)
		return;
	memcpy(frame, bytes, length);
	if (frame_parse(frame, length, &f) == 0) {
		f.header.length = (uint32_t)length;
		uint64_t start = time_used();
		if (frame_validate(&f) == FAULT_NONE)
			decode(&f, length, how);
		if (time_used() - start > TIME_BASE + length * TIME_FACTOR)
			abort();
	}
	free(frame);
}

void decode_parts(const struct frame *parts, unsigned how)
{
	size_t length = sizeof parts->header + parts->header.body + parts->references_length;
	uint8_t *bytes = malloc(length), *end = bytes;
	if (bytes == NULL)
		return;
	memcpy(end, &parts->header, sizeof parts->header);
	end += sizeof parts->header;
	memcpy(end, parts->body, parts->header.body);
	end += parts->header.body;
	if (parts->references_length > 0)
		memcpy(end, parts->references, parts->references_length);
	decode_bytes(bytes, length, how);
	free(bytes);
}
