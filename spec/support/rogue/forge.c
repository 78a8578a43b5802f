#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "rogue.h"

struct forgery forge(const struct peer *p, enum message message, enum operation operation)
{
	struct forgery f = { .header = { .message = (uint8_t)message,
					 .operation = (uint8_t)operation,
					 .epoch = p->epoch } };
	return f;
}

void forge_reference(struct forgery *f, enum reference_kind kind, uint64_t id, const char *text)
{
	struct reference entry = { .kind = (uint8_t)kind,
				   .type = LUA_TTABLE,
				   .aux = text != NULL ? (uint32_t)strlen(text) : 0,
				   .id = id };
	buffer_put(&f->references, &entry, sizeof entry);
	if (text != NULL)
		buffer_put(&f->references, text, entry.aux);
	buffer_put_u8(&f->body, TAG_REFERENCE);
	buffer_put_u32(&f->body, f->header.references++);
	f->header.values++;
}

void forge_string(struct forgery *f, const char *text)
{
	value_put_string(&f->body, text, strlen(text));
	f->header.values++;
}

void forge_integer(struct forgery *f, int64_t n)
{
	value_put_integer(&f->body, n);
	f->header.values++;
}

void forge_table(struct forgery *f, uint32_t items, uint32_t pairs)
{
	buffer_put_u8(&f->body, TAG_TABLE);
	buffer_put_u32(&f->body, items);
	buffer_put_u32(&f->body, pairs);
}

struct forgery forge_invoke(const struct peer *p, uint64_t object, const char *method)
{
	struct forgery f = forge(p, MSG_ASK, OP_INVOKE);
	forge_reference(&f, REF_YOURS, object, NULL);
	forge_string(&f, method);
	return f;
}

void forge_put(struct peer *p, struct forgery *f)
{
	struct frame_header *h = &f->header;
	if (h->message == MSG_ASK && h->request == 0)
		h->request = ++p->last_request;
	if (h->body == 0)
		h->body = (uint32_t)buffer_length(&f->body);
	if (h->length == 0)
		h->length = (uint32_t)(sizeof *h + buffer_length(&f->body) +
				       buffer_length(&f->references));
	buffer_put(&p->channel.out, h, sizeof *h);
	buffer_put(&p->channel.out, f->body.bytes + f->body.head, buffer_length(&f->body));
	buffer_put(&p->channel.out, f->references.bytes + f->references.head,
		   buffer_length(&f->references));
	buffer_clear(&f->body);
	buffer_clear(&f->references);
}

void forge_flush(struct peer *p)
{
	while (channel_flush(&p->channel) > 0)
		sched_yield();
}

void forge_send(struct peer *p, struct forgery *f)
{
	forge_put(p, f);
	forge_flush(p);
}

void forge_write(struct peer *p, const void *bytes, size_t n)
{
	buffer_put(&p->channel.out, bytes, n);
	forge_flush(p);
}

void forge_next(struct peer *p, struct frame *f)
{
	struct channel *c = &p->channel;
	bool bell;
	while (channel_next(c, f) == 0)
		if (channel_wait(c, &bell) < 0 || channel_fill(c, bell) < 0)
			_exit(0);
}

static void push_value(lua_State *L, const struct frame *f)
{
	struct reader in = reader_of(f->body, f->header.body);
	uint8_t tag = f->header.values > 0 ? reader_get_u8(&in) : TAG_NIL;
	if (tag >= TAG_SMALL) {
		lua_pushinteger(L, tag - TAG_SMALL);
	} else if (tag == TAG_TRUE || tag == TAG_FALSE) {
		lua_pushboolean(L, tag == TAG_TRUE);
	} else if (tag == TAG_STRING8 || tag == TAG_STRING32) {
		uint32_t n = tag == TAG_STRING8 ? reader_get_u8(&in) : reader_get_u32(&in);
		lua_pushlstring(L, (const char *)reader_get(&in, n), n);
	} else {
		lua_pushnil(L);
	}
}

int forge_answer(struct peer *p, lua_State *L)
{
	struct frame f;
	bool raised, returned;
	do {
		forge_next(p, &f);
		raised = f.header.message == MSG_RAISE;
		returned = f.header.message == MSG_RETURN;
		if ((raised || returned) && f.header.request == p->last_request) {
			lua_pushstring(L, raised ? "raised" : "returned");
			push_value(L, &f);
		} else {
			raised = returned = false;
		}
		buffer_consume(&p->channel.in, f.header.length);
	} while (!raised && !returned);
	return 2;
}

int forge_ask(struct peer *p, struct forgery *f, lua_State *L)
{
	forge_send(p, f);
	return forge_answer(p, L);
}

void rogue_stay(struct peer *p)
{
	struct frame f;
	for (;;) {
		forge_next(p, &f);
		buffer_consume(&p->channel.in, f.header.length);
	}
}

void rogue_sleep(struct peer *p)
{
	(void)p;
	for (;;)
		poll(NULL, 0, -1);
}
