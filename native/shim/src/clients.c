#include "clients.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "input.h"
#include "life.h"
#include "loop.h"
#include "report.h"
#include "streams.h"
#include "terminal.h"
#include "unix-socket.h"

enum {
  MAX_CLIENTS = 64,
  /* One OUTPUT frame of the largest burst, one START_FAILED, and some small frames; whole pages. */
  OUTBOX_SIZE = 44 * 1024,
  HURRY_TICK_MS = 2000,
  HURRY_SILENT_TICKS = 5,
  FRAMES_PER_TURN = 32,
};

struct client {
  struct source source; /* first member: a source's handler casts back */
  bool subscribed;
  uint8_t attached; /* STREAM_BITs */

  /* The frame being received. The bytes of STDIN frames go straight from the socket to the stdin queue. */
  uint8_t header[FRAME_HEADER_SIZE];
  uint8_t header_length;
  uint8_t payload[FRAME_MAX_REQUEST];
  struct frame frame;
  uint32_t received;
  bool waits_for_input; /* the stdin queue is full */
  bool read_closed;     /* will send nothing more */

  /* What could not be sent at once: outbox[begin, begin + length). */
  uint8_t *outbox;
  uint32_t out_begin, out_length;
  bool deaf; /* hung up: will receive nothing more */
  unsigned silent_ticks;
};

struct announcement {
  uint8_t type; /* 0: not yet made */
  uint32_t length;
  uint8_t payload[4 + START_FAILED_MAX];
};

static struct client clients[MAX_CLIENTS];
static uint8_t outboxes[MAX_CLIENTS][OUTBOX_SIZE] __attribute__((aligned(4096)));
static struct source listener = {.fd = -1};
static struct timer hurry;
static struct announcement started, ended;

static void client_update(struct client *client);

/* ---- sending ---- */

static void outbox_clear(struct client *client) {
  client->out_begin = client->out_length = 0;
  streams_update();
}

static void deafen(struct client *client) {
  client->deaf = true;
  outbox_clear(client);
}

