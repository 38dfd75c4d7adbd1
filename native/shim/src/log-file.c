#include "log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frames.h"
#include "log.h"
#include "report.h"
#include "time-now.h"

/* A burst of 32 KiB in lines of 100 bytes, with their headers; the largest record fits in any case. */
enum { BATCH_SIZE = 40 * 1024, OVERHEAD = LOG_HEADER_SIZE + LOG_TRAILER_SIZE, NOTE_MAX = 80 };

static int directory = -1, current = -1;
static uint64_t size, max_size; /* of `current` */
static unsigned max_files;
static bool unsynced, write_failing, rotate_failing; /* failing: said once, until it works again */
/* A note of what was dropped goes right before the batch, so that both are written or neither. */
static uint8_t note_and_batch[NOTE_MAX + OVERHEAD + BATCH_SIZE];
static uint8_t *const batch = note_and_batch + NOTE_MAX + OVERHEAD;
static size_t batch_length;
static unsigned batch_records;
static uint64_t dropped_records;

/* ---- opening ---- */

static bool is_payload_length(uint32_t length) { return length > 0 && length <= LOG_MAX_PAYLOAD; }

/* True when the file ends with a whole record. */
static bool ends_whole(uint64_t at) {
  uint8_t bytes[4];
  if (at < OVERHEAD || pread(current, bytes, 4, (off_t)at - 4) != 4) return at == 0;
  const uint32_t length = get_u32(bytes);
  if (!is_payload_length(length) || length + OVERHEAD > at) return false;
  return pread(current, bytes, 4, (off_t)(at - length - OVERHEAD)) == 4 && get_u32(bytes) == length;
}

/* The end of the last whole record, found from the beginning. */
static uint64_t whole_length(void) {
  uint64_t at = 0;
  uint8_t bytes[4];
  while (pread(current, bytes, 4, (off_t)at) == 4) {
    const uint32_t length = get_u32(bytes);
    if (!is_payload_length(length) || at + length + OVERHEAD > size) break;
    if (pread(current, bytes, 4, (off_t)(at + LOG_HEADER_SIZE + length)) != 4 || get_u32(bytes) != length) break;
    at += length + OVERHEAD;
  }
  return at;
}

void log_file_open(const char *path, uint64_t size_limit, unsigned file_limit) {
  struct stat status;
  max_size = size_limit;
  max_files = file_limit;
  directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) fail("--log-dir %s: %m", path);
  current = openat(directory, "current", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (current < 0 || fstat(current, &status) < 0) fail("%s/current: %m", path);
  size = (uint64_t)status.st_size;
  if (ends_whole(size)) return;
  size = whole_length();
  if (ftruncate(current, (off_t)size) < 0) fail("%s/current: %m", path);
}

/* ---- rotating ---- */

static void file_name(char to[16], unsigned number) {
  snprintf(to, 16, "%u", number);
}

/* From the oldest on, so that no name is lost before its file has the next one. The rename onto the oldest drops that. */
static bool shift_names(void) {
  char from[16], to[16];
  for (unsigned number = max_files - 1; number > 1; number--) {
    file_name(from, number - 1);
    file_name(to, number);
    if (renameat(directory, from, directory, to) < 0 && errno != ENOENT) return false;
  }
  if (max_files == 1) return true;
  unlinkat(directory, "1", 0); /* left only when max-files became smaller, or is 2 */
  return linkat(directory, "current", directory, "1", 0) == 0;
}

/* False when it cannot be done now; `current` then goes on growing, which loses nothing. */
static bool rotate(void) {
  const int next = openat(directory, "next", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (next < 0) return false;
  if (!shift_names() || renameat(directory, "next", directory, "current") < 0) {
    close(next);
    return false;
  }
  close(current);
  current = next;
  size = 0;
  unsynced = false;
  return true;
}

/* ---- writing ---- */

/* All or nothing: a record cut in two would hide all that follow it. */
static bool append(const uint8_t *bytes, size_t length) {
  size_t written = 0;
  while (written < length) {
    const ssize_t n = write(current, bytes + written, length - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int why = errno;
      if (written > 0 && ftruncate(current, (off_t)size) < 0) report("log: ftruncate: %m");
      errno = why;
      return false;
    }
    written += (size_t)n;
  }
  size += length;
  unsynced = true;
  return true;
}

static size_t encode_record(uint8_t *to, struct log_record record) {
  put_u32(to, record.length);
  to[4] = record.stream;
  to[5] = record.flags;
  put_u16(to + 6, 0);
  put_u64(to + 8, record.at);
  put_u32(to + LOG_HEADER_SIZE + record.length, record.length);
  return record.length + OVERHEAD;
}

/* Puts the note, if one is due, before the batch; returns its size. */
static size_t encode_note(void) {
  if (dropped_records == 0) return 0;
  char text[NOTE_MAX];
  const int length = snprintf(text, sizeof text, "%llu log records could not be written\n", (unsigned long long)dropped_records);
  const struct log_record note = {.length = (uint32_t)length, .stream = STREAM_STDERR, .flags = LOG_NOTE, .at = time_now()};
  uint8_t *to = batch - note.length - OVERHEAD;
  memcpy(to + LOG_HEADER_SIZE, text, note.length);
  return encode_record(to, note);
}

static void write_batch(void) {
  const size_t note_length = encode_note();
  const bool written = append(batch - note_length, note_length + batch_length);
  dropped_records = written ? 0 : dropped_records + batch_records;
  if (!written && !write_failing) report("log: %m; dropping records until writing works again");
  write_failing = !written;
  batch_length = 0;
  batch_records = 0;
}

void log_file_flush(void) {
  if (batch_length > 0) write_batch();
}

static void make_room(size_t length) {
  if (batch_length + length > BATCH_SIZE) log_file_flush();
  if (max_size == 0 || size + batch_length == 0 || size + batch_length + length <= max_size) return;
  log_file_flush();
  if (size == 0) return;
  const bool rotated = rotate();
  if (!rotated && !rotate_failing) report("log: cannot rotate: %m");
  rotate_failing = !rotated;
}

uint8_t *log_file_reserve(struct log_record record) {
  make_room(record.length + OVERHEAD);
  uint8_t *payload = batch + batch_length + LOG_HEADER_SIZE;
  batch_length += encode_record(batch + batch_length, record);
  batch_records++;
  return payload;
}

void log_file_close(void) {
  if (batch_length > 0 || dropped_records > 0) write_batch();
  if (unsynced && fdatasync(current) < 0) report("log: fdatasync: %m");
  close(current);
  close(directory);
  current = directory = -1;
}
