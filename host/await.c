/*
 * Coroutines that have asked, and go on once the answer comes.
 *
 * Each has a place in a list of which the length is a power of two: the one that the last bits of
 * its request's number say. So a number is found, and given, without a look at the others.
 */
#include <lauxlib.h>
#include <stdlib.h>

#include "blame.h"
#include "peer.h"
#include "task.h"

#define WAITERS_FIRST 16u

/* Stands on a suspended coroutine's stack, with the number of its request above. */
static const char waits;

static const char returned, raised;

struct waiter {
	uint64_t request; /* 0: nobody waits here */
	lua_State *co;	  /* in the table p->pending, at the waiter's place */
	int first;	  /* where `waits` stands on its stack */
};

static struct waiter *place_of(const struct awaiting *all, uint64_t request)
{
	return &all->waiters[request & (all->capacity - 1)];
}

static lua_Integer key_of(const struct awaiting *all, const struct waiter *w)
{
	return w - all->waiters + 1;
}

/* --- asking --------------------------------------------------------------------------------- */

/* Twice as many places; the table has its own before the list is changed. */
static void grow(struct peer *p, lua_State *L)
{
	struct awaiting *all = &p->awaiting;
	struct awaiting more = { .count = all->count,
				 .capacity = all->capacity ? all->capacity * 2 : WAITERS_FIRST };
	luaL_checkstack(L, 4, NULL);
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->pending);
	lua_createtable(L, (int)more.capacity, 0);
	more.waiters = calloc(more.capacity, sizeof *more.waiters);
	if (more.waiters == NULL)
		luaL_error(L, "not enough memory");
	for (uint32_t i = 0; i < all->capacity; i++) {
		const struct waiter *w = &all->waiters[i];
		if (w->request == 0)
			continue;
		struct waiter *to = place_of(&more, w->request);
		*to = *w;
		lua_rawgeti(L, -2, key_of(all, w));
		lua_rawseti(L, -2, key_of(&more, to));
	}
	lua_rawseti(L, LUA_REGISTRYINDEX, p->pending);
	lua_pop(L, 1);
	free(all->waiters);
	*all = more;
}

uint64_t peer_await_next(struct peer *p, lua_State *L)
{
	struct awaiting *all = &p->awaiting;
	if (all->count * 2 >= all->capacity)
		grow(p, L);
	luaL_checkstack(L, LUA_MINSTACK, "too many values");
	uint64_t next = p->last_request;
	do
		next++;
	while (place_of(all, next)->request != 0);
	return p->last_request = next;
}

/* Stack: …, `waits`, the request, then what resume gave: values, where `waits` stands, how. */
static int answered(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	ask_then *then = (ask_then *)context;
	const void *how = lua_touserdata(L, -1);
	struct request *mine = peer_request_of(L);
	if (mine != NULL)
		mine->awaits = NULL;
	if (how != &returned && how != &raised)
		return luaL_error(L, "resumed by something else while it waited for an answer");
	int first = (int)lua_tointeger(L, -2);
	lua_pop(L, 2);
	if (how == &raised)
		return blame_raise(L);
	if (then == NULL)
		return lua_gettop(L) - first - 1;
	lua_remove(L, first);
	lua_remove(L, first);
	return then(L, first);
}

int peer_await(struct peer *p, lua_State *L, uint64_t request, ask_then *then)
{
	struct awaiting *all = &p->awaiting;
	struct waiter *w = place_of(all, request);
	lua_pushlightuserdata(L, (void *)&waits);
	lua_pushinteger(L, (lua_Integer)request);
	*w = (struct waiter){ .request = request, .co = L, .first = lua_gettop(L) - 1 };
	all->count++;
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->pending);
	lua_pushthread(L);
	lua_rawseti(L, -2, key_of(all, w));
	lua_pop(L, 1);
	return lua_yieldk(L, 0, (lua_KContext)then, answered);
}

/* --- going on ------------------------------------------------------------------------------- */

/* Frees the waiter's place and pushes its coroutine. [-0, +1, -] */
static struct waiter take(struct peer *p, lua_State *L, struct waiter *w)
{
	struct waiter taken = *w;
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->pending);
	lua_rawgeti(L, -1, key_of(&p->awaiting, w));
	lua_pushnil(L);
	lua_rawseti(L, -3, key_of(&p->awaiting, w));
	lua_remove(L, -2);
	w->request = 0;
	p->awaiting.count--;
	return taken;
}

/* Whether its coroutine is where it asked: somebody else may have resumed or closed it. */
static bool still_waits(const struct waiter *w)
{
	return lua_status(w->co) == LUA_YIELD && lua_touserdata(w->co, w->first) == &waits &&
	       (uint64_t)lua_tointeger(w->co, w->first + 1) == w->request;
}

/*
 * Resumes a waiter that was taken, whose coroutine is on top of L's stack, with `count` values of
 * the stack of `from`. [-1, +0, m]
 */
static void resume(lua_State *L, const struct waiter *w, lua_State *from, const char *how,
		   int count)
{
	if (!still_waits(w) || !lua_checkstack(w->co, count + 8)) {
		lua_pop(from, count);
		lua_pop(L, 1);
		return;
	}
	lua_xmove(from, w->co, count);
	lua_pushinteger(w->co, w->first);
	lua_pushlightuserdata(w->co, (void *)how);
	task_continue(L, w->co, count + 2);
	lua_pop(L, 1);
}

enum fault peer_take_answer(struct peer *p, const struct frame *f, struct buffer *source)
{
	lua_State *L = p->L, *pins = p->pins;
	const char *how = f->header.message == MSG_RETURN ? &returned : &raised;
	int count = (int)f->header.values;
	if (how == &raised && count != 2)
		return FAULT_BODY;
	uint64_t request = f->header.request;
	struct waiter *w = p->awaiting.capacity ? place_of(&p->awaiting, request) : NULL;
	if (request == 0 || w == NULL || w->request != request)
		return FAULT_REQUEST;
	struct waiter taken = take(p, L, w);
	enum fault fault = peer_decode(p, f, source, pins);
	if (fault == FAULT_MEMORY) {
		lua_pushliteral(pins, "not enough memory for the answer");
		lua_pushliteral(pins, "");
		how = &raised;
		count = 2;
	} else if (fault != FAULT_NONE) {
		lua_pop(L, 1);
		return fault;
	}
	resume(L, &taken, pins, how, count);
	return FAULT_NONE;
}

/* Stack: the peer. */
static int l_fail_pending(lua_State *L)
{
	struct peer *p = lua_touserdata(L, 1);
	struct awaiting *all = &p->awaiting;
	lua_pushliteral(L, "the page was reloaded or closed before it answered");
	lua_pushliteral(L, "");
	for (uint32_t i = 0; i < all->capacity; i++) {
		if (all->waiters[i].request == 0)
			continue;
		struct waiter taken = take(p, L, &all->waiters[i]);
		lua_pushvalue(L, 2);
		lua_pushvalue(L, 3);
		lua_xmove(L, p->pins, 2);
		resume(L, &taken, p->pins, &raised, 2);
	}
	return 0;
}

void peer_fail_pending(struct peer *p)
{
	lua_State *L = p->L;
	lua_pushcfunction(L, l_fail_pending);
	lua_pushlightuserdata(L, p);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		lua_pop(L, 1);
}

void peer_clear_awaiting(struct peer *p)
{
	free(p->awaiting.waiters);
	p->awaiting = (struct awaiting){ .waiters = NULL };
}
