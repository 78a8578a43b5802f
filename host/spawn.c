#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD 3 /* in the zygote: its control socket; in a page: its channel */

#define PASSED_MOST 2

/* Main asks with an empty message and the page's descriptors; the zygote answers with one of these. */
struct answer {
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

static int send_descriptors(int fd, const int *passed, size_t count)
{
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
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

/* The descriptors sent along with a request; 0 of them once main is gone. */
static size_t receive_descriptors(int fd, int *passed)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union passing control;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof control.bytes };
	ssize_t n;
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c == NULL || c->cmsg_type != SCM_RIGHTS)
		return 0;
	size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(passed, CMSG_DATA(c), count * sizeof(int));
	return count;
}

static void become_zygote(int control)
{
	static char name[] = "lepton";
	static char role[] = ZYGOTE_ARGUMENT;
	char *argv[] = { name, role, NULL };
	char *envp[] = { NULL };
	if (control == CONTROL_FD)
		fcntl(control, F_SETFD, 0);
	else if (dup2(control, CONTROL_FD) < 0)
		_exit(127);
	execve("/proc/self/exe", argv, envp);
	_exit(127);
}

int zygote_start(struct zygote *z)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		become_zygote(pair[1]);
	int saved = errno;
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		errno = saved;
		return -1;
	}
	z->fd = pair[0];
	z->pid = pid;
	return 0;
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
static pid_t request_fork(const struct zygote *z, const int *passed, size_t count)
{
	struct answer answer;
	if (send_descriptors(z->fd, passed, count) < 0)
		return -1;
	ssize_t n;
	do
		n = recv(z->fd, &answer, sizeof answer, 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof answer) {
		errno = EPIPE;
		return -1;
	}
	errno = answer.error;
	return answer.pid;
}

static pid_t fork_through(struct zygote *z, const int *passed, size_t count)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		if (z->fd < 0 && zygote_start(z) < 0)
			return -1;
		pid_t pid = request_fork(z, passed, count);
		if (pid > 0 || (errno != EPIPE && errno != ECONNRESET))
			return pid;
		zygote_stop(z);
	}
	errno = EPIPE;
	return -1;
}

int zygote_fork(struct zygote *z, int ring, struct child *c)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	int passed[PASSED_MOST] = { pair[1], ring };
	c->pid = fork_through(z, passed, ring >= 0 ? 2 : 1);
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

/* Ctrl-C is main's to handle; a handler, unlike SIG_IGN, is not passed on to what a page runs. */
static void leave_interrupt_to_main(void)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	sigaction(SIGINT, &action, NULL);
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

static void become_page(const int *passed, size_t count, pid_t main, struct page_descriptors *d)
{
	die_with(main);
	prctl(PR_SET_NAME, "lepton-page");
	place_descriptors(passed, count);
	d->channel = CONTROL_FD;
	d->ring = count > 1 ? CONTROL_FD + 1 : -1;
}

void zygote_serve(struct page_descriptors *d)
{
	pid_t main = getppid();
	die_with(main);
	prctl(PR_SET_NAME, "lepton-zygote");
	leave_interrupt_to_main();
	fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0);
	for (;;) {
		int passed[PASSED_MOST];
		size_t count = receive_descriptors(CONTROL_FD, passed);
		if (count == 0)
			_exit(0);
		struct answer answer = { .pid = fork_as_sibling() };
		if (answer.pid == 0) {
			become_page(passed, count, main, d);
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
