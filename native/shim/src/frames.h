/*
 * The words spoken on shim.sock. A frame is an 8-byte header and a payload:
 *   u8 type, u8 stream, u16 zero, u32 payload length (little-endian, at most 64 KiB)
 * Payloads are listed in README.md. Numbers are part of the protocol: never reuse one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum frame_type {
  /* client → shim */
  FRAME_START = 1,
  FRAME_SUBSCRIBE = 2,
  FRAME_ATTACH = 3,
  FRAME_STDIN = 4,
  FRAME_STDIN_CLOSE = 5,
  FRAME_RESIZE = 6,
  FRAME_SIGNAL = 7,
  /* shim → client */
  FRAME_STARTED = 64,
  FRAME_START_FAILED = 65,
  FRAME_OUTPUT = 66,
  FRAME_EXIT = 67,
  FRAME_ERROR = 68,
  FRAME_ATTACHED = 69,
};

enum stream { STREAM_STDIN = 0, STREAM_STDOUT = 1, STREAM_STDERR = 2 };

/* ATTACH flags: bit n stands for stream n. */
#define STREAM_BIT(stream) (1u << (stream))

enum { FRAME_HEADER_SIZE = 8, FRAME_MAX_PAYLOAD = 64 * 1024, FRAME_MAX_REQUEST = 4 };

struct frame {
  uint8_t type;
  uint8_t stream;
  uint32_t length;
};

void put_u16(uint8_t *to, uint16_t value);
void put_u32(uint8_t *to, uint32_t value);
void put_u64(uint8_t *to, uint64_t value);
uint16_t get_u16(const uint8_t *from);
uint32_t get_u32(const uint8_t *from);

void frame_encode_header(uint8_t to[FRAME_HEADER_SIZE], struct frame frame);

/* NULL, or what is wrong with a header sent by a client. */
const char *frame_decode_request(const uint8_t from[FRAME_HEADER_SIZE], struct frame *frame);
