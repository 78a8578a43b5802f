#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "blame.h"
#include "limit.h"
#include "operate.h"
#include "peer.h"
#include "task.h"

static void answer_done(lua_State *co, int status, int count, void *data);

/* --- requests ------------------------------------------------------------------------------- */

static struct request *new_request(struct peer *p, const struct frame_header *h, uint64_t cost)
{
	struct request *r = malloc(sizeof *r);
	if (r == NULL)
		return NULL;
	*r = (struct request){ .peer = p,
			       .id = h->request,
			       .cost = cost,
			       .reply = h->message == MSG_ASK,
			       .waiting = h->message == MSG_ASK && (h->flags & FRAME_WAITING),
			       .previous = p->requests.previous,
			       .next = &p->requests };
	r->previous->next = r;
	p->requests.previous = r;
	p->request_count++;
	p->peers->lost.awaited += r->reply;
	p->requests_cost += cost;
	peer_hold(p);
	if (r->waiting)
		p->blocked = r;
	return r;
}

static struct request *newest_waiting(struct peer *p)
{
	struct request *r = p->requests.previous;
	while (r != &p->requests && !r->waiting)
		r = r->previous;
	return r == &p->requests ? NULL : r;
}

static void free_request(struct request *r)
{
	struct peer *p = r->peer;
	if (p != NULL) {
		r->previous->next = r->next;
		r->next->previous = r->previous;
		p->request_count--;
		p->peers->lost.awaited -= r->reply;
		p->requests_cost -= r->cost;
		if (p->blocked == r)
			p->blocked = newest_waiting(p);
		peer_let_go(p);
	}
	free(r);
}

struct request *peer_request_of(lua_State *L)
{
	return task_data(L, answer_done);
}

/* --- answering ------------------------------------------------------------------------------ */

/* What an asker is told instead of results, or the uncaught handler of a POST. */
struct failure {
	struct request *request;
	const char *text; /* instead of the error value */
	int result;	  /* counted from 1: which one cannot be sent, as the marshaller says */
	const char *traceback;
};

/* 0; the number of the value that cannot be sent; or -1 with errno. */
static int write_answer(struct peer *p, lua_State *L, struct frame_header *h, int first, int count)
{
	struct marshal *m = &p->out;
	if (marshal_begin(m) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (marshal_put(m, L, first + i) < 0) {
			marshal_abandon(m, L);
			return i + 1;
		}
	}
	h->values = (uint32_t)count;
	size_t start = m->frame.start;
	if (marshal_end(m, L, h) < 0)
		return -1;
	peer_trace_sent(p, start);
	refs_mark_dirty(&p->refs);
	if (channel_left(&p->channel) > p->queue_most)
		peer_flush(p);
	return 0;
}

static void push_unsendable(lua_State *L, const struct marshal *m, int result)
{
	lua_pushfstring(L, "result %d%s%s%s: %s", result, m->path[0] ? ", field '" : "",
			m->path[0] ? m->path + (m->path[0] == '.') : "", m->path[0] ? "'" : "",
			m->error);
}

static const char *text_of(int problem)
{
	return problem == EMSGSIZE ? "the results are too large to be sent" : "not enough memory";
}

/* Sends the error value on top of the stack; if that cannot be sent, the reason why. */
static void answer_raise(struct peer *p, lua_State *L, uint64_t id, const char *traceback)
{
	struct frame_header h = { .message = MSG_RAISE, .request = id };
	for (int attempt = 0; attempt < 2; attempt++) {
		lua_pushstring(L, traceback);
		int unsent = write_answer(p, L, &h, lua_gettop(L) - 1, 2);
		if (unsent == 0)
			return;
		if (unsent > 0)
			push_unsendable(L, &p->out, unsent);
		else
			lua_pushstring(L, text_of(errno));
	}
	peer_fail(p, FAULT_MEMORY);
}

