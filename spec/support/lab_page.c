/*
 * A page of the lab:
 *
 *   page:run(code, …)   runs code in a task of the page: its results, plain values only; nothing
 *                       while it waits. Raises its error
 *   page:step()         one turn of its event loop
 *   page:onWait(fn)     fn() is called each time the page waits for an answer, before main and the
 *                       wire are moved for it; nil: nobody is
 *   page:collect(n)     n full garbage collections (2)
 *   page:unload()       ends its context: END, and its Lua state is closed
 *   page:load()         the next context, once main has acknowledged the end
 *   page:kill()         its process is gone
 *   page:counts()       what its end holds: exports, imports, callbacks, queued, requests, epoch,
 *                       ended, fault (a number), lost, dead
 *   page:mainCounts()   the same of main's end
 *   page:references()   its end's { exports = { [id] = sent }, imports = { { id, received }… } }
 *   page:mainReferences()
 *
 * The globals `root` (main's root object) and `pageRoot` (its own) are there for its code.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"
#include "task.h"

#define ROUNDS_MOST 1000000

/* The linker's hook for poll takes no argument of ours: this is the one place for it. */
static struct lab_page *running;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

struct lab_page *lab_running(void)
{
	return running;
}

/* --- death ---------------------------------------------------------------------------------- */

_Noreturn void lab_page_die(struct lab_page *page, const char *cause)
{
	page->cause = cause;
	longjmp(page->death, 1);
}

static void hang_up(struct lab_page *page)
{
	struct peer *p = &page->near.peer;
	page->dead = true;
	p->decoding = NULL;
	peer_stop(p);
	channel_clear(&p->channel);
	p->state = PEER_CLOSED;
}

typedef int act(struct lab_page *page, lua_State *host);

/* Does something that runs the page's Lua, and may be its end. */
static int enter(struct lab_page *page, lua_State *host, act *what)
{
	struct lab_page *outer = running;
	volatile int result = 0;
	if (page->dead)
		return 0;
	page->host = host;
	page->can_die = true;
	running = page;
	if (setjmp(page->death) == 0)
		result = what(page, host);
	else
		hang_up(page);
	running = outer;
	page->can_die = false;
	return result;
}

/* --- waiting -------------------------------------------------------------------------------- */

static int step(struct lab_page *page, lua_State *host)
{
	(void)host;
	lab_state_step(&page->state);
	return 0;
}

static bool move_page(struct lab_page *page)
{
	bool moved = lab_wire_move(&page->wire);
	if (!page->dead && !page->can_die && lab_state_busy(&page->state, &page->near.peer)) {
		enter(page, page->host, step);
		moved = true;
	}
	return moved | lab_wire_move(&page->wire);
}

static bool main_busy(struct lab_main *m)
{
	for (struct lab_page *page = m->pages; page != NULL; page = page->next)
		if (lab_state_busy(&m->state, &page->far.peer))
			return true;
	return lab_state_busy(&m->state, NULL);
}

void lab_settle(struct lab_main *m)
{
	bool moved = true;
	for (int round = 0; moved && round < ROUNDS_MOST; round++) {
		moved = main_busy(m);
		if (moved)
			lab_state_step(&m->state);
		for (struct lab_page *page = m->pages; page != NULL; page = page->next)
			moved |= move_page(page);
	}
}

void lab_page_wait(struct lab_page *page)
{
	lua_State *host = page->host;
	lab_wire_move(&page->wire);
	if (page->on_wait != LUA_NOREF) {
		lua_rawgeti(host, LUA_REGISTRYINDEX, page->on_wait);
		if (lua_pcall(host, 0, 0, 0) != LUA_OK) {
			fprintf(stderr, "lab: onWait: %s\n", lua_tostring(host, -1));
			lua_pop(host, 1);
			lab_page_die(page, "its onWait function failed");
		}
	}
	page->host = host;
	if (page->dead)
		lab_page_die(page, "it was killed while it waited");
	lab_settle(page->main);
}

bool lab_poll(struct pollfd *fd)
{
	return __real_poll(fd, 1, 0) > 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct lab_page *page = running;
	if (page == NULL)
		return __real_poll(fds, count, timeout);
	if (lab_is_interrupted())
		return -1;
	lab_page_wait(page);
	int ready = __real_poll(fds, count, 0);
	if (ready == 0)
		lab_page_die(page, "it would wait for ever");
	return ready;
}

/* --- the two ends --------------------------------------------------------------------------- */

static void on_near_event(struct peer *p, enum peer_event event)
{
	struct lab_page *page = p->data;
	if (event == PEER_END_ACK) {
		page->near.ended++;
	} else if (event == PEER_LOST) {
		page->near.lost = true;
		page->near.fault = p->fault;
		lab_page_die(page, "the channel is lost");
	}
}

/* Stack: the page. Makes its root object known to main's code as pages[number]. */
static int l_name_page(lua_State *L)
{
	struct lab_page *page = lua_touserdata(L, 1);
	lua_getglobal(L, "pages");
	lua_rawgeti(L, LUA_REGISTRYINDEX, page->far.peer.root);
	lua_rawseti(L, -2, page->far.peer.number);
	return 0;
}

