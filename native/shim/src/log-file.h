/*
 * The files of a log: `current`, and older ones 1, 2, 3 …, oldest last. Records are gathered in a bounded batch and written
 * with one write. `current` always exists; when it is full it gets the additional name `1` before a new file takes the
 * name `current`, so a reader that follows by inode finds the successor of every file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_HEADER_SIZE = 16, LOG_TRAILER_SIZE = 4 };

struct log_record {
  uint32_t length;
  uint8_t stream;
  uint8_t flags;
  uint64_t at; /* ns since 1970 */
};

/* Opens or creates `current`, cutting off a record that was being written when its writer was killed. */
void log_file_open(const char *directory, uint64_t max_size, unsigned max_files);

/* Adds a record to the batch and returns where its payload goes. Writes the batch first when it is full. */
uint8_t *log_file_reserve(struct log_record record);

/* Writes the batch. What cannot be written is dropped, counted, and noted in the log when writing works again. */
void log_file_flush(void);

/* Flushes and makes all durable. */
void log_file_close(void);
