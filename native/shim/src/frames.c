#include "frames.h"

static void put(uint8_t *to, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *from, unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; i++) value |= (uint64_t)from[i] << (8 * i);
  return value;
}

void put_u16(uint8_t *to, uint16_t value) { put(to, value, 2); }
void put_u32(uint8_t *to, uint32_t value) { put(to, value, 4); }
void put_u64(uint8_t *to, uint64_t value) { put(to, value, 8); }
uint16_t get_u16(const uint8_t *from) { return (uint16_t)get(from, 2); }
uint32_t get_u32(const uint8_t *from) { return (uint32_t)get(from, 4); }

void frame_encode_header(uint8_t to[FRAME_HEADER_SIZE], struct frame frame) {
  to[0] = frame.type;
  to[1] = frame.stream;
  put_u16(to + 2, 0);
  put_u32(to + 4, frame.length);
}

const char *frame_decode_request(const uint8_t from[FRAME_HEADER_SIZE], struct frame *frame) {
  static const struct { uint8_t type; uint32_t length; } fixed[] = {
      {FRAME_START, 0},       {FRAME_SUBSCRIBE, 0}, {FRAME_ATTACH, 1},
      {FRAME_STDIN_CLOSE, 0}, {FRAME_RESIZE, 4},    {FRAME_SIGNAL, 4},
  };
  *frame = (struct frame){.type = from[0], .stream = from[1], .length = get_u32(from + 4)};
  if (from[1] != STREAM_STDIN || get_u16(from + 2) != 0) return "reserved header bytes are not zero";
  if (frame->length > FRAME_MAX_PAYLOAD) return "payload longer than 64 KiB";
  if (frame->type == FRAME_STDIN) return NULL;
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    if (fixed[i].type == frame->type) return fixed[i].length == frame->length ? NULL : "wrong payload length";
  }
  return "unknown frame type";
}
