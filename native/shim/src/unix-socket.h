#pragma once

/*
 * Listens on a socket named `name` in the current directory, replacing a stale one; mode 0600, by the process's umask.
 * A relative name, because sun_path holds 107 bytes and paths are longer. -1 with errno set.
 */
int unix_socket_listen(const char *name);
