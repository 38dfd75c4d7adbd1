/*
 * slipway-init -- PROGRAM [ARGUMENT…]
 *
 * Process 1 of a container that asked for an init. The kernel gives process 1 the orphans to reap and ignores signals that it
 * has no handler for (pid_namespaces(7)), and most programs are prepared for neither. This one runs the program as its child, passes on every signal,
 * reaps whatever ends, and ends as the program ends: with its code, or 128 and the signal's number.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int not_startable(const char *program) {
  int reason = errno;
  fprintf(stderr, "slipway-init: %s: %s\n", program, strerror(reason));
  return reason == ENOENT ? 127 : 126;
}

/* A terminal's keys send their signals to its foreground group, so the program gets a group of its own and that place. */
static int become(char **command, const sigset_t *mask) {
  setpgid(0, 0);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(STDIN_FILENO, getpgrp());
  signal(SIGTTOU, SIG_DFL);
  sigprocmask(SIG_SETMASK, mask, NULL);
  execvp(command[0], command);
  return not_startable(command[0]);
}

/* The status of `program` if it was among those that ended, -1 otherwise. */
static int reap(pid_t program) {
  int ended = -1;
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == program) ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return ended;
}

int main(int argc, char **argv) {
  if (argc < 3 || strcmp(argv[1], "--") != 0) {
    fputs("usage: slipway-init -- PROGRAM [ARGUMENT...]\n", stderr);
    return 64;
  }
  sigset_t all, before;
  sigfillset(&all);
  /* Blocked faults of this very program would end it without a word. */
  const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&all, faults[i]);
  if (sigprocmask(SIG_SETMASK, &all, &before) < 0) return 70;
  pid_t program = fork();
  if (program < 0) return not_startable("fork");
  if (program == 0) return become(argv + 2, &before);
  for (;;) {
    int number = sigwaitinfo(&all, NULL);
    if (number < 0) continue;
    if (number != SIGCHLD) {
      kill(program, number);
      continue;
    }
    int code = reap(program);
    if (code >= 0) return code;
  }
}
