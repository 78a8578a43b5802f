/*
 * The conversation between main and one page: both ends run this code.
 *
 * A peer asks (and gets an answer), posts (and gets none), and answers what the other side asks.
 * What differs between the two sides are two flags: a page may wait for an answer, main never does;
 * a page sends its tables by copy, main by reference.
 *
 * Of the functions here, peer.c has what both directions stand on, ask.c, await.c and answer.c the
 * two directions, restrict.c what a page nobody trusts is held to, and pump.c what hands frames to
 * them.
 */
#ifndef LEPTON_PEER_H
#define LEPTON_PEER_H

#include <ev.h>
#include <lua.h>
#include <stdbool.h>

#include "channel.h"
#include "marshal.h"
#include "peers.h"
#include "protocol.h"
#include "refs.h"

struct peer;

enum peer_event {
	PEER_HELLO,	  /* main: the page's process is ready */
	PEER_CONTEXT_END, /* main: the page's context has ended, the next one is there; what told the
			     old one from others (peer_token) is on top of L's stack */
	PEER_END_ACK,	  /* page: main has let go of the context that ended */
	PEER_CROWDED,	  /* main: more callbacks or exports than the owner set */
	PEER_LOST	  /* the channel is at its end, or p->fault says why it was given up */
};

/* What the owner of a peer is told. `released` may be NULL: nothing refers to the peer any more. */
struct peer_owner {
	void (*event)(struct peer *p, enum peer_event event);
	void (*released)(struct peer *p);
};

enum peer_state {
	PEER_OPEN,  /* a context is there on both sides */
	PEER_ENDED, /* page: END was sent, END_ACK has not come */
	PEER_CLOSED /* nothing can be sent or received any more */
};

/* A request being answered. */
struct request {
	struct peer *peer; /* NULL once the asker's context has ended: nobody wants the answer */
	uint64_t id;
	uint64_t cost;	     /* of its operands */
	bool reply;	     /* it was an ASK */
	bool waiting;	     /* the asker runs no Lua until the answer comes */
	struct peer *awaits; /* whose answer the handler is waiting for */
	struct request *previous, *next;
};

/* A frame being decoded. Decoding may run a finalizer that uses the channel. */
struct decoding {
	struct frame frame;
	struct buffer *source; /* where it lies: the channel's input, or the deferred frames */
	bool detached;	       /* it lies in `storage`, no longer in its source */
	struct buffer storage;
	struct decoding *outer;
};

/* The coroutines that wait for an answer; a place for each, half of the places are free. */
struct awaiting {
	struct waiter *waiters;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t count;
};

struct peer {
	struct channel channel;
	struct refs refs;
	struct marshal out;
	struct ev_loop *loop;
	struct peers *peers;
	struct peers_member member;
	struct spin spin;
	struct ev_io readable, writable;
	const struct peer_owner *owner;
	void *data;	 /* the owner's */
	lua_State *L;	 /* the state's main thread; NULL between two contexts of a page */
	lua_State *pins; /* a thread that holds references while their frame is decoded */
	int pins_ref;	 /* registry references: the thread, */
	int pending;	 /* a list of the coroutines that wait for an answer, in their places, */
	int token;	 /* a table that tells the context from others, */
	int root;	 /* the other side's root object */
	unsigned number; /* which page */
	bool is_main;
	bool trace;
	bool restricted;  /* main: the page is sandboxed, and held to what restrict.c says */
	bool greeted;	  /* main: the page has said HELLO */
	bool end_refused; /* main: the page was not asked to end its context */
	uint32_t queue_most, requests_most;
	uint64_t requests_cost; /* what the operands of those being answered cost, and may */
	uint64_t requests_cost_most;
	double partial_most; /* restricted: seconds that a frame may take to come, */
	double late_due; /* and when, on a clock that nobody sets, the one under way must have */
	struct ev_timer late;
	double log_second; /* restricted: the second under way, and the lines logged in it */
	uint32_t log_count;
	bool unfinished; /* main: frames that were read wait for the page's next turn; it is hot */
	bool halted;	 /* page: the context is about to end; frames wait */
	enum peer_state state;
	enum fault fault;
	uint32_t epoch;
	uint64_t last_request;
	struct awaiting awaiting;
	struct buffer deferred; /* frames that came while Lua waited for another one */
	bool stray_answers;	/* maybe one of them is an answer for an outer wait */
	struct decoding *decoding;
	struct request requests; /* list head: those being answered */
	uint32_t request_count;
	struct request *blocked; /* the newest one whose asker waits */
	uint32_t holders;	 /* owner, requests: who refers to the peer */
	uint32_t callbacks_most; /* main: it is crowded past so many callbacks, 0 is never, */
	uint32_t objects_most;	 /* or past so many exports */
	bool crowded;		 /* the owner was told so, in this context */
};

/*
 * Takes the descriptor of a connected socket; p->channel.ring may be filled in afterwards. 0, or -1
 * with errno. Starts with no context: peer_begin_context must follow.
 */
int peer_init(struct peer *p, struct peers *peers, int fd, bool is_main,
	      const struct peer_owner *owner, void *data);

/* Starts and stops looking at the channel from the event loop. */
void peer_start(struct peer *p);
void peer_stop(struct peer *p);

/*
 * Begins a context with the root object on top of the stack of L, the state's main thread.
 * [-1, +0, m]
 */
void peer_begin_context(struct peer *p, lua_State *L);

/*
 * Ends the context: what each side held of the other is void, requests being answered lose their
 * asker, coroutines waiting for an answer get an error. `closing`: the Lua state is about to be
 * closed; it is not touched.
 */
void peer_end_context(struct peer *p, bool closing);

/* Writes a frame that says nothing but its message: END, END_ACK. */
void peer_send_bare(struct peer *p, enum message message);

