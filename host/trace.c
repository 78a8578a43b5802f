/*
 * --trace-ipc: one readable line a frame, for both directions. Reads bytes, touches no Lua state.
 *
 *   page 2 → main  ask #7 invoke root:require("notes")
 *   page 2 ← main  return #7 {object 3}
 */
#include <stdarg.h>
#include <stdio.h>

#include "log.h"
#include "peer.h"

#define STRING_MOST 48

struct line {
	char text[512];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(l->text + l->length, sizeof l->text - l->length, format, arguments);
	va_end(arguments);
	if (n > 0)
		l->length += (size_t)n;
	if (l->length >= sizeof l->text)
		l->length = sizeof l->text - 1;
}

static void add_string(struct line *l, struct reader *in, uint32_t length)
{
	const unsigned char *bytes = reader_get(in, length);
	add(l, "\"");
	for (uint32_t i = 0; bytes != NULL && i < length && i < STRING_MOST; i++) {
		if (bytes[i] < ' ' || bytes[i] == '"' || bytes[i] == '\\' || bytes[i] == 127)
			add(l, "\\%d", bytes[i]);
		else
			add(l, "%c", bytes[i]);
	}
	if (length > STRING_MOST)
		add(l, "\" … %u bytes", length);
	else
		add(l, "\"");
}

static void add_reference(struct line *l, const struct frame *f, uint32_t place)
{
	struct reader in = reader_of(f->references, f->references_length);
	struct reference entry = { 0 };
	const unsigned char *at, *text = NULL;
	for (uint32_t i = 0; i <= place; i++) {
		at = reader_get(&in, sizeof entry);
		if (at == NULL)
			return;
		memcpy(&entry, at, sizeof entry);
		if (entry.kind == REF_FUNCTION || entry.kind == REF_METHOD)
			text = reader_get(&in, entry.aux);
	}
	switch (entry.kind) {
	case REF_OBJECT:
		add(l, "{object %llx}", (unsigned long long)entry.id);
		break;
	case REF_FUNCTION:
		add(l, "{function %llx", (unsigned long long)entry.id);
		if (text != NULL && entry.aux > 0)
			add(l, " of %.*s", (int)entry.aux, (const char *)text);
		add(l, "}");
		break;
	case REF_YOURS:
		if (entry.id == 0)
			add(l, "root");
		else
			add(l, "{your %llx}", (unsigned long long)entry.id);
		break;
	default:
		add(l, "{your method %.*s}", text ? (int)entry.aux : 0,
		    text ? (const char *)text : "");
	}
}

static void add_value(struct line *l, const struct frame *f, struct reader *in);

static void add_table(struct line *l, const struct frame *f, struct reader *in)
{
	uint32_t items = reader_get_u32(in);
	uint32_t pairs = reader_get_u32(in);
	const char *separator = "";
	add(l, "{");
	for (uint32_t i = 0; i < items && !in->failed; i++, separator = ", ") {
		add(l, "%s", separator);
		add_value(l, f, in);
	}
	for (uint32_t i = 0; i < pairs && !in->failed; i++, separator = ", ") {
		add(l, "%s[", separator);
		add_value(l, f, in);
		add(l, "]=");
		add_value(l, f, in);
	}
	add(l, "}");
}

static void add_number(struct line *l, struct reader *in, uint8_t tag)
{
	uint64_t bits;
	double v;
	switch (tag) {
	case TAG_INT8:
		add(l, "%d", (int8_t)reader_get_u8(in));
		break;
	case TAG_INT32:
		add(l, "%d", (int32_t)reader_get_u32(in));
		break;
	case TAG_INT64:
		add(l, "%lld", (long long)reader_get_u64(in));
		break;
	default:
		bits = reader_get_u64(in);
		memcpy(&v, &bits, sizeof v);
		add(l, "%.14g", v);
	}
}

static void add_value(struct line *l, const struct frame *f, struct reader *in)
{
	uint8_t tag = reader_get_u8(in);
	if (tag >= TAG_SMALL) {
		add(l, "%d", tag - TAG_SMALL);
		return;
	}
	switch (tag) {
	case TAG_NIL:
		add(l, "nil");
		break;
	case TAG_FALSE:
	case TAG_TRUE:
		add(l, "%s", tag == TAG_TRUE ? "true" : "false");
		break;
	case TAG_STRING8:
		add_string(l, in, reader_get_u8(in));
		break;
	case TAG_STRING32:
		add_string(l, in, reader_get_u32(in));
		break;
	case TAG_TABLE:
		add_table(l, f, in);
		break;
	case TAG_BACK:
		add(l, "{table %u again}", reader_get_u32(in));
		break;
	case TAG_REFERENCE:
		add_reference(l, f, reader_get_u32(in));
		break;
	default:
		add_number(l, in, tag);
	}
}

static void add_values(struct line *l, const struct frame *f, struct reader *in, uint32_t count)
{
	for (uint32_t i = 0; i < count && !in->failed && l->length + 1 < sizeof l->text; i++) {
		add(l, "%s", i > 0 ? ", " : "");
		add_value(l, f, in);
	}
}

/* object:name(arguments), object(arguments), or operation(operands). */
static void add_operation(struct line *l, const struct frame *f, struct reader *in)
{
	uint32_t count = f->header.values;
	if (f->header.operation == OP_CALL || f->header.operation == OP_INVOKE) {
		add_value(l, f, in);
		count--;
	} else {
		add(l, "%s", protocol_operation_name(f->header.operation));
	}
	if (f->header.operation == OP_INVOKE) {
		struct line name = { .length = 0 };
		add_value(&name, f, in);
		count--;
		if (name.length >= 2)
			add(l, ":%.*s", (int)name.length - 2, name.text + 1);
	}
	add(l, "(");
	add_values(l, f, in, count);
	add(l, ")");
}

static void add_body(struct line *l, const struct frame *f)
{
	struct reader in = reader_of(f->body, f->header.body);
	const struct frame_header *h = &f->header;
	switch (h->message) {
	case MSG_ASK:
	case MSG_POST:
		add(l, " ");
		add_operation(l, f, &in);
		break;
	case MSG_RETURN:
	case MSG_RAISE:
	case MSG_CLASS:
		add(l, " ");
		add_values(l, f, &in, h->message == MSG_RAISE ? 1 : h->values);
		break;
	case MSG_RELEASE:
		for (uint32_t i = 0; i < h->values && i < 8; i++) {
			unsigned long long id = reader_get_u64(&in);
			add(l, " %llx×%u", id, reader_get_u32(&in));
		}
		if (h->values > 8)
			add(l, " … %u in all", h->values);
		break;
	default:
		break;
	}
}

void peer_print(const struct peer *p, bool outgoing, const unsigned char *bytes, size_t length)
{
	struct frame f;
	struct line l = { .length = 0 };
	/* Each frame is seen by both sides; main's view is printed. */
	if (!p->is_main || frame_parse(bytes, length, &f) < 0)
		return;
	add(&l, "page %u %s main  %s", p->number, outgoing ? "←" : "→",
	    protocol_message_name(f.header.message));
	if (f.header.request != 0 && f.header.message <= MSG_RAISE)
		add(&l, " #%llu", (unsigned long long)f.header.request);
	add_body(&l, &f);
	log_trace("%s", l.text);
}
