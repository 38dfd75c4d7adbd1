/*
 * The process's stdio. Without a tty: three pipes made here and handed to the runtime. With a tty: the pty's master,
 * handed to us by the runtime, read as stream 1. What is read goes to the log and to the attached clients.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

/* Makes what the runtime gets as stdin, stdout and stderr. False with errno set. */
bool streams_open(const struct options *options, int child[3]);

/* What a failed runtime said on stderr; returns its length. */
size_t streams_take_failure(char *text, size_t size);

/* The process runs: feed it and read it. `master` is the pty's, or -1 without a tty. */
void streams_begin(int master);

/* Reads each stream if its clients can take more. Called whenever that may have changed. */
void streams_update(void);

/* The process has ended: true when both streams have been read to their end. */
bool streams_drained(void);

/* Others still hold the streams: read what is there now, and no more. */
void streams_abandon(void);

/* Nothing was started, or nothing will be read: close all. */
void streams_close(void);
