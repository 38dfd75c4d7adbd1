/*
 * The life of a shim, from its first client to its last word:
 *
 *   waiting → starting → running → draining → leaving
 *
 * waiting: for START. starting: the runtime runs. running: the process runs. draining: it has ended, and what it wrote is
 * being read. leaving: the exit is on disk and told; the last bytes go to the clients and the runtime forgets the
 * container. A start that fails goes from starting to leaving.
 */
#pragma once

#include <stdint.h>

#include "options.h"

/* With all signals blocked. */
void life_open(const struct options *options);

/* A client came; the shim is not abandoned. */
void life_client_came(void);

/* START and SIGNAL: NULL, or why not. */
const char *life_start(void);
const char *life_signal(uint32_t signal);

/* Something the next step may have waited for has happened: a stream ended, a client took its bytes or went. */
void life_advance(void);
