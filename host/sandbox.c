#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"

/* A sanitizer needs the memory, the processes and the system calls that a sandbox denies. */
#if defined(__SANITIZE_ADDRESS__) || defined(LEPTON_VALGRIND)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
	__has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

#define DESCRIPTORS_MOST 16
#define ADDRESSES_BESIDE ((size_t)256 << 20) /* for code, stacks, buffers and the ring */

/* --- layers --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool required;
	const char *purpose;
} layers[] = {
#define X(name, text, required, purpose) { text, required, purpose },
	SANDBOX_LAYERS(X)
#undef X
};

const char *sandbox_layer_name(enum sandbox_layer layer)
{
	return layers[layer].name;
}

const char *sandbox_layer_purpose(enum sandbox_layer layer)
{
	return layers[layer].purpose;
}

enum sandbox_layer sandbox_missing(const struct sandbox_report *r)
{
	for (enum sandbox_layer layer = 0; layer < LAYER_COUNT; layer++)
		if (layers[layer].required && !r->layers[layer].holds)
			return layer;
	if (!r->layers[LAYER_ROOT].holds && !r->layers[LAYER_LANDLOCK].holds)
		return LAYER_LANDLOCK;
	return LAYER_COUNT;
}

static void holds(struct sandbox *s, enum sandbox_layer layer, const char *detail)
{
	s->report.layers[layer].holds = true;
	snprintf(s->report.layers[layer].detail, sizeof s->report.layers[layer].detail, "%s",
		 detail);
}

/* `what` has failed with the present errno. */
static void lacks(struct sandbox *s, enum sandbox_layer layer, const char *what)
{
	s->report.layers[layer].holds = false;
	snprintf(s->report.layers[layer].detail, sizeof s->report.layers[layer].detail, "%s: %s",
		 what, strerror(errno));
}

/* --- namespaces and root -------------------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = (ssize_t)strlen(text);
	ssize_t written = write(fd, text, (size_t)length);
	int saved = errno;
	close(fd);
	errno = saved;
	return written == length ? 0 : -1;
}

/* Maps the user to itself: in the new namespace it is nobody special. */
static int map_user(uid_t user, gid_t group)
{
	char line[64];
	snprintf(line, sizeof line, "%u %u 1\n", user, user);
	if (write_file("/proc/self/uid_map", line) < 0 ||
	    write_file("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(line, sizeof line, "%u %u 1\n", group, group);
	return write_file("/proc/self/gid_map", line);
}

static bool enter_namespaces(struct sandbox *s)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	if (unshare(CLONE_NEWUSER) < 0) {
		lacks(s, LAYER_NAMESPACES, "unshare (user)");
		return false;
	}
	if (map_user(user, group) < 0) {
		lacks(s, LAYER_NAMESPACES, "uid_map");
		return false;
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) <
	    0) {
		lacks(s, LAYER_NAMESPACES, "unshare");
		return false;
	}
	holds(s, LAYER_NAMESPACES, "user, mount, network, IPC, UTS, cgroup");
	return true;
}

/* Any folder that is surely there serves to mount the new root on; /proc is not needed any more. */
static void leave_root(struct sandbox *s)
{
	static const char place[] = "/proc";
	unsigned long locked = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("lepton", place, "tmpfs", locked, "size=4k,nr_inodes=1,mode=0") < 0)
		lacks(s, LAYER_ROOT, "mount");
	else if (chdir(place) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		 umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		lacks(s, LAYER_ROOT, "pivot_root");
	else if (mount("none", "/", "", MS_REMOUNT | MS_BIND | MS_RDONLY | locked, NULL) < 0)
		lacks(s, LAYER_ROOT, "remount");
	else
		holds(s, LAYER_ROOT, "an empty, read-only tmpfs");
}

/* --- capabilities and privileges ------------------------------------------------------------ */

static void drop_capabilities(struct sandbox *s)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0 || syscall(SYS_capget, &header, none) < 0 ||
	    (none[0].effective | none[0].permitted | none[1].effective | none[1].permitted) != 0)
		lacks(s, LAYER_CAPABILITIES, "capset");
	else
		holds(s, LAYER_CAPABILITIES, "none is left");
}

static void forbid_privileges(struct sandbox *s)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		lacks(s, LAYER_PRIVILEGES, "no_new_privs");
	else
		holds(s, LAYER_PRIVILEGES, "no_new_privs");
}

/* --- Landlock ------------------------------------------------------------------------------- */

