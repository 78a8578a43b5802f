#include "protocol.h"

static const char *const message_names[MSG_COUNT] = { "none",
#define X(name, text) text,
						      PROTOCOL_MESSAGES(X)
#undef X
};

static const struct {
	const char *name;
	uint32_t fewest, most;
} operations[OP_COUNT] = {
#define X(name, text, fewest, most) { text, fewest, most },
	PROTOCOL_OPERATIONS(X)
#undef X
};

static const char *const fault_texts[FAULT_COUNT] = {
#define X(name, text) text,
	PROTOCOL_FAULTS(X)
#undef X
};

const char *protocol_message_name(unsigned message)
{
	return message < MSG_COUNT ? message_names[message] : "unknown";
}

const char *protocol_operation_name(unsigned operation)
{
	return operation < OP_COUNT ? operations[operation].name : "unknown";
}

const char *protocol_fault_text(unsigned fault)
{
	return fault < FAULT_COUNT ? fault_texts[fault] : "an unknown fault";
}

int protocol_operation_takes(unsigned operation, uint32_t operands)
{
	return operation < OP_COUNT && operands >= operations[operation].fewest &&
	       operands <= operations[operation].most;
}
