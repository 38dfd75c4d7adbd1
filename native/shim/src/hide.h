#pragma once

/*
 * Gives the calling process a mount namespace of its own in which `paths` (NULL-terminated) show nothing. For the child
 * that is about to become the runtime: crun 1.8.1 refuses to run where /sys/fs/cgroup/unified exists beside v1
 * hierarchies. An empty list does nothing. Returns NULL, or the path that could not be hidden with errno set.
 */
const char *hide_paths(const char *const *paths);
