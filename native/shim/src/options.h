/* The command line, parsed once and never changed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum mode { MODE_RUN, MODE_EXEC };
enum stdin_mode { STDIN_NONE, STDIN_KEEP, STDIN_ONCE };
enum { MAX_RUNTIME_ARGS = 16, MAX_HIDDEN = 8 };

struct options {
  enum mode mode;
  const char *id;
  const char *state;
  const char *bundle;  /* run */
  const char *cgroup;  /* run; NULL: systemd's, or the engine's own */
  const char *process; /* exec */
  const char *runtime;
  const char *runtime_root;
  const char *runtime_args[MAX_RUNTIME_ARGS + 1]; /* NULL-terminated */
  const char *hidden[MAX_HIDDEN + 1];             /* NULL-terminated */
  bool tty;
  enum stdin_mode stdin_mode;
  const char *log_dir; /* NULL: no log */
  uint64_t log_max_size; /* bytes; 0: no rotation */
  unsigned log_max_files;
  int ready_fd; /* -1: go to the background and let the exit status of the foreground tell */
};

/* `run` and `exec`: argv[0] is the subcommand. Fails with one line on stderr. */
void options_parse(struct options *options, int argc, char **argv);

/* `runtime [--hide PATH]... -- PROG ARGS...`: fills `hidden` only and returns PROG ARGS. */
char **options_parse_runtime(struct options *options, int argc, char **argv);
