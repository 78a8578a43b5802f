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

static void on_readable(struct ev_loop *loop, struct ev_io *w, int events);
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
	peer_init_patience(p);
	ev_io_init(&p->readable, on_readable, fd, EV_READ);
	ev_io_init(&p->writable, on_writable, fd, EV_WRITE);
	p->readable.data = p->writable.data = p;
	return channel_init(&p->channel, fd);
}

void peer_start(struct peer *p)
{
	ev_io_start(p->loop, &p->readable);
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
	p->pins = lua_newthread(L);
	p->pins_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	p->pending = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	p->token = luaL_ref(L, LUA_REGISTRYINDEX);
	refs_push_root(&p->refs, L);
	p->root = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void orphan_requests(struct peer *p)
{
	while (p->requests.next != &p->requests) {
		struct request *r = p->requests.next;
		r->previous->next = r->next;
		r->next->previous = r->previous;
		r->previous = r->next = r;
		r->peer = NULL;
		p->holders--;
	}
	p->request_count = 0;
	p->blocked = NULL;
}

void peer_end_context(struct peer *p, bool closing)
{
	if (p->L == NULL)
		return;
	lua_State *L = p->L;
	p->state = PEER_ENDED;
	refs_clear(&p->refs, closing);
	orphan_requests(p);
	classes_clear(&p->out.classes, L, closing);
	buffer_clear(&p->deferred);
	if (!closing) {
		peer_fail_pending(p);
		luaL_unref(L, LUA_REGISTRYINDEX, p->pins_ref);
		luaL_unref(L, LUA_REGISTRYINDEX, p->pending);
		luaL_unref(L, LUA_REGISTRYINDEX, p->token);
		luaL_unref(L, LUA_REGISTRYINDEX, p->root);
	}
	p->L = p->pins = NULL;
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

static void put_plain(struct peer *p, struct frame_header *h)
{
	size_t start = channel_begin(&p->channel);
	h->epoch = p->epoch;
	if (channel_end(&p->channel, start, h) < 0) {
		peer_fail(p, FAULT_MEMORY);
		return;
	}
	const struct buffer *out = &p->channel.out;
	peer_trace(p, true, out->bytes + out->head + start, buffer_length(out) - start);
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

void peer_send_end(struct peer *p)
{
	struct frame_header h = { .message = MSG_END };
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
	const struct buffer *out = &p->channel.out;
	peer_trace(p, true, out->bytes + out->head + start, buffer_length(out) - start);
}

void peer_flush(struct peer *p)
{
	if (p->state == PEER_CLOSED || p->out.frame.active)
		return;
	while (p->state == PEER_OPEN && p->refs.queued_count > 0 && p->fault == FAULT_NONE)
		put_releases(p);
	int left = channel_flush(&p->channel);
	if (left < 0)
		buffer_clear(&p->channel.out);
	if (left > 0 && p->channel.ring.memory == NULL)
		ev_io_start(p->loop, &p->writable);
	else if (p->writable.active)
		ev_io_stop(p->loop, &p->writable);
	if (buffer_length(&p->channel.out) > p->queue_most)
		peer_fail(p, FAULT_QUEUE);
}

static void on_writable(struct ev_loop *loop, struct ev_io *w, int events)
{
	(void)loop;
	(void)events;
	peer_flush(w->data);
}

/* --- in ------------------------------------------------------------------------------------- */

static void drop_frame(struct buffer *source, const struct frame *f)
{
	buffer_consume(source, f->header.length);
}

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
					   .now = ev_now(p->loop),
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
		return FAULT_MEMORY;
	}
	if (call.fault == FAULT_NONE && to != pins)
		lua_xmove(pins, to, count);
	return call.fault;
}

enum fault peer_decode(struct peer *p, const struct frame *f, struct buffer *source, lua_State *to)
{
	if (lua_checkstack(to, LUA_MINSTACK) && unmarshal_scalars(f, to)) {
		drop_frame(source, f);
		return FAULT_NONE;
	}
	struct decoding d = { .frame = *f, .source = source, .outer = p->decoding };
	p->decoding = &d;
	enum fault fault = decode_protected(p, &d.frame, to);
	p->decoding = d.outer;
	if (d.detached)
		buffer_clear(&d.storage);
	else
		drop_frame(source, &d.frame);
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

static enum fault take_releases(struct peer *p, const struct frame *f)
{
	struct reader in = reader_of(f->body, f->header.body);
	if (f->header.body != (uint64_t)f->header.values * 12)
		return FAULT_BODY;
	for (uint32_t i = 0; i < f->header.values; i++) {
		uint64_t id = reader_get_u64(&in);
		uint32_t count = reader_get_u32(&in);
		if (refs_release(&p->refs, p->pins, id, count) < 0)
			return FAULT_RELEASE;
	}
	return FAULT_NONE;
}

/* Stack: the peer, the class id, then the values of the CLASS: name, bits, method names. */
static int l_add_class(lua_State *L)
{
	struct peer *p = lua_touserdata(L, 1);
	uint32_t class = (uint32_t)lua_tointeger(L, 2);
	int count = lua_gettop(L);
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
	if (p->is_main || count < 2 || count > LIMIT_METHODS + 2 || id == 0 || id > LIMIT_CLASSES)
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

/* END: the page's context is over; the next one begins at once on this side. */
static void take_end(struct peer *p)
{
	lua_State *L = p->L;
	struct frame_header h = { .message = MSG_END_ACK };
	put_plain(p, &h);
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->refs.exported);
	lua_rawgeti(L, -1, 0);
	lua_remove(L, -2);
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->token);
	peer_end_context(p, false);
	lua_insert(L, -2);
	peer_begin_context(p, L);
	refs_mark_dirty(&p->refs);
	p->owner->event(p, PEER_CONTEXT_END);
	lua_pop(L, 1);
}

static enum fault receive_plain(struct peer *p, const struct frame *f)
{
	switch (f->header.message) {
	case MSG_HELLO:
		if (f->header.request != PROTOCOL_VERSION)
			return FAULT_VERSION;
		if (!p->is_main)
			return FAULT_UNEXPECTED;
		p->owner->event(p, PEER_HELLO);
		return FAULT_NONE;
	case MSG_RELEASE:
		return take_releases(p, f);
	case MSG_END:
		if (!p->is_main)
			return FAULT_UNEXPECTED;
		take_end(p);
		return FAULT_NONE;
	default:
		return f->header.message >= MSG_COUNT ? FAULT_MESSAGE : FAULT_UNEXPECTED;
	}
}

static enum fault receive(struct peer *p, const struct frame *f, struct buffer *source)
{
	uint32_t epoch = f->header.message == MSG_HELLO ? p->epoch : f->header.epoch;
	enum fault fault = FAULT_NONE;
	if (epoch != p->epoch)
		return FAULT_EPOCH;
	switch (f->header.message) {
	case MSG_ASK:
	case MSG_POST:
	case MSG_RETURN:
	case MSG_RAISE:
	case MSG_CLASS:
		fault = frame_validate_within(f, p->restricted ? LIMIT_SANDBOX_DEPTH : LIMIT_DEPTH);
		if (fault != FAULT_NONE)
			return fault;
		break;
	default:
		fault = receive_plain(p, f);
		drop_frame(source, f);
		return fault;
	}
	if (f->header.message == MSG_CLASS)
		return peer_take_class(p, f, source);
	if (f->header.message == MSG_RETURN || f->header.message == MSG_RAISE)
		return peer_take_answer(p, f, source);
	return peer_answer(p, f, source);
}

/* After END a page is interested in nothing but main's END_ACK. */
static void receive_ended(struct peer *p, const struct frame *f, struct buffer *source)
{
	bool over = f->header.message == MSG_END_ACK && f->header.epoch == p->epoch;
	drop_frame(source, f);
	if (!over)
		return;
	/* What follows is for the next context. */
	p->halted = true;
	p->owner->event(p, PEER_END_ACK);
}

int peer_next(struct peer *p, struct frame *f, struct buffer **source)
{
	if (buffer_length(&p->deferred) > 0) {
		struct channel deferred = { .in = p->deferred, .takes_most = LIMIT_FRAME };
		*source = &p->deferred;
		return channel_next(&deferred, f);
	}
	*source = &p->channel.in;
	return channel_next(&p->channel, f);
}

static int l_pump(lua_State *L)
{
	struct peer *p = lua_touserdata(L, 1);
	struct frame f;
	struct buffer *source;
	lua_settop(L, 0);
	while (p->state != PEER_CLOSED && p->fault == FAULT_NONE && !p->halted) {
		int got = peer_next(p, &f, &source);
		if (got == 0)
			break;
		enum fault fault = got < 0 ? FAULT_LENGTH : FAULT_NONE;
		if (got > 0) {
			peer_trace(p, false, (const unsigned char *)f.body - sizeof f.header,
				   f.header.length);
			if (p->state == PEER_ENDED)
				receive_ended(p, &f, source);
			else
				fault = receive(p, &f, source);
		}
		if (fault != FAULT_NONE)
			peer_fail(p, fault);
	}
	return 0;
}

void peer_pump(struct peer *p)
{
	lua_State *L = p->L;
	if (L == NULL) {
		struct frame f;
		struct buffer *source;
		while (p->state == PEER_ENDED && !p->halted && peer_next(p, &f, &source) > 0)
			receive_ended(p, &f, source);
		return;
	}
	lua_pushcfunction(L, l_pump);
	lua_pushlightuserdata(L, p);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		lua_pop(L, 1);
		peer_fail(p, FAULT_MEMORY);
	}
}

