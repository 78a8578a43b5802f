#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#ifndef LEPTON_PROGRAM
#define LEPTON_PROGRAM "/proc/self/exe"
#endif

#define CONTROL_FD 3 /* in the zygote: its control socket; in a page: its channel */

#define PASSED_MOST 2

#define PATIENCE 5000 /* milliseconds that main waits for a zygote, which may have been stopped */

/* Main asks with one of these and the page's descriptors; */
struct request {
	uint64_t number; /* which request it is */
	uint64_t memory; /* bytes that the page's Lua may use; 0: as many as there are */
};

/*
 * the zygote answers with one of these, and so does the page it forked: whichever of them is
 * killed, main hears of a page that there is.
 */
struct answer {
	uint64_t number;
	pid_t pid;
	int error;
};

static pid_t fork_as_sibling(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Room for the descriptors that go with one request. */
union passing {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(PASSED_MOST * sizeof(int))];
};

static int send_request(int fd, struct request *request, const int *passed, size_t count)
{
	struct iovec iov = { .iov_base = request, .iov_len = sizeof *request };
	union passing control = { 0 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), passed, count * sizeof(int));
	ssize_t n;
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

/* A request, and how many descriptors were sent along with it; -1 once main is gone. */
static int receive_request(int fd, struct request *request, int *passed)
{
	struct iovec iov = { .iov_base = request, .iov_len = sizeof *request };
	union passing control;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof control.bytes };
	ssize_t n;
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS)
		return 0;
	size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(passed, CMSG_DATA(c), count * sizeof(int));
	return (int)count;
}

static void become_zygote(int control, bool sandboxed)
{
	static char name[] = "lepton";
	static char trusted_role[] = ZYGOTE_ARGUMENT, sandboxed_role[] = SANDBOX_ZYGOTE_ARGUMENT;
	char *argv[] = { name, sandboxed ? sandboxed_role : trusted_role, NULL };
	static char resolve_all[] = "LD_BIND_NOW=1"; /* once, and not in each page anew */
	char *envp[] = { resolve_all, NULL };
	if (control == CONTROL_FD)
		fcntl(control, F_SETFD, 0);
	else if (dup2(control, CONTROL_FD) < 0)
		_exit(127);
	execve(LEPTON_PROGRAM, argv, envp);
	_exit(127);
}

static int64_t milliseconds(void)
{
	return clock_monotonic() / (CLOCK_SECOND / 1000);
}

/* Waits for a message of that size. 0, or -1 with errno: ETIMEDOUT, or EPIPE at the end. */
static int hear(int fd, void *message, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t deadline = milliseconds() + PATIENCE;
	ssize_t n = -1;
	while (n < 0) {
		int64_t left = deadline - milliseconds();
		if (left < 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = recv(fd, message, size, MSG_DONTWAIT);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	if (n == (ssize_t)size)
		return 0;
	errno = EPIPE;
	return -1;
}

int zygote_start(struct zygote *z)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		become_zygote(pair[1], z->sandboxed);
	int saved = errno;
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		errno = saved;
		return -1;
	}
	z->fd = pair[0];
	z->pid = pid;
	if (z->sandboxed && hear(z->fd, &z->report, sizeof z->report) < 0) {
		saved = errno;
		zygote_stop(z);
		errno = saved;
		return -1;
	}
	return 0;
}

