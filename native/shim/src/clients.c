#include "clients.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "life.h"
#include "loop.h"
#include "report.h"
#include "unix-socket.h"

enum { MAX_CLIENTS = 64, HURRY_TICK_MS = 2000, HURRY_SILENT_TICKS = 5 };

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

/* ---- coming and going ---- */

/* A best effort: a new connection's buffer is empty. */
static void refuse(int fd) {
  static const char text[] = "too many clients";
  uint8_t frame[FRAME_HEADER_SIZE + sizeof text - 1];
  frame_encode_header(frame, (struct frame){.type = FRAME_ERROR, .length = sizeof text - 1});
  memcpy(frame + FRAME_HEADER_SIZE, text, sizeof text - 1);
  send(fd, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void accept_client(struct source *source, uint32_t events) {
  const int fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    /* Out of descriptors: the connection would be reported for ever. Wait until a client goes. */
    if (errno == EMFILE || errno == ENFILE) source_wait(&listener, 0);
    return;
  }
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (client_is_open(&clients[i])) continue;
    life_client_came();
    return client_open(&clients[i], fd, outboxes[i]);
  }
  refuse(fd);
  close(fd);
}

static void announce_to(struct client *client, const struct announcement *announcement) {
  if (announcement->type == 0) return;
  client_send(client, (struct frame){.type = announcement->type, .length = announcement->length}, announcement->payload);
}

void clients_greet(struct client *client) {
  announce_to(client, &started);
  announce_to(client, &ended);
}

void clients_left(void) {
  source_wait(&listener, EPOLLIN); /* there may be descriptors again */
  life_advance();
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
    if (client_is_open(&clients[i]) && clients[i].subscribed) announce_to(&clients[i], announcement);
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
    if (client_is_open(&clients[i])) client_resume_input(&clients[i]);
  }
}

static void hurry_expired(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    struct client *client = &clients[i];
    if (client_is_open(client) && client->out_length > 0 && ++client->silent_ticks > HURRY_SILENT_TICKS) client_close(client);
  }
  timer_arm(&hurry, HURRY_TICK_MS);
}

void clients_hurry(void) {
  hurry.expired = hurry_expired;
  timer_arm(&hurry, HURRY_TICK_MS);
}

bool clients_flushed(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (client_is_open(&clients[i]) && clients[i].out_length > 0) return false;
  }
  return true;
}

bool clients_none(void) {
  for (unsigned i = 0; i < MAX_CLIENTS; i++) {
    if (client_is_open(&clients[i])) return false;
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
    if (client_is_open(&clients[i])) discard_unread(clients[i].source.fd);
  }
}
