/*
 * Whole frames between two processes, over one of two lanes: a non-blocking stream socket, or the
 * ring beside it, where the socket is only the bell. Knows a frame's length and nothing else of it.
 */
#ifndef LEPTON_CHANNEL_H
#define LEPTON_CHANNEL_H

#include "buffer.h"
#include "protocol.h"
#include "ring.h"

struct channel {
	int fd;		     /* -1 once closed */
	bool ended;	     /* the socket is at its end; the ring may still hold something */
	uint32_t takes_most; /* bytes of a frame received, */
	uint32_t sends_most; /* and of a frame sent: LIMIT_FRAME or less */
	uint32_t reads_most; /* bytes of one turn: LIMIT_READ or less */
	struct ring ring;
	struct buffer in;
	struct buffer out;
};

/* A frame that lies in the channel's buffer, whole, until the next call on the channel. */
struct frame {
	struct frame_header header;
	const unsigned char *body;
	const unsigned char *references;
	size_t references_length;
};

/* Takes the descriptor, a connected stream socket, and makes it non-blocking. 0, or -1 with errno. */
int channel_init(struct channel *c, int fd);

/* Closes the descriptor and frees the buffers. */
void channel_clear(struct channel *c);

/*
 * Begins a frame at the tail of `out`: room for the header, to be filled in by channel_end. What is
 * put into c->out between the two is the frame. Returns where the frame starts.
 */
size_t channel_begin(struct channel *c);

/*
 * Ends the frame begun at `start`: writes the header with its length. Returns 0; or -1 with errno
 * ENOMEM, or EMSGSIZE where the frame is longer than c->sends_most, and takes the frame back.
 */
int channel_end(struct channel *c, size_t start, const struct frame_header *header);

/* Takes back a frame that was begun and not ended. */
void channel_abandon(struct channel *c, size_t start);

/*
 * Writes what the lane takes. 0 if all is written; 1 if some is left (once there is room again, the
 * socket becomes writable, or the bell rings where there is a ring); -1 with errno.
 */
int channel_flush(struct channel *c);

/* Gives back what large frames have left in the buffers; when there is a pause. */
void channel_shrink(struct channel *c);

/*
 * Reads once, at most c->reads_most bytes (more where one frame needs them). `bell`: the socket is
 * readable, which with a ring means that the bell has rung or the other side is gone. 1 if bytes
 * came, 0 if there are none now, -1 at the end or on an error (errno 0 at the end).
 */
int channel_fill(struct channel *c, bool bell);

/* Whether it is plain, without a system call, that nothing has come. */
static inline bool channel_is_quiet(struct channel *c)
{
	return c->ring.memory != NULL && !c->ended && !ring_readable(&c->ring);
}

/*
 * Sleeps until there is something to read, or to write if output is left; *bell is what to tell
 * channel_fill. 0, or -1 with errno.
 */
int channel_wait(struct channel *c, bool *bell);

/*
 * The next whole frame received. 1 with *f filled in, 0 if there is none yet, -1 if the bytes are
 * no frame (a length or sections that cannot be).
 */
int channel_next(struct channel *c, struct frame *f);

/* Lays out *f over a whole frame of `length` bytes. 0, or -1 where its sections cannot be. */
int frame_parse(const unsigned char *bytes, size_t length, struct frame *f);

#endif
