#include <errno.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "blame.h"
#include "limit.h"
#include "peer.h"
#include "unmarshal.h"

#define RELEASES_WAITING_MOST 64u /* a frame that goes out takes so many releases along */

/* --- errors --------------------------------------------------------------------------------- */

static int peer_error(lua_State *L, const char *format, ...)
{
	char place[MARSHAL_PLACE];
	va_list arguments;
	marshal_where(L, place);
	lua_pushstring(L, place);
	va_start(arguments, format);
	lua_pushvfstring(L, format, arguments);
	va_end(arguments);
	lua_concat(L, 2);
	return lua_error(L);
}

/* What the n-th operand is to whoever wrote the call. */
static void operand_name(enum operation operation, int n, char *name, size_t size)
{
	int hidden = operation == OP_INVOKE ? 2 : operation == OP_CALL ? 1 : 0;
	if (hidden > 0)
		snprintf(name, size, "argument %d", n - hidden);
	else if (operation == OP_NEWINDEX && n == 3)
		snprintf(name, size, "value");
	else if (n == 2 && (operation == OP_NEWINDEX || operation == OP_INDEX))
		snprintf(name, size, "key");
	else
		snprintf(name, size, "operand %d", n);
}

static int refuse(struct peer *p, lua_State *L, enum operation operation, int n)
{
	struct marshal *m = &p->out;
	char name[32];
	operand_name(operation, n, name, sizeof name);
	marshal_abandon(m, L);
	if (m->path[0] == '\0')
		return peer_error(L, "%s: %s", name, m->error);
	return peer_error(L, "%s, field '%s': %s", name, m->path + (m->path[0] == '.'), m->error);
}

static void check_open(struct peer *p, lua_State *L)
{
	if (p->state == PEER_OPEN && p->fault == FAULT_NONE)
		return;
	peer_error(L, p->is_main ? "the page was reloaded or closed"
				 : "this page's context is ending");
}

/* --- writing -------------------------------------------------------------------------------- */

/* Writes the frame with the operands from `first` on, or raises why not. */
static void write_frame(struct peer *p, lua_State *L, struct frame_header *h, int first,
			bool copies)
{
	enum operation operation = h->operation;
	int last = lua_gettop(L);
	if ((unsigned)(last - first + 1) > LIMIT_VALUES)
		peer_error(L, "too many arguments to send");
	if (marshal_begin(&p->out) < 0)
		peer_error(L, "not enough memory");
	for (int i = first; i <= last; i++) {
		int result = copies ? marshal_put_copy(&p->out, L, i) : marshal_put(&p->out, L, i);
		if (result < 0)
			refuse(p, L, operation, i - first + 1);
	}
	h->values = (uint32_t)(last - first + 1);
	size_t start = p->out.frame.start;
	if (marshal_end(&p->out, L, h) < 0) {
		if (errno == EMSGSIZE)
			peer_error(L, "the values are too large to be sent (limit: %d MiB)",
				   (int)(p->channel.sends_most >> 20));
		peer_error(L, "not enough memory");
	}
	peer_trace_sent(p, start);
	refs_mark_dirty(&p->refs);
}

void peer_post(struct peer *p, lua_State *L, enum operation operation, int first, bool copies)
{
	struct frame_header h = { .message = MSG_POST, .operation = (uint8_t)operation };
	check_open(p, L);
	write_frame(p, L, &h, first, copies);
	lua_settop(L, first - 1);
	if (channel_left(&p->channel) > p->queue_most)
		peer_fail(p, FAULT_QUEUE);
}

/* --- waiting -------------------------------------------------------------------------------- */

static bool answers(const struct frame *f, uint64_t id)
{
	return (f->header.message == MSG_RETURN || f->header.message == MSG_RAISE) &&
	       f->header.request == id;
}

/* Keeps a frame for the loop. An answer may be for a wait that this one runs inside of. */
static void set_aside(struct peer *p, const struct frame *f)
{
	const unsigned char *bytes = f->body - sizeof f->header;
	buffer_put(&p->deferred, bytes, f->header.length);
	if (p->deferred.failed)
		peer_fail(p, FAULT_MEMORY);
	if (f->header.message == MSG_RETURN || f->header.message == MSG_RAISE)
		p->stray_answers = true;
	buffer_consume(&p->channel.in, f->header.length);
}

/* Takes the answer out of the frames set aside, into *taken; 0 if it is not there. */
static int take_stray(struct peer *p, uint64_t id, struct frame *f, struct buffer *taken)
{
	struct buffer *deferred = &p->deferred;
	size_t at = deferred->head;
	while (at < deferred->tail) {
		struct frame_header h;
		memcpy(&h, deferred->bytes + at, sizeof h);
		if ((h.message == MSG_RETURN || h.message == MSG_RAISE) && h.request == id) {
			buffer_put(taken, deferred->bytes + at, h.length);
			memmove(deferred->bytes + at, deferred->bytes + at + h.length,
				deferred->tail - at - h.length);
			deferred->tail -= h.length;
			return !taken->failed && frame_parse(taken->bytes, h.length, f) == 0;
		}
		at += h.length;
	}
	return 0;
}

