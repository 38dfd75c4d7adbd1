#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "clients.h"
#include "input.h"
#include "life.h"
#include "streams.h"
#include "terminal.h"

enum { FRAMES_PER_TURN = 32 };

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
    if (length == 0) continue; /* a frame without payload has none to point to */
    memcpy(client->outbox + client->out_begin + client->out_length, (const uint8_t *)parts[i].iov_base + skipped, length);
    client->out_length += (uint32_t)length;
  }
}

void client_send(struct client *client, struct frame frame, const uint8_t *payload) {
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

void client_send_error(struct client *client, const char *text) {
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

void client_close(struct client *client) {
  const bool gave_input = client->attached & STREAM_BIT(STREAM_STDIN) && !client->read_closed;
  source_close(&client->source);
  client->attached = 0;
  client->out_length = 0;
  madvise(client->outbox, OUTBOX_SIZE, MADV_DONTNEED);
  if (gave_input) input_finish();
  streams_update();
  clients_left();
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

static void subscribe(struct client *client) {
  if (client->subscribed) return;
  client->subscribed = true;
  clients_greet(client);
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
      subscribe(client);
      error = life_start();
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

/* ---- for clients.c ---- */

void client_open(struct client *client, int fd, uint8_t *outbox) {
  *client = (struct client){.source = {.fd = fd, .ready = client_ready}, .outbox = outbox};
  client_update(client);
}

bool client_is_open(const struct client *client) { return client->source.fd >= 0; }

void client_resume_input(struct client *client) {
  if (!client->waits_for_input) return;
  client->waits_for_input = false;
  client_update(client);
}
