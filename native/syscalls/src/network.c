#include "syscalls.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static int raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int error = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) error = errno;
    request.ifr_flags |= IFF_UP;
    if (error == 0 && ioctl(fd, SIOCSIFFLAGS, &request) != 0) error = errno;
    close(fd);
    return error;
}

/* Routers may be announced by any neighbour on the link; addresses and routes of a sandbox come from the engine alone (CVE-2020-13401). */
static void ignore_router_advertisements(void) {
    static const char *const settings[] = {"/proc/sys/net/ipv6/conf/default/accept_ra", "/proc/sys/net/ipv6/conf/all/accept_ra"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        /* /proc/sys/net shows the namespace of the thread that opens it. A kernel without IPv6 has no such file. */
        int fd = open(settings[i], O_WRONLY | O_CLOEXEC);
        if (fd < 0) continue;
        if (write(fd, "0", 1) < 0) {}
        close(fd);
    }
}

static int create_namespace(void *pointer) {
    const char *path = pointer;
    int error, fd;
    if (unshare(CLONE_NEWNET) != 0) return errno;
    if ((error = raise_loopback()) != 0) return error;
    ignore_router_advertisements();
    /* Never a path that is already there: it could be another namespace's pin. */
    if ((fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444)) < 0) return errno;
    close(fd);
    if (mount("/proc/thread-self/ns/net", path, "", MS_BIND, NULL) == 0) return 0;
    error = errno;
    unlink(path);
    return error;
}

/* createNetworkNamespace(path) */
napi_value js_create_network_namespace(napi_env env, napi_callback_info info) {
    napi_value values[1], result;
    char *path;
    if (!take_arguments(env, info, 1, values) || !take_string(env, values[0], &path)) return NULL;
    int error = on_own_thread(create_namespace, path);
    result = error == 0 ? undefined_value(env) : throw_errno(env, error, "unshare", path);
    free(path);
    return result;
}

struct socket_request {
    char *namespace;
    int family, type, fd;
    socklen_t length;
    struct sockaddr_storage address;
};

static int open_socket(void *pointer) {
    struct socket_request *request = pointer;
    int one = 1, error = 0;
    int namespace = open(request->namespace, O_RDONLY | O_CLOEXEC);
    if (namespace < 0) return errno;
    if (setns(namespace, CLONE_NEWNET) != 0) error = errno;
    close(namespace);
    if (error != 0) return error;
    request->fd = socket(request->family, request->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (request->fd < 0) return errno;
    if (request->type == SOCK_STREAM) setsockopt(request->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (request->family == AF_INET6) setsockopt(request->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(request->fd, (struct sockaddr *)&request->address, request->length) == 0) return 0;
    error = errno;
    close(request->fd);
    return error;
}

static bool set_address(struct socket_request *request, const char *address, uint32_t port) {
    if (port > 65535) return false;
    if (request->family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&request->address;
        *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        request->length = sizeof *v4;
        return inet_pton(AF_INET, address, &v4->sin_addr) == 1;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&request->address;
    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    request->length = sizeof *v6;
    return inet_pton(AF_INET6, address, &v6->sin6_addr) == 1;
}

/* socketIn(namespacePath, kind, address, port): file descriptor; kind is udp4, udp6, tcp4 or tcp6 */
napi_value js_socket_in(napi_env env, napi_callback_info info) {
    napi_value values[4], result = NULL;
    struct socket_request request = {0};
    char *kind = NULL, *address = NULL;
    uint32_t port;
    if (take_arguments(env, info, 4, values) && take_uint(env, values[3], &port) && take_string(env, values[0], &request.namespace) &&
        take_string(env, values[1], &kind) && take_string(env, values[2], &address)) {
        size_t length = strlen(kind);
        request.family = length == 4 && kind[3] == '6' ? AF_INET6 : AF_INET;
        request.type = strncmp(kind, "udp", 3) == 0 ? SOCK_DGRAM : SOCK_STREAM;
        int error = set_address(&request, address, port) ? on_own_thread(open_socket, &request) : EINVAL;
        result = error == 0 ? int_value(env, request.fd) : throw_errno(env, error, "bind", address);
    }
    free(request.namespace);
    free(kind);
    free(address);
    return result;
}