/* Stack: the failure, the error value. */
static int l_fail(lua_State *L)
{
	const struct failure *f = lua_touserdata(L, 1);
	struct peer *p = f->request->peer;
	if (f->result > 0)
		push_unsendable(L, &p->out, f->result);
	else if (f->text != NULL)
		lua_pushstring(L, f->text);
	if (f->request->reply && p->restricted) {
		peer_sanitize_error(p, L, f->traceback);
		answer_raise(p, L, f->request->id, "");
	} else if (f->request->reply) {
		answer_raise(p, L, f->request->id, f->traceback);
	} else if (p != NULL && p->restricted) {
		peer_log_error(p, L, f->traceback);
	} else {
		blame_caller(L, -1, f->traceback);
		task_uncaught(L, f->traceback, p == NULL || p->is_main ? "page" : NULL);
	}
	return 0;
}

/* Deals with a failure whose error value is on top of the stack. Raises nothing. */
static void fail(lua_State *L, const struct failure *f)
{
	struct peer *p = f->request->peer;
	lua_pushcfunction(L, l_fail);
	lua_pushlightuserdata(L, (void *)f);
	lua_pushvalue(L, -3);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		lua_pop(L, 1);
		if (f->request->reply && p != NULL)
			peer_fail(p, FAULT_MEMORY);
	}
}

static bool is_wanted(const struct request *r)
{
	const struct peer *p = r->peer;
	return r->reply && p != NULL && p->state == PEER_OPEN && p->fault == FAULT_NONE;
}

static void answer_done(lua_State *co, int status, int count, void *data)
{
	struct request *r = data;
	struct failure failure = { .request = r, .traceback = "" };
	if (!lua_checkstack(co, LUA_MINSTACK)) {
		lua_settop(co, 0);
		lua_pushnil(co);
		failure.text = "not enough memory";
		status = LUA_ERRMEM;
	}
	if (status != LUA_OK) {
		failure.traceback = task_traceback(co);
		if (!r->reply || is_wanted(r))
			fail(co, &failure);
	} else if (is_wanted(r)) {
		struct frame_header h = { .message = MSG_RETURN, .request = r->id };
		int first = lua_gettop(co) - count + 1;
		bool too_many = (unsigned)count > LIMIT_VALUES;
		int unsent = too_many ? -1 : write_answer(r->peer, co, &h, first, count);
		failure.result = unsent;
		failure.text = too_many ? "too many results to send" : text_of(errno);
		if (unsent != 0)
			fail(co, &failure);
		else if (r->waiting) /* while the page goes on, there is still work here */
			peer_flush(r->peer);
	}
	free_request(r);
}

/* The handler's coroutine was collected: nobody can ever resume it. */
static void answer_dropped(void *data)
{
	struct request *r = data;
	struct failure failure = {
		.request = r,
		.text = "the function called has stopped for good: its coroutine yielded "
			"and nothing can resume it",
		.traceback = "",
	};
	if (is_wanted(r) && lua_checkstack(r->peer->pins, LUA_MINSTACK)) {
		lua_State *pins = r->peer->pins;
		lua_pushnil(pins);
		fail(pins, &failure);
		lua_pop(pins, 1);
	}
	free_request(r);
}

enum fault peer_answer(struct peer *p, const struct frame *f, uint64_t cost, struct buffer *source)
{
	struct frame_header h = f->header;
	if (h.operation >= OP_COUNT)
		return FAULT_OPERATION;
	if (!protocol_operation_takes(h.operation, h.values))
		return FAULT_OPERANDS;
	if (p->request_count >= p->requests_most || p->requests_cost + cost > p->requests_cost_most)
		return FAULT_REQUESTS;
	lua_State *L = p->L;
	lua_State *co = task_take(L);
	if (!p->restricted)
		operate_push(co, h.operation);
	enum fault fault = peer_decode(p, f, source, co);
	struct request *r = fault == FAULT_NONE ? new_request(p, &h, cost) : NULL;
	if (r == NULL) {
		task_give_back(L, co);
		return fault != FAULT_NONE ? fault : FAULT_MEMORY;
	}
	int count = (int)h.values;
	if (p->restricted)
		count = peer_admit(p, co, h.operation, count);
	task_run(L, co, count, answer_done, answer_dropped, r);
	return FAULT_NONE;
}
