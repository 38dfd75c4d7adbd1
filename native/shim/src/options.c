#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const struct option known[] = {
    {"id", required_argument, NULL, 'i'},           {"state", required_argument, NULL, 's'},
    {"bundle", required_argument, NULL, 'b'},       {"process", required_argument, NULL, 'p'},
    {"runtime", required_argument, NULL, 'r'},      {"runtime-root", required_argument, NULL, 'R'},
    {"runtime-arg", required_argument, NULL, 'a'},  {"hide", required_argument, NULL, 'h'},
    {"tty", no_argument, NULL, 't'},                {"stdin", required_argument, NULL, 'I'},
    {"log-dir", required_argument, NULL, 'l'},      {"log-max-size", required_argument, NULL, 'z'},
    {"log-max-files", required_argument, NULL, 'n'},{"ready-fd", required_argument, NULL, 'f'},
    {"cgroup", required_argument, NULL, 'c'},
    {NULL, 0, NULL, 0},
};

static uint64_t parse_number(const char *name, const char *text, uint64_t max) {
  char *end;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || value > max)
    fail("--%s: not a number in range: %s", name, text);
  return value;
}

/* The shim changes its directory, so a relative path would silently mean another file. */
static const char *parse_path(const char *name, const char *text) {
  if (*text != '/') fail("--%s: not an absolute path: %s", name, text);
  return text;
}

static const char *parse_id(const char *text) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (!isalnum((unsigned char)*text) || strspn(text, allowed) != strlen(text)) fail("--id: not a container id: %s", text);
  return text;
}

static enum stdin_mode parse_stdin_mode(const char *text) {
  if (strcmp(text, "none") == 0) return STDIN_NONE;
  if (strcmp(text, "keep") == 0) return STDIN_KEEP;
  if (strcmp(text, "once") == 0) return STDIN_ONCE;
  fail("--stdin: none, keep or once, not: %s", text);
}

static void append(const char *name, const char **list, unsigned max, const char *value) {
  unsigned length = 0;
  while (list[length] != NULL) length++;
  if (length == max) fail("--%s: more than %u", name, max);
  list[length] = value;
}

static void parse_option(struct options *o, int letter, char *value) {
  switch (letter) {
    case 'i': o->id = parse_id(value); break;
    case 's': o->state = value; break;
    case 'b': o->bundle = parse_path("bundle", value); break;
    case 'p': o->process = parse_path("process", value); break;
    case 'r': o->runtime = value; break;
    case 'R': o->runtime_root = parse_path("runtime-root", value); break;
    case 'a': append("runtime-arg", o->runtime_args, MAX_RUNTIME_ARGS, value); break;
    case 'h': append("hide", o->hidden, MAX_HIDDEN, parse_path("hide", value)); break;
    case 't': o->tty = true; break;
    case 'I': o->stdin_mode = parse_stdin_mode(value); break;
    case 'l': o->log_dir = parse_path("log-dir", value); break;
    case 'z': o->log_max_size = parse_number("log-max-size", value, INT64_MAX); break;
    case 'n': o->log_max_files = (unsigned)parse_number("log-max-files", value, 10000); break;
    case 'c': o->cgroup = parse_path("cgroup", value); break;
    case 'f': o->ready_fd = (int)parse_number("ready-fd", value, 1 << 20); break;
  }
}

/* Stops at the first argument that is no option; returns its index. */
static int parse_all(struct options *o, int argc, char **argv) {
  *o = (struct options){.log_max_files = 1, .ready_fd = -1};
  opterr = 0;
  for (;;) {
    const int letter = getopt_long(argc, argv, "+:", known, NULL);
    if (letter == -1) return optind;
    if (letter == ':') fail("%s: needs a value", argv[optind - 1]);
    if (letter == '?') fail("unknown option: %s", argv[optind - 1]);
    parse_option(o, letter, optarg);
  }
}

static void require(const char *name, const char *value) {
  if (value == NULL) fail("--%s is missing", name);
}

void options_parse(struct options *o, int argc, char **argv) {
  const int rest = parse_all(o, argc, argv);
  o->mode = strcmp(argv[0], "exec") == 0 ? MODE_EXEC : MODE_RUN;
  if (rest != argc) fail("unexpected argument: %s", argv[rest]);
  require("id", o->id);
  require("state", o->state);
  require("runtime", o->runtime);
  require("runtime-root", o->runtime_root);
  if (o->mode == MODE_RUN) require("bundle", o->bundle);
  if (o->mode == MODE_EXEC) require("process", o->process);
  if (o->log_max_files == 0) fail("--log-max-files: at least 1");
  if (o->ready_fd >= 0 && o->ready_fd < 3) fail("--ready-fd: 3 or more");
}

char **options_parse_runtime(struct options *o, int argc, char **argv) {
  const int rest = parse_all(o, argc, argv);
  if (rest == argc) fail("runtime: no program given");
  return argv + rest;
}
