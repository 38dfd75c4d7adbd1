/* The pty of a process with --tty. The runtime makes it and sends its master over console.sock. */
#pragma once

#include <stdint.h>

/* Where the runtime is to connect, from any directory and mount namespace. */
#define CONSOLE_SOCKET "console.sock"

/* Listens on CONSOLE_SOCKET in the current directory. 0, or -1 with errno set. */
int terminal_listen(void);

/* The master, if the runtime has sent it, else -1. Takes CONSOLE_SOCKET away: only one pty is ever received. */
int terminal_take_master(void);

/* Sets the size now, or when the pty arrives. NULL, or why not. */
const char *terminal_resize(uint16_t rows, uint16_t columns);
