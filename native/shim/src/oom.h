/* Whether the kernel's out-of-memory killer struck in the container's cgroup. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Finds the memory cgroup of a process and holds its counter open. Without one, the answer will be no. `cgroup`: what it was called in the spec, if that is known:
 * in v1 a process that has ended already shows no cgroup of its own any more.
 */
void oom_watch(pid_t pid, const char *cgroup);

/* Must be asked before the runtime removes the cgroup. */
bool oom_happened(void);
