/*
 * The conversation between main and one page, as bytes.
 *
 * Both ends speak the same messages; what differs is the root object each of them exports as id 0.
 * A frame is a header, a body and a reference section, in that order:
 *
 *   header      struct frame_header
 *   body        `values` values, each a tag and what the tag says follows it
 *   references  `references` entries, each a struct reference and what its kind says follows it
 *
 * The body names references by their place in the section. The section is decoded first: it says
 * what the receiver has to count even where the body cannot be used. Each reference stands in it
 * once, however often the body names it.
 *
 * The rules by which references are counted are explained in docs/lifetimes.md.
 */
#ifndef LEPTON_PROTOCOL_H
#define LEPTON_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_VERSION 1

/*
 * Messages: name, what the body holds.
 *
 *   HELLO    the first frame each way; `request` is the protocol version. From main: one copied
 *            table, what the page's process needs to know. From the page: nothing; it is ready.
 *   ASK      operands of `operation`; answered by RETURN or RAISE with the same `request`.
 *   POST     operands of `operation`; never answered.
 *   RETURN   the results.
 *   RAISE    the error value, and the traceback as a string.
 *   CLASS    `request` is the class id: name (or nil), bits (CLASS_*), then method names. Sent
 *            before the first object of the class; valid until the context ends, or another
 *            one of that id without values says that no further objects of the class come.
 *   RELEASE  no values: `values` pairs of (u64 id, u32 count), which the receiver had sent.
 *   END      the sender's context is over: nothing of this epoch follows, and all references
 *            either way are void. The next frame is of the next epoch.
 *   END_ACK  the receiver of END has let go of everything; nothing of the old epoch follows.
 */
#define PROTOCOL_MESSAGES(X)  \
	X(HELLO, "hello")     \
	X(ASK, "ask")         \
	X(POST, "post")       \
	X(RETURN, "return")   \
	X(RAISE, "raise")     \
	X(CLASS, "class")     \
	X(RELEASE, "release") \
	X(END, "end")         \
	X(END_ACK, "end-ack")

enum message {
	MSG_NONE,
#define X(name, text) MSG_##name,
	PROTOCOL_MESSAGES(X)
#undef X
		MSG_COUNT
};

/*
 * Operations of ASK and POST: name, spelling in traces, fewest operands, most operands.
 * The first operand is what is operated on; where it is said to be a name, the second is a string.
 *
 *   INVOKE   object, name, arguments: object[name](object, arguments)
 *   NEXT     object, key, count: up to so many pairs that follow key in the raw table. Behind as
 *            many as that, if there are several and the last key is a string, stands an object
 *            that keeps it: the key to ask with for what follows
 *   PAIRS    object: what the object's __pairs returns; nothing where it has none
 *   COPY     object: the same, by value
 */
#define PROTOCOL_OPERATIONS(X)             \
	X(CALL, "call", 1, UINT32_MAX)     \
	X(INVOKE, "invoke", 2, UINT32_MAX) \
	X(INDEX, "index", 2, 2)            \
	X(NEWINDEX, "newindex", 3, 3)      \
	X(LEN, "len", 1, 1)                \
	X(EQ, "eq", 2, 2)                  \
	X(LT, "lt", 2, 2)                  \
	X(LE, "le", 2, 2)                  \
	X(CONCAT, "concat", 2, 2)          \
	X(ADD, "add", 2, 2)                \
	X(SUB, "sub", 2, 2)                \
	X(MUL, "mul", 2, 2)                \
	X(MOD, "mod", 2, 2)                \
	X(POW, "pow", 2, 2)                \
	X(DIV, "div", 2, 2)                \
	X(IDIV, "idiv", 2, 2)              \
	X(BAND, "band", 2, 2)              \
	X(BOR, "bor", 2, 2)                \
	X(BXOR, "bxor", 2, 2)              \
	X(SHL, "shl", 2, 2)                \
	X(SHR, "shr", 2, 2)                \
	X(UNM, "unm", 1, 1)                \
	X(BNOT, "bnot", 1, 1)              \
	X(TOSTRING, "tostring", 1, 1)      \
	X(CLOSE, "close", 2, 2)            \
	X(PAIRS, "pairs", 1, 1)            \
	X(NEXT, "next", 3, 3)              \
	X(COPY, "copy", 1, 1)              \
	X(RAWGET, "rawget", 2, 2)          \
	X(RAWLEN, "rawlen", 1, 1)

