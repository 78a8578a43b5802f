/*
 * What valgrind (3.19) does not know or allow, for a build that runs under it. The linker puts these
 * functions in the places of syscall, waitid and setrlimit.
 *
 * The descriptor of a process is here the end of a pipe whose other end a thread closes once the
 * process has ended. The number of descriptors is not limited.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MOST 4096

long __real_syscall(long number, ...);
int __real_waitid(idtype_t type, id_t id, siginfo_t *info, int options);
long __wrap_syscall(long number, ...);
int __wrap_waitid(idtype_t type, id_t id, siginfo_t *info, int options);
int __real_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);

/* The process of each descriptor, and the pipe's other end. */
static struct watched {
	pid_t pid;
	int end;
} watched[PROCESSES_MOST];

static void *watch(void *data)
{
	struct watched w = watched[(intptr_t)data];
	siginfo_t info;
	while (__real_waitid(P_PID, (id_t)w.pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	close(w.end);
	return NULL;
}

static long open_process(pid_t pid)
{
	int pair[2];
	pthread_t thread;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -1;
	if (pair[0] < PROCESSES_MOST) {
		watched[pair[0]] = (struct watched){ .pid = pid, .end = pair[1] };
		if (pthread_create(&thread, NULL, watch, (void *)(intptr_t)pair[0]) == 0) {
			pthread_detach(thread);
			return pair[0];
		}
	}
	close(pair[0]);
	close(pair[1]);
	errno = EMFILE;
	return -1;
}

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list arguments;
	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_pidfd_open)
		return open_process((pid_t)a[0]);
	if (number == SYS_pidfd_send_signal)
		return kill(watched[a[0]].pid, (int)a[1]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	if (type != P_PIDFD)
		return __real_waitid(type, id, info, options);
	return __real_waitid(P_PID, (id_t)watched[id].pid, info, options);
}

int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return resource == RLIMIT_NOFILE ? 0 : __real_setrlimit(resource, limit);
}