/* Closes the channel and frees what the peer holds but itself. Its context must have ended. */
void peer_clear(struct peer *p);

/* One more, one less that refers to the peer's memory; the last one frees it (owner->released). */
void peer_hold(struct peer *p);
void peer_let_go(struct peer *p);

/* Gives the conversation up, for what the other side sent or did; told as PEER_LOST by the loop. */
void peer_fail(struct peer *p, enum fault fault);

/* Writes HELLO. Main: with the table on top of the stack, by copy. [-1, +0, m]. Page: L is NULL. */
int peer_send_hello(struct peer *p, lua_State *L);

/* Pushes the table of a HELLO frame. Pushes nil where it is malformed. [-0, +1, m] */
void peer_push_hello(struct peer *p, lua_State *L, const struct frame *f);

/* Queues releases behind what is already written, and writes what the socket takes. */
void peer_flush(struct peer *p);

/* Deals with all whole frames received so far. Not to be called while Lua runs. */
void peer_pump(struct peer *p);

/* How peers do what the loop asks of them. */
extern const struct peers_habits peer_habits;

/*
 * Makes the loop look at the channel again soon, because frames were deferred or something is left
 * to be written or told.
 */
void peer_wake(struct peer *p);

/* --- ask.c: what a running Lua function wants of the other side --- */

/* How an ask gets its answer, and whether tables among its operands cross by copy. */
enum ask_mode {
	ASK_WAIT = 0,  /* no Lua runs until the answer comes; a page only */
	ASK_YIELD = 1, /* the coroutine yields; others run */
	ASK_COPIES = 2
};

/* Makes of the results, from `first` to the top, what the C function that asked returns. */
typedef int ask_then(lua_State *L, int first);

/*
 * Asks for `operation` with the operands at `first` to the top of L's stack, which it replaces by
 * the results; returns their number, or what `then` (which may be NULL) makes of them. Raises what
 * the other side raised, or that the operands cannot be sent. Where L yields, it ends the calling C
 * function as lua_yieldk does: use as `return peer_ask(…)`.
 */
int peer_ask(struct peer *p, lua_State *L, enum operation operation, int first, unsigned mode,
	     ask_then *then);

/* The same one way, with tables by copy if `copies`. Raises if it cannot be sent. [-n, +0, e] */
void peer_post(struct peer *p, lua_State *L, enum operation operation, int first, bool copies);

/* --- await.c: coroutines that wait for an answer --- */

/* The number of the next request whose asker will yield. [-0, +0, m] */
uint64_t peer_await_next(struct peer *p, lua_State *L);

/* Yields until its answer comes, as the end of a C function that returns the results. [-0, +0, -] */
int peer_await(struct peer *p, lua_State *L, uint64_t request, ask_then *then);

/* Deals with a RETURN or RAISE for a coroutine that yielded. */
enum fault peer_take_answer(struct peer *p, const struct frame *f, struct buffer *source);

/* Fails all coroutines that wait for an answer; those it finds no memory for never go on. */
void peer_fail_pending(struct peer *p);

/* Forgets them, and frees the memory. */
void peer_clear_awaiting(struct peer *p);

/* --- answer.c --- */

/*
 * Deals with a valid ASK or POST, whose operands cost that much: decode, resolve, invoke. Drops the
 * frame in between.
 */
enum fault peer_answer(struct peer *p, const struct frame *f, uint64_t cost, struct buffer *source);

/* The request that the coroutine L is answering, or NULL. */
struct request *peer_request_of(lua_State *L);

/* --- restrict.c: main's end of a sandboxed page --- */

/* Holds the page to the limits of a sandboxed one. Before its first context. */
void peer_restrict(struct peer *p);

/*
 * A decoded request: its `count` operands stand on top of co. Replaces them by a function that the
 * page was granted, or one that refuses, and its arguments; returns how many.
 * [-count, +(result + 1), m]
 */
int peer_admit(struct peer *p, lua_State *co, unsigned operation, int count);

/*
 * Takes what tells of main out of the error message on top of the stack, and logs what it was if
 * anything was taken. [-1, +1, m]
 */
void peer_sanitize_error(struct peer *p, lua_State *L, const char *traceback);

/* Logs the error value on top of the stack, unless that was too much in a second. [-0, +0, m] */
void peer_log_error(struct peer *p, lua_State *L, const char *traceback);

/* Sees to it that a frame that has begun to come ends soon; `before`: bytes before frames were dealt
   with. peer_init_patience comes first. */
void peer_init_patience(struct peer *p);
void peer_watch_partial(struct peer *p, size_t before);

/* --- for both of them --- */

/*
 * Decodes a valid frame onto `to` and drops it from its source. FAULT_MEMORY where there was not
 * enough for it; raises nothing. [to: -0, +values, -]
 */
enum fault peer_decode(struct peer *p, const struct frame *f, struct buffer *source, lua_State *to);

/* Moves frames that are being decoded out of the way: more is going to be received. */
void peer_detach_decoding(struct peer *p);

/* Deals with a valid CLASS, and drops it. */
enum fault peer_take_class(struct peer *p, const struct frame *f, struct buffer *source);

/* Prints a frame. */
void peer_print(const struct peer *p, bool outgoing, const unsigned char *bytes, size_t length);

/* Where the peer is traced: prints the frame that begins at `start` of the output, or one received. */
static inline void peer_trace_sent(const struct peer *p, size_t start)
{
	const struct buffer *out = &p->channel.out;
	if (p->trace)
		peer_print(p, true, out->bytes + out->head + start, buffer_length(out) - start);
}

static inline void peer_trace_received(const struct peer *p, const struct frame *f)
{
	if (p->trace)
		peer_print(p, false, f->body - sizeof f->header, f->header.length);
}

#endif
