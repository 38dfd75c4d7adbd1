#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "durable-file.h"
#include "report.h"
#include "time-now.h"

enum { EXIT_RECORD_MAX = 128 };

static int process_fd = -1; /* pidfd */

/* Reads a small file whole. Its length, or -1. */
static ssize_t read_text(const char *path, char *to, size_t size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const ssize_t length = read(fd, to, size - 1);
  close(fd);
  if (length >= 0) to[length] = '\0';
  return length;
}

/* Field 22; counted from behind the last ')', since the second field is a name that may hold anything. */
static unsigned long long start_time(pid_t pid) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_text(path, text, sizeof text) < 0) return 0;
  const char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static int write_pid_file(pid_t pid) {
  char text[64];
  const int length = snprintf(text, sizeof text, "%d %llu\n", (int)pid, start_time(pid));
  const int fd = open(PID_FILE ".tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -1;
  const bool written = write(fd, text, (size_t)length) == length;
  close(fd);
  return written ? rename(PID_FILE ".tmp", PID_FILE) : -1;
}

pid_t process_adopt(const char *runtime_pid_file) {
  char text[32];
  if (read_text(runtime_pid_file, text, sizeof text) <= 0) return -1;
  unlink(runtime_pid_file);
  const pid_t pid = (pid_t)strtol(text, NULL, 10);
  process_fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (process_fd < 0) return -1;
  fcntl(process_fd, F_SETFD, FD_CLOEXEC);
  if (write_pid_file(pid) < 0) report(PID_FILE ": %m");
  return pid;
}

const char *process_signal(uint32_t signal) {
  if (syscall(SYS_pidfd_send_signal, process_fd, (int)signal, NULL, 0) == 0) return NULL;
  return errno == ESRCH ? "the process has ended" : strerror(errno);
}

struct exit_status process_exit_status(int status) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return (struct exit_status){
      .code = signal != 0 ? 128 + signal : WEXITSTATUS(status),
      .signal = (uint32_t)signal,
      .at = time_now(),
  };
}

void process_record_exit(const struct exit_status *status) {
  char text[EXIT_RECORD_MAX];
  const int length = snprintf(text, sizeof text, "code=%d\nsignal=%u\nat=%llu\noom=%d\n", status->code, status->signal,
                              (unsigned long long)status->at, status->oom);
  if (durable_file_write(EXIT_FILE, text, (size_t)length) < 0) report(EXIT_FILE ": %m");
}

void process_prepare_files(void) {
  unlink(EXIT_FILE);
  unlink(PID_FILE);
  if (durable_file_reserve(EXIT_FILE, EXIT_RECORD_MAX) < 0) fail(EXIT_FILE ": %m");
}