static void on_far_event(struct peer *p, enum peer_event event)
{
	struct lab_page *page = p->data;
	if (event == PEER_CONTEXT_END) {
		page->far.ended++;
		lua_pushcfunction(p->L, l_name_page);
		lua_pushlightuserdata(p->L, page);
		lua_call(p->L, 1, 0);
	} else if (event == PEER_LOST) {
		page->far.lost = true;
		page->far.fault = p->fault;
		peer_stop(p);
		peer_end_context(p, false);
		channel_clear(&p->channel);
		p->state = PEER_CLOSED;
	}
}

static const struct peer_owner near_owner = { .event = on_near_event };
static const struct peer_owner far_owner = { .event = on_far_event };

/* Stack: the page. */
static int l_begin_far(lua_State *L)
{
	struct lab_page *page = lua_touserdata(L, 1);
	lua_getglobal(L, "root");
	peer_begin_context(&page->far.peer, task_main_thread(L));
	return l_name_page(L);
}

static int l_begin_near(lua_State *L)
{
	struct lab_page *page = lua_touserdata(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setglobal(L, "pageRoot");
	peer_begin_context(&page->near.peer, L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, page->near.peer.root);
	lua_setglobal(L, "root");
	return 0;
}

static int begin(lua_State *L, lua_CFunction function, struct lab_page *page)
{
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, page);
	if (lua_pcall(L, 1, 0, 0) == LUA_OK)
		return 0;
	lua_pop(L, 1);
	return -1;
}

/* The options of main:page are at index 2, if there are any. 0, or -1 with errno. */
static int furnish(struct lab_page *page, lua_State *L)
{
	int memory = -1;
	if (!lua_istable(L, 2))
		return 0;
	if (lua_getfield(L, 2, "partial") == LUA_TNUMBER) {
		peer_restrict(&page->far.peer);
		page->far.peer.partial_most = lua_tonumber(L, -1);
	}
	lua_getfield(L, 2, "narrow");
	if (lua_toboolean(L, -1))
		lab_wire_narrow(&page->wire, page->near.peer.channel.fd, page->far.peer.channel.fd);
	lua_getfield(L, 2, "ring");
	bool has_ring = lua_toboolean(L, -1);
	lua_pop(L, 3);
	if (!has_ring)
		return 0;
	memory = ring_create(&page->far.peer.channel.ring);
	return memory < 0 ? -1 : ring_attach(&page->near.peer.channel.ring, memory);
}

static int init_ends(struct lab_page *page, int near_fd, int far_fd, lua_State *L)
{
	struct lab_main *m = page->main;
	int near =
		peer_init(&page->near.peer, &page->state.peers, near_fd, false, &near_owner, page);
	int far = peer_init(&page->far.peer, &m->state.peers, far_fd, true, &far_owner, page);
	page->far.peer.spin.useless = page->near.peer.spin.useless = true;
	page->far.peer.number = page->near.peer.number = ++m->last_page;
	if (near < 0 || far < 0 || furnish(page, L) < 0 ||
	    begin(m->state.L, l_begin_far, page) < 0 ||
	    begin(page->state.L, l_begin_near, page) < 0)
		return -1;
	peer_start(&page->near.peer);
	peer_start(&page->far.peer);
	return 0;
}

int lab_l_page(lua_State *L)
{
	struct lab_main *m = lab_check_main(L);
	int near_fd, far_fd;
	struct lab_page *page = lua_newuserdatauv(L, sizeof *page, 1);
	memset(page, 0, sizeof *page);
	*page = (struct lab_page){ .main = m, .on_wait = LUA_NOREF, .host = L, .next = m->pages };
	lab_state_init(&page->state, m->data_dir);
	if (lab_state_open(&page->state, false) < 0)
		return luaL_error(L, "lab: no memory for a page");
	if (lab_wire_init(&page->wire, &near_fd, &far_fd) < 0)
		return luaL_error(L, "lab: no sockets");
	luaL_setmetatable(L, "lab.page");
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	m->pages = page;
	if (init_ends(page, near_fd, far_fd, L) < 0)
		return luaL_error(L, "lab: no memory for the ends of a page");
	return 1;
}

static void forget(struct lab_page *page)
{
	struct lab_page **link = &page->main->pages;
	while (*link != NULL && *link != page)
		link = &(*link)->next;
	if (*link != NULL)
		*link = page->next;
}

void lab_page_close(struct lab_page *page)
{
	if (page->closed)
		return;
	page->closed = true;
	forget(page);
	peer_end_context(&page->near.peer, true);
	lab_state_close(&page->state);
	if (page->main->state.L != NULL)
		peer_end_context(&page->far.peer, false);
	peer_clear(&page->near.peer);
	peer_clear(&page->far.peer);
	lab_state_clear(&page->state);
	lab_wire_clear(&page->wire);
}

/* --- for Lua -------------------------------------------------------------------------------- */

