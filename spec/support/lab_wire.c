/*
 * A page's methods that concern the wire between it and main; `way` is "toMain" or "toPage".
 *
 *   page:hold(way)           keeps frames back from now on
 *   page:let(way)            lets all through again
 *   page:deliver(way, n)     lets n held frames through (all); returns how many
 *   page:drop(way, n)        throws n held frames away
 *   page:frames(way)         the frames held, as strings
 *   page:inject(way, bytes)  puts bytes behind the held frames, as if they had been sent
 *   page:hangUp(way)         the sender will send nothing any more, as if its process had ended
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab.h"

int lab_wire_init(struct lab_wire *w, int *page, int *main)
{
	int a[2], b[2];
	*w = (struct lab_wire){ 0 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, a) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b) < 0) {
		close(a[0]);
		close(a[1]);
		return -1;
	}
	fcntl(a[1], F_SETFL, O_NONBLOCK);
	fcntl(b[1], F_SETFL, O_NONBLOCK);
	*page = a[0];
	*main = b[0];
	w->ways[TO_MAIN] = (struct lab_way){ .from = a[1], .to = b[1] };
	w->ways[TO_PAGE] = (struct lab_way){ .from = b[1], .to = a[1] };
	return 0;
}

void lab_wire_clear(struct lab_wire *w)
{
	close(w->ways[TO_MAIN].from);
	close(w->ways[TO_MAIN].to);
	for (int i = 0; i < 2; i++) {
		buffer_clear(&w->ways[i].held);
		buffer_clear(&w->ways[i].going);
	}
}

/* The length of the first frame held, 0 if it is not whole. Forged ones may have any length. */
static size_t first_length(const struct lab_way *way, size_t at)
{
	size_t left = way->held.tail - at;
	uint32_t length;
	if (left < sizeof length)
		return 0;
	memcpy(&length, way->held.bytes + at, sizeof length);
	if (length < sizeof(struct frame_header))
		return left;
	return length <= left ? length : 0;
}

static void take(struct lab_way *way, size_t n, bool keep)
{
	if (keep)
		buffer_put(&way->going, way->held.bytes + way->held.head, n);
	buffer_consume(&way->held, n);
}

int lab_way_deliver(struct lab_way *way, int most)
{
	int count = 0;
	for (size_t n; count < most && (n = first_length(way, way->held.head)) > 0; count++)
		take(way, n, true);
	return count;
}

static bool receive(struct lab_way *way)
{
	bool moved = false;
	while (!way->ended) {
		unsigned char bytes[16384];
		ssize_t n = recvfrom(way->from, bytes, sizeof bytes, 0, NULL, NULL);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0)
			way->ended = true;
		else
			buffer_put(&way->held, bytes, (size_t)n);
		moved = true;
	}
	return moved;
}

static bool send_on(struct lab_way *way)
{
	bool moved = false;
	while (buffer_length(&way->going) > 0) {
		ssize_t n = sendto(way->to, way->going.bytes + way->going.head,
				   buffer_length(&way->going), MSG_NOSIGNAL, NULL, 0);
		if (n < 0 && errno == EAGAIN)
			break;
		buffer_consume(&way->going, n < 0 ? buffer_length(&way->going) : (size_t)n);
		moved = true;
	}
	return moved;
}

static bool move(struct lab_way *way)
{
	bool moved = receive(way);
	if (!way->hold && buffer_length(&way->held) > 0)
		take(way, buffer_length(&way->held), true);
	moved |= send_on(way);
	if (way->ended && !way->told &&
	    buffer_length(&way->held) + buffer_length(&way->going) == 0) {
		shutdown(way->to, SHUT_WR);
		way->told = moved = true;
	}
	return moved;
}

bool lab_wire_move(struct lab_wire *w)
{
	bool before = lab_spare(true);
	bool toMain = move(&w->ways[TO_MAIN]);
	bool toPage = move(&w->ways[TO_PAGE]);
	lab_spare(before);
	return toMain || toPage;
}

/* --- for Lua -------------------------------------------------------------------------------- */

static struct lab_way *check_way(lua_State *L)
{
	static const char *const names[] = { "toMain", "toPage", NULL };
	struct lab_page *page = lab_check_page(L);
	struct lab_way *way = &page->wire.ways[luaL_checkoption(L, 2, NULL, names)];
	receive(way);
	return way;
}

/* The channel at the other end of the way that check_way gave. */
static struct channel *sender_of(lua_State *L)
{
	struct lab_page *page = lab_check_page(L);
	bool toMain = strcmp(lua_tostring(L, 2), "toMain") == 0;
	return toMain ? &page->near.peer.channel : &page->far.peer.channel;
}

static int l_hold(lua_State *L)
{
	check_way(L)->hold = true;
	return 0;
}

static int l_let(lua_State *L)
{
	struct lab_way *way = check_way(L);
	way->hold = false;
	move(way);
	return 0;
}

static int l_deliver(lua_State *L)
{
	struct lab_way *way = check_way(L);
	lua_pushinteger(L, lab_way_deliver(way, (int)luaL_optinteger(L, 3, 1000000)));
	move(way);
	return 1;
}

static int l_drop(lua_State *L)
{
	struct lab_way *way = check_way(L);
	int count = 0, most = (int)luaL_optinteger(L, 3, 1000000);
	for (size_t n; count < most && (n = first_length(way, way->held.head)) > 0; count++)
		take(way, n, false);
	lua_pushinteger(L, count);
	return 1;
}

static int l_frames(lua_State *L)
{
	struct lab_way *way = check_way(L);
	lua_newtable(L);
	size_t at = way->held.head;
	for (size_t n; (n = first_length(way, at)) > 0; at += n) {
		lua_pushlstring(L, (const char *)way->held.bytes + at, n);
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
	return 1;
}

static int l_inject(lua_State *L)
{
	struct lab_way *way = check_way(L);
	size_t length;
	const char *bytes = luaL_checklstring(L, 3, &length);
	struct channel *sender = sender_of(L);
	if (sender->ring.memory != NULL) {
		buffer_put(&sender->out, bytes, length);
		channel_flush(sender);
	} else {
		buffer_put(&way->held, bytes, length);
	}
	move(way);
	return 0;
}

/* Sockets that hold as little as the kernel lets them. */
void lab_wire_narrow(struct lab_wire *w, int page, int main)
{
	int ends[] = { page, main, w->ways[TO_MAIN].from, w->ways[TO_MAIN].to };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int));
		setsockopt(ends[i], SOL_SOCKET, SO_RCVBUF, &(int){ 1 }, sizeof(int));
	}
}

static int l_hang_up(lua_State *L)
{
	struct lab_way *way = check_way(L);
	shutdown(sender_of(L)->fd, SHUT_WR);
	move(way);
	return 0;
}

const luaL_Reg lab_wire_methods[] = {
	{ "hold", l_hold },	 { "let", l_let },	 { "deliver", l_deliver },
	{ "drop", l_drop },	 { "frames", l_frames }, { "inject", l_inject },
	{ "hangUp", l_hang_up }, { NULL, NULL },
};