/* As of its sixth version; a kernel that knows less is told less. */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

#define RULESET_VERSION 1u

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
}

/* Denies all that this kernel's Landlock can deny. 0, or -1 with errno. */
static int deny_all(long version)
{
	struct ruleset all = { .files = version >= 5   ? 0xffff
					: version >= 3 ? 0x7fff
					: version >= 2 ? 0x3fff
						       : 0x1fff };
	size_t size = sizeof all.files;
	if (version >= 4) {
		all.network = 3;
		size += sizeof all.network;
	}
	if (version >= 6) {
		all.scopes = 3;
		size += sizeof all.scopes;
	}
	int fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
	if (fd < 0)
		return -1;
	int result = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

static void enter_landlock(struct sandbox *s)
{
	char detail[32];
	long version = landlock_version();
	if (version < 0 || deny_all(version) < 0) {
		lacks(s, LAYER_LANDLOCK, "landlock");
		return;
	}
	snprintf(detail, sizeof detail, "version %ld", version);
	holds(s, LAYER_LANDLOCK, detail);
}

/* --- the page's own ------------------------------------------------------------------------- */

static int limit(int resource, rlim_t most)
{
	struct rlimit l = { .rlim_cur = most, .rlim_max = most };
	return setrlimit((__rlimit_resource_t)resource, &l);
}

static int set_limits(size_t memory)
{
	int result = limit(RLIMIT_NOFILE, DESCRIPTORS_MOST) | limit(RLIMIT_FSIZE, 0) |
		     limit(RLIMIT_CORE, 0) | limit(RLIMIT_MEMLOCK, 0) |
		     prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!IS_SANITIZED)
		result |= limit(RLIMIT_NPROC, 0) | limit(RLIMIT_AS, memory + ADDRESSES_BESIDE);
	return result;
}

enum sandbox_layer sandbox_lock(const struct sandbox *s, size_t memory)
{
	if (s->report.layers[LAYER_LANDLOCK].holds && deny_all(landlock_version()) < 0)
		return LAYER_LANDLOCK;
	if (set_limits(memory) != 0)
		return LAYER_LIMITS;
	if (s->filter != NULL && filter_install(s->filter, s->filter_length) < 0)
		return LAYER_FILTER;
	return LAYER_COUNT;
}

struct trial {
	enum sandbox_layer missing;
	int error;
};

/* Has a process of its own try what pages do, and tell what it lacked. */
static void try_lock(const struct sandbox *s, struct trial *t)
{
	int ends[2];
	*t = (struct trial){ .missing = LAYER_LIMITS };
	if (pipe2(ends, O_CLOEXEC) < 0) {
		t->error = errno;
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		t->missing = sandbox_lock(s, ADDRESSES_BESIDE);
		t->error = errno;
		_exit(write(ends[1], t, sizeof *t) == sizeof *t ? 0 : 1);
	}
	if (pid < 0)
		t->error = errno;
	close(ends[1]);
	while (pid > 0 && read(ends[0], t, sizeof *t) < 0 && errno == EINTR)
		;
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void report_trial(struct sandbox *s)
{
	struct trial t;
	try_lock(s, &t);
	holds(s, LAYER_LIMITS, "memory, descriptors, processes, files, core dumps");
	errno = t.error;
	if (t.missing < LAYER_COUNT)
		lacks(s, t.missing, t.missing == LAYER_LIMITS ? "rlimit" : "trial");
}

static void prepare_filter(struct sandbox *s)
{
	if (IS_SANITIZED) {
		holds(s, LAYER_FILTER, "left out: a sanitizer could not run under it");
		return;
	}
	if (filter_build(&s->filter, &s->filter_length) < 0)
		lacks(s, LAYER_FILTER, "libseccomp");
	else
		holds(s, LAYER_FILTER, "seccomp");
}

/* The page's output is main's business: nothing of main's is at hand, not even its terminal. */
static void leave_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= (IS_SANITIZED ? 1 : 2); fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

void sandbox_harden(struct sandbox *s)
{
	*s = (struct sandbox){ .filter = NULL };
	write_file("/proc/self/oom_score_adj", "300");
	prepare_filter(s);
	leave_streams();
	if (enter_namespaces(s))
		leave_root(s);
	else
		snprintf(s->report.layers[LAYER_ROOT].detail,
			 sizeof s->report.layers[LAYER_ROOT].detail, "needs namespaces");
	drop_capabilities(s);
	forbid_privileges(s);
	enter_landlock(s);
	report_trial(s);
}