/* Tells, once in a context, that the two sides hold so much of each other that it may be a leak. */
static void look_for_crowd(struct peer *p)
{
	if (p->callbacks_most == 0 || p->crowded || p->state != PEER_OPEN ||
	    (p->refs.callback_count <= p->callbacks_most &&
	     p->refs.export_count <= p->objects_most))
		return;
	p->crowded = true;
	p->owner->event(p, PEER_CROWDED);
}

/* What there is to do once bytes came (1), none came (0), or the channel is at its end (-1). */
static void after_fill(struct peer *p, int got)
{
	size_t before = buffer_length(&p->channel.in);
	peer_hold(p);
	peer_pump(p);
	if (p->restricted)
		peer_watch_partial(p, before);
	look_for_crowd(p);
	if (p->state != PEER_CLOSED && (got < 0 || p->fault != FAULT_NONE))
		p->owner->event(p, PEER_LOST);
	if (p->state != PEER_CLOSED)
		peer_flush(p);
	peer_let_go(p);
}

static void on_readable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct peer *p = w->data;
	(void)loop;
	int got = p->fault == FAULT_NONE ? channel_fill(&p->channel, events & EV_READ) : -1;
	/* Whoever rang took it that this end is awake from then on, even if nothing has come. */
	if (got > 0 || (got == 0 && (events & EV_READ)))
		peers_warm(p->peers, &p->member);
	after_fill(p, got);
}

