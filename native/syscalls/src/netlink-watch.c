#include "syscalls.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define DATAGRAM_BYTES (32 * 1024)
#define STACK_BYTES (128 * 1024)

struct watch {
    napi_threadsafe_function notify;
    pthread_t thread;
    char *namespace;
    int protocol, group, socket, stop;
};

/* One datagram of notifications; none when the kernel had to drop some (ENOBUFS). */
struct notice {
    size_t length;
    char bytes[];
};

static int open_group(void *pointer) {
    struct watch *watch = pointer;
    struct sockaddr_nl own = {.nl_family = AF_NETLINK};
    int error = 0, namespace;
    if (watch->namespace != NULL) {
        if ((namespace = open(watch->namespace, O_RDONLY | O_CLOEXEC)) < 0) return errno;
        if (setns(namespace, CLONE_NEWNET) != 0) error = errno;
        close(namespace);
        if (error != 0) return error;
    }
    if ((watch->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, watch->protocol)) < 0) return errno;
    if (bind(watch->socket, (struct sockaddr *)&own, sizeof own) == 0 &&
        setsockopt(watch->socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &watch->group, sizeof watch->group) == 0)
        return 0;
    error = errno;
    close(watch->socket);
    return error;
}

static bool pass_on(struct watch *watch, const char *bytes, size_t length) {
    struct notice *notice = malloc(sizeof *notice + length);
    if (notice == NULL) return true;
    notice->length = length;
    if (length > 0) memcpy(notice->bytes, bytes, length);
    if (napi_call_threadsafe_function(watch->notify, notice, napi_tsfn_nonblocking) == napi_ok) return true;
    free(notice);
    return false;
}

static void *listen_on(void *pointer) {
    struct watch *watch = pointer;
    struct pollfd wanted[2] = {{watch->socket, POLLIN, 0}, {watch->stop, POLLIN, 0}};
    char *bytes = malloc(DATAGRAM_BYTES);
    while (bytes != NULL) {
        if (poll(wanted, 2, -1) < 0 && errno != EINTR) break;
        if (wanted[1].revents != 0) break;
        ssize_t count = recv(watch->socket, bytes, DATAGRAM_BYTES, 0);
        if (count < 0 && errno != ENOBUFS) continue;
        if (!pass_on(watch, bytes, count > 0 ? (size_t)count : 0)) break;
    }
    free(bytes);
    return NULL;
}

static void deliver(napi_env env, napi_value callback, void *context, void *pointer) {
    struct notice *notice = pointer;
    (void)context;
    if (env != NULL) {
        napi_value undefined = undefined_value(env), bytes = bytes_value(env, notice->bytes, notice->length);
        if (bytes != NULL) napi_call_function(env, undefined, callback, 1, &bytes, NULL);
    }
    free(notice);
}

static void stop_watching(void *pointer) {
    struct watch *watch = pointer;
    uint64_t one = 1;
    if (watch->socket < 0) return;
    while (write(watch->stop, &one, sizeof one) < 0 && errno == EINTR) {}
    pthread_join(watch->thread, NULL);
    close(watch->socket);
    close(watch->stop);
    watch->socket = -1;
    napi_release_threadsafe_function(watch->notify, napi_tsfn_abort);
}

static napi_value js_stop(napi_env env, napi_callback_info info) {
    void *watch;
    if (napi_get_cb_info(env, info, NULL, NULL, NULL, &watch) != napi_ok) return NULL;
    stop_watching(watch);
    return undefined_value(env);
}

static void forget(napi_env env, void *pointer, void *hint) {
    struct watch *watch = pointer;
    (void)hint;
    napi_remove_env_cleanup_hook(env, stop_watching, watch);
    stop_watching(watch);
    free(watch->namespace);
    free(watch);
}

static int start_thread(struct watch *watch) {
    pthread_attr_t attributes;
    sigset_t all, before;
    int error;
    if ((watch->stop = eventfd(0, EFD_CLOEXEC)) < 0) return errno;
    if ((error = pthread_attr_init(&attributes)) == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = pthread_create(&watch->thread, &attributes, listen_on, watch);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
    }
    if (error != 0) close(watch->stop);
    return error;
}

static napi_value begin(napi_env env, struct watch *watch, napi_value callback) {
    napi_value name, stop = NULL;
    int error = on_own_thread(open_group, watch);
    if (error != 0) {
        watch->socket = -1;
        return throw_errno(env, error, "netlink", watch->namespace);
    }
    napi_create_string_utf8(env, "netlink-watch", NAPI_AUTO_LENGTH, &name);
    napi_create_threadsafe_function(env, callback, NULL, name, 0, 1, NULL, NULL, NULL, deliver, &watch->notify);
    if ((error = start_thread(watch)) != 0) {
        napi_release_threadsafe_function(watch->notify, napi_tsfn_abort);
        close(watch->socket);
        watch->socket = -1;
        return throw_errno(env, error, "pthread_create", NULL);
    }
    /* To watch is no reason to go on living. */
    napi_unref_threadsafe_function(env, watch->notify);
    napi_add_env_cleanup_hook(env, stop_watching, watch);
    napi_create_function(env, "stop", NAPI_AUTO_LENGTH, js_stop, watch, &stop);
    napi_add_finalizer(env, stop, watch, forget, NULL, NULL);
    return stop;
}

/* watchNetlink(namespacePath or undefined, protocol, group, callback): function that ends it. The callback gets datagrams as they come. */
napi_value js_watch_netlink(napi_env env, napi_callback_info info) {
    napi_value values[4], stop = NULL;
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) return throw_errno(env, ENOMEM, "netlink", NULL);
    watch->socket = -1;
    if (take_arguments(env, info, 4, values) && take_optional_string(env, values[0], &watch->namespace) &&
        take_int(env, values[1], &watch->protocol) && take_int(env, values[2], &watch->group))
        stop = begin(env, watch, values[3]);
    if (stop == NULL) {
        free(watch->namespace);
        free(watch);
    }
    return stop;
}