struct lab_page *lab_check_page(lua_State *L)
{
	struct lab_page *page = luaL_checkudata(L, 1, "lab.page");
	luaL_argcheck(L, !page->closed, 1, "this page was closed");
	page->host = L;
	return page;
}

static struct lab_page *check_living(lua_State *L)
{
	struct lab_page *page = lab_check_page(L);
	luaL_argcheck(L, !page->dead, 1, "this page is dead");
	luaL_argcheck(L, !page->can_die, 1, "this page is running");
	return page;
}

static int died(lua_State *L, struct lab_page *page)
{
	return luaL_error(L, "the page has died: %s", page->cause);
}

static int run(struct lab_page *page, lua_State *host)
{
	return lab_state_run(&page->state, host, 2);
}

static int l_run(lua_State *L)
{
	struct lab_page *page = check_living(L);
	luaL_checkstring(L, 2);
	int count = enter(page, L, run);
	if (page->dead)
		return died(L, page);
	lab_wire_move(&page->wire);
	if (count > 0 && !lua_toboolean(L, -count))
		return lua_error(L);
	return count > 0 ? count - 1 : 0;
}

static int l_step(lua_State *L)
{
	struct lab_page *page = check_living(L);
	lab_wire_move(&page->wire);
	enter(page, L, step);
	lab_wire_move(&page->wire);
	return 0;
}

static int collect(struct lab_page *page, lua_State *host)
{
	for (lua_Integer i = luaL_optinteger(host, 2, 2); i > 0; i--)
		lua_gc(page->state.L, LUA_GCCOLLECT);
	return 0;
}

static int l_collect(lua_State *L)
{
	enter(check_living(L), L, collect);
	return 0;
}

static int l_on_wait(lua_State *L)
{
	struct lab_page *page = lab_check_page(L);
	lua_settop(L, 2);
	luaL_unref(L, LUA_REGISTRYINDEX, page->on_wait);
	page->on_wait = lua_isnil(L, 2) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static int unload(struct lab_page *page, lua_State *host)
{
	struct peer *p = &page->near.peer;
	(void)host;
	p->halted = true;
	peer_send_bare(p, MSG_END);
	peer_end_context(p, true);
	lab_state_close(&page->state);
	p->halted = false;
	peer_flush(p);
	peer_wake(p);
	return 0;
}

static int l_unload(lua_State *L)
{
	struct lab_page *page = check_living(L);
	enter(page, L, unload);
	lab_wire_move(&page->wire);
	return 0;
}

static int l_load(lua_State *L)
{
	struct lab_page *page = check_living(L);
	luaL_argcheck(L, page->state.L == NULL, 1, "this page has a context");
	luaL_argcheck(L, page->near.ended == page->near.peer.epoch, 1,
		      "main has not acknowledged the end of the last context");
	if (lab_state_open(&page->state, false) < 0 || begin(page->state.L, l_begin_near, page) < 0)
		return luaL_error(L, "lab: no memory for a context");
	return 0;
}

static int l_kill(lua_State *L)
{
	struct lab_page *page = lab_check_page(L);
	if (page->can_die)
		page->dead = true;
	else
		hang_up(page);
	page->cause = "it was killed";
	lab_wire_move(&page->wire);
	return 0;
}

static int push_end(lua_State *L, const struct lab_end *end)
{
	lab_push_counts(L, &end->peer);
	lua_pushinteger(L, end->ended);
	lua_setfield(L, -2, "ended");
	lua_pushinteger(L, end->lost ? end->fault : end->peer.fault);
	lua_setfield(L, -2, "fault");
	lua_pushboolean(L, end->lost);
	lua_setfield(L, -2, "lost");
	return 1;
}

static int l_counts(lua_State *L)
{
	struct lab_page *page = lab_check_page(L);
	push_end(L, &page->near);
	lua_pushboolean(L, page->dead);
	lua_setfield(L, -2, "dead");
	return 1;
}

static int l_main_counts(lua_State *L)
{
	return push_end(L, &lab_check_page(L)->far);
}

static int l_references(lua_State *L)
{
	lab_push_references(L, &lab_check_page(L)->near.peer);
	return 1;
}

static int l_main_references(lua_State *L)
{
	lab_push_references(L, &lab_check_page(L)->far.peer);
	return 1;
}

static int l_close(lua_State *L)
{
	lab_page_close(luaL_checkudata(L, 1, "lab.page"));
	return 0;
}

void lab_register_page(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "run", l_run },
		{ "step", l_step },
		{ "collect", l_collect },
		{ "onWait", l_on_wait },
		{ "unload", l_unload },
		{ "load", l_load },
		{ "kill", l_kill },
		{ "counts", l_counts },
		{ "mainCounts", l_main_counts },
		{ "references", l_references },
		{ "mainReferences", l_main_references },
		{ "close", l_close },
		{ "__gc", l_close },
		{ NULL, NULL },
	};
	lab_kind(L, "lab.page", methods);
	luaL_getmetatable(L, "lab.page");
	luaL_setfuncs(L, lab_wire_methods, 0);
	lua_pop(L, 1);
}
