#include "life.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clients.h"
#include "input.h"
#include "log.h"
#include "loop.h"
#include "oom.h"
#include "process.h"
#include "report.h"
#include "runtime.h"
#include "streams.h"
#include "terminal.h"

enum { FIRST_CLIENT_MS = 60 * 1000, DRAIN_MS = 2 * 1000, DELETE_MS = 10 * 1000, ORPHANS_MS = 1000 };

static enum { WAITING, STARTING, RUNNING, DRAINING, LEAVING } phase = WAITING;
static const struct options *options;
static struct source children = {.fd = -1}; /* signalfd for SIGCHLD */
static struct timer patience, delete_deadline;
static bool had_client, awaits_orphans;
static pid_t starter = -1, process = -1, deleter = -1;
static struct exit_status exit_status;

static void children_changed(struct source *source, uint32_t events);

/* ---- waiting ---- */

static _Noreturn void end(void) {
  clients_close();
  exit(0);
}

static void nobody_came(void) {
  report("no client came");
  end();
}

void life_open(const struct options *parsed) {
  options = parsed;
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  children = (struct source){.fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), .ready = children_changed};
  if (children.fd < 0) fail("signalfd: %m");
  source_wait(&children, EPOLLIN);
  patience.expired = nobody_came;
  timer_arm(&patience, FIRST_CLIENT_MS);
}

void life_client_came(void) {
  if (phase == WAITING && !had_client) timer_arm(&patience, 0);
  had_client = true;
}

/* ---- starting ---- */

static void delete_container(void) {
  if (options->mode != MODE_RUN) return;
  deleter = runtime_delete(options);
  if (deleter < 0) report("delete: fork: %m");
  else timer_arm(&delete_deadline, DELETE_MS);
}

static void delete_took_too_long(void) {
  report("the runtime's delete took too long");
  if (deleter > 0) kill(deleter, SIGKILL);
}

static bool has_children(void) {
  siginfo_t ignored;
  return waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void abandon_orphans(void) {
  awaits_orphans = false;
  life_advance();
}

/*
 * A failed exec leaves a process of the runtime in the container's pid namespace, about to end, and ours. Until it is reaped the container's first
 * process cannot end; whoever inherits it from us may take its time.
 */
static void start_failed(uint32_t status, const char *text, size_t length) {
  phase = LEAVING;
  awaits_orphans = true;
  patience.expired = abandon_orphans;
  timer_arm(&patience, ORPHANS_MS);
  terminal_take_master();
  streams_close();
  input_close();
  clients_tell_start_failed(status, text, length);
  clients_hurry();
  delete_container();
  life_advance();
}

static void start_failed_here(const char *what) {
  char text[256];
  const int length = snprintf(text, sizeof text, "slipway-shim: %s: %m\n", what);
  start_failed(1, text, (size_t)length);
}

const char *life_start(void) {
  if (phase != WAITING) return "already started";
  int stdio[3] = {-1, -1, -1};
  phase = STARTING;
  delete_deadline.expired = delete_took_too_long;
  if (options->tty && terminal_listen() < 0) {
    start_failed_here(CONSOLE_SOCKET);
  } else if (!streams_open(options, stdio)) {
    start_failed_here("stdio");
  } else if ((starter = runtime_start(options, stdio)) < 0) {
    start_failed_here("fork");
  }
  for (unsigned i = 0; i < 3; i++) {
    if (stdio[i] >= 0) close(stdio[i]);
  }
  return NULL;
}

static void runtime_failed(int status) {
  char text[START_FAILED_MAX];
  const uint32_t code = WIFSIGNALED(status) ? 128u + (uint32_t)WTERMSIG(status) : (uint32_t)WEXITSTATUS(status);
  size_t length = streams_take_failure(text, sizeof text);
  if (length == 0) length = (size_t)snprintf(text, sizeof text, "%s failed and said nothing\n", options->runtime);
  if (length >= sizeof text) length = sizeof text;
  start_failed(code, text, length);
}

static void runtime_ended(int status) {
  starter = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return runtime_failed(status);
  const int master = options->tty ? terminal_take_master() : -1;
  process = process_adopt(RUNTIME_PID_FILE);
  if (process < 0) return start_failed_here("the runtime left no process");
  if (options->tty && master < 0) {
    process_signal(SIGKILL); /* an exec'd process is not deleted with a container */
    return start_failed_here("the runtime sent no pty");
  }
  if (options->mode == MODE_RUN) oom_watch(process, options->cgroup);
  phase = RUNNING;
  clients_tell_started((uint32_t)process);
  streams_begin(master);
}

const char *life_signal(uint32_t signal) {
  if (phase < RUNNING) return "not started";
  if (phase > RUNNING) return "the process has ended";
  return process_signal(signal);
}

/* ---- ending ---- */

static void process_ended(int status) {
  exit_status = process_exit_status(status);
  exit_status.oom = options->mode == MODE_RUN && oom_happened();
  phase = DRAINING;
  delete_container(); /* beside the rest: EXIT need not wait for it */
  input_close();
  clients_hurry();
  patience.expired = streams_abandon;
  timer_arm(&patience, DRAIN_MS);
  life_advance();
}

static void leave(void) {
  phase = LEAVING;
  timer_arm(&patience, 0);
  log_close();
  process_record_exit(&exit_status);
  clients_tell_exit(exit_status.code, exit_status.signal, exit_status.at, exit_status.oom);
}

void life_advance(void) {
  if (phase == WAITING && had_client && clients_none()) end();
  if (phase == DRAINING && streams_drained()) leave();
  if (phase == LEAVING && deleter < 0 && clients_flushed() && !(awaits_orphans && has_children())) end();
}

/* ---- children ---- */

static void child_ended(pid_t pid, int status) {
  if (pid == process && phase == RUNNING) process_ended(status);
  if (pid == deleter) {
    deleter = -1;
    if (status != 0) report("the runtime's delete failed with wait status %d", status);
    life_advance();
  }
}

/*
 * The process may be reparented to us, and even end, before we have seen the runtime end; nobody else is reaped until the
 * runtime was, so that its pid still means the process when the pid file is read.
 */
static void children_changed(struct source *source, uint32_t events) {
  struct signalfd_siginfo ignored;
  int status;
  pid_t pid;
  while (read(source->fd, &ignored, sizeof ignored) > 0) continue;
  if (starter > 0) {
    if (waitpid(starter, &status, WNOHANG) != starter) return;
    runtime_ended(status);
  }
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) child_ended(pid, status);
  life_advance();
}