/* Sends what it can; false when the connection is broken. */
static bool transmit(struct client *client, const struct iovec *parts, size_t count, size_t *sent) {
  const struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};
  const ssize_t n = sendmsg(client->source.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  *sent = n < 0 ? 0 : (size_t)n;
  if (n > 0) client->silent_ticks = 0;
  return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void outbox_append(struct client *client, const struct iovec *parts, size_t count, size_t skip) {
  for (size_t i = 0; i < count; i++) {
    const size_t skipped = skip < parts[i].iov_len ? skip : parts[i].iov_len;
    const size_t length = parts[i].iov_len - skipped;
    skip -= skipped;
    memcpy(client->outbox + client->out_begin + client->out_length, (const uint8_t *)parts[i].iov_base + skipped, length);
    client->out_length += (uint32_t)length;
  }
}

static void client_send(struct client *client, struct frame frame, const uint8_t *payload) {
  if (client->source.fd < 0 || client->deaf) return;
  uint8_t header[FRAME_HEADER_SIZE];
  frame_encode_header(header, frame);
  const struct iovec parts[2] = {{header, sizeof header}, {(void *)payload, frame.length}};
  size_t sent = 0;
  const bool usable = client->out_length > 0 ? client->out_begin + client->out_length + sizeof header + frame.length <= OUTBOX_SIZE
                                             : transmit(client, parts, 2, &sent);
  if (!usable) {
    deafen(client); /* gone, or asks for answers without reading them */
    shutdown(client->source.fd, SHUT_RDWR);
  } else if (sent < sizeof header + frame.length) {
    outbox_append(client, parts, 2, sent);
  }
  client_update(client);
}

static void client_send_error(struct client *client, const char *text) {
  client_send(client, (struct frame){.type = FRAME_ERROR, .length = (uint32_t)strlen(text)}, (const uint8_t *)text);
}

static void client_flush(struct client *client) {
  const struct iovec part = {client->outbox + client->out_begin, client->out_length};
  size_t sent;
  if (!transmit(client, &part, 1, &sent)) return deafen(client);
  client->out_begin += (uint32_t)sent;
  client->out_length -= (uint32_t)sent;
  if (client->out_length == 0) outbox_clear(client);
}

/* ---- coming and going ---- */

static void client_close(struct client *client) {
  const bool gave_input = client->attached & STREAM_BIT(STREAM_STDIN) && !client->read_closed;
  source_close(&client->source);
  client->attached = 0;
  client->out_length = 0;
  madvise(client->outbox, OUTBOX_SIZE, MADV_DONTNEED);
  source_wait(&listener, EPOLLIN);
  if (gave_input) input_finish();
  streams_update();
  life_advance();
}

static void client_update(struct client *client) {
  if (client->deaf && client->read_closed) return client_close(client);
  uint32_t interest = EPOLLHUP;
  if (client->out_length > 0) interest |= EPOLLOUT;
  if (!client->read_closed && !client->waits_for_input) interest |= EPOLLIN;
  /* A hang-up is reported for ever; while its last STDIN bytes have to wait, nothing may be asked about this client. */
  if (client->deaf && client->waits_for_input) interest = 0;
  source_wait(&client->source, interest);
}

static void announce_to(struct client *client, const struct announcement *announcement) {
  if (announcement->type == 0) return;
  client_send(client, (struct frame){.type = announcement->type, .length = announcement->length}, announcement->payload);
}

static void subscribe(struct client *client) {
  if (client->subscribed) return;
  client->subscribed = true;
  announce_to(client, &started);
  announce_to(client, &ended);
}

/* ---- receiving ---- */

static void attach(struct client *client, uint8_t streams) {
  client->attached = streams;
  client_send(client, (struct frame){.type = FRAME_ATTACHED}, NULL);
  subscribe(client);
}

static void serve(struct client *client) {
  const uint8_t *payload = client->payload;
  const char *error = NULL;
  switch (client->frame.type) {
    case FRAME_START:
      error = life_start();
      if (error == NULL) subscribe(client);
      break;
    case FRAME_SUBSCRIBE: subscribe(client); break;
    case FRAME_ATTACH: attach(client, payload[0]); break;
    case FRAME_STDIN_CLOSE: input_finish(); break;
    case FRAME_RESIZE: error = terminal_resize(get_u16(payload), get_u16(payload + 2)); break;
    case FRAME_SIGNAL: error = life_signal(get_u32(payload)); break;
  }
  if (error != NULL) client_send_error(client, error);
}

static const char *check_request(const struct client *client) {
  const bool feeds = client->frame.type == FRAME_STDIN || client->frame.type == FRAME_STDIN_CLOSE;
  if (feeds && !(client->attached & STREAM_BIT(STREAM_STDIN))) return "not attached to stdin";
  return NULL;
}

/* Receives some of the current frame: > 0 bytes, 0 at the end of input, -1 with errno. */
static ssize_t receive_part(struct client *client) {
  const int fd = client->source.fd;
  if (client->header_length < FRAME_HEADER_SIZE) {
    const ssize_t n = recv(fd, client->header + client->header_length, FRAME_HEADER_SIZE - client->header_length, MSG_DONTWAIT);
    if (n > 0) client->header_length += (uint8_t)n;
    return n;
  }
  const uint32_t left = client->frame.length - client->received;
  const ssize_t n = client->frame.type == FRAME_STDIN ? input_receive(fd, left)
                                                      : recv(fd, client->payload + client->received, left, MSG_DONTWAIT);
  if (n > 0) client->received += (uint32_t)n;
  return n;
}

static void stop_reading(struct client *client) {
  const bool gave_input = client->attached & STREAM_BIT(STREAM_STDIN);
  client->read_closed = true;
  if (gave_input) input_finish();
}

static void refuse(struct client *client, const char *why) {
  client_send_error(client, why);
  if (client->source.fd >= 0) client_close(client);
}

static void client_read(struct client *client) {
  for (unsigned frames = 0; frames < FRAMES_PER_TURN && client->source.fd >= 0;) {
    const bool begins = client->header_length < FRAME_HEADER_SIZE;
    const ssize_t n = receive_part(client);
    if (n == 0 || (n < 0 && errno == ECONNRESET)) return stop_reading(client);
    if (n < 0) {
      client->waits_for_input = errno == ENOBUFS;
      return;
    }
    if (client->header_length < FRAME_HEADER_SIZE) continue;
    if (begins) {
      client->received = 0;
      const char *wrong = frame_decode_request(client->header, &client->frame);
      if (wrong == NULL) wrong = check_request(client);
      if (wrong != NULL) return refuse(client, wrong);
    }
    if (client->received < client->frame.length) continue;
    client->header_length = 0;
    frames++;
    serve(client);
  }
}

static void client_ready(struct source *source, uint32_t events) {
  struct client *client = (struct client *)source;
  if (events & (EPOLLHUP | EPOLLERR)) deafen(client);
  else if (events & EPOLLOUT) client_flush(client);
  if (!client->read_closed && !client->waits_for_input && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) client_read(client);
  if (client->source.fd >= 0) client_update(client);
  life_advance();
}

static void accept_client(struct source *source, uint32_t events) {
  const int fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    /* Out of descriptors: the connection would be reported for ever. Wait until a client goes. */
    if (errno == EMFILE || errno == ENFILE) source_wait(&listener, 0);
    return;
  }
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].source.fd >= 0) continue;
    clients[i] = (struct client){.source = {.fd = fd, .ready = client_ready}, .outbox = outboxes[i]};
    life_client_came();
    return client_update(&clients[i]);
  }
  struct client surplus = {.source = {.fd = fd}};
  uint8_t header[FRAME_HEADER_SIZE];
  static const char text[] = "too many clients";
  frame_encode_header(header, (struct frame){.type = FRAME_ERROR, .length = sizeof text - 1});
  const struct iovec parts[2] = {{header, sizeof header}, {(void *)text, sizeof text - 1}};
  size_t sent;
  transmit(&surplus, parts, 2, &sent);
  close(fd);
}