/* A request without descriptors for a page is one for nothing. */
void zygote_expect(const struct zygote *z)
{
	struct request request = { .number = 0 };
	send(z->fd, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void zygote_stop(struct zygote *z)
{
	if (z->fd < 0)
		return;
	close(z->fd);
	z->fd = -1;
	kill(z->pid, SIGKILL);
	while (waitpid(z->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Sends one request and waits for its answer. The pid, or -1 with errno. */
static pid_t request_fork(struct zygote *z, struct request *request, const int *passed,
			  size_t count)
{
	struct answer answer;
	request->number = ++z->last_request;
	if (send_request(z->fd, request, passed, count) < 0)
		return -1;
	do
		if (hear(z->fd, &answer, sizeof answer) < 0)
			return -1;
	while (answer.number != request->number);
	errno = answer.error;
	return answer.pid;
}

static pid_t fork_through(struct zygote *z, struct request *request, const int *passed,
			  size_t count)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		if (z->fd < 0 && zygote_start(z) < 0)
			return -1;
		if (z->sandboxed && sandbox_missing(&z->report) != LAYER_COUNT) {
			errno = EPERM;
			return -1;
		}
		pid_t pid = request_fork(z, request, passed, count);
		if (pid > 0 || (errno != EPIPE && errno != ECONNRESET && errno != ETIMEDOUT))
			return pid;
		int saved = errno;
		zygote_stop(z);
		errno = saved;
		/* A page may be on its way that would share these descriptors with another. */
		if (saved == ETIMEDOUT)
			return -1;
	}
	return -1;
}

int zygote_fork(struct zygote *z, int ring, size_t memory, struct child *c)
{
	int pair[2];
	struct request request = { .memory = memory };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	int passed[PASSED_MOST] = { pair[1], ring };
	c->pid = fork_through(z, &request, passed, ring >= 0 ? 2 : 1);
	int saved = errno;
	close(pair[1]);
	c->pidfd = c->pid > 0 ? pidfd_of(c->pid) : -1;
	if (c->pidfd < 0) {
		if (c->pid > 0) {
			saved = errno;
			kill(c->pid, SIGKILL);
			waitpid(c->pid, NULL, 0);
		}
		close(pair[0]);
		errno = saved;
		return -1;
	}
	c->socket = pair[0];
	return 0;
}

static void ignore(int signal)
{
	(void)signal;
}

void survive_signal(int signal)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	sigaction(signal, &action, NULL);
}

/* Ctrl-C is main's to handle; and what is printed where nobody reads is lost, and no more than it. */
static void leave_signals_to_main(void)
{
	survive_signal(SIGINT);
	survive_signal(SIGPIPE);
}

static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

/* Moves the descriptors to where a page expects them, and closes all others. */
static void place_descriptors(const int *passed, size_t count)
{
	int above[PASSED_MOST];
	for (size_t i = 0; i < count; i++)
		above[i] = fcntl(passed[i], F_DUPFD_CLOEXEC, CONTROL_FD + PASSED_MOST);
	for (size_t i = 0; i < count; i++)
		if (dup3(above[i], CONTROL_FD + (int)i, O_CLOEXEC) < 0)
			_exit(126);
	syscall(SYS_close_range, CONTROL_FD + (unsigned)count, ~0U, 0);
}

static void become_page(const struct request *request, const int *passed, size_t count, pid_t main,
			struct page_descriptors *d)
{
	die_with(main);
	prctl(PR_SET_NAME, "lepton-page");
	place_descriptors(passed, count);
	d->channel = CONTROL_FD;
	d->ring = count > 1 ? CONTROL_FD + 1 : -1;
	d->memory = request->memory;
}

void zygote_enter(const struct sandbox_report *report)
{
	die_with(getppid());
	clearenv();
	prctl(PR_SET_NAME, "lepton-zygote");
	leave_signals_to_main();
	fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0);
	if (report != NULL)
		send(CONTROL_FD, report, sizeof *report, MSG_NOSIGNAL);
}

void zygote_await(void)
{
	struct pollfd p = { .fd = CONTROL_FD, .events = POLLIN };
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	if (p.revents & POLLHUP)
		_exit(0);
}

void zygote_serve(struct page_descriptors *d)
{
	pid_t main = getppid();
	for (;;) {
		int passed[PASSED_MOST];
		struct request request;
		int got = receive_request(CONTROL_FD, &request, passed);
		if (got < 0)
			_exit(0);
		if (got == 0)
			continue;
		size_t count = (size_t)got;
		struct answer answer = { .number = request.number, .pid = fork_as_sibling() };
		if (answer.pid == 0) {
			answer.pid = getpid();
			send(CONTROL_FD, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT);
			become_page(&request, passed, count, main, d);
			return;
		}
		answer.error = answer.pid < 0 ? errno : 0;
		for (size_t i = 0; i < count; i++)
			close(passed[i]);
		if (send(CONTROL_FD, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

int child_reap(const struct child *c, struct child_end *end)
{
	siginfo_t info = { 0 };
	while (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return -1;
	end->signaled = info.si_code != CLD_EXITED;
	end->status = info.si_status;
	return 0;
}

int child_kill(const struct child *c, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, c->pidfd, signal, NULL, 0);
}
