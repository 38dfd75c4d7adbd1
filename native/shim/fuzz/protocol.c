/*
 * Whatever clients send and however they come, read and go, between a container that prints, reads and ends: the shim's side of its socket
 * (client.c, clients.c, frames.c, input.c) must stay within its buffers, speak frames only, and rest when there is nothing to do.
 * An input is a sequence of deeds, each a byte that says which and of whom, and what it needs.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Their state is put back between two inputs. */
#include "../src/clients.c"
#include "../src/input.c"
#include "../src/streams.h"
#include "../src/terminal.h"

enum { PEERS = 3, BURST = 32 * 1024, SMALL_BUFFER = 4096, RESTLESS = 20000 };
enum deed { SEND, SEND_FRAME, FEED, ASK, HALF_CLOSE, LEAVE, LISTEN, PRINT, ANNOUNCE, EAT, HURRY, DEEDS };

struct peer {
  int fd; /* -1: has left */
  /* What it has heard: the frame that is being received. */
  uint8_t header[FRAME_HEADER_SIZE];
  uint32_t header_length, left;
};

static struct peer peers[PEERS];
static uint8_t *boxes[PEERS];
static int stdin_reader = -1;
static bool has_started, has_ended;

static _Noreturn void wrong(const char *what) {
  fprintf(stderr, "protocol: %s\n", what);
  abort();
}

/* ---- the rest of the shim ---- */

void life_client_came(void) {}
void life_advance(void) {}
const char *life_start(void) { return has_started ? "was started before" : NULL; }
const char *life_signal(uint32_t signal) { return has_started && !has_ended ? NULL : "does not run"; }
void streams_update(void) {}
const char *terminal_resize(uint16_t rows, uint16_t columns) { return rows == 0xdead ? "no" : NULL; }
int unix_socket_listen(const char *name) { return -1; }
void report(const char *format, ...) {}
void fail(const char *format, ...) { wrong("fail()"); }

/* ---- the world around it ---- */

/* The events that epoll would report, as long as there are any. */
static void settle(void) {
  for (unsigned turn = 0;; turn++) {
    if (turn == RESTLESS) wrong("does not come to rest");
    struct source *sources[PEERS + 1];
    struct pollfd fds[PEERS + 1];
    nfds_t count = 0;
    for (unsigned i = 0; i < PEERS; i++) {
      if (client_is_open(&clients[i]) && clients[i].source.interest != 0) sources[count++] = &clients[i].source;
    }
    if (sink.fd >= 0 && sink.interest != 0) sources[count++] = &sink;
    for (nfds_t i = 0; i < count; i++) fds[i] = (struct pollfd){.fd = sources[i]->fd, .events = (short)sources[i]->interest};
    if (poll(fds, count, 0) <= 0) return;
    /* One at a time, as in loop.c. */
    for (nfds_t i = 0; i < count; i++) {
      if (fds[i].revents == 0) continue;
      sources[i]->ready(sources[i], (uint32_t)fds[i].revents);
      break;
    }
  }
}

static void come(unsigned i) {
  int ends[2];
  const int size = SMALL_BUFFER;
  if (client_is_open(&clients[i]) || peers[i].fd >= 0) return;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) wrong("socketpair");
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  peers[i] = (struct peer){.fd = ends[1]};
  client_open(&clients[i], ends[0], boxes[i]);
}

static void say(struct peer *peer, const void *bytes, size_t length) {
  if (peer->fd >= 0) send(peer->fd, bytes, length, MSG_NOSIGNAL);
}

static void say_frame(struct peer *peer, uint8_t type, uint32_t length, const uint8_t *payload, size_t sent) {
  uint8_t header[FRAME_HEADER_SIZE];
  frame_encode_header(header, (struct frame){.type = type, .length = length});
  say(peer, header, sizeof header);
  say(peer, payload, sent);
}

/* More than an input holds: enough to fill every buffer. */
static void feed(struct peer *peer, uint16_t length) {
  static const uint8_t food[UINT16_MAX];
  say_frame(peer, FRAME_STDIN, length, food, length);
}

/* Each is answered. */
static void ask(struct peer *peer, unsigned times) {
  for (unsigned i = 0; i < times && peer->fd >= 0; i++) {
    say_frame(peer, FRAME_START, 0, NULL, 0);
    settle();
  }
}

static void leave(struct peer *peer) {
  if (peer->fd >= 0) close(peer->fd);
  peer->fd = -1;
}

