#include "renderer.h"

#include <limits.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "library.h"
#include "limit.h"
#include "log.h"
#include "looplib.h"
#include "peerlib.h"
#include "processlib.h"
#include "sandbox.h"
#include "spawn.h"
#include "state.h"
#include "task.h"

#define EXIT_UNLOCKED 71 /* a door could not be closed: EX_OSERR of sysexits.h */
#define EXIT_PROTOCOL 70 /* main and page do not understand each other: EX_SOFTWARE of sysexits.h */

#define STRINGS_AT_FIRST 1000 /* that a page makes without growing Lua's table of them */

struct page {
	struct peer peer;
	struct peers peers;
	struct ev_loop *loop;
	struct state state;   /* of the context */
	unsigned char *hello; /* the frame that tells the page what it has to know */
	size_t hello_length;
	const struct confinement *confinement; /* NULL: the page is trusted */
	size_t memory;			       /* bytes that its Lua may use; 0: any */
	char **environment;		       /* what main's was when it started; one block */
	lua_Integer began;		       /* when the context did, in nanoseconds */
	char data_dir[PATH_MAX];
};

static const char page_key;

static struct page *page_of(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &page_key);
	struct page *page = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return page;
}

static void on_event(struct peer *p, enum peer_event event)
{
	struct page *page = p->data;
	switch (event) {
	case PEER_LOST:
		if (p->fault != FAULT_NONE)
			log_warn("page %u: main sent %s", p->number, protocol_fault_text(p->fault));
		exit(p->fault == FAULT_NONE ? 0 : EXIT_PROTOCOL);
	case PEER_END_ACK:
		ev_break(page->loop, EVBREAK_ALL);
		break;
	default:
		break;
	}
}

/* --- host.page ------------------------------------------------------------------------------ */

static int l_end_context(lua_State *L)
{
	struct page *page = page_of(L);
	page->peer.halted = true;
	looplib_close(L);
	ev_break(page->loop, EVBREAK_ALL);
	return 0;
}

/* Ends the process; main has everything that was said before. */
static int l_exit(lua_State *L)
{
	struct page *page = page_of(L);
	int status = (int)luaL_optinteger(L, 1, 0);
	struct channel *c = &page->peer.channel;
	bool bell;
	while (channel_flush(c) > 0 && channel_wait(c, &bell) == 0 && channel_fill(c, bell) >= 0)
		;
	exit(status);
}

/* Takes the environment as host.process gives it. The last one may be in use until then. */
static int l_set_environment(lua_State *L)
{
	struct page *page = page_of(L);
	size_t length, count = 0;
	const char *text = luaL_checklstring(L, 1, &length);
	for (size_t i = 0; i < length; i++)
		count += text[i] == '\0';
	char **variables = malloc((count + 1) * sizeof *variables + length);
	if (variables == NULL)
		return luaL_error(L, "not enough memory");
	char *name = memcpy(variables + count + 1, text, length);
	for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
		variables[i] = name;
	variables[count] = NULL;
	environ = variables;
	free(page->environment);
	page->environment = variables;
	return 0;
}

static int l_hrtime(lua_State *L)
{
	lua_pushinteger(L, clock_monotonic());
	return 1;
}

/* How long the context has been there, in seconds. */
static int l_uptime(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)(clock_monotonic() - page_of(L)->began) / 1e9);
	return 1;
}

/* boot.lua adds the page's root object, and what begins its context. */
static int luaopen_host_page(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "endContext", l_end_context },
		{ "exit", l_exit },
		{ "setEnvironment", l_set_environment },
		{ "hrtime", l_hrtime },
		{ "uptime", l_uptime },
		{ NULL, NULL },
	};
	struct page *page = page_of(L);
	luaL_newlib(L, functions);
	peerlib_push(L, &page->peer, NULL);
	lua_setfield(L, -2, "main");
	lua_pushboolean(L, page->confinement != NULL);
	lua_setfield(L, -2, "sandboxed");
	return 1;
}