void clients_listen(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) clients[i].source.fd = -1;
  listener = (struct source){.fd = unix_socket_listen(SHIM_SOCKET), .ready = accept_client};
  if (listener.fd < 0) fail(SHIM_SOCKET ": %m");
  source_wait(&listener, EPOLLIN);
}

/* ---- to all ---- */

bool clients_can_take(enum stream stream) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].attached & STREAM_BIT(stream) && clients[i].out_length > 0) return false;
  }
  return true;
}

void clients_output(enum stream stream, const uint8_t *bytes, size_t length) {
  const struct frame frame = {.type = FRAME_OUTPUT, .stream = (uint8_t)stream, .length = (uint32_t)length};
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].attached & STREAM_BIT(stream)) client_send(&clients[i], frame, bytes);
  }
}

static void announce(const struct announcement *announcement) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].source.fd >= 0 && clients[i].subscribed) announce_to(&clients[i], announcement);
  }
}

void clients_tell_started(uint32_t pid) {
  started.type = FRAME_STARTED;
  started.length = 4;
  put_u32(started.payload, pid);
  announce(&started);
}

void clients_tell_start_failed(uint32_t status, const char *text, size_t length) {
  ended.type = FRAME_START_FAILED;
  ended.length = 4 + (uint32_t)length;
  put_u32(ended.payload, status);
  memcpy(ended.payload + 4, text, length);
  announce(&ended);
}

void clients_tell_exit(int32_t code, uint32_t signal, uint64_t at, bool oom) {
  ended.type = FRAME_EXIT;
  ended.length = 17;
  put_u32(ended.payload, (uint32_t)code);
  put_u32(ended.payload + 4, signal);
  put_u64(ended.payload + 8, at);
  ended.payload[16] = oom;
  announce(&ended);
}

void clients_resume_input(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].source.fd < 0 || !clients[i].waits_for_input) continue;
    clients[i].waits_for_input = false;
    client_update(&clients[i]);
  }
}

static void hurry_expired(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    struct client *client = &clients[i];
    if (client->source.fd >= 0 && client->out_length > 0 && ++client->silent_ticks > HURRY_SILENT_TICKS) client_close(client);
  }
  timer_arm(&hurry, HURRY_TICK_MS);
}

void clients_hurry(void) {
  hurry.expired = hurry_expired;
  timer_arm(&hurry, HURRY_TICK_MS);
}

bool clients_flushed(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].source.fd >= 0 && clients[i].out_length > 0) return false;
  }
  return true;
}

bool clients_none(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].source.fd >= 0) return false;
  }
  return true;
}

/* Closing a unix socket with unread bytes in it makes the peer see ECONNRESET where it should see the end. */
static void discard_unread(int fd) {
  uint8_t scratch[4096];
  for (unsigned i = 0; i < 256 && recv(fd, scratch, sizeof scratch, MSG_DONTWAIT) > 0; i++) continue;
}

void clients_close(void) {
  unlink(SHIM_SOCKET);
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (clients[i].source.fd >= 0) discard_unread(clients[i].source.fd);
  }
}
