/*
 * Every limit that bounds what one process can make another do, with its default.
 * docs/limits.md explains them to users.
 */
#ifndef LEPTON_LIMIT_H
#define LEPTON_LIMIT_H

/* Bytes of one frame. A longer one ends the page that sent it. */
#define LIMIT_FRAME (256u << 20)

/* Bytes waiting to be written to a page that does not read. One more frame ends the page. */
#define LIMIT_QUEUE (512u << 20)

/* Tables within tables in one copied value. */
#define LIMIT_DEPTH 1000

/* References in one frame. */
#define LIMIT_REFERENCES 200000u

/* Values side by side: the arguments of one call, or its results. */
#define LIMIT_VALUES 200000u

/* Classes (metatables) described to one page context; objects of further ones take two trips. */
#define LIMIT_CLASSES 1024u

/* Method names described for one class. */
#define LIMIT_METHODS 512u

/* Requests of one page being answered at once. */
#define LIMIT_REQUESTS 10000u

/* Bytes that say where a callback was passed. */
#define LIMIT_ORIGIN 128u

/* Memory that decoding one frame may cost, in bytes for each byte of the frame, and on top. */
#define LIMIT_COST_FACTOR 64u
#define LIMIT_COST_BASE (1u << 20)

/* Bytes read from one page before the others have their turn. */
#define LIMIT_READ (64u << 10)

/* Nanoseconds after which they have it if they wait, once the frame under way is dealt with. */
#define LIMIT_TURN 8000

/*
 * A sandboxed page is held to these instead.
 */

/* Bytes of one frame; main may send it LIMIT_SANDBOX_QUEUE at once. */
#define LIMIT_SANDBOX_FRAME (1u << 20)

/* Bytes waiting to be written to it. */
#define LIMIT_SANDBOX_QUEUE (4u << 20)

/* Tables within tables in one copied value. */
#define LIMIT_SANDBOX_DEPTH 32

/* Its requests being answered at once, and what was posted and is not yet done with. */
#define LIMIT_SANDBOX_REQUESTS 1024u

/* Memory that the operands of those requests may cost, all together. */
#define LIMIT_SANDBOX_OPERANDS ((uint64_t)64 << 20)

/* Callbacks that main holds of it; objects that it holds of main. */
#define LIMIT_SANDBOX_HANDLES 10000u

/*
 * Steps past others to the places of the numbers among the keys of the tables in one frame, for each
 * of them and on top (scatter.h).
 */
#define LIMIT_SANDBOX_STEPS 32u
#define LIMIT_SANDBOX_STEPS_BASE 65536u

/* Bytes read from it before the others have their turn. */
#define LIMIT_SANDBOX_READ (8u << 10)

/* Lines of main's log that its requests may cause in a second. */
#define LIMIT_SANDBOX_LOG 20u

/* Seconds after which a frame that has begun must have come whole. */
#define LIMIT_SANDBOX_PARTIAL 30.0

/* References followed in one heap while cycles through both are looked for. */
#define LIMIT_CYCLES 100000000u

/* Buffer memory kept for the next frame once a large one has gone. */
#define LIMIT_BUFFER_KEPT (64u << 10)

/* Bytes of a string that is written from where it lies. */
#define LIMIT_APART (32u << 10)

/* Bytes of a frame for which memory is kept for another of its size; see hoard.h. */
#define LIMIT_LARGE (512u << 10)

#endif
