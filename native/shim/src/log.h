/*
 * The container's log: what its process wrote, cut into lines, as binary records that can be read forwards and backwards
 * without looking at their bytes. The record is described in README.md; where records go is log-file.h's business.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "frames.h"
#include "options.h"

/* Lines longer than this become several records. Docker cuts at the same length. */
enum { LOG_MAX_PAYLOAD = 16 * 1024 };

enum log_flag {
  LOG_PARTIAL = 1, /* no newline at its end: the line continues in the next record of this stream, or the stream ended */
  LOG_NOTE = 2,    /* said by the shim, not by the container */
};

/* Without a log directory all the others do nothing. Fails if the directory cannot be used. */
void log_open(const struct options *options);

/* One burst read from a stream. Never fails: what cannot be written is counted and noted later. */
void log_write(enum stream stream, const uint8_t *bytes, size_t length);

/* The stream has ended: its unfinished line is written. */
void log_end(enum stream stream);

/* Ends both streams and makes everything durable. */
void log_close(void);