/* --- what the loop asks of a peer ----------------------------------------------------------- */

static struct peer *peer_of(struct peers_member *m)
{
	return (struct peer *)((char *)m - offsetof(struct peer, member));
}

static void flush(struct refs *r)
{
	peer_flush(r->owner);
}

static bool look(struct peers_member *m)
{
	struct peer *p = peer_of(m);
	size_t left = buffer_length(&p->channel.out);
	int got = channel_fill(&p->channel, false);
	if (got == 0 && left > 0)
		peer_flush(p);
	if (got == 0)
		return buffer_length(&p->channel.out) < left;
	m->quiet = 0;
	after_fill(p, got);
	return true;
}

static bool sleep_on(struct peers_member *m)
{
	struct channel *c = &peer_of(m)->channel;
	channel_shrink(c);
	return c->ring.memory == NULL || ring_sleep(&c->ring);
}

static void awake(struct peers_member *m)
{
	struct ring *ring = &peer_of(m)->channel.ring;
	if (ring->memory != NULL)
		ring_awake(ring);
}

const struct peers_habits peer_habits = {
	.flush = flush,
	.look = look,
	.sleep = sleep_on,
	.awake = awake,
};

void peer_push_hello(struct peer *p, lua_State *L, const struct frame *f)
{
	if (f->header.message != MSG_HELLO || f->header.values != 1 || f->header.references != 0 ||
	    frame_validate(f) != FAULT_NONE || decode_protected(p, f, L) != FAULT_NONE)
		lua_pushnil(L);
}
