#include "peer.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <unistd.h>

#include "limit.h"
#include "task.h"
#include "unmarshal.h"
#include "value.h"

#define RELEASES_AT_ONCE 65536u

static void on_writable(struct ev_loop *loop, struct ev_io *w, int events);

/* --- life ----------------------------------------------------------------------------------- */

int peer_init(struct peer *p, struct peers *peers, int fd, bool is_main,
	      const struct peer_owner *owner, void *data)
{
	*p = (struct peer){ .loop = peers->loop, .peers = peers, .owner = owner, .data = data };
	p->is_main = is_main;
	spin_init(&p->spin);
	p->holders = 1;
	p->requests.previous = p->requests.next = &p->requests;
	buffer_init(&p->deferred);
	marshal_init(&p->out, &p->channel, &p->refs, !is_main);
	p->queue_most = LIMIT_QUEUE;
	p->requests_most = LIMIT_REQUESTS;
	p->requests_cost_most = UINT64_MAX;
	ev_io_init(&p->writable, on_writable, fd, EV_WRITE);
	p->writable.data = p;
	return channel_init(&p->channel, fd);
}

void peer_stop(struct peer *p)
{
	ev_io_stop(p->loop, &p->readable);
	ev_io_stop(p->loop, &p->writable);
	ev_timer_stop(p->loop, &p->late);
	peers_forget(p->peers, &p->member);
}

void peer_begin_context(struct peer *p, lua_State *L)
{
	p->L = task_main_thread(L);
	p->state = PEER_OPEN;
	p->crowded = false;
	p->halted = false;
	p->pins_ref = p->pending = p->token = p->root = LUA_NOREF;
	refs_init(&p->refs, L, p);
	marshal_begin_epoch(&p->out, L, ++p->epoch);
	p->out.scatters = !p->trace;
	p->pins = lua_newthread(L);
	p->pins_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	p->pending = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	p->token = luaL_ref(L, LUA_REGISTRYINDEX);
	refs_push_root(&p->refs, L);
	p->root = luaL_ref(L, LUA_REGISTRYINDEX);
}

void peer_clear(struct peer *p)
{
	peer_stop(p);
	p->state = PEER_CLOSED;
	channel_clear(&p->channel);
	marshal_clear(&p->out);
	buffer_clear(&p->deferred);
}

void peer_hold(struct peer *p)
{
	p->holders++;
}

void peer_let_go(struct peer *p)
{
	if (--p->holders == 0 && p->owner->released != NULL)
		p->owner->released(p);
}

void peer_fail(struct peer *p, enum fault fault)
{
	if (p->fault == FAULT_NONE)
		p->fault = fault;
	peer_wake(p);
}

void peer_wake(struct peer *p)
{
	if (p->state != PEER_CLOSED)
		ev_feed_event(p->loop, &p->readable, EV_CUSTOM);
}

/* --- out ------------------------------------------------------------------------------------ */

/* Writes a frame without references, whose header but for the epoch is given. */
static void put_plain(struct peer *p, struct frame_header *h)
{
	size_t start = channel_begin(&p->channel);
	h->epoch = p->epoch;
	if (channel_end(&p->channel, start, h) < 0) {
		peer_fail(p, FAULT_MEMORY);
		return;
	}
	peer_trace_sent(p, start);
	refs_mark_dirty(&p->refs);
}

int peer_send_hello(struct peer *p, lua_State *L)
{
	struct frame_header h = { .message = MSG_HELLO, .request = PROTOCOL_VERSION };
	if (L == NULL) {
		put_plain(p, &h);
		return 0;
	}
	h.values = 1;
	int result = marshal_begin(&p->out);
	if (result == 0 && marshal_put_copy(&p->out, L, -1) < 0) {
		marshal_abandon(&p->out, L);
		result = -1;
	}
	if (result == 0)
		result = marshal_end(&p->out, L, &h);
	lua_pop(L, 1);
	return result;
}

void peer_send_bare(struct peer *p, enum message message)
{
	struct frame_header h = { .message = (uint8_t)message };
	put_plain(p, &h);
}

static void put_releases(struct peer *p)
{
	struct frame_header h = { .message = MSG_RELEASE };
	size_t start = channel_begin(&p->channel);
	h.epoch = p->epoch;
	h.values = refs_take_releases(&p->refs, &p->channel.out, RELEASES_AT_ONCE);
	h.body = (uint32_t)(buffer_length(&p->channel.out) - start - sizeof h);
	if (channel_end(&p->channel, start, &h) < 0) {
		peer_fail(p, FAULT_MEMORY);
		return;
	}
	peer_trace_sent(p, start);
}

void peer_flush(struct peer *p)
{
	if (p->state == PEER_CLOSED || p->out.frame.active)
		return;
	while (p->state == PEER_OPEN && p->refs.queued_count > 0 && p->fault == FAULT_NONE)
		put_releases(p);
	int left = channel_flush(&p->channel);
	if (left < 0) {
		if (errno == EPROTO)
			peer_fail(p, FAULT_RING);
		channel_drop(&p->channel);
	}
	if (p->channel.spent > 0 && p->L != NULL)
		marshal_reap(&p->out, p->pins);
	if (left > 0 && p->channel.ring.memory == NULL)
		ev_io_start(p->loop, &p->writable);
	else if (p->writable.active)
		ev_io_stop(p->loop, &p->writable);
	if (channel_left(&p->channel) > p->queue_most)
		peer_fail(p, FAULT_QUEUE);
}

