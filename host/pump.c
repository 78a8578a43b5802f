/*
 * The upper end of the conversation: a peer looks for frames, and hands each to what deals with it.
 */
#include <errno.h>
#include <lauxlib.h>
#include <sched.h>
#include <stddef.h>

#include "clock.h"
#include "limit.h"
#include "peer.h"
#include "unmarshal.h"

/* Bytes written while frames are dealt with that go out at once, so that both sides work. */
#define FLUSH_AT 1024

static void on_readable(struct ev_loop *loop, struct ev_io *w, int events);

/* --- contexts ------------------------------------------------------------------------------- */

void peer_start(struct peer *p)
{
	peer_init_patience(p);
	ev_io_init(&p->readable, on_readable, p->channel.fd, EV_READ);
	p->readable.data = p;
	ev_io_start(p->loop, &p->readable);
}

static void orphan_requests(struct peer *p)
{
	while (p->requests.next != &p->requests) {
		struct request *r = p->requests.next;
		r->previous->next = r->next;
		r->next->previous = r->previous;
		r->previous = r->next = r;
		r->peer = NULL;
		p->peers->lost.awaited -= r->reply;
		p->holders--;
	}
	p->request_count = 0;
	p->requests_cost = 0;
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
	if (marshal_settle(&p->out, closing ? NULL : L) < 0)
		peer_fail(p, FAULT_MEMORY);
	classes_clear(&p->out.classes, L, closing);
	buffer_clear(&p->deferred);
	if (!closing) {
		peer_fail_pending(p);
		luaL_unref(L, LUA_REGISTRYINDEX, p->pins_ref);
		luaL_unref(L, LUA_REGISTRYINDEX, p->pending);
		luaL_unref(L, LUA_REGISTRYINDEX, p->token);
		luaL_unref(L, LUA_REGISTRYINDEX, p->root);
	}
	peer_clear_awaiting(p);
	p->L = p->pins = NULL;
}

/* --- receiving ------------------------------------------------------------------------------ */

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

/* END: the page's context is over; the next one begins at once on this side. */
static void take_end(struct peer *p)
{
	lua_State *L = p->L;
	peer_send_bare(p, MSG_END_ACK);
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
		if (!p->is_main || p->greeted)
			return FAULT_UNEXPECTED;
		p->greeted = true;
		p->owner->event(p, PEER_HELLO);
		return FAULT_NONE;
	case MSG_RELEASE:
		return take_releases(p, f);
	case MSG_END:
		if (!p->is_main || p->end_refused)
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
	uint64_t cost = 0;
	if (epoch != p->epoch)
		return FAULT_EPOCH;
	switch (f->header.message) {
	case MSG_ASK:
	case MSG_POST:
	case MSG_RETURN:
	case MSG_RAISE:
	case MSG_CLASS:
		fault = frame_validate_within(f, p->restricted ? LIMIT_SANDBOX_DEPTH : LIMIT_DEPTH,
					      &cost);
		if (fault != FAULT_NONE)
			return fault;
		break;
	default:
		fault = receive_plain(p, f);
		buffer_consume(source, f->header.length);
		return fault;
	}
	if (f->header.message == MSG_CLASS)
		return peer_take_class(p, f, source);
	if (f->header.message == MSG_RETURN || f->header.message == MSG_RAISE)
		return peer_take_answer(p, f, source);
	return peer_answer(p, f, cost, source);
}

/* After END a page is interested in nothing but main's END_ACK. */
static void receive_ended(struct peer *p, const struct frame *f, struct buffer *source)
{
	bool over = f->header.message == MSG_END_ACK && f->header.epoch == p->epoch;
	buffer_consume(source, f->header.length);
	if (!over)
		return;
	/* What follows is for the next context. */
	p->halted = true;
	p->owner->event(p, PEER_END_ACK);
}

/* The next whole frame, of those deferred or of the channel, and where it lies: as channel_next. */
static int next_frame(struct peer *p, struct frame *f, struct buffer **source)
{
	if (buffer_length(&p->deferred) > 0) {
		struct channel deferred = { .in = p->deferred, .takes_most = LIMIT_FRAME };
		*source = &p->deferred;
		return channel_next(&deferred, f);
	}
	*source = &p->channel.in;
	return channel_next(&p->channel, f);
}