enum operation {
#define X(name, text, fewest, most) OP_##name,
	PROTOCOL_OPERATIONS(X)
#undef X
		OP_COUNT
};

#define NEXT_CHUNK 256 /* pairs that NEXT brings at the most */

/* Flags of a frame. */
#define FRAME_WAITING 1u /* ASK: the asker runs no Lua until the answer comes */
#define FRAME_SHARED 2u	 /* the body names some table more than once (TAG_BACK) */

struct frame_header {
	uint32_t length; /* of the whole frame, this header included */
	uint8_t message;
	uint8_t operation;
	uint16_t flags;
	uint32_t epoch;
	uint32_t values;
	uint64_t request;
	uint32_t body;	     /* bytes of the body */
	uint32_t references; /* entries of the reference section */
};

/* Tags of values. A small non-negative integer is its own tag: TAG_SMALL + n. */
enum tag {
	TAG_NIL,
	TAG_FALSE,
	TAG_TRUE,
	TAG_INT8,     /* i8 */
	TAG_INT32,    /* i32 */
	TAG_INT64,    /* i64 */
	TAG_FLOAT,    /* f64 */
	TAG_STRING8,  /* u8 length, bytes */
	TAG_STRING32, /* u32 length, bytes */
	TAG_TABLE,    /* u32 n, u32 m, n values of the keys 1 to n, m pairs of key and value */
	TAG_BACK,     /* u32: the table that was the u32-th to begin in this body, counted from 0 */
	TAG_REFERENCE, /* u32: place in the reference section */
	TAG_SMALL = 128
};

#define SMALL_MOST 127

/* Kinds of references, from the sender's view. */
enum reference_kind {
	REF_OBJECT,   /* mine; `aux` is its class id or 0; one credit */
	REF_FUNCTION, /* mine; `aux` bytes follow: where it was made, first time only; one credit */
	REF_YOURS,    /* yours, sent home */
	REF_METHOD /* yours, sent home: the method of class `id` whose name of `aux` bytes follows */
};

#define REFERENCE_PLAIN 1u /* REF_OBJECT: a field of its own hides a method of its class */

struct reference {
	uint8_t kind;
	uint8_t type; /* REF_OBJECT: its Lua type, as LUA_T... */
	uint16_t flags;
	uint32_t aux;
	uint64_t id;
};

/* Bits of a class. */
#define CLASS_EQ 1u    /* has __eq */
#define CLASS_CLOSE 2u /* has __close */
#define CLASS_BITS 3u

/*
 * Why a page was ended for what it sent. The numbers stay: they stand in logs.
 */
#define PROTOCOL_FAULTS(X)                                    \
	X(NONE, "no fault")                                   \
	X(LENGTH, "a frame of impossible length")             \
	X(MESSAGE, "an unknown message")                      \
	X(VERSION, "another protocol version")                \
	X(EPOCH, "a frame of another epoch")                  \
	X(OPERATION, "an unknown operation")                  \
	X(OPERANDS, "operands that do not fit the operation") \
	X(BODY, "a malformed body")                           \
	X(DEPTH, "a value nested too deep")                   \
	X(COST, "a frame that costs too much to decode")      \
	X(REFERENCES, "a malformed reference section")        \
	X(FOREIGN, "a reference it was never given")          \
	X(RELEASE, "a release of what it does not hold")      \
	X(REQUEST, "an answer to nothing that was asked")     \
	X(REQUESTS, "too many requests at once")              \
	X(CLASS, "a malformed class")                         \
	X(UNEXPECTED, "a message that has no place here")     \
	X(QUEUE, "it does not read what it is sent")          \
	X(MEMORY, "no memory left to serve it")               \
	X(HANDLES, "too many callbacks at once")              \
	X(PARTIAL, "a frame that never came whole")           \
	X(RING, "impossible positions in shared memory")

enum fault {
#define X(name, text) FAULT_##name,
	PROTOCOL_FAULTS(X)
#undef X
		FAULT_COUNT
};

const char *protocol_message_name(unsigned message);
const char *protocol_operation_name(unsigned operation);
const char *protocol_fault_text(unsigned fault);

/* Whether `operation` exists and takes that many operands. */
int protocol_operation_takes(unsigned operation, uint32_t operands);

#endif
