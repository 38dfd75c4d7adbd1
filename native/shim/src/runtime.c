#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hide.h"
#include "report.h"
#include "terminal.h"

enum { MAX_ARGUMENTS = MAX_RUNTIME_ARGS + 24, OWN_PATH_MAX = 64 };

struct arguments {
  const char *list[MAX_ARGUMENTS]; /* NULL-terminated */
  unsigned length;
};

static void add(struct arguments *arguments, const char *argument) {
  arguments->list[arguments->length++] = argument;
}

/* A short absolute name for a file in our directory: the runtime changes its own, and its socket paths end at 107 bytes. */
static void own_path(char to[OWN_PATH_MAX], const char *name) {
  snprintf(to, OWN_PATH_MAX, "/proc/%d/cwd/%s", (int)getpid(), name);
}

static void add_global(struct arguments *arguments, const struct options *options) {
  static char log[OWN_PATH_MAX];
  own_path(log, "runtime.log");
  add(arguments, options->runtime);
  add(arguments, "--root");
  add(arguments, options->runtime_root);
  add(arguments, "--log"); /* warnings go there and not into the container's stderr; fatal errors go to both */
  add(arguments, log);
  for (const char *const *extra = options->runtime_args; *extra != NULL; extra++) add(arguments, *extra);
}

/* All signals are blocked here, and who started us may have ignored some; neither is for the container to inherit. */
static void restore_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < SIGRTMIN; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const struct options *options, const struct arguments *arguments, const int stdio[3]) {
  restore_signals();
  umask(022);
  for (int fd = 0; fd < 3; fd++) dup2(stdio[fd], fd);
  const char *unhidden = hide_paths(options->hidden);
  if (unhidden != NULL) {
    report("cannot hide %s: %m", unhidden);
    _exit(126);
  }
  execvp(arguments->list[0], (char *const *)arguments->list);
  report("cannot run %s: %m", arguments->list[0]);
  _exit(127);
}

static pid_t spawn(const struct options *options, const struct arguments *arguments, const int stdio[3]) {
  const pid_t pid = fork();
  if (pid == 0) become(options, arguments, stdio);
  return pid;
}

pid_t runtime_start(const struct options *options, const int stdio[3]) {
  struct arguments arguments = {.length = 0};
  char pid_file[OWN_PATH_MAX], console[OWN_PATH_MAX];
  own_path(pid_file, RUNTIME_PID_FILE);
  own_path(console, CONSOLE_SOCKET);
  const bool run = options->mode == MODE_RUN;
  add_global(&arguments, options);
  add(&arguments, run ? "run" : "exec");
  add(&arguments, "--detach");
  add(&arguments, run ? "--bundle" : "--process");
  add(&arguments, run ? options->bundle : options->process);
  add(&arguments, "--pid-file");
  add(&arguments, pid_file);
  if (options->tty) add(&arguments, "--console-socket");
  if (options->tty) add(&arguments, console);
  add(&arguments, options->id);
  return spawn(options, &arguments, stdio);
}

pid_t runtime_delete(const struct options *options) {
  struct arguments arguments = {.length = 0};
  add_global(&arguments, options);
  add(&arguments, "delete");
  add(&arguments, "--force");
  add(&arguments, options->id);
  const int stdio[3] = {STDIN_FILENO, STDERR_FILENO, STDERR_FILENO}; /* /dev/null and shim.log */
  return spawn(options, &arguments, stdio);
}
