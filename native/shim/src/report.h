/* What the shim says about itself: on stderr, which is shim.log once it is ready. */
#pragma once

/* One line; %m may be used for errno. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line, then exit status 1. For the time before readiness only: later, the container must go on. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