static void hear(struct peer *peer, uint8_t byte) {
  if (peer->left > 0) {
    peer->left--;
    return;
  }
  peer->header[peer->header_length++] = byte;
  if (peer->header_length < FRAME_HEADER_SIZE) return;
  peer->header_length = 0;
  peer->left = get_u32(peer->header + 4);
  if (peer->header[0] < FRAME_STARTED || peer->header[0] > FRAME_ATTACHED) wrong("a frame that is none of its");
  if (peer->left > BURST || peer->header[1] > STREAM_STDERR || get_u16(peer->header + 2) != 0) wrong("a header that is none of its");
}

static void hear_some(struct peer *peer, size_t most) {
  static uint8_t heard[BURST];
  if (peer->fd < 0) return;
  const ssize_t n = recv(peer->fd, heard, most < sizeof heard ? most : sizeof heard, MSG_DONTWAIT);
  for (ssize_t at = 0; at < n; at++) hear(peer, heard[at]);
}

static void print(enum stream stream, size_t length) {
  static uint8_t burst[BURST];
  if (!has_started || has_ended || !clients_can_take(stream)) return;
  clients_output(stream, burst, length < BURST ? length : BURST);
}

static void announce_next(uint16_t what) {
  static const char text[START_FAILED_MAX];
  if (has_ended) return;
  if (!has_started && what & 1) {
    has_ended = true;
    return clients_tell_start_failed(what, text, what % (START_FAILED_MAX + 1));
  }
  if (has_started) {
    has_ended = true;
    clients_tell_exit(what, what & 127, what, what & 1);
    return input_close();
  }
  has_started = true;
  clients_tell_started(what);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) wrong("pipe");
  stdin_reader = ends[0];
  input_connect(ends[1]);
}

static void eat(size_t most) {
  static uint8_t eaten[BURST];
  if (stdin_reader >= 0 && read(stdin_reader, eaten, most < BURST ? most : BURST) < 0) return;
}

static void open_shim(uint8_t mode) {
  const struct options options = {.stdin_mode = mode % 3, .tty = mode & 4};
  started = ended = (struct announcement){0};
  has_started = has_ended = finishing = false;
  stdin_reader = -1;
  input_open(&options);
  for (unsigned i = 0; i < PEERS; i++) {
    if (boxes[i] == NULL && posix_memalign((void **)&boxes[i], 4096, OUTBOX_SIZE) != 0) wrong("memory");
    clients[i].source.fd = peers[i].fd = -1;
  }
  for (unsigned i = PEERS; i < MAX_CLIENTS; i++) clients[i].source.fd = -1;
  come(0);
}

static void close_shim(void) {
  for (unsigned i = 0; i < PEERS; i++) leave(&peers[i]);
  if (stdin_reader >= 0) close(stdin_reader);
  settle();
  input_close();
  settle();
  if (!clients_none()) wrong("a client that has left is kept");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static bool prepared;
  if (!prepared) {
    signal(SIGPIPE, SIG_IGN); /* the shim blocks it */
    loop_open();
    prepared = true;
  }
  if (size < 1) return 0;
  open_shim(bytes[0]);
  for (size_t at = 1; at + 3 <= size;) {
    const enum deed deed = bytes[at] % DEEDS;
    const unsigned who = bytes[at] / DEEDS % PEERS;
    const uint16_t number = get_u16(bytes + at + 1);
    struct peer *peer = &peers[who];
    at += 3;
    const size_t length = number < size - at ? number : size - at;
    switch (deed) {
      case SEND:
        come(who);
        say(peer, bytes + at, length);
        at += length;
        break;
      case SEND_FRAME:
        come(who);
        if (length == 0) break;
        say_frame(peer, bytes[at] % 9, (uint32_t)length - 1, bytes + at + 1, length - 1);
        at += length;
        break;
      case FEED: feed(peer, number); break;
      case ASK: ask(peer, number % 2048); break;
      case HALF_CLOSE:
        if (peer->fd >= 0) shutdown(peer->fd, SHUT_WR);
        break;
      case LEAVE: leave(peer); break;
      case LISTEN: hear_some(peer, number); break;
      case PRINT: print(number & 1 ? STREAM_STDERR : STREAM_STDOUT, number); break;
      case ANNOUNCE: announce_next(number); break;
      case EAT: eat(number); break;
      case HURRY: hurry_expired(); break;
      case DEEDS: break;
    }
    settle();
  }
  close_shim();
  return 0;
}

#ifdef REPLAY
/* Runs the inputs that are named, where no libFuzzer is. */
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(argv[i], "rb");
    if (file == NULL) wrong(argv[i]);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
#endif