/*
 * Before a frame is dealt with: whether that is for the page's next turn. *till, 0 at first, is when
 * this one ends; it has no end, and nobody asks the clock, where no frame waits or nobody else does.
 */
static bool turn_is_over(const struct peer *p, const struct frame *f, int64_t *till)
{
	if (*till != 0)
		return clock_monotonic() >= *till;
	if (p->is_main && buffer_length(&p->channel.in) > f->header.length &&
	    peers_others_wait(p->peers))
		*till = clock_monotonic() + LIMIT_TURN;
	return false;
}

static int l_pump(lua_State *L)
{
	struct peer *p = lua_touserdata(L, 1);
	struct frame f;
	struct buffer *source;
	size_t unsent = channel_left(&p->channel);
	int64_t till = 0;
	lua_settop(L, 0);
	while (p->state != PEER_CLOSED && p->fault == FAULT_NONE && !p->halted) {
		int got = next_frame(p, &f, &source);
		p->unfinished = got > 0 && turn_is_over(p, &f, &till);
		if (got == 0 || p->unfinished)
			break;
		enum fault fault = got < 0 ? FAULT_LENGTH : FAULT_NONE;
		if (got > 0) {
			peer_trace_received(p, &f);
			if (p->state == PEER_ENDED)
				receive_ended(p, &f, source);
			else
				fault = receive(p, &f, source);
		}
		if (fault != FAULT_NONE)
			peer_fail(p, fault);
		if (channel_left(&p->channel) >= unsent + FLUSH_AT) {
			peer_flush(p);
			unsent = channel_left(&p->channel);
		}
	}
	return 0;
}

void peer_pump(struct peer *p)
{
	lua_State *L = p->L;
	p->unfinished = false;
	if (L == NULL) {
		struct frame f;
		struct buffer *source;
		while (p->state == PEER_ENDED && !p->halted && next_frame(p, &f, &source) > 0)
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

/*
 * As channel_fill, but reads nothing before what was read is dealt with: then 1. What the other side
 * did to the lane, or a want of memory, is its fault.
 */
static int fill(struct peer *p, bool bell)
{
	int got = p->unfinished ? 1 : channel_fill(&p->channel, bell);
	if (got < 0 && errno == EPROTO)
		peer_fail(p, FAULT_RING);
	else if (got < 0 && errno == ENOMEM)
		peer_fail(p, FAULT_MEMORY);
	return got;
}

/*
 * What there is to do once bytes came (1), none came (0), or the channel is at its end (-1). A bell
 * that rang is heard once there are answers.
 */
static void after_fill(struct peer *p, int got, bool bell)
{
	size_t before = buffer_length(&p->channel.in);
	peer_hold(p);
	peer_pump(p);
	if (bell && p->state != PEER_CLOSED)
		channel_hear(&p->channel);
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
	bool bell = events & EV_READ;
	(void)loop;
	int got = p->fault == FAULT_NONE ? fill(p, false) : -1;
	if (got == 0 && bell)
		got = fill(p, true);
	/* Whoever rang took it that this end is awake from then on, even if nothing has come. */
	if (got > 0 || (got == 0 && bell))
		peers_warm(p->peers, &p->member);
	after_fill(p, got, got > 0 && bell);
	/* Who rang and looks for the answer may have to do so on this very processor. */
	if (got > 0 && bell)
		sched_yield();
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
	size_t left = channel_left(&p->channel);
	if (left == 0 && !p->unfinished && channel_is_quiet(&p->channel))
		return false;
	int got = fill(p, false);
	if (got == 0 && left > 0)
		peer_flush(p);
	if (got == 0)
		return channel_left(&p->channel) < left;
	m->quiet = 0;
	after_fill(p, got, false);
	return true;
}

static bool sleep_on(struct peers_member *m)
{
	struct channel *c = &peer_of(m)->channel;
	if (peer_of(m)->unfinished)
		return false;
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
