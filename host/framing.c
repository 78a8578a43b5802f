/*
 * The frames of struct marshal around the values in them: begun, ended and counted, or taken back.
 */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "marshal.h"

void marshal_init(struct marshal *m, struct channel *channel, struct refs *refs, bool copies)
{
	*m = (struct marshal){ .channel = channel, .refs = refs, .copies = copies };
	m->classes.tables = m->classes.by_id = LUA_NOREF;
	m->depth_most = LIMIT_DEPTH;
	m->receiver = copies ? "the main process" : "the page";
	seen_init(&m->frame.tables);
}

static void clear_frame(struct marshal_frame *f)
{
	buffer_clear(&f->references);
	buffer_clear(&f->exported);
	buffer_clear(&f->partial);
	buffer_clear(&f->pieces);
	seen_clear(&f->tables);
}

void marshal_clear(struct marshal *m)
{
	clear_frame(&m->frame);
	buffer_clear(&m->classes.fresh);
}

void marshal_begin_epoch(struct marshal *m, lua_State *L, uint32_t epoch)
{
	m->epoch = epoch;
	classes_init(&m->classes, L);
}

/* Puts the frame under way aside: a finalizer has a frame to send. */
static int set_aside(struct marshal *m)
{
	struct marshal_frame *outer = malloc(sizeof *outer);
	if (outer == NULL)
		return -1;
	*outer = m->frame;
	if (channel_cut(m->channel, outer->start, &outer->partial, &outer->pieces) < 0) {
		free(outer);
		return -1;
	}
	m->frame = (struct marshal_frame){ .outer = outer };
	seen_init(&m->frame.tables);
	return 0;
}

/* Goes on with the frame that was put aside, if one was. */
static void take_up(struct marshal *m)
{
	struct marshal_frame *outer = m->frame.outer;
	m->frame.active = false;
	if (outer == NULL)
		return;
	clear_frame(&m->frame);
	m->frame = *outer;
	free(outer);
	m->frame.start = buffer_length(&m->channel->out);
	if (channel_paste(m->channel, &m->frame.partial, &m->frame.pieces) == 0)
		buffer_clear(&m->frame.pieces);
	buffer_clear(&m->frame.partial);
}

int marshal_begin(struct marshal *m)
{
	if (m->frame.active && set_aside(m) < 0)
		return -1;
	struct marshal_frame *f = &m->frame;
	f->active = true;
	f->mark = ++m->refs->mark;
	f->start = channel_begin(m->channel);
	buffer_reset(&f->references, LIMIT_BUFFER_KEPT);
	buffer_reset(&f->exported, LIMIT_BUFFER_KEPT);
	seen_reset(&f->tables);
	f->reference_count = 0;
	f->depth = 0;
	f->shared = f->by_value = false;
	return 0;
}

/* The classes met for the first time go ahead of the frame that names them, or it fails as well. */
static void insert_classes(struct marshal *m)
{
	struct buffer *fresh = &m->classes.fresh;
	size_t length = buffer_length(fresh);
	if (channel_insert(m->channel, m->frame.start, fresh->bytes + fresh->head, length) < 0)
		return;
	m->frame.start += length;
	buffer_clear(fresh);
}

static void count_sent(struct marshal *m)
{
	struct reader places = reader_of(m->frame.exported.bytes, m->frame.exported.tail);
	while (reader_left(&places) > 0)
		refs_commit_export(m->refs, reader_get_u32(&places));
}

int marshal_end(struct marshal *m, lua_State *L, struct frame_header *header)
{
	struct buffer *out = &m->channel->out;
	if (m->frame.references.failed || m->frame.exported.failed)
		out->failed = true;
	if (!out->failed && buffer_length(&m->classes.fresh) > 0)
		insert_classes(m);
	size_t body = channel_length(m->channel, m->frame.start) - sizeof *header;
	if (body <= LIMIT_FRAME)
		buffer_put(out, m->frame.references.bytes, m->frame.references.tail);
	header->epoch = m->epoch;
	header->body = (uint32_t)body;
	header->references = m->frame.reference_count;
	if (m->frame.shared)
		header->flags |= FRAME_SHARED;
	if (channel_end(m->channel, m->frame.start, header) < 0) {
		int saved = errno;
		marshal_abandon(m, L);
		errno = saved;
		return -1;
	}
	count_sent(m);
	take_up(m);
	return 0;
}

void marshal_abandon(struct marshal *m, lua_State *L)
{
	struct reader places = reader_of(m->frame.exported.bytes, m->frame.exported.tail);
	while (reader_left(&places) > 0)
		refs_abandon_export(m->refs, L, reader_get_u32(&places));
	channel_abandon(m->channel, m->frame.start);
	struct piece piece;
	struct reader pieces = reader_of(m->frame.pieces.bytes, m->frame.pieces.tail);
	while (reader_left(&pieces) > 0) {
		memcpy(&piece, reader_get(&pieces, sizeof piece), sizeof piece);
		luaL_unref(L, LUA_REGISTRYINDEX, piece.anchor);
	}
	buffer_clear(&m->frame.pieces);
	take_up(m);
	marshal_reap(m, L);
}

void marshal_reap(struct marshal *m, lua_State *L)
{
	int anchor;
	while (channel_spent(m->channel, &anchor))
		luaL_unref(L, LUA_REGISTRYINDEX, anchor);
}

int marshal_settle(struct marshal *m, lua_State *L)
{
	int anchor;
	int result = channel_settle(m->channel);
	while (channel_spent(m->channel, &anchor))
		if (L != NULL)
			luaL_unref(L, LUA_REGISTRYINDEX, anchor);
	return result;
}
