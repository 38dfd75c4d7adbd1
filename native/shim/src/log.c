#include "log.h"

#include <string.h>

#include "log-file.h"
#include "time-now.h"

struct line {
  uint8_t bytes[LOG_MAX_PAYLOAD];
  size_t length;
};

static bool enabled;
static struct line unfinished[2]; /* of stdout and stderr: what came without a newline yet */

static struct line *unfinished_of(enum stream stream) { return &unfinished[stream - STREAM_STDOUT]; }

void log_open(const struct options *options) {
  if (options->log_dir == NULL) return;
  log_file_open(options->log_dir, options->log_max_size, options->log_max_files);
  enabled = true;
}

static void write_record(enum stream stream, const uint8_t *bytes, size_t length, uint64_t at) {
  const struct line *line = unfinished_of(stream);
  const size_t total = line->length + length;
  const uint8_t last = length > 0 ? bytes[length - 1] : line->bytes[line->length - 1];
  uint8_t *payload = log_file_reserve((struct log_record){
      .length = (uint32_t)total, .stream = (uint8_t)stream, .flags = last == '\n' ? 0 : LOG_PARTIAL, .at = at});
  memcpy(payload, line->bytes, line->length);
  memcpy(payload + line->length, bytes, length);
  unfinished_of(stream)->length = 0;
}

void log_write(enum stream stream, const uint8_t *bytes, size_t length) {
  if (!enabled) return;
  const uint64_t at = time_now();
  struct line *line = unfinished_of(stream);
  while (length > 0) {
    const size_t room = LOG_MAX_PAYLOAD - line->length;
    const size_t reach = length < room ? length : room;
    const uint8_t *newline = memchr(bytes, '\n', reach);
    const size_t taken = newline != NULL ? (size_t)(newline - bytes) + 1 : reach;
    if (newline != NULL || taken == room) {
      write_record(stream, bytes, taken, at);
    } else {
      memcpy(line->bytes + line->length, bytes, taken);
      line->length += taken;
    }
    bytes += taken;
    length -= taken;
  }
  log_file_flush();
}

void log_end(enum stream stream) {
  if (!enabled || unfinished_of(stream)->length == 0) return;
  write_record(stream, (const uint8_t *)"", 0, time_now());
  log_file_flush();
}

void log_close(void) {
  if (!enabled) return;
  log_end(STREAM_STDOUT);
  log_end(STREAM_STDERR);
  log_file_close();
  enabled = false;
}
