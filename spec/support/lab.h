/*
 * lab: the floors of host/ driven from Lua, for specs. A main and its pages live in this process,
 * each with a Lua state and an event loop of its own; between a page and main lies a wire whose
 * frames can be held back, looked at, dropped and forged. Nothing moves but by hand.
 *
 *   lab.main(directory)     a main, of the Lepton whose lua/ is there: run(code, …), step(), collect(), page(), close(), bytes()
 *   main:page()             a page of it: see lab_page.c
 *   lab.buffer() lab.reader(bytes) lab.channels() lab.validate(frame)      see lab_bytes.c
 *   lab.failAt(n) lab.calm() lab.blocks()                                  see lab_memory.c
 *   lab.trickle(n)                                                         see lab_trickle.c
 *   lab.messages lab.operations lab.faults lab.limits                      numbers by name
 *
 * The module has its own copies of the floors and shares nothing with the host that loads it.
 */
#ifndef LEPTON_LAB_H
#define LEPTON_LAB_H

#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <setjmp.h>

#include "peer.h"

struct pollfd;

/* --- lab_memory.c: allocations that fail when told to --- */

/* A Lua state whose allocations are counted, and can be made to fail. */
lua_State *lab_newstate(void);

/* Bytes and blocks that are in use by the states and by the floors. */
size_t lab_blocks(void);
size_t lab_bytes(void);

/* The lab's own allocations shall not fail from now on, or may again. Returns what was before. */
bool lab_spare(bool spared);

void lab_register_memory(lua_State *L);

/* --- lab_trickle.c: calls that do little, or are interrupted --- */

/* Whether a call shall fail now, with EINTR. */
bool lab_is_interrupted(void);

void lab_register_trickle(lua_State *L);

/* --- lab_wire.c: what lies between a page and main --- */

enum { TO_MAIN, TO_PAGE };

/* One direction. */
struct lab_way {
	int from, to;	     /* the lab's ends of the two sockets */
	struct buffer held;  /* whole frames on their way */
	struct buffer going; /* what was let through and not yet taken by the socket */
	bool hold;
	bool ended; /* the sender has hung up, */
	bool told;  /* and the receiver knows */
};

struct lab_wire {
	struct lab_way ways[2];
};

/* Makes both sockets. 0 with the ends of page and main, or -1 with errno. */
int lab_wire_init(struct lab_wire *w, int *page, int *main);
void lab_wire_clear(struct lab_wire *w);

/* Makes these sockets, and the lab's ends of them, hold as little as the kernel lets them. */
void lab_wire_narrow(struct lab_wire *w, int page, int main);

/* Moves what may move. Whether anything did. */
bool lab_wire_move(struct lab_wire *w);

/* Lets `most` held frames through. Returns how many there were. */
int lab_way_deliver(struct lab_way *way, int most);

/* Methods of a page that concern its wire. */
extern const luaL_Reg lab_wire_methods[];

/* --- lab_state.c: a Lua state with tasks and remote objects --- */

struct lab_state {
	lua_State *L;
	struct ev_loop *loop;
	struct peers peers;
	const char *data_dir; /* where Lepton's lua/ is */
};

/* Makes the loop. */
void lab_state_init(struct lab_state *s, const char *data_dir);
void lab_state_clear(struct lab_state *s);

/* 0, or -1 without memory. */
int lab_state_open(struct lab_state *s, bool is_main);
void lab_state_close(struct lab_state *s);

/*
 * Runs the code at `index` of the host's stack with the values above it in a task, and pushes what
 * came of it: true and the results, false and the error, or nothing while it waits.
 */
int lab_state_run(struct lab_state *s, lua_State *host, int index);

/* One turn of the loop: what is queued goes out, what has come is dealt with. */
void lab_state_step(struct lab_state *s);

/* Whether what is waited for is there. */
bool lab_poll(struct pollfd *fd);

/* Whether there is something to do for the loop, for the peer or, without one, for all. */
bool lab_state_busy(const struct lab_state *s, const struct peer *p);

/* --- lab_page.c --- */

struct lab_main {
	struct lab_state state;
	char data_dir[PATH_MAX];
	struct lab_page *pages;
	unsigned last_page;
	bool closed;
};

/* One end of the conversation. */
struct lab_end {
	struct peer peer;
	unsigned ended; /* contexts of the page that have ended, as this end was told */
	bool lost;
	enum fault fault;
};

struct lab_page {
	struct lab_main *main;
	struct lab_page *next;
	struct lab_state state;
	struct lab_end near, far; /* the page's end, main's end */
	struct lab_wire wire;
	bool closed;
	bool dead;	   /* its process has ended */
	const char *cause; /* why, where the lab ended it */
	jmp_buf death;
	bool can_die;
	lua_State *host; /* who called */
	int on_wait;	 /* registry reference in the host's state */
};

/* The page whose Lua runs, or NULL. */
struct lab_page *lab_running(void);

/* The page cannot go on: its process ends. Only while its Lua runs. */
_Noreturn void lab_page_die(struct lab_page *page, const char *cause);

/* What a page waits for is moved here. */
void lab_page_wait(struct lab_page *page);

int lab_l_page(lua_State *L);
void lab_page_close(struct lab_page *page);
struct lab_page *lab_check_page(lua_State *L);
void lab_register_page(lua_State *L);
void lab_settle(struct lab_main *m);

/* lab_cycles.c: more globals for the code of main and its pages. [-0, +0, m] */
void lab_furnish_cycles(lua_State *L);

/* lab_main.c */
struct lab_main *lab_check_main(lua_State *L);
void lab_register_main(lua_State *L);

/* lab_bytes.c */
void lab_register_bytes(lua_State *L);

/* Pushes a table of what an end of the conversation holds. */
void lab_push_counts(lua_State *L, const struct peer *p);
void lab_push_references(lua_State *L, const struct peer *p);

/* Makes the metatable of a kind of userdata, with the methods. */
void lab_kind(lua_State *L, const char *name, const luaL_Reg *methods);

#endif
