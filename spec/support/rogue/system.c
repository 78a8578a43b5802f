/*
 * Attacks on the system: what native code in a sandboxed page tries besides talking to main.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "rogue.h"

#define DESCRIPTORS 1024

/* Pushes what came of a call: the name of its error, or its result. */
static int give(lua_State *L, long result)
{
	if (result < 0)
		lua_pushstring(L, strerrorname_np(errno));
	else
		lua_pushinteger(L, (lua_Integer)result);
	return 1;
}

static int l_open(lua_State *L)
{
	return give(L, open(luaL_checkstring(L, 1), O_RDONLY | O_CLOEXEC));
}

static int l_connect(lua_State *L)
{
	return give(L, socket(AF_INET, SOCK_STREAM, 0));
}

static int l_fork(lua_State *L)
{
	return give(L, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int l_execute(lua_State *L)
{
	return give(L, execl("/bin/true", "true", NULL));
}

/* Whether it could signal the process whose number is at 1. */
static int l_signal(lua_State *L)
{
	return give(L, kill((pid_t)luaL_checkinteger(L, 1), 0));
}

static int l_stop_itself(lua_State *L)
{
	return give(L, kill(getpid(), SIGSTOP));
}

static int l_trace(lua_State *L)
{
	return give(L, ptrace(PTRACE_ATTACH, (pid_t)luaL_checkinteger(L, 1), NULL, NULL));
}

/* Reads the memory of the process whose number is at 1. */
static int l_read_memory(lua_State *L)
{
	char here[8];
	struct iovec to = { here, sizeof here }, from = { (void *)(uintptr_t)4096, sizeof here };
	return give(L, process_vm_readv((pid_t)luaL_checkinteger(L, 1), &to, 1, &from, 1, 0));
}

static int l_write_code(lua_State *L)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	return give(L, at == MAP_FAILED ? -1 : 0);
}

static int l_make_executable(lua_State *L)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return give(L, mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int l_leave_filter(lua_State *L)
{
	return give(L, syscall(SYS_seccomp, 0, 0, NULL));
}

static int l_new_namespace(lua_State *L)
{
	return give(L, unshare(CLONE_NEWUSER));
}

/* Sends main a descriptor of its own, as often as 1 says. */
static int l_pass_descriptors(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { "", 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof control.bytes };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p->channel.fd, sizeof(int));
	long result = 0;
	for (lua_Integer i = luaL_checkinteger(L, 1); i > 0 && result >= 0; i--)
		result = sendmsg(p->channel.fd, &m, MSG_NOSIGNAL);
	return give(L, result);
}

/* Touches memory, a MiB at a time, until there is no more: how many it got. */
static int l_take_memory(lua_State *L)
{
	size_t step = (size_t)1 << 20, taken = 0;
	for (char *at; (at = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0)) != MAP_FAILED &&
		       taken < 4096;
	     taken++)
		memset(at, 1, step);
	lua_pushinteger(L, (lua_Integer)taken);
	return 1;
}

/* The descriptors that are open: poll says of all others that they are not. */
static int l_descriptors(lua_State *L)
{
	struct pollfd one = { .events = 0 };
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	for (one.fd = 0; one.fd < DESCRIPTORS; one.fd++) {
		char text[16];
		one.revents = 0;
		if (poll(&one, 1, 0) >= 0 && !(one.revents & POLLNVAL)) {
			snprintf(text, sizeof text, " %d", one.fd);
			luaL_addstring(&b, text);
		}
	}
	luaL_pushresult(&b);
	return 1;
}

/* --- what it has inherited --- */

/* Whether there is memory at the address: the kernel copies a signal mask from there, or fails. */
static bool is_mapped(const unsigned char *at)
{
	return syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, at, NULL, sizeof(uint64_t)) == 0;
}

/* How often the bytes, each of which is one less than what is sought, stand in a page of memory. */
static lua_Integer count_in_page(const unsigned char *page, size_t size, const char *sought,
				 size_t length)
{
	lua_Integer count = 0;
	for (size_t at = 0; at + length <= size; at++) {
		size_t i = 0;
		while (i < length && page[at + i] == (unsigned char)(sought[i] + 1))
			i++;
		count += i == length;
	}
	return count;
}

/*
 * Looks through the memory around what it knows of (its code, its heap, its stack, its libraries)
 * for the string at 1, which is given with each byte less by one. Gives how often it is there, and
 * how many pages there were.
 */
static int l_scan(lua_State *L)
{
	size_t length, page = 4096, reach = (size_t)256 << 20;
	const char *sought = luaL_checklstring(L, 1, &length);
	const unsigned char *known[] = { (const unsigned char *)&rogue_system, sbrk(0),
					 (const unsigned char *)&length,
					 (const unsigned char *)(uintptr_t)&strlen };
	lua_Integer found = 0, pages = 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uintptr_t middle = (uintptr_t)known[i] & ~(page - 1);
		uintptr_t from = middle > reach ? middle - reach : page;
		for (uintptr_t at = from; at < middle + reach; at += page) {
			if (!is_mapped((const unsigned char *)at))
				continue;
			pages++;
			found += count_in_page((const unsigned char *)at, page, sought, length);
		}
	}
	lua_pushinteger(L, found);
	lua_pushinteger(L, pages);
	return 2;
}

/* --- its end --- */

static int l_crash(lua_State *L)
{
	(void)L;
	__builtin_trap();
}

static int l_quit(lua_State *L)
{
	_exit((int)luaL_checkinteger(L, 1));
}

const luaL_Reg rogue_system[] = {
	{ "open", l_open },
	{ "connect", l_connect },
	{ "fork", l_fork },
	{ "execute", l_execute },
	{ "signal", l_signal },
	{ "stop itself", l_stop_itself },
	{ "trace", l_trace },
	{ "read memory", l_read_memory },
	{ "write code", l_write_code },
	{ "make executable", l_make_executable },
	{ "leave filter", l_leave_filter },
	{ "new namespace", l_new_namespace },
	{ "pass descriptors", l_pass_descriptors },
	{ "take memory", l_take_memory },
	{ "descriptors", l_descriptors },
	{ "scan", l_scan },
	{ "crash", l_crash },
	{ "quit", l_quit },
	{ NULL, NULL },
};
