/*
 * The event loop: one epoll, no polling, no wake-up without a cause.
 * A source is a descriptor somebody waits for; a timer is a source made of a timerfd.
 */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

struct source {
  int fd;            /* -1: none */
  uint32_t interest; /* EPOLL* bits now registered; 0: not registered */
  void (*ready)(struct source *source, uint32_t events);
};

struct timer {
  struct source source;
  void (*expired)(void);
};

void loop_open(void);

/* Never returns; the program ends by exit(). */
_Noreturn void loop_run(void);

/*
 * Waits for `interest`; 0 takes the descriptor out altogether, because epoll reports EPOLLHUP and EPOLLERR whether they
 * were asked for or not, and a source nobody may serve now would spin. EPOLLHUP alone waits for a hang-up only.
 */
void source_wait(struct source *source, uint32_t interest);

/* Stops waiting and closes the descriptor. */
void source_close(struct source *source);

/* Expires once after `milliseconds`; 0 disarms. */
void timer_arm(struct timer *timer, unsigned milliseconds);
