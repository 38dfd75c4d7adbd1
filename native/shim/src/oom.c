#include "oom.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "loop.h"

/*
 * v1: memory.oom_control of the memory hierarchy; v2: memory.events. Both have a line "oom_kill N".
 * systemd removes a scope's cgroup as soon as its last process is gone, so with v2 the counter is also read whenever it
 * changes (memory.events notifies through inotify; v1's file does not, and systemd leaves v1's alone long enough).
 */
static int counter = -1;
static bool happened;
static struct source changes = {.fd = -1};

/* A mount of the hierarchy that counts: which cgroup directory is seen where. */
struct hierarchy {
  bool v2;
  char root[PATH_MAX];
  char mount[PATH_MAX];
};

/* True when `list`, comma-separated, has `word`. */
static bool lists(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
    const bool begins = at == list || at[-1] == ',';
    const bool ends = at[length] == ',' || at[length] == '\0' || at[length] == '\n';
    if (begins && ends) return true;
  }
  return false;
}

/* mountinfo: "36 35 98:0 ROOT MOUNT options [optional…] - TYPE SOURCE SUPEROPTIONS" */
static bool parse_mount(char *line, struct hierarchy *hierarchy) {
  char *tail = strstr(line, " - ");
  if (tail == NULL) return false;
  *tail = '\0';
  char *save = NULL;
  const char *type = strtok_r(tail + 3, " ", &save);
  strtok_r(NULL, " ", &save);
  const char *super_options = strtok_r(NULL, " ", &save);
  if (type == NULL || super_options == NULL) return false;
  hierarchy->v2 = strcmp(type, "cgroup2") == 0;
  const bool v1 = strcmp(type, "cgroup") == 0 && lists(super_options, "memory");
  if (!hierarchy->v2 && !v1) return false;
  for (int field = 0; field < 3; field++) strtok_r(field == 0 ? line : NULL, " ", &save);
  const char *root = strtok_r(NULL, " ", &save);
  const char *mount = strtok_r(NULL, " ", &save);
  if (root == NULL || mount == NULL) return false;
  snprintf(hierarchy->root, sizeof hierarchy->root, "%s", root);
  snprintf(hierarchy->mount, sizeof hierarchy->mount, "%s", mount);
  return true;
}

/* A v1 memory hierarchy wins over v2, which on a hybrid host has no memory controller. */
static bool find_hierarchy(struct hierarchy *found) {
  static struct hierarchy candidate;
  char line[PATH_MAX];
  bool any = false;
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (file == NULL) return false;
  while (fgets(line, sizeof line, file) != NULL) {
    if (!parse_mount(line, &candidate) || (any && candidate.v2)) continue;
    *found = candidate;
    any = true;
    if (!candidate.v2) break;
  }
  fclose(file);
  return any;
}

/* /proc/PID/cgroup: "ID:CONTROLLERS:PATH", the v2 line being "0::PATH". */
static bool find_cgroup(pid_t pid, bool v2, char path[PATH_MAX]) {
  char name[32], line[PATH_MAX];
  bool found = false;
  snprintf(name, sizeof name, "/proc/%d/cgroup", (int)pid);
  FILE *file = fopen(name, "re");
  if (file == NULL) return false;
  while (!found && fgets(line, sizeof line, file) != NULL) {
    char *controllers = strchr(line, ':');
    char *directory = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (directory == NULL) continue;
    *directory++ = '\0';
    directory[strcspn(directory, "\n")] = '\0';
    found = v2 ? controllers[1] == '\0' : lists(controllers + 1, "memory");
    if (found) snprintf(path, PATH_MAX, "%s", directory);
  }
  fclose(file);
  return found;
}

static bool count_is_positive(void) {
  char text[1024];
  const ssize_t length = counter < 0 ? -1 : pread(counter, text, sizeof text - 1, 0);
  if (length <= 0) return false;
  text[length] = '\0';
  const char *line = strncmp(text, "oom_kill ", 9) == 0 ? text : strstr(text, "\noom_kill ");
  return line != NULL && strtoull(strchr(line, ' ') + 1, NULL, 10) > 0;
}

static void counter_changed(struct source *source, uint32_t events) {
  char event[sizeof(struct inotify_event) + NAME_MAX + 1];
  if (read(source->fd, event, sizeof event) > 0) happened = happened || count_is_positive();
}

static void watch_changes(const char *path) {
  changes = (struct source){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .ready = counter_changed};
  if (changes.fd < 0) return;
  if (inotify_add_watch(changes.fd, path, IN_MODIFY) < 0) return source_close(&changes);
  source_wait(&changes, EPOLLIN);
}

/* As runtimes have it, a spec's path is below the mount, whatever cgroup that shows. */
static bool find_directory(pid_t pid, const char *known, const struct hierarchy *hierarchy, char directory[PATH_MAX]) {
  if (known != NULL && !hierarchy->v2) return snprintf(directory, PATH_MAX, "%s", known) < PATH_MAX;
  static char found[PATH_MAX];
  const size_t prefix = strcmp(hierarchy->root, "/") == 0 ? 0 : strlen(hierarchy->root);
  if (!find_cgroup(pid, hierarchy->v2, found) || strncmp(found, hierarchy->root, prefix) != 0) return false;
  snprintf(directory, PATH_MAX, "%s", found + prefix);
  return true;
}

void oom_watch(pid_t pid, const char *cgroup) {
  static struct hierarchy hierarchy;
  static char directory[PATH_MAX], path[3 * PATH_MAX];
  if (!find_hierarchy(&hierarchy) || !find_directory(pid, cgroup, &hierarchy, directory)) return;
  snprintf(path, sizeof path, "%s%s/%s", hierarchy.mount, directory, hierarchy.v2 ? "memory.events" : "memory.oom_control");
  counter = open(path, O_RDONLY | O_CLOEXEC);
  if (counter >= 0 && hierarchy.v2) watch_changes(path);
}

bool oom_happened(void) { return happened || count_is_positive(); }
