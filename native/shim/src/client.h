/*
 * One connection to shim.sock: the frames it sends are served, and what it is to get is kept in a bounded outbox.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "frames.h"
#include "loop.h"

/* One OUTPUT frame of the largest burst, one START_FAILED, and some small frames; whole pages. */
enum { OUTBOX_SIZE = 44 * 1024 };

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

/* Begins to serve a connection. `outbox`: OUTBOX_SIZE bytes on pages of their own, given back to the kernel at the end. */
void client_open(struct client *client, int fd, uint8_t *outbox);
void client_close(struct client *client);
bool client_is_open(const struct client *client);

/* Sends now what the socket takes, and keeps the rest. A client that asks for answers without reading them is given up. */
void client_send(struct client *client, struct frame frame, const uint8_t *payload);
void client_send_error(struct client *client, const char *text);

/* The stdin queue has room again. */
void client_resume_input(struct client *client);