/* Looks for a while whether something comes, and writes what is left: as channel_fill. */
static int fill_soon(struct peer *p)
{
	if (!spin_begin(&p->spin))
		return 0;
	int got;
	do {
		if (channel_left(&p->channel) > 0 && channel_flush(&p->channel) < 0)
			return -1;
		got = channel_is_quiet(&p->channel) ? 0 : channel_fill(&p->channel, false);
	} while (got == 0 && spin_again(&p->spin));
	spin_end(&p->spin, got != 0);
	return got;
}

/* Reads more, and sleeps until there is more; ends the process where main is gone. */
static void receive_more(struct peer *p)
{
	bool bell;
	peers_warm(p->peers, &p->member);
	int got = channel_flush(&p->channel) < 0 ? -1 : fill_soon(p);
	if (got == 0) {
		got = channel_wait(&p->channel, &bell);
		if (got == 0)
			got = channel_fill(&p->channel, bell);
	}
	if (got < 0 || p->fault != FAULT_NONE)
		p->owner->event(p, PEER_LOST);
}

/* The next frame is looked at: 1 if it is the answer, else it is dealt with or set aside. */
static int look_at(struct peer *p, uint64_t id, struct frame *f)
{
	int got = channel_next(&p->channel, f);
	if (got < 0) {
		peer_fail(p, FAULT_LENGTH);
		return 0;
	}
	if (got == 0) {
		receive_more(p);
		return 0;
	}
	if (!answers(f, id) && f->header.message != MSG_CLASS) {
		set_aside(p, f);
		return 0;
	}
	peer_trace_received(p, f);
	enum fault fault = f->header.epoch == p->epoch ? frame_validate(f) : FAULT_EPOCH;
	if (fault == FAULT_NONE && f->header.message == MSG_CLASS)
		fault = peer_take_class(p, f, &p->channel.in);
	else if (fault == FAULT_NONE)
		return 1;
	if (fault != FAULT_NONE)
		peer_fail(p, fault);
	return 0;
}

/* Waits for the answer and decodes it onto L. Returns its message. */
static unsigned wait_for(struct peer *p, lua_State *L, uint64_t id)
{
	struct frame f;
	struct buffer taken = { 0 };
	struct buffer *source = &p->channel.in;
	peer_detach_decoding(p);
	while (!look_at(p, id, &f)) {
		if (p->fault != FAULT_NONE)
			p->owner->event(p, PEER_LOST);
		if (p->stray_answers && take_stray(p, id, &f, &taken)) {
			source = &taken;
			break;
		}
	}
	marshal_reap(&p->out, L);
	enum fault fault = peer_decode(p, &f, source, L);
	buffer_clear(&taken);
	if (buffer_length(&p->deferred) > 0 || buffer_length(&p->channel.in) > 0)
		peer_wake(p);
	if (fault != FAULT_NONE)
		luaL_error(L, "not enough memory for the answer");
	return f.header.message;
}

/* --- asking --------------------------------------------------------------------------------- */

/* Whether the answer would have to come from a page that waits for the coroutine L itself. */
static bool would_deadlock(const struct peer *p, const struct request *mine)
{
	if (mine == NULL || !mine->waiting || mine->peer == NULL)
		return false;
	for (int hops = 0; p != NULL && hops < 1000; hops++) {
		if (p == mine->peer)
			return true;
		p = p->blocked ? p->blocked->awaits : NULL;
	}
	return false;
}

int peer_ask(struct peer *p, lua_State *L, enum operation operation, int first, unsigned mode,
	     ask_then *then)
{
	struct frame_header h = { .message = MSG_ASK, .operation = (uint8_t)operation };
	bool yields = mode & ASK_YIELD;
	struct request *mine = yields ? peer_request_of(L) : NULL;
	if (yields && !lua_isyieldable(L))
		return peer_error(L, "cannot wait for a page's answer here: call this from a "
				     "coroutine (an event handler, a timer, timers.setImmediate)");
	if (would_deadlock(p, mine))
		return peer_error(L, "would deadlock: the page is waiting for this very call");
	check_open(p, L);
	h.flags = yields ? 0 : (uint16_t)FRAME_WAITING;
	h.request = yields ? peer_await_next(p, L) : ++p->last_request;
	write_frame(p, L, &h, first, mode & ASK_COPIES);
	if (yields) {
		if (mine != NULL)
			mine->awaits = p;
		lua_settop(L, first - 1);
		return peer_await(p, L, h.request, then);
	}
	lua_settop(L, first - 1);
	if (p->refs.queued_count >= RELEASES_WAITING_MOST)
		peer_flush(p);
	if (wait_for(p, L, h.request) == MSG_RETURN)
		return then != NULL ? then(L, first) : lua_gettop(L) - first + 1;
	lua_settop(L, first + 1);
	return blame_raise(L);
}
