/*
 * What clients send to the process: a bounded queue in front of its stdin pipe or pty. While the queue is full the
 * clients' sockets are not read. Once stdin is closed, bytes for it are dropped, as by a pipe without a reader.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "options.h"

void input_open(const struct options *options);

/* The process can be fed from now on. Owns `fd`, which must not block. */
void input_connect(int fd);

/* Receives up to `limit` bytes from `socket` into the queue. As recv(); -1 with ENOBUFS when the queue is full. */
ssize_t input_receive(int socket, size_t limit);

/* A client with stdin half-closed it or went. Closes stdin, after what is queued, with --stdin once and no tty. */
void input_finish(void);

/* The process has ended. */
void input_close(void);
