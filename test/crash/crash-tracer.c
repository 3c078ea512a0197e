/*
 * Runs a program and ends it with SIGKILL just before or just after its N-th effect.
 *
 * An effect is every system call that is not known to be harmless: the kernel stops the program at it (seccomp filter,
 * SECCOMP_RET_TRACE) and asks us. So nothing has to be marked in the program, no library call can go unseen, and what
 * is written next year is covered by itself. close(2) counts as harmless, because SIGKILL closes everything anyway.
 * Commands that the program starts are traced alike and counted apart.
 *
 *   crash-tracer PROGRAM ARGUMENT …
 *
 * Descriptor 3 gives orders, one a line, each of which starts the count anew:
 *   count                         report every effect
 *   kill KIND NUMBER before|after KIND is M (the program) or C (its commands)
 *   off
 * Descriptor 4 gets reports, one a line:
 *   effect KIND NUMBER RESULT CALL SUBJECT
 *   killed | exited STATUS
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "calls.h"

enum { ORDERS = 3, REPORTS = 4, MOST_TASKS = 4096 };

/* A thread of the program or of one of its commands. */
struct task {
  pid_t id;
  pid_t process;
  /* The effect whose end is awaited; 0 for none. */
  unsigned long under_way;
  int kill_after;
  char line[512];
};

static struct task tasks[MOST_TASKS];
static pid_t program;
static enum { OFF, COUNT, KILL } mode;
static unsigned long counted[2], wanted;
static int wanted_kind, wanted_after, killed;

static void fail(const char *what) {
  perror(what);
  exit(125);
}

static void report(const char *line) {
  size_t length = strlen(line);
  /* Nobody reads any more: then nobody waits for it either. */
  if (write(REPORTS, line, length) != (ssize_t)length) return;
}

/* ---- the filter: which calls the kernel has to ask us about ---- */

#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define GIVE(value) BPF_STMT(BPF_RET | BPF_K, (value))

static struct sock_filter filter[1024];
static unsigned short filter_length;

static void add(struct sock_filter step) { filter[filter_length++] = step; }

/* For this call: what `test` lets jump 0 ahead is an effect, 1 ahead is not. */
static void add_test(int number, unsigned argument, struct sock_filter prepare, struct sock_filter test) {
  add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 5));
  add((struct sock_filter)LOAD(ARGUMENT(argument)));
  add(prepare);
  add(test);
  add((struct sock_filter)GIVE(SECCOMP_RET_TRACE));
  add((struct sock_filter)GIVE(SECCOMP_RET_ALLOW));
}

static void install_filter(void) {
  const struct sock_filter keep = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffffffff);
  const unsigned changing = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  add((struct sock_filter)LOAD(offsetof(struct seccomp_data, nr)));
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
    add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)harmless[i], 0, 1));
    add((struct sock_filter)GIVE(SECCOMP_RET_ALLOW));
  }
  /* A ring would carry out calls that nobody can see; without one the program makes them itself. */
  add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1));
  add((struct sock_filter)GIVE(SECCOMP_RET_ERRNO | ENOSYS));
  add_test(SYS_openat, 2, keep, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, changing, 0, 1));
#ifdef SYS_open
  add_test(SYS_open, 1, keep, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, changing, 0, 1));
#endif
  add_test(SYS_clone, 0, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CLONE_THREAD),
           (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1));
  /* Terminals and the flags of descriptors. */
  add_test(SYS_ioctl, 1, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00),
           (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x5400, 1, 0));
  add((struct sock_filter)GIVE(SECCOMP_RET_TRACE));
  struct sock_fprog whole = {.len = filter_length, .filter = filter};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &whole) != 0) fail("seccomp");
}

/* ---- what a call is about ---- */

static void read_path(pid_t id, unsigned long address, char *text, size_t size) {
  struct iovec here = {text, size - 1}, there = {(void *)address, size - 1};
  /* A string near the end of a page: what follows may not be readable. */
  size_t to_page_end = 4096 - address % 4096;
  ssize_t length = process_vm_readv(id, &here, 1, &there, 1, 0);
  if (length < 0 && to_page_end < size) {
    here.iov_len = there.iov_len = to_page_end;
    length = process_vm_readv(id, &here, 1, &there, 1, 0);
  }
  text[length < 0 ? 0 : length] = 0;
}

