#include "durable-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void temporary_name(char to[64], const char *name) {
  snprintf(to, 64, "%s.tmp", name);
}

int durable_file_reserve(const char *name, size_t length) {
  char temporary[64];
  temporary_name(temporary, name);
  const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -1;
  const int error = posix_fallocate(fd, 0, (off_t)length);
  close(fd);
  errno = error;
  return error == 0 ? 0 : -1;
}

static int write_and_sync(int fd, const char *bytes, size_t length) {
  /* Not truncated before: that would give reserved space back. */
  if (pwrite(fd, bytes, length, 0) != (ssize_t)length) return -1;
  if (ftruncate(fd, (off_t)length) < 0) return -1;
  return fsync(fd);
}

static int sync_directory(void) {
  const int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  const int result = fsync(fd);
  close(fd);
  return result;
}

int durable_file_write(const char *name, const char *bytes, size_t length) {
  char temporary[64];
  temporary_name(temporary, name);
  const int fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -1;
  const int written = write_and_sync(fd, bytes, length);
  close(fd);
  if (written < 0 || rename(temporary, name) < 0) return -1;
  return sync_directory();
}
