#include <lauxlib.h>
#include <stdlib.h>

#include "blame.h"
#include "limit.h"
#include "operate.h"
#include "peer.h"
#include "task.h"

static void answer_done(lua_State *co, int status, int count, void *data);

/* --- requests ------------------------------------------------------------------------------- */

static struct request *new_request(struct peer *p, const struct frame_header *h)
{
	struct request *r = malloc(sizeof *r);
	if (r == NULL)
		return NULL;
	*r = (struct request){ .peer = p,
			       .id = h->request,
			       .reply = h->message == MSG_ASK,
			       .waiting = h->message == MSG_ASK && (h->flags & FRAME_WAITING),
			       .previous = p->requests.previous,
			       .next = &p->requests };
	r->previous->next = r;
	p->requests.previous = r;
	p->request_count++;
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

static int write_answer(struct peer *p, lua_State *L, struct frame_header *h, int first, int count)
{
	struct marshal *m = &p->out;
	p->out.now = ev_now(p->loop);
	if (marshal_begin(m) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (marshal_put(m, L, first + i) < 0) {
			marshal_abandon(m, L);
			lua_pushfstring(L, "result %d%s%s%s: %s", i + 1, m->path[0] ? ", field '" : "",
					m->path[0] ? m->path + (m->path[0] == '.') : "",
					m->path[0] ? "'" : "", m->error);
			return -1;
		}
	}
	h->values = (uint32_t)count;
	size_t start = m->frame.start;
	if (marshal_end(m, L, h) < 0) {
		lua_pushliteral(L, "the results are too large to be sent");
		return -1;
	}
	if (p->trace) {
		const struct buffer *out = &p->channel.out;
		peer_trace(p, true, out->bytes + out->head + start, buffer_length(out) - start);
	}
	refs_mark_dirty(&p->refs);
	return 0;
}

/* Sends the error value on top of the stack; if that cannot be sent, the reason why. */
static void answer_raise(struct peer *p, lua_State *L, uint64_t id, const char *traceback)
{
	struct frame_header h = { .message = MSG_RAISE, .request = id };
	for (int attempt = 0; attempt < 2; attempt++) {
		lua_pushstring(L, traceback);
		if (write_answer(p, L, &h, lua_gettop(L) - 1, 2) == 0)
			return;
	}
	peer_fail(p, FAULT_MEMORY);
}

static void answer_done(lua_State *co, int status, int count, void *data)
{
	struct request *r = data;
	struct peer *p = r->peer;
	if (!lua_checkstack(co, LUA_MINSTACK)) {
		lua_settop(co, 0);
		status = LUA_ERRMEM;
	}
	if (!r->reply && status != LUA_OK) {
		lua_pushvalue(co, -1);
		blame_caller(co, -1, task_traceback(co));
		task_uncaught(co, task_traceback(co), p == NULL || p->is_main ? "page" : NULL);
	} else if (r->reply && p != NULL && p->state == PEER_OPEN && p->fault == FAULT_NONE) {
		struct frame_header h = { .message = MSG_RETURN, .request = r->id };
		int first = lua_gettop(co) - count + 1;
		if (status != LUA_OK)
			answer_raise(p, co, r->id, task_traceback(co));
		else if ((unsigned)count > LIMIT_VALUES) {
			lua_pushliteral(co, "too many results to send");
			answer_raise(p, co, r->id, "");
		} else if (write_answer(p, co, &h, first, count) < 0)
			answer_raise(p, co, r->id, "");
	}
	free_request(r);
}

/* The handler's coroutine was collected: nobody can ever resume it. */
static void answer_dropped(void *data)
{
	struct request *r = data;
	struct peer *p = r->peer;
	if (r->reply && p != NULL && p->state == PEER_OPEN && lua_checkstack(p->pins, LUA_MINSTACK)) {
		int top = lua_gettop(p->pins);
		lua_pushliteral(p->pins, "the function called has stopped for good: its coroutine yielded "
					 "and nothing can resume it");
		answer_raise(p, p->pins, r->id, "");
		lua_settop(p->pins, top);
	}
	free_request(r);
}

enum fault peer_answer(struct peer *p, const struct frame *f, struct buffer *source)
{
	struct frame_header h = f->header;
	if (h.operation >= OP_COUNT)
		return FAULT_OPERATION;
	if (!protocol_operation_takes(h.operation, h.values))
		return FAULT_OPERANDS;
	if (p->request_count >= LIMIT_REQUESTS)
		return FAULT_REQUESTS;
	lua_State *L = p->L;
	lua_State *co = task_take(L);
	operate_push(co, h.operation);
	enum fault fault = peer_decode(p, f, source, co);
	struct request *r = fault == FAULT_NONE ? new_request(p, &h) : NULL;
	if (r == NULL) {
		task_give_back(L, co);
		return fault != FAULT_NONE ? fault : FAULT_MEMORY;
	}
	task_run(L, co, (int)h.values, answer_done, answer_dropped, r);
	return FAULT_NONE;
}
