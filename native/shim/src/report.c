#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_line(const char *format, va_list arguments) {
  static const char prefix[] = "slipway-shim: ";
  char line[512];
  size_t length = sizeof prefix - 1;
  memcpy(line, prefix, length);
  const int written = vsnprintf(line + length, sizeof line - length - 1, format, arguments);
  if (written > 0) length += (size_t)written;
  if (length > sizeof line - 2) length = sizeof line - 2;
  line[length++] = '\n';
  if (write(STDERR_FILENO, line, length) < 0) return; /* nobody is left to be told */
}

void report(const char *format, ...) {
  const int saved = errno;
  va_list arguments;
  va_start(arguments, format);
  write_line(format, arguments);
  va_end(arguments);
  errno = saved;
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(format, arguments);
  va_end(arguments);
  exit(1);
}
