#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop.h"
#include "report.h"
#include "unix-socket.h"

static struct source console = {.fd = -1}; /* the listening socket, then the runtime's connection */
static bool connected;
static int master = -1;
static struct winsize size;

static void apply_size(void) {
  if (master >= 0 && size.ws_row > 0 && size.ws_col > 0 && ioctl(master, TIOCSWINSZ, &size) < 0) report("TIOCSWINSZ: %m");
}

static void accept_runtime(void) {
  const int fd = accept4(console.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  source_close(&console);
  console.fd = fd;
  connected = true;
}

/* The message is the name of the pty with its master beside it. */
static void receive_master(void) {
  char name[4096];
  union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
  struct iovec part = {name, sizeof name};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  const ssize_t n = recvmsg(console.fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const struct cmsghdr *found = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
  if (found != NULL && found->cmsg_type == SCM_RIGHTS) {
    memcpy(&master, CMSG_DATA(found), sizeof master);
    fcntl(master, F_SETFL, O_NONBLOCK);
    apply_size();
  }
  source_close(&console);
}

static void console_ready(struct source *source, uint32_t events) {
  if (!connected) accept_runtime();
  if (connected && console.fd >= 0) receive_master();
  source_wait(&console, EPOLLIN);
}

int terminal_listen(void) {
  console.fd = unix_socket_listen(CONSOLE_SOCKET);
  if (console.fd < 0) return -1;
  console.ready = console_ready;
  source_wait(&console, EPOLLIN);
  return 0;
}

int terminal_take_master(void) {
  if (console.fd >= 0) console_ready(&console, EPOLLIN); /* sent, but its event has not had its turn */
  source_close(&console);
  unlink(CONSOLE_SOCKET);
  return master;
}

const char *terminal_resize(uint16_t rows, uint16_t columns) {
  size.ws_row = rows;
  size.ws_col = columns;
  apply_size();
  return NULL;
}