static void read_descriptor(pid_t id, unsigned long fd, char *text, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/fd/%d", id, (int)fd);
  ssize_t length = readlink(link, text, size - 1);
  text[length < 0 ? 0 : length] = 0;
}

/* False when the call turns out to change nothing that outlives the process. Fills in the call's name and subject. */
static int is_effect(const struct task *task, const struct __ptrace_syscall_info *info, const char **name, char *subject,
                     size_t size) {
  static char unknown[32];
  const struct call *call = NULL;
  unsigned long number = info->seccomp.nr;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if ((unsigned long)calls[i].number == number) call = &calls[i];
  subject[0] = 0;
  if (call == NULL) {
    snprintf(unknown, sizeof unknown, "syscall_%lu", number);
    *name = unknown;
    return 1;
  }
  *name = call->name;
  unsigned long value = info->seccomp.args[call->argument];
  switch (call->form) {
    case PATH:
      read_path(task->id, value, subject, size);
      return 1;
    case DESCRIPTOR:
      read_descriptor(task->id, value, subject, size);
      return 1;
    case OUTPUT:
      if (value <= 2) return 0;
      read_descriptor(task->id, value, subject, size);
      if (strncmp(subject, "socket:", 7) == 0) {
        /* What an engine hears. */
        *name = "reply";
        subject[0] = 0;
        return task->process == program;
      }
      return subject[0] == '/' && strncmp(subject, "/proc/", 6) != 0 && strcmp(subject, "/dev/null") != 0;
    case NUMBER:
      snprintf(subject, size, "0x%lx", value);
      /* LOOP_GET_STATUS64 asks only. */
      return !(number == SYS_ioctl && value == 0x4c05);
    case START: {
      unsigned long flags = 0;
      struct iovec here = {&flags, sizeof flags}, there = {(void *)value, sizeof flags};
      if (number != SYS_clone && process_vm_readv(task->id, &here, 1, &there, 1, 0) == sizeof flags)
        return (flags & CLONE_THREAD) == 0;
      return 1;
    }
    case PLAIN:
      return 1;
  }
  return 1;
}

/* ---- orders ---- */

static void obey(const char *order) {
  char kind = 'M', when[16] = "";
  counted[0] = counted[1] = 0;
  mode = OFF;
  if (strcmp(order, "count") == 0) mode = COUNT;
  if (sscanf(order, "kill %c %lu %15s", &kind, &wanted, when) == 3) {
    mode = KILL;
    wanted_kind = kind == 'C';
    wanted_after = strcmp(when, "after") == 0;
  }
}

/* An order is given before the request that it is about, so it is here when that request has its first effect. */
static void read_orders(void) {
  static char text[256];
  static size_t length;
  ssize_t more = read(ORDERS, text + length, sizeof text - 1 - length);
  if (more <= 0) return;
  length += (size_t)more;
  text[length] = 0;
  char *end;
  while ((end = strchr(text, '\n')) != NULL) {
    *end = 0;
    obey(text);
    length -= (size_t)(end + 1 - text);
    memmove(text, end + 1, length + 1);
  }
}

/* ---- tracing ---- */

static pid_t process_of(pid_t id) {
  char name[64], line[128];
  pid_t process = id;
  snprintf(name, sizeof name, "/proc/%d/status", id);
  FILE *file = fopen(name, "r");
  if (file == NULL) return id;
  while (fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "Tgid: %d", &process) == 1) break;
  fclose(file);
  return process;
}

static struct task *task_of(pid_t id) {
  struct task *free_one = NULL;
  for (size_t i = 0; i < MOST_TASKS; i++) {
    if (tasks[i].id == id) return &tasks[i];
    if (tasks[i].id == 0 && free_one == NULL) free_one = &tasks[i];
    if (tasks[i].id == 0 && i > 64 && free_one != NULL) break;
  }
  if (free_one == NULL) fail("too many tasks");
  *free_one = (struct task){.id = id, .process = process_of(id)};
  return free_one;
}

