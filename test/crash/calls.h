/* What system calls mean to crash-tracer.c. Whatever is in neither list is an effect without a name. */
#include <sched.h>

/* Change nothing that outlives the process, nor what others see. */
static const int harmless[] = {
  SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2, SYS_close, SYS_close_range, SYS_fstat, SYS_newfstatat,
  SYS_statx, SYS_lseek, SYS_ppoll, SYS_pselect6, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise,
  SYS_mlock, SYS_munlock, SYS_mincore, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait,
  SYS_rt_sigsuspend, SYS_rt_sigpending, SYS_sigaltstack, SYS_faccessat, SYS_faccessat2, SYS_pipe2, SYS_dup, SYS_dup3,
  SYS_fcntl, SYS_flock, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
  SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_getpgid, SYS_getsid, SYS_setsid, SYS_setpgid, SYS_socket,
  SYS_socketpair, SYS_connect, SYS_accept, SYS_accept4, SYS_listen, SYS_setsockopt, SYS_getsockopt, SYS_getsockname,
  SYS_getpeername, SYS_recvmsg, SYS_recvfrom, SYS_recvmmsg, SYS_shutdown, SYS_epoll_create1, SYS_epoll_ctl,
  SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime,
  SYS_signalfd4, SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_futex, SYS_exit, SYS_exit_group,
  SYS_execve, SYS_execveat, SYS_getdents64, SYS_readlinkat, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_umask,
  SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_sched_getparam, SYS_sched_getscheduler,
  SYS_sched_setscheduler, SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_getpriority, SYS_setpriority,
  SYS_prctl, SYS_set_tid_address, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_prlimit64, SYS_getrlimit,
  SYS_getrandom, SYS_membarrier, SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_tgkill,
  SYS_tkill, SYS_uname, SYS_sysinfo, SYS_capget, SYS_capset, SYS_getrusage, SYS_times, SYS_gettimeofday, SYS_statfs,
  SYS_fstatfs, SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr, SYS_listxattr, SYS_llistxattr, SYS_flistxattr,
  SYS_name_to_handle_at, SYS_fadvise64, SYS_readahead, SYS_getcpu, SYS_ioprio_get, SYS_ioprio_set, SYS_restart_syscall,
  SYS_pidfd_open, SYS_pkey_alloc, SYS_pkey_free, SYS_pkey_mprotect, SYS_memfd_create,
#ifdef __x86_64__
  SYS_stat, SYS_lstat, SYS_poll, SYS_select, SYS_access, SYS_pipe, SYS_dup2, SYS_getpgrp, SYS_epoll_create,
  SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_inotify_init, SYS_getdents, SYS_readlink, SYS_arch_prctl, SYS_time,
  SYS_alarm, SYS_pause,
#endif
};

/* Which argument tells what a call is about, and how. */
enum form { PLAIN, PATH, DESCRIPTOR, OUTPUT, NUMBER, START };

struct call {
  long number;
  const char *name;
  enum form form;
  int argument;
};

#define CALL(name, form, argument) {SYS_##name, #name, form, argument}

static const struct call calls[] = {
  CALL(write, OUTPUT, 0), CALL(writev, OUTPUT, 0), CALL(pwrite64, OUTPUT, 0), CALL(pwritev, OUTPUT, 0),
  CALL(pwritev2, OUTPUT, 0), CALL(sendto, OUTPUT, 0), CALL(sendmsg, OUTPUT, 0), CALL(sendmmsg, OUTPUT, 0),
  CALL(sendfile, OUTPUT, 0), CALL(splice, OUTPUT, 2), CALL(copy_file_range, OUTPUT, 2),
  CALL(fsync, DESCRIPTOR, 0), CALL(fdatasync, DESCRIPTOR, 0), CALL(syncfs, DESCRIPTOR, 0), CALL(sync, PLAIN, 0),
  CALL(sync_file_range, DESCRIPTOR, 0), CALL(msync, PLAIN, 0), CALL(ftruncate, DESCRIPTOR, 0),
  CALL(fallocate, DESCRIPTOR, 0), CALL(fchmod, DESCRIPTOR, 0), CALL(fchown, DESCRIPTOR, 0),
  CALL(openat, PATH, 1), CALL(mkdirat, PATH, 1), CALL(mknodat, PATH, 1), CALL(unlinkat, PATH, 1),
  CALL(renameat, PATH, 1), CALL(renameat2, PATH, 1), CALL(linkat, PATH, 1), CALL(symlinkat, PATH, 2),
  CALL(fchmodat, PATH, 1), CALL(fchownat, PATH, 1), CALL(utimensat, PATH, 1), CALL(truncate, PATH, 0),
  CALL(setxattr, PATH, 0), CALL(lsetxattr, PATH, 0), CALL(fsetxattr, DESCRIPTOR, 0),
  CALL(mount, PATH, 1), CALL(umount2, PATH, 0), CALL(open_tree, PATH, 1), CALL(mount_setattr, PLAIN, 0),
  CALL(move_mount, PATH, 3), CALL(fsopen, PATH, 0), CALL(fsconfig, PATH, 2), CALL(fsmount, PLAIN, 0),
  CALL(ioctl, NUMBER, 1), CALL(clone, START, 0), CALL(clone3, START, 0), CALL(wait4, PLAIN, 0),
  CALL(waitid, PLAIN, 0), CALL(kill, PLAIN, 0), CALL(bind, PLAIN, 0),
#ifdef __x86_64__
  CALL(open, PATH, 0), CALL(creat, PATH, 0), CALL(mkdir, PATH, 0), CALL(mknod, PATH, 0), CALL(rmdir, PATH, 0),
  CALL(unlink, PATH, 0), CALL(rename, PATH, 0), CALL(link, PATH, 0), CALL(symlink, PATH, 1), CALL(chmod, PATH, 0),
  CALL(chown, PATH, 0), CALL(lchown, PATH, 0), CALL(utimes, PATH, 0), CALL(fork, PLAIN, 0), CALL(vfork, PLAIN, 0),
#endif
};
