#include "media/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/base/path.h"

/* Landlock's numbers are spelled out: the headers of the oldest system we build on know less than the kernels we run
 * on. */
#define LL_EXECUTE (1ull << 0)
#define LL_WRITE_FILE (1ull << 1)
#define LL_READ_FILE (1ull << 2)
#define LL_READ_DIR (1ull << 3)
#define LL_REMOVE_DIR (1ull << 4)
#define LL_REMOVE_FILE (1ull << 5)
#define LL_MAKE_DIR (1ull << 7)
#define LL_MAKE_REG (1ull << 8)
#define LL_REFER (1ull << 13)
#define LL_TRUNCATE (1ull << 14)
#define LL_IOCTL_DEV (1ull << 15)
#define LL_NET_BOTH 3ull
#define LL_SCOPE_BOTH 3ull
#define LL_RULE_PATH_BENEATH 1
#define LL_CREATE_RULESET_VERSION 1u

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct ll_ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct ll_path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

struct sandbox {
	struct sock_filter *filter;
	unsigned short filter_len;
	int landlock;
	char **readable;
};

/* What a decoder, an encoder, pango and the C library need between the start of a task and its end, without conditions.
 */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(fstatfs),
    SCMP_SYS(getdents64),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64),
    SCMP_SYS(readahead),
    SCMP_SYS(flock),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(sendfile),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mincore),
    SCMP_SYS(msync),
    SCMP_SYS(membarrier),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(getcpu),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Nothing we run ever asks for these. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(kexec_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(personality),
    SCMP_SYS(ioperm),
    SCMP_SYS(iopl),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(fsopen),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(quotactl),
    SCMP_SYS(acct),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
};

static int
rules_plain(scmp_filter_ctx ctx)
{
	int bad = 0;

	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
		bad |= seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	return bad;
}

/* Memory never becomes code; clone makes threads only. clone3 hides its flags behind a pointer, so it is "not there"
 * and the C library falls back to clone. */
static int
rules_memory(scmp_filter_ctx ctx)
{
	const scmp_datum_t thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	int bad = 0;

	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
	/* isatty() and friends ask, and understand "no" */
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	return bad;
}

/* Reading by path is Landlock's business; writing needs one of the two folders. */
static int
rules_files(scmp_filter_ctx ctx)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
	int bad = 0;

	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));
	for (scmp_datum_t fd = SANDBOX_FD_SCRATCH; fd <= SANDBOX_FD_CACHE; fd++) {
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, SCMP_A0(SCMP_CMP_EQ, fd),
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT));
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, SCMP_A0(SCMP_CMP_EQ, fd),
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR));
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, SCMP_A0(SCMP_CMP_EQ, fd),
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY));
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 1, SCMP_A0(SCMP_CMP_EQ, fd));
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mkdirat), 1, SCMP_A0(SCMP_CMP_EQ, fd));
		for (scmp_datum_t to = SANDBOX_FD_SCRATCH; to <= SANDBOX_FD_CACHE; to++) {
			bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(renameat), 2, SCMP_A0(SCMP_CMP_EQ, fd),
			    SCMP_A2(SCMP_CMP_EQ, to));
			bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(renameat2), 2, SCMP_A0(SCMP_CMP_EQ, fd),
			    SCMP_A2(SCMP_CMP_EQ, to));
		}
	}
	/* touching an open file (a cache entry that was used); with a path only below the folders */
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(utimensat), 1, SCMP_A1(SCMP_CMP_EQ, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(utimensat), 1, SCMP_A0(SCMP_CMP_EQ, SANDBOX_FD_CACHE));
	return bad;
}

static void
filter_release(scmp_filter_ctx *ctx)
{
	if (*ctx != NULL)
		seccomp_release(*ctx);
	*ctx = NULL;
}

/* The program is kept as bytes, so a child loads it with one system call instead of compiling it. */
static int
filter_compile(struct sandbox *sandbox, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(filter_release) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct stat st;

	if (ctx == NULL)
		return error_set(err, ERR_INTERNAL, "seccomp_init failed");
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 || rules_plain(ctx) != 0 ||
	    rules_memory(ctx) != 0 || rules_files(ctx) != 0)
		return error_set(err, ERR_INTERNAL, "building the system call filter failed");
	fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0 || seccomp_export_bpf(ctx, fd) != 0 || fstat(fd, &st) < 0)
		return error_errno(err, ERR_INTERNAL, "exporting the system call filter");
	sandbox->filter = calloc(1, (size_t)st.st_size);
	if (sandbox->filter == NULL || pread(fd, sandbox->filter, (size_t)st.st_size, 0) != st.st_size)
		return error_errno(err, ERR_INTERNAL, "reading the system call filter");
	sandbox->filter_len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	return 0;
}

int
sandbox_new(const char *const *readable, struct sandbox **ret_sandbox, struct error *err)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	size_t n = 0;

	if (sandbox == NULL)
		abort();
	while (readable != NULL && readable[n] != NULL)
		n++;
	sandbox->readable = calloc(n + 1, sizeof(char *));
	if (sandbox->readable == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		sandbox->readable[i] = strdup(readable[i]);
		if (sandbox->readable[i] == NULL)
			abort();
	}
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_RULESET_VERSION);
	sandbox->landlock = abi > 0 ? (int)abi : 0;
	if (filter_compile(sandbox, err) < 0) {
		sandbox_free(&sandbox);
		return -1;
	}
	*ret_sandbox = sandbox;
	return 0;
}