/* --- contexts ------------------------------------------------------------------------------- */

/* Stack: the page. Returns host.page. */
static int l_prepare(lua_State *L)
{
	struct page *page = lua_touserdata(L, 1);
	lua_pushlightuserdata(L, page);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &page_key);
	if (page->confinement == NULL) {
		luaL_requiref(L, "host.process", luaopen_host_process, 0);
		lua_pushstring(L, page->data_dir);
		lua_setfield(L, -2, "dataDir");
	}
	luaL_requiref(L, "host.page", luaopen_host_page, 0);
	lua_getglobal(L, "require");
	lua_pushliteral(L, "boot");
	lua_call(L, 1, 0);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushnil(L);
	lua_setfield(L, -2, "boot");
	lua_pop(L, 1);
	return 1;
}

/*
 * Makes the context's Lua state, and leaves host.page on its stack. The collector has been through
 * all of it then, and lets it alone until as much again has been made.
 */
static void prepare_context(struct page *page)
{
	static const luaL_Reg trusted[] = {
		{ "host.task", luaopen_host_task },	  { "host.loop", luaopen_host_loop },
		{ "host.process", luaopen_host_process }, { "host.peer", luaopen_host_peer },
		{ "host.page", luaopen_host_page },	  { NULL, NULL },
	};
	static const luaL_Reg confined[] = {
		{ "host.task", luaopen_host_task },
		{ "host.loop", luaopen_host_loop },
		{ "host.peer", luaopen_host_peer },
		{ "host.page", luaopen_host_page },
		{ NULL, NULL },
	};
	const struct confinement *c = page->confinement;
	struct state_options options = { .data_dir = page->data_dir,
					 .libraries = c != NULL ? confined : trusted,
					 .library = c != NULL ? c->library : NULL };
	if (state_open(&page->state, &options) < 0)
		log_die(1, "page: not enough memory for a Lua state");
	lua_State *L = page->state.L;
	lua_gc(L, LUA_GCSTOP);
	lua_State *co = lua_newthread(L);
	lua_pushcfunction(co, l_prepare);
	lua_pushlightuserdata(co, page);
	if (lua_pcall(co, 1, 1, 0) != LUA_OK)
		log_die(1, "page: %s", lua_tostring(co, -1));
	lua_xmove(co, L, 1);
	lua_remove(L, 1);
	lua_gc(L, LUA_GCRESTART);
	lua_gc(L, LUA_GCCOLLECT);
}

/* Lua's table of strings grows now, which writes to every string, and not where pages share them. */
static void make_room_for_strings(lua_State *L)
{
	for (int i = 0; i < STRINGS_AT_FIRST; i++) {
		lua_pushfstring(L, "string %d", i);
		lua_pop(L, 1);
	}
	lua_gc(L, LUA_GCCOLLECT);
}

/* libev finds out once what clocks there are, and writes that down. */
static void prepare_libev(void)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (loop != NULL)
		ev_loop_destroy(loop);
}

struct page *renderer_prepare(const struct confinement *c)
{
	struct page *page = calloc(1, sizeof *page);
	if (page == NULL)
		log_die(1, "page: not enough memory");
	page->confinement = c;
	if (c != NULL)
		strcpy(page->data_dir, LIBRARY_DIR);
	else
		state_data_dir(page->data_dir, sizeof page->data_dir);
	prepare_libev();
	prepare_context(page);
	make_room_for_strings(page->state.L);
	heap_settle(&page->state.heap);
	return page;
}

/* A zygote's pages would all draw the same random numbers. */
static void seed_random(lua_State *L)
{
	lua_Integer seed[2] = { 0, 0 };
	if (getrandom(seed, sizeof seed, GRND_NONBLOCK) < 0)
		seed[0] = clock_monotonic();
	lua_getglobal(L, LUA_MATHLIBNAME);
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, seed[0]);
	lua_pushinteger(L, seed[1]);
	lua_call(L, 2, 0);
	lua_pop(L, 1);
}

