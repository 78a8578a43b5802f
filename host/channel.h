/*
 * Whole frames between two processes, over one of two lanes: a non-blocking stream socket, or the
 * ring beside it, where the socket is only the bell. Knows a frame's length and nothing else of it.
 */
#ifndef LEPTON_CHANNEL_H
#define LEPTON_CHANNEL_H

#include "buffer.h"
#include "protocol.h"
#include "ring.h"
#include "spin.h"

/* Bytes of a frame that are written from where they lie, instead of from a copy. */
struct piece {
	const unsigned char *bytes;
	size_t length; /* that are left to be written */
	size_t before; /* bytes of `out` between the piece in front of it and this one */
	int anchor;    /* the owner's: what keeps the bytes where they are */
};

struct channel {
	int fd;		     /* -1 once closed */
	bool ended;	     /* the socket is at its end; the ring may still hold something */
	uint32_t takes_most; /* bytes of a frame received, */
	uint32_t sends_most; /* and of a frame sent: LIMIT_FRAME or less */
	uint32_t reads_most; /* bytes of one turn: LIMIT_READ or less */
	struct ring ring;
	struct spin spin; /* for room in the ring */
	struct buffer in;
	struct buffer out;
	struct buffer pieces; /* of struct piece: what stands between bytes of `out` */
	uint32_t spent;	      /* the first so many of them are written */
	size_t before;	      /* bytes of `out` in front of the last piece, */
	size_t apart;	      /* and bytes of all pieces */
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

/* Takes back a frame that was begun and not ended; its pieces are the owner's again. */
void channel_abandon(struct channel *c, size_t start);

/*
 * Appends n bytes, not 0, to the frame that stay where they are until they are written: until then
 * `anchor` is not given out by channel_spent. 0; or -1 without memory, with the flag of `out` set.
 */
int channel_put_piece(struct channel *c, const void *bytes, size_t n, int anchor);

/* Bytes of the frame begun at `start`, so far; and bytes left to be written, of all frames. */
size_t channel_length(const struct channel *c, size_t start);
size_t channel_left(const struct channel *c);

/* Puts n bytes in front of the frame begun at `start`. 0, or -1 with the flag of `out` set. */
int channel_insert(struct channel *c, size_t start, const void *bytes, size_t n);

/*
 * Moves the frame begun at `start` out of the channel, its bytes and its pieces; and appends what
 * was moved, as a frame begun at the end of `out`. 0; or -1 without memory: nothing was cut, or
 * the bytes pasted are not to be used and the pieces are not in the channel.
 */
int channel_cut(struct channel *c, size_t start, struct buffer *bytes, struct buffer *pieces);
int channel_paste(struct channel *c, const struct buffer *bytes, const struct buffer *pieces);

/* Forgets a piece that is written: true, with its anchor. False where there is none. */
bool channel_spent(struct channel *c, int *anchor);

/* Copies all pieces that are left. 0; or -1 without memory: then nothing is left to be written. */
int channel_settle(struct channel *c);

/* What is to be written next: how many bytes lie there in a row; and so many of them now are. */
size_t channel_span(const struct channel *c, const unsigned char **bytes);
void channel_written(struct channel *c, size_t n);

/* Forgets what is left to be written. */
void channel_drop(struct channel *c);

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

/*
 * Takes what the bell has rung off the socket; not what it says matters, only that it rang, or will
 * never ring again. It may have rung because there is room: flush after it, and before a sleep.
 */
void channel_hear(struct channel *c);

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