void
sandbox_free(struct sandbox **sandbox)
{
	if (*sandbox == NULL)
		return;
	for (char **path = (*sandbox)->readable; *path != NULL; path++)
		free(*path);
	free((*sandbox)->readable);
	free((*sandbox)->filter);
	free(*sandbox);
	*sandbox = NULL;
}

int
sandbox_landlock(const struct sandbox *sandbox)
{
	return sandbox->landlock;
}

static uint64_t
landlock_handled(int abi)
{
	uint64_t access = (1ull << 13) - 1; /* version 1: execute .. make_sym */

	if (abi >= 2)
		access |= LL_REFER;
	if (abi >= 3)
		access |= LL_TRUNCATE;
	if (abi >= 5)
		access |= LL_IOCTL_DEV;
	return access;
}

static int
landlock_allow(int ruleset, int fd, uint64_t access, struct error *err)
{
	const struct ll_path_beneath rule = {.allowed_access = access, .parent_fd = fd};

	if (syscall(SYS_landlock_add_rule, ruleset, LL_RULE_PATH_BENEATH, &rule, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "adding a Landlock rule");
	return 0;
}

static int
landlock_readable(const struct sandbox *sandbox, int ruleset, struct error *err)
{
	for (char **path = sandbox->readable; *path != NULL; path++) {
		CLEANUP(fd_close) int fd = open(*path, O_PATH | O_CLOEXEC);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0)
			continue; /* a font folder that is not there needs no rule */
		const uint64_t access = S_ISDIR(st.st_mode) ? LL_READ_FILE | LL_READ_DIR : LL_READ_FILE;
		if (landlock_allow(ruleset, fd, access, err) < 0)
			return -1;
	}
	return 0;
}

static int
landlock_enter(const struct sandbox *sandbox, bool have_cache, struct error *err)
{
	const uint64_t handled = landlock_handled(sandbox->landlock);
	const uint64_t work = (LL_WRITE_FILE | LL_READ_FILE | LL_READ_DIR | LL_REMOVE_DIR | LL_REMOVE_FILE |
				  LL_MAKE_DIR | LL_MAKE_REG | LL_REFER | LL_TRUNCATE) &
			      handled;
	const struct ll_ruleset_attr attr = {
	    .handled_access_fs = handled,
	    .handled_access_net = sandbox->landlock >= 4 ? LL_NET_BOTH : 0,
	    .scoped = sandbox->landlock >= 6 ? LL_SCOPE_BOTH : 0,
	};
	const size_t size = sandbox->landlock >= 6 ? 24 : sandbox->landlock >= 4 ? 16 : 8;
	CLEANUP(fd_close) int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);

	if (ruleset < 0)
		return error_errno(err, ERR_INTERNAL, "creating a Landlock ruleset");
	if (landlock_readable(sandbox, ruleset, err) < 0 || landlock_allow(ruleset, SANDBOX_FD_SCRATCH, work, err) < 0)
		return -1;
	if (have_cache && landlock_allow(ruleset, SANDBOX_FD_CACHE, work, err) < 0)
		return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "entering the Landlock ruleset");
	return 0;
}

static int
limit_set(__rlimit_resource_t what, rlim_t soft, rlim_t hard, struct error *err)
{
	struct rlimit now;

	if (getrlimit(what, &now) < 0)
		return error_errno(err, ERR_INTERNAL, "reading limit %d", (int)what);
	const struct rlimit wanted = {.rlim_cur = FW_MIN(soft, now.rlim_max), .rlim_max = FW_MIN(hard, now.rlim_max)};
	if (setrlimit(what, &wanted) < 0)
		return error_errno(err, ERR_INTERNAL, "setting limit %d", (int)what);
	return 0;
}

static int
limits_enter(const struct sandbox_limits *limits, struct error *err)
{
	/* SIGXCPU comes at the soft limit, SIGKILL two seconds later. */
	if (limit_set(RLIMIT_DATA, limits->data_bytes, limits->data_bytes, err) < 0 ||
	    limit_set(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 2, err) < 0 ||
	    limit_set(RLIMIT_FSIZE, limits->file_bytes, limits->file_bytes, err) < 0 ||
	    limit_set(RLIMIT_NOFILE, limits->descriptors, limits->descriptors, err) < 0 ||
	    limit_set(RLIMIT_CORE, 0, 0, err) < 0 || limit_set(RLIMIT_MEMLOCK, 0, 0, err) < 0)
		return -1;
	return 0;
}

int
sandbox_enter(const struct sandbox *sandbox, const struct sandbox_limits *limits, bool have_cache, struct error *err)
{
	const struct sock_fprog program = {.len = sandbox->filter_len, .filter = sandbox->filter};

	if (limits_enter(limits, err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "giving up privileges");
	if (sandbox->landlock > 0 && landlock_enter(sandbox, have_cache, err) < 0)
		return -1;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "loading the system call filter");
	return 0;
}