/* Stack: host.page, the page. */
static int l_begin(lua_State *L)
{
	struct page *page = lua_touserdata(L, 2);
	struct frame hello;
	page->began = clock_monotonic();
	seed_random(L);
	lua_getfield(L, 1, "root");
	peer_begin_context(&page->peer, L);
	lua_getfield(L, 1, "begin");
	frame_parse(page->hello, page->hello_length, &hello);
	peer_push_hello(&page->peer, L, &hello);
	lua_call(L, 1, 0);
	return 0;
}

static void begin_context(struct page *page)
{
	lua_State *L = page->state.L;
	if (state_attach(&page->state, &page->peers, page->memory) < 0)
		log_die(1, "page: not enough memory");
	lua_pushcfunction(L, l_begin);
	lua_insert(L, 1);
	lua_pushlightuserdata(L, page);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK)
		log_die(1, "page: %s", lua_tostring(L, -1));
}

/* A context's whole life. */
static void run_context(struct page *page)
{
	struct peer *p = &page->peer;
	begin_context(page);
	if (p->epoch == 1)
		peer_send_hello(p, NULL);
	peer_wake(p);
	ev_run(page->loop, 0);
	if (p->state == PEER_OPEN && !p->halted)
		log_die(EXIT_PROTOCOL, "page %u: the event loop has ended by itself", p->number);
	peer_send_bare(p, MSG_END);
	peer_end_context(p, true);
	state_close(&page->state);
	p->halted = false;
	peer_flush(p);
	peer_wake(p);
	ev_run(page->loop, 0);
}

/* Waits for the first frame, which tells what the page has to know; main may be gone already. */
static void receive_hello(struct page *page)
{
	struct channel *c = &page->peer.channel;
	struct frame f;
	int got;
	bool bell;
	while ((got = channel_next(c, &f)) == 0)
		if (channel_wait(c, &bell) < 0 || channel_fill(c, bell) < 0)
			exit(0);
	if (got < 0 || f.header.message != MSG_HELLO || f.header.request != PROTOCOL_VERSION)
		log_die(EXIT_PROTOCOL, "page: main speaks another protocol");
	page->hello_length = f.header.length;
	page->hello = malloc(page->hello_length);
	if (page->hello == NULL)
		log_die(1, "page: not enough memory");
	memcpy(page->hello, f.body - sizeof f.header, page->hello_length);
	buffer_consume(&c->in, f.header.length);
}

/* Nothing but Lepton's own code has run so far. */
static void lock_doors(struct page *page, const struct sandbox *sandbox)
{
	ev_run(page->loop, EVRUN_NOWAIT);
	enum sandbox_layer missing = sandbox_lock(sandbox, page->memory);
	if (missing != LAYER_COUNT)
		log_die(EXIT_UNLOCKED, "page: the sandbox lacks its layer '%s'",
			sandbox_layer_name(missing));
}

int renderer_run(struct page *page, const struct page_descriptors *d)
{
	static const struct peer_owner owner = { .event = on_event };
	const struct confinement *c = page->confinement;
	page->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (page->loop == NULL)
		log_die(1, "page: not enough memory");
	page->memory = d->memory;
	peers_init(&page->peers, page->loop, &peer_habits);
	if (peer_init(&page->peer, &page->peers, d->channel, false, &owner, page) < 0 ||
	    (d->ring >= 0 && ring_attach(&page->peer.channel.ring, d->ring) < 0))
		log_die(1, "page: cannot use the channel");
	if (c != NULL) {
		page->peer.channel.sends_most = LIMIT_SANDBOX_FRAME;
		page->peer.out.depth_most = LIMIT_SANDBOX_DEPTH;
		lock_doors(page, c->sandbox);
	}
	peers_warm(&page->peers, &page->peer.member);
	receive_hello(page);
	peer_start(&page->peer);
	for (;;) {
		run_context(page);
		prepare_context(page);
	}
}
