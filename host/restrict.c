#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

#include "charter.h"
#include "clock.h"
#include "limit.h"
#include "log.h"
#include "operate.h"
#include "peer.h"
#include "source.h"

/* Main was held up, if a timer is called so many seconds late: what has come lies unread. */
#define LATE_MOST 1.0

static double seconds(void)
{
	return (double)clock_monotonic() / (double)CLOCK_SECOND;
}

void peer_restrict(struct peer *p)
{
	p->restricted = true;
	p->out.restricted = true;
	p->out.depth_most = LIMIT_SANDBOX_DEPTH;
	p->out.receiver = "a sandboxed page";
	p->channel.takes_most = LIMIT_SANDBOX_FRAME;
	p->channel.sends_most = LIMIT_SANDBOX_QUEUE;
	p->channel.reads_most = LIMIT_SANDBOX_READ;
	p->queue_most = LIMIT_SANDBOX_QUEUE;
	p->requests_most = LIMIT_SANDBOX_REQUESTS;
	p->requests_cost_most = LIMIT_SANDBOX_OPERANDS;
	p->partial_most = LIMIT_SANDBOX_PARTIAL;
}

/* --- what a page may ask -------------------------------------------------------------------- */

static int l_refused(lua_State *L)
{
	return lua_error(L);
}

/* Whether the object at `index` is one that the page was given, or its root; and its class then. */
static bool is_given(struct peer *p, lua_State *L, int index, uint32_t *class)
{
	uint32_t place;
	*class = 0;
	if (refs_exported(&p->refs, L, index, &place)) {
		*class = refs_export_at(&p->refs, place)->class;
		return true;
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->refs.exported);
	lua_rawgeti(L, -1, 0);
	bool is_root = lua_rawequal(L, index, -1);
	lua_pop(L, 2);
	return is_root;
}

/* Whether the operands from `first` on are now a function that may be called, and its arguments. */
static bool permit(struct peer *p, lua_State *L, unsigned operation, int first)
{
	uint32_t class;
	if (operation == OP_CALL)
		return lua_isfunction(L, first) && handle_at(L, first) == NULL;
	if (operation != OP_INVOKE || !is_given(p, L, first, &class))
		return false;
	charter_push(&p->out.classes, L, class, first, first + 1, p->epoch);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		return false;
	}
	lua_pushvalue(L, first);
	lua_replace(L, first + 1);
	lua_replace(L, first);
	return true;
}

static void push_refusal(lua_State *L, unsigned operation, int first)
{
	size_t length;
	const char *name = operation == OP_INVOKE && lua_type(L, first + 1) == LUA_TSTRING
				   ? lua_tolstring(L, first + 1, &length)
				   : NULL;
	if (name != NULL && length < 100 && strlen(name) == length)
		lua_pushfstring(L, "blocked: '%s' is not granted to this page", name);
	else
		lua_pushfstring(L,
				"blocked: a sandboxed page can call what its window grants, and no "
				"more (%s)",
				protocol_operation_name(operation));
}

int peer_admit(struct peer *p, lua_State *co, unsigned operation, int count)
{
	int first = lua_gettop(co) - count + 1;
	if (permit(p, co, operation, first))
		return count - 1;
	push_refusal(co, operation, first);
	lua_replace(co, first);
	lua_pushcfunction(co, l_refused);
	lua_insert(co, first);
	lua_settop(co, first + 1);
	return 1;
}

/* --- errors --------------------------------------------------------------------------------- */

/* Whether one more line about the page may be logged in this second. */
static bool may_log(struct peer *p)
{
	double now = seconds();
	if (now - p->log_second >= 1) {
		p->log_second = now;
		p->log_count = 0;
	}
	if (++p->log_count == LIMIT_SANDBOX_LOG + 1)
		log_warn("page %u causes too many errors: the rest of this second is not logged",
			 p->number);
	return p->log_count <= LIMIT_SANDBOX_LOG;
}

/* Past the place that an error message begins with ("notes.lua:12: "), if it does. */
static const char *after_place(const char *text)
{
	const char *at = strchr(text, ':');
	while (at != NULL) {
		size_t digits = strspn(at + 1, "0123456789");
		if (digits > 0 && strncmp(at + 1 + digits, ": ", 2) == 0)
			break;
		at = strchr(at + 1, ':');
	}
	if (at == NULL)
		return text;
	bool chunk =
		strncmp(text, "[string", 7) == 0 || strncmp(text, "...", 3) == 0 || *text == '/';
	if (!chunk && memchr(text, ' ', (size_t)(at - text)) != NULL)
		return text;
	return at + 1 + strspn(at + 1, "0123456789") + 2;
}