static void on_writable(struct ev_loop *loop, struct ev_io *w, int events)
{
	(void)loop;
	(void)events;
	peer_flush(w->data);
}

/* --- in ------------------------------------------------------------------------------------- */

/* Runs on p->pins, so that what raises is caught here and nowhere else. */
struct decode_call {
	struct unmarshal u;
	enum fault fault;
	bool counted;
};

static int l_decode(lua_State *L)
{
	struct decode_call *call = lua_touserdata(L, 1);
	call->u.L = L;
	call->fault = unmarshal_references(&call->u);
	call->counted = true;
	if (call->fault != FAULT_NONE)
		return 0;
	unmarshal_values(&call->u);
	return (int)call->u.frame->header.values;
}

/* An answer that finds no memory is lost; one whose credits are not all counted is fatal. */
static enum fault decode_protected(struct peer *p, const struct frame *f, lua_State *to)
{
	struct decode_call call = { .u = { .frame = f,
					   .refs = &p->refs,
					   .classes = &p->out.classes,
					   .objects = !p->is_main,
					   .restricted = p->restricted } };
	lua_State *pins = p->pins;
	int count = (int)f->header.values;
	if (!lua_checkstack(pins, 8) || !lua_checkstack(to, count + 8))
		return FAULT_MEMORY;
	lua_pushcfunction(pins, l_decode);
	lua_pushlightuserdata(pins, &call);
	if (lua_pcall(pins, 1, LUA_MULTRET, 0) != LUA_OK) {
		lua_pop(pins, 1);
		if (!call.counted)
			peer_fail(p, FAULT_MEMORY);
		return call.u.fault != FAULT_NONE ? call.u.fault : FAULT_MEMORY;
	}
	if (call.fault == FAULT_NONE && to != pins)
		lua_xmove(pins, to, count);
	return call.fault;
}

enum fault peer_decode(struct peer *p, const struct frame *f, struct buffer *source, lua_State *to)
{
	if (unmarshal_scalars(f, to)) {
		buffer_consume(source, f->header.length);
		return FAULT_NONE;
	}
	if (f->header.length >= LIMIT_LARGE)
		hoard_keep(&p->peers->hoard);
	struct decoding d = { .frame = *f, .source = source, .outer = p->decoding };
	p->decoding = &d;
	enum fault fault = decode_protected(p, &d.frame, to);
	p->decoding = d.outer;
	if (d.detached)
		buffer_clear(&d.storage);
	else
		buffer_consume(source, d.frame.header.length);
	return fault;
}

void peer_detach_decoding(struct peer *p)
{
	for (struct decoding *d = p->decoding; d != NULL && !d->detached; d = d->outer) {
		struct buffer rest = { 0 };
		struct buffer *s = d->source;
		buffer_put(&rest, s->bytes + s->head + d->frame.header.length,
			   buffer_length(s) - d->frame.header.length);
		if (rest.failed) {
			peer_fail(p, FAULT_MEMORY);
			return;
		}
		d->storage = *s;
		d->detached = true;
		*s = rest;
	}
}

/*
 * Stack: the peer, the class id, then the values of the CLASS: name, bits, method names; or nothing
 * where the class is to be forgotten.
 */
static int l_add_class(lua_State *L)
{
	struct peer *p = lua_touserdata(L, 1);
	uint32_t class = (uint32_t)lua_tointeger(L, 2);
	int count = lua_gettop(L);
	if (count == 2) {
		lua_pushnil(L);
		refs_add_kind(&p->refs, L, class);
		return 0;
	}
	lua_createtable(L, 0, count);
	for (int i = 5; i <= count; i++) {
		if (lua_type(L, i) != LUA_TSTRING)
			return luaL_error(L, "a method name must be a string");
		lua_pushvalue(L, i);
		lua_pushboolean(L, 1);
		lua_rawset(L, -3);
	}
	unsigned bits = (unsigned)lua_tointeger(L, 4) & CLASS_BITS;
	p->refs.imports->push_kind(L, p, class, lua_tostring(L, 3), bits);
	refs_add_kind(&p->refs, L, class);
	return 0;
}

enum fault peer_take_class(struct peer *p, const struct frame *f, struct buffer *source)
{
	uint32_t count = f->header.values;
	uint64_t id = f->header.request;
	lua_State *L = p->pins;
	if (p->is_main || count == 1 || count > LIMIT_METHODS + 2 || id == 0 || id > UINT32_MAX)
		return FAULT_CLASS;
	if (!lua_checkstack(L, 8))
		return FAULT_MEMORY;
	int top = lua_gettop(L);
	lua_pushcfunction(L, l_add_class);
	lua_pushlightuserdata(L, p);
	lua_pushinteger(L, (lua_Integer)id);
	enum fault fault = peer_decode(p, f, source, L);
	int status = fault == FAULT_NONE ? lua_pcall(L, (int)count + 2, 0, 0) : LUA_OK;
	if (status != LUA_OK)
		fault = status == LUA_ERRMEM ? FAULT_MEMORY : FAULT_CLASS;
	lua_settop(L, top);
	return fault;
}

void peer_push_hello(struct peer *p, lua_State *L, const struct frame *f)
{
	if (f->header.message != MSG_HELLO || f->header.values != 1 || f->header.references != 0 ||
	    frame_validate(f) != FAULT_NONE || decode_protected(p, f, L) != FAULT_NONE)
		lua_pushnil(L);
}
