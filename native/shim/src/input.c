#include "input.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients.h"
#include "loop.h"

static uint8_t queue[32 * 1024];
static size_t begin, end;
static struct source sink = {.fd = -1};
static bool closes_once; /* the end of one client's input is the end of stdin */
static bool finishing;   /* close when the queue is empty */
static bool closed;

void input_close(void) {
  closed = true;
  begin = end = 0;
  source_close(&sink);
  clients_resume_input();
}

static void flush(void) {
  while (begin < end) {
    const ssize_t n = write(sink.fd, queue + begin, end - begin);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return source_wait(&sink, EPOLLOUT);
    if (n < 0) return input_close(); /* nobody reads it any more */
    begin += (size_t)n;
  }
  begin = end = 0;
  source_wait(&sink, 0);
  if (finishing) input_close();
  clients_resume_input();
}

static void sink_ready(struct source *source, uint32_t events) { flush(); }

void input_open(const struct options *options) {
  closes_once = options->stdin_mode == STDIN_ONCE && !options->tty;
  closed = options->stdin_mode == STDIN_NONE;
}

void input_connect(int fd) {
  sink = (struct source){.fd = fd, .ready = sink_ready};
  if (closed) return source_close(&sink);
  flush();
}

static ssize_t discard(int socket, size_t limit) {
  uint8_t scratch[4096];
  return recv(socket, scratch, limit < sizeof scratch ? limit : sizeof scratch, MSG_DONTWAIT);
}

ssize_t input_receive(int socket, size_t limit) {
  if (closed || finishing) return discard(socket, limit);
  const size_t room = sizeof queue - end;
  if (room == 0) {
    errno = ENOBUFS;
    return -1;
  }
  const ssize_t n = recv(socket, queue + end, limit < room ? limit : room, MSG_DONTWAIT);
  if (n > 0) {
    end += (size_t)n;
    if (sink.fd >= 0) flush();
  }
  return n;
}

void input_finish(void) {
  if (!closes_once || closed) return;
  finishing = true;
  if (sink.fd >= 0) flush();
}
