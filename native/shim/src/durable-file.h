#pragma once

#include <stddef.h>

/*
 * Replaces `name` in the current directory so that after a crash it is the old one or the whole new one: temporary file,
 * fsync, rename, fsync of the directory. 0, or -1 with errno set.
 */
int durable_file_write(const char *name, const char *bytes, size_t length);

/* Claims the disk space such a write will need, so that a full disk cannot prevent it later. */
int durable_file_reserve(const char *name, size_t length);
