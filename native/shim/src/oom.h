/* Whether the kernel's out-of-memory killer struck in the container's cgroup. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Finds the memory cgroup of a running process and holds its counter open. Without one, the answer will be no. */
void oom_watch(pid_t pid);

/* Must be asked before the runtime removes the cgroup. */
bool oom_happened(void);
