/*
 * slipway-shim: parent of one container process, or of one exec'd process, for as long as it lives. It owns the process's
 * stdio or pty, writes its log, serves attach on a unix socket and records its exit, whatever happens to the engine.
 * README.md tells the protocol; life.h tells the order of things.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients.h"
#include "hide.h"
#include "input.h"
#include "life.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "process.h"
#include "report.h"

static const char usage[] =
    "slipway-shim run  --id ID --state DIR --bundle DIR  --runtime PATH --runtime-root DIR [options]\n"
    "slipway-shim exec --id ID --state DIR --process FILE --runtime PATH --runtime-root DIR [options]\n"
    "slipway-shim runtime [--hide PATH]... -- PROG [ARGS]...\n"
    "options: [--runtime-arg ARG]... [--hide PATH]... [--tty] [--stdin none|keep|once] [--ready-fd N]\n"
    "         [--log-dir DIR [--log-max-size BYTES] [--log-max-files N]]\n";

/* In the background, readiness is one byte through a pipe to the foreground, whose exit status tells it on. */
static void go_to_background(struct options *options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe: %m");
  const pid_t pid = fork();
  if (pid < 0) fail("fork: %m");
  if (pid == 0) {
    options->ready_fd = ends[1];
    return;
  }
  char ready;
  close(ends[1]);
  _exit(read(ends[0], &ready, 1) == 1 ? 0 : 1);
}

/* Leaves stderr for the last error before readiness, and the descriptor that readiness is reported on. */
static void close_inherited(int ready_fd) {
  if (ready_fd > 3) close_range(3, (unsigned)ready_fd - 1, 0);
  close_range((unsigned)ready_fd + 1, ~0u, 0);
  fcntl(ready_fd, F_SETFD, FD_CLOEXEC);
}

static void detach_from_caller(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL); /* SIGCHLD comes by signalfd; a blocked SIGPIPE leaves EPIPE */
  setsid();                             /* fails, rightly, when the caller has already done it */
  umask(0177); /* a socket has no open() to be given a mode */
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) fail("PR_SET_CHILD_SUBREAPER: %m");
}

static int state_lock = -1;

/* Before the connections, whose end says that another shim may come; at exit the kernel closes in no promised order. */
static void release_state_directory(void) { close(state_lock); }

/* The lock is held on the directory itself, for as long as the shim lives. */
static void enter_state_directory(const char *path) {
  if (chdir(path) < 0) fail("--state %s: %m", path);
  const int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail("--state %s: %m", path);
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) fail("--state %s: another shim is there", path);
  state_lock = fd;
  atexit(release_state_directory);
}

static void give_up_stdio(void) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int log = open("shim.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (null < 0 || log < 0) fail("shim.log: %m");
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  close(null);
  close(log);
}

static void report_ready(int fd) {
  if (write(fd, "R", 1) != 1) report("ready-fd: %m"); /* who waited for it is gone; a client may still come */
  close(fd);
}

static int shim(int argc, char **argv) {
  static struct options options;
  options_parse(&options, argc, argv);
  if (options.ready_fd < 0) go_to_background(&options);
  close_inherited(options.ready_fd);
  detach_from_caller();
  enter_state_directory(options.state);
  process_prepare_files();
  log_open(&options);
  loop_open();
  life_open(&options);
  input_open(&options);
  clients_listen();
  give_up_stdio();
  report_ready(options.ready_fd);
  loop_run();
}

static int runtime(int argc, char **argv) {
  static struct options options;
  char **command = options_parse_runtime(&options, argc, argv);
  const char *unhidden = hide_paths(options.hidden);
  if (unhidden != NULL) fail("cannot hide %s: %m", unhidden);
  execvp(command[0], command);
  fail("cannot run %s: %m", command[0]);
}

int main(int argc, char **argv) {
  const char *subcommand = argc > 1 ? argv[1] : "";
  if (strcmp(subcommand, "run") == 0 || strcmp(subcommand, "exec") == 0) return shim(argc - 1, argv + 1);
  if (strcmp(subcommand, "runtime") == 0) return runtime(argc - 1, argv + 1);
  fputs(usage, stderr);
  return 2;
}