static void kill_program(const struct task *task, const char *result) {
  char line[640];
  snprintf(line, sizeof line, task->line, result);
  report(line);
  killed = 1;
  mode = OFF;
  kill(program, SIGKILL);
}

/* The kernel asks about a call that has not begun. Gives how the task is to go on. */
static int on_call(struct task *task) {
  struct __ptrace_syscall_info info;
  char subject[256];
  const char *name;
  read_orders();
  if (mode == OFF || ptrace(PTRACE_GET_SYSCALL_INFO, task->id, sizeof info, &info) <= 0) return PTRACE_CONT;
  if (!is_effect(task, &info, &name, subject, sizeof subject)) return PTRACE_CONT;
  int kind = task->process != program;
  unsigned long number = ++counted[kind];
  for (char *c = subject; *c != 0; c++)
    if (*c == '%' || *c == '\n') *c = '?';
  snprintf(task->line, sizeof task->line, "effect %c %lu %%s %s %s\n", kind ? 'C' : 'M', number, name, subject);
  if (mode == COUNT) {
    task->under_way = number;
    return PTRACE_SYSCALL;
  }
  if (kind != wanted_kind || number != wanted) return PTRACE_CONT;
  if (!wanted_after) {
    kill_program(task, "-");
    return PTRACE_CONT;
  }
  task->kill_after = 1;
  return PTRACE_SYSCALL;
}

static void on_return(struct task *task) {
  struct __ptrace_syscall_info info;
  char result[32] = "?", line[640];
  if (ptrace(PTRACE_GET_SYSCALL_INFO, task->id, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT)
    snprintf(result, sizeof result, "%lld", (long long)info.exit.rval);
  if (task->kill_after) kill_program(task, result);
  else if (task->under_way) {
    snprintf(line, sizeof line, task->line, result);
    report(line);
  }
  task->under_way = 0;
  task->kill_after = 0;
}

static void on_end(pid_t id, int status) {
  char line[64];
  task_of(id)->id = 0;
  if (id != program) return;
  snprintf(line, sizeof line, "exited %d\n", status);
  report(killed ? "killed\n" : line);
}

static void on_stop(pid_t id, int status) {
  struct task *task = task_of(id);
  int signal_number = WSTOPSIG(status), event = status >> 16, deliver = 0, how = PTRACE_CONT;
  if (event == PTRACE_EVENT_SECCOMP) how = on_call(task);
  else if (signal_number == (SIGTRAP | 0x80)) on_return(task);
  else if (event == 0) deliver = signal_number;
  ptrace(how, id, 0, deliver);
}

static pid_t start(char **line) {
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) fail("pipe2");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    char go;
    close(gate[1]);
    if (read(gate[0], &go, 1) != 1) _exit(125);
    close(ORDERS);
    close(REPORTS);
    /* As `setpriv --pdeathsig` asks for the tracer, should it die first. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    install_filter();
    execvp(line[0], line);
    perror(line[0]);
    _exit(127);
  }
  const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
  if (ptrace(PTRACE_SEIZE, child, 0, options) != 0) fail("ptrace");
  if (write(gate[1], "", 1) != 1) fail("write");
  close(gate[0]);
  close(gate[1]);
  return child;
}

int main(int count, char **words) {
  int status;
  if (count < 2) {
    fprintf(stderr, "usage: crash-tracer PROGRAM ARGUMENT …\n");
    return 125;
  }
  signal(SIGPIPE, SIG_IGN);
  fcntl(ORDERS, F_SETFL, O_NONBLOCK);
  program = start(words + 1);
  for (;;) {
    pid_t id = waitpid(-1, &status, __WALL);
    if (id < 0 && errno == EINTR) continue;
    if (id < 0) return 0;
    if (WIFSTOPPED(status)) on_stop(id, status);
    else on_end(id, status);
  }
}
