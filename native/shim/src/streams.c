#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clients.h"
#include "input.h"
#include "life.h"
#include "log.h"
#include "loop.h"
#include "null.h"

enum { BURST = 32 * 1024, NO_LIMIT = -1 };

struct output {
  struct source source; /* first member: a source's handler casts back */
  enum stream stream;
  int limit; /* bytes still to be read once the stream is abandoned, or NO_LIMIT: up to its end */
};

static void output_ready(struct source *source, uint32_t events);

static struct output outputs[2] = {
    {{.fd = -1, .ready = output_ready}, STREAM_STDOUT, NO_LIMIT},
    {{.fd = -1, .ready = output_ready}, STREAM_STDERR, NO_LIMIT},
};
static int input_end = -1; /* our end of the stdin pipe until the process runs */
static bool reading;
static uint8_t burst[BURST];

/* ours: the end that must not block. Only the container's end keeps the default, since programs expect it. */
static bool open_pipe(int *reader, int *writer, bool ours_is_reader) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  fcntl(ends[ours_is_reader ? 0 : 1], F_SETFL, O_NONBLOCK);
  *reader = ends[0];
  *writer = ends[1];
  return true;
}

static bool open_null(int *fd) {
  *fd = null_open();
  return *fd >= 0;
}

bool streams_open(const struct options *options, int child[3]) {
  const bool stdin_is_null = options->tty || options->stdin_mode == STDIN_NONE;
  const bool opened = (stdin_is_null ? open_null(&child[0]) : open_pipe(&child[0], &input_end, false)) &&
                      (options->tty ? open_null(&child[1]) : open_pipe(&outputs[0].source.fd, &child[1], true)) &&
                      open_pipe(&outputs[1].source.fd, &child[2], true);
  return opened;
}

size_t streams_take_failure(char *text, size_t size) {
  size_t length = 0;
  while (length < size) {
    const ssize_t n = read(outputs[1].source.fd, text + length, size - length);
    if (n <= 0) break;
    length += (size_t)n;
  }
  return length;
}

void streams_begin(int master) {
  if (master >= 0) {
    source_close(&outputs[1].source); /* was the runtime's only */
    outputs[0].source.fd = master;
    input_end = fcntl(master, F_DUPFD_CLOEXEC, 3); /* epoll knows a descriptor once, and it is waited for both ways */
  }
  if (input_end >= 0) input_connect(input_end);
  input_end = -1;
  reading = true;
  streams_update();
}

void streams_update(void) {
  if (!reading) return;
  for (unsigned i = 0; i < 2; i++) source_wait(&outputs[i].source, clients_can_take(outputs[i].stream) ? EPOLLIN : 0);
}

bool streams_drained(void) { return outputs[0].source.fd < 0 && outputs[1].source.fd < 0; }

static void output_close(struct output *output) {
  source_close(&output->source);
  log_end(output->stream);
  life_advance();
}

static void output_ready(struct source *source, uint32_t events) {
  struct output *output = (struct output *)source;
  const size_t size = output->limit != NO_LIMIT && output->limit < BURST ? (size_t)output->limit : BURST;
  const ssize_t n = read(source->fd, burst, size);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return output_close(output); /* a pty's master says EIO when the last slave is closed */
  log_write(output->stream, burst, (size_t)n);
  clients_output(output->stream, burst, (size_t)n);
  if (output->limit == NO_LIMIT) return streams_update();
  output->limit -= (int)n;
  if (output->limit == 0) return output_close(output);
  streams_update();
}

void streams_abandon(void) {
  for (unsigned i = 0; i < 2; i++) {
    struct output *output = &outputs[i];
    if (output->source.fd < 0) continue;
    if (ioctl(output->source.fd, FIONREAD, &output->limit) < 0 || output->limit <= 0) output_close(output);
  }
}

void streams_close(void) {
  reading = false;
  if (input_end >= 0) close(input_end);
  input_end = -1;
  for (unsigned i = 0; i < 2; i++) source_close(&outputs[i].source);
}
