#include "syscalls.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* The largest datagram the kernel builds for a dump is 32 KiB (netlink_dump in net/netlink/af_netlink.c). */
#define DATAGRAM_BYTES (64 * 1024)

struct exchange {
    char *namespace;
    int protocol;
    const char *failed;
    char *request, *reply;
    size_t request_length, reply_length, reply_room;
};

static int fail(struct exchange *exchange, const char *call) {
    exchange->failed = call;
    return errno;
}

static int enter(struct exchange *exchange) {
    int error = 0, fd;
    if (exchange->namespace == NULL) return 0;
    if ((fd = open(exchange->namespace, O_RDONLY | O_CLOEXEC)) < 0) return fail(exchange, "open");
    if (setns(fd, CLONE_NEWNET) != 0) error = fail(exchange, "setns");
    close(fd);
    return error;
}

static void make_room(int fd, size_t bytes) {
    int one = 1, size = (int)(bytes + DATAGRAM_BYTES), receive = 4 * 1024 * 1024;
    /* Acknowledgements without a copy of the request, with the kernel's words for what is wrong. */
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) != 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
}

static int receive_all(struct exchange *exchange, int fd) {
    for (;;) {
        if (exchange->reply_room - exchange->reply_length < DATAGRAM_BYTES) {
            size_t room = exchange->reply_room * 2 + DATAGRAM_BYTES;
            char *grown = realloc(exchange->reply, room);
            if (grown == NULL) return ENOMEM;
            exchange->reply = grown;
            exchange->reply_room = room;
        }
        /* The kernel answers within send(2), and goes on with a dump within recv(2): when nothing is there, nothing will come. */
        ssize_t count = recv(fd, exchange->reply + exchange->reply_length, DATAGRAM_BYTES, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN ? 0 : fail(exchange, "recv");
        exchange->reply_length += (size_t)count;
    }
}

static int talk(void *pointer) {
    struct exchange *exchange = pointer;
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int error = enter(exchange), fd;
    if (error != 0) return error;
    if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, exchange->protocol)) < 0) return fail(exchange, "socket");
    make_room(fd, exchange->request_length);
    if (sendto(fd, exchange->request, exchange->request_length, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
        error = fail(exchange, "send");
    else
        error = receive_all(exchange, fd);
    close(fd);
    return error;
}

static struct failure hold_talk(void *pointer) {
    struct exchange *exchange = pointer;
    const int error = exchange->namespace == NULL ? talk(exchange) : on_own_thread(talk, exchange);
    return (struct failure){error, exchange->failed, exchange->namespace};
}

static void discard(void *pointer) {
    struct exchange *exchange = pointer;
    free(exchange->namespace);
    free(exchange->request);
    free(exchange->reply);
    free(exchange);
}

static napi_value reply_of(napi_env env, const void *pointer) {
    const struct exchange *exchange = pointer;
    return bytes_value(env, exchange->reply, exchange->reply_length);
}

/* netlink(namespacePath or undefined, protocol, request): promise of everything the kernel answered, off the main thread */
napi_value js_netlink(napi_env env, napi_callback_info info) {
    static const struct promised_call NETLINK = {"netlink", hold_talk, reply_of, discard};
    napi_value values[3];
    void *bytes;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) return throw_errno(env, ENOMEM, "netlink", NULL);
    if (!take_arguments(env, info, 3, values) || !take_optional_string(env, values[0], &exchange->namespace) ||
        !take_int(env, values[1], &exchange->protocol) || !take_bytes(env, values[2], &bytes, &exchange->request_length)) {
        discard(exchange);
        return NULL;
    }
    /* A copy: the caller may change its buffer while the kernel reads. */
    if ((exchange->request = malloc(exchange->request_length + 1)) == NULL) {
        discard(exchange);
        return throw_errno(env, ENOMEM, "netlink", NULL);
    }
    memcpy(exchange->request, bytes, exchange->request_length);
    return promise_of(env, &NETLINK, exchange);
}
