#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "report.h"

static int epoll_fd = -1;

void loop_open(void) {
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1: %m");
}

/* One event at a time: a handler may close any other source without leaving a stale event behind. */
void loop_run(void) {
  for (;;) {
    struct epoll_event event;
    const int count = epoll_wait(epoll_fd, &event, 1, -1);
    if (count < 0 && errno != EINTR) {
      report("epoll_wait: %m");
      exit(1);
    }
    if (count != 1) continue;
    struct source *source = event.data.ptr;
    source->ready(source, event.events);
  }
}

void source_wait(struct source *source, uint32_t interest) {
  if (source->fd < 0 || source->interest == interest) return;
  const int operation = interest == 0 ? EPOLL_CTL_DEL : source->interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  struct epoll_event event = {.events = interest, .data.ptr = source};
  if (epoll_ctl(epoll_fd, operation, source->fd, &event) < 0) report("epoll_ctl(%d, %d): %m", operation, source->fd);
  source->interest = interest;
}

void source_close(struct source *source) {
  if (source->fd < 0) return;
  source_wait(source, 0);
  close(source->fd);
  source->fd = -1;
}

static void timer_ready(struct source *source, uint32_t events) {
  struct timer *timer = (struct timer *)source; /* its first member */
  uint64_t expirations;
  if (read(source->fd, &expirations, sizeof expirations) == sizeof expirations) timer->expired();
}

void timer_arm(struct timer *timer, unsigned milliseconds) {
  if (timer->source.ready == NULL) {
    timer->source.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer->source.fd < 0) report("timerfd_create: %m");
    timer->source.ready = timer_ready;
    source_wait(&timer->source, EPOLLIN);
  }
  const struct itimerspec when = {.it_value = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000}};
  timerfd_settime(timer->source.fd, 0, &when, NULL);
}