static bool begins_path(const char *text, const char *at)
{
	return *at == '/' && (isalnum((unsigned char)at[1]) || at[1] == '.' || at[1] == '_') &&
	       (at == text || (!isalnum((unsigned char)at[-1]) && strchr("._-/", at[-1]) == NULL));
}

/* How long a path is. With spaces in it nobody can tell, so it goes on to the last slash there is. */
static size_t path_length(const char *path)
{
	size_t slash = strcspn(path, "'\")>,;:\t\n");
	while (path[slash] != '/')
		slash--;
	return slash + strcspn(path + slash, " '\")>,;:\t\n");
}

/* Pushes what a sandboxed page is told of an error message: its first line without any path. */
static void push_harmless(lua_State *L, const char *text)
{
	luaL_Buffer b;
	const char *bare = after_place(text);
	while (bare != text) {
		text = bare;
		bare = after_place(text);
	}
	luaL_buffinit(L, &b);
	for (const char *at = text; *at != '\0' && *at != '\n'; at++) {
		if (at[0] == ':' && at[1] == '\n')
			break;
		if (!begins_path(text, at)) {
			luaL_addchar(&b, *at);
			continue;
		}
		luaL_addstring(&b, "...");
		at += path_length(at) - 1;
	}
	luaL_pushresult(&b);
}

/* Whether a Lua function of the app is in the traceback. */
static bool shows_app(lua_State *L, const char *traceback)
{
	bool shows = false;
	const char *at = strstr(traceback, "\n\t");
	for (; at != NULL && !shows; at = strstr(at + 2, "\n\t")) {
		const char *line = at + 2;
		shows = strncmp(line, "[C]", 3) != 0 && strncmp(line, "(...", 4) != 0 &&
			!source_names_own(L, line);
	}
	return shows;
}

void peer_log_error(struct peer *p, lua_State *L, const char *traceback)
{
	if (!may_log(p))
		return;
	const char *text = luaL_tolstring(L, -1, NULL);
	const char *blamed = operate_blamed(L, text);
	bool refused = blamed != NULL || after_place(text) == text;
	if (*traceback == '\0' || (refused && !shows_app(L, traceback)))
		log_warn("in answering page %u: %s", p->number, blamed != NULL ? blamed : text);
	else
		log_warn("in answering page %u: %s\n%s", p->number, text, traceback);
	lua_pop(L, 1);
}

void peer_sanitize_error(struct peer *p, lua_State *L, const char *traceback)
{
	if (lua_type(L, -1) != LUA_TSTRING)
		return;
	push_harmless(L, lua_tostring(L, -1));
	if (lua_rawequal(L, -1, -2)) {
		lua_pop(L, 1);
		return;
	}
	lua_insert(L, -2);
	peer_log_error(p, L, traceback);
	lua_pop(L, 1);
}

/* --- frames that never end ------------------------------------------------------------------ */

static void on_late(struct ev_loop *loop, struct ev_timer *w, int events);

static void begin_partial(struct peer *p)
{
	p->late_due = seconds() + p->partial_most;
	ev_timer_set(&p->late, p->partial_most, 0);
	ev_timer_start(p->loop, &p->late);
}

static void on_late(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct peer *p = w->data;
	double most = p->partial_most / 4 < LATE_MOST ? p->partial_most / 4 : LATE_MOST;
	(void)loop;
	(void)events;
	if (seconds() - p->late_due > most)
		begin_partial(p);
	else
		peer_fail(p, FAULT_PARTIAL);
}

void peer_init_patience(struct peer *p)
{
	ev_timer_init(&p->late, on_late, 0, 0);
	p->late.data = p;
}

void peer_watch_partial(struct peer *p, size_t before)
{
	size_t left = p->unfinished ? 0 : buffer_length(&p->channel.in);
	if (p->late.active && left > 0 && left >= before)
		return;
	ev_timer_stop(p->loop, &p->late);
	if (left > 0 && p->state == PEER_OPEN)
		begin_partial(p);
}
