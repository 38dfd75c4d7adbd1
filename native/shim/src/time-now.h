#pragma once

#include <stdint.h>

/* Unix time in nanoseconds. */
uint64_t time_now(void);
