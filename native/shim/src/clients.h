/*
 * Those who talk to the shim over shim.sock: at most 64, each with a bounded buffer.
 *
 * A client has at most one OUTPUT frame waiting. While it has, the streams it is attached to are not read, so a slow
 * client makes the container wait instead of making the shim grow. A client that goes releases them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"

#define SHIM_SOCKET "shim.sock"

/* The text of START_FAILED is cut to this many bytes. */
enum { START_FAILED_MAX = 4096 };

/* Listens on shim.sock in the current directory, or fails. */
void clients_listen(void);

/* True when no client attached to `stream` still has something waiting. */
bool clients_can_take(enum stream stream);

/* To every client attached to `stream`. Only after clients_can_take(); at most 64 KiB. */
void clients_output(enum stream stream, const uint8_t *bytes, size_t length);

/* Tell all subscribed and attached clients, and remember for those who subscribe later. */
void clients_tell_started(uint32_t pid);
void clients_tell_start_failed(uint32_t status, const char *text, size_t length);
void clients_tell_exit(int32_t code, uint32_t signal, uint64_t at, bool oom);

/* The container's stdin has room again: serve the clients that wait with STDIN bytes. */
void clients_resume_input(void);

/* The process has ended: from now on a client that takes nothing for 10 s is given up. */
void clients_hurry(void);

/* True when nothing waits to be sent. life_advance() is called when this becomes true. */
bool clients_flushed(void);

/* A client has subscribed: tells it what has happened already. */
struct client;
void clients_greet(struct client *client);

/* A client has gone. */
void clients_left(void);

/* True when nobody is connected. */
bool clients_none(void);

/* Takes the socket away and closes every connection. */
void clients_close(void);
