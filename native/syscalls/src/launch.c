#include "syscalls.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * launch(argv, environment): Promise<{ status, stderr }>
 *
 * For programs that go to the background by themselves: starts one and waits until its foreground has exited. Node's own
 * spawn forks, and copying the page tables of a grown engine takes milliseconds of the main thread; posix_spawn shares them until
 * exec (clone(2), CLONE_VFORK), and it is done on a thread of libuv's pool here. Node does not know of the child, so nothing but this reaps it.
 */
enum { STDERR_MAX = 8192 };

struct launch {
    char **arguments, **environment;
    int status;
    size_t length;
    char text[STDERR_MAX];
};

static void free_strings(char **strings) {
    for (size_t i = 0; strings != NULL && strings[i] != NULL; i++) free(strings[i]);
    free(strings);
}

static void free_launch(void *pointer) {
    struct launch *launch = pointer;
    free_strings(launch->arguments);
    free_strings(launch->environment);
    free(launch);
}

/* An array of strings, as execve wants it. */
static bool take_strings(napi_env env, napi_value value, char ***strings) {
    uint32_t length;
    if (napi_get_array_length(env, value, &length) != napi_ok) {
        napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "an array of strings was expected");
        return false;
    }
    if ((*strings = calloc((size_t)length + 1, sizeof **strings)) == NULL) return throw_errno(env, ENOMEM, "launch", NULL) != NULL;
    for (uint32_t i = 0; i < length; i++) {
        napi_value element;
        if (napi_get_element(env, value, i, &element) != napi_ok || !take_string(env, element, &(*strings)[i])) return false;
    }
    return true;
}

/* /dev/null, /dev/null and the pipe as stdio; nothing ignored or blocked but what the program itself chooses. */
static int start(struct launch *launch, int stderr_end, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, stderr_end, 2);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int error = posix_spawn(pid, launch->arguments[0], &actions, &attributes, launch->arguments, launch->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What does not fit is read all the same, so that nobody waits for room. True when there may be more. */
static bool read_some(struct launch *launch, int fd) {
    char surplus[1024];
    const bool full = launch->length == STDERR_MAX;
    const ssize_t n = full ? read(fd, surplus, sizeof surplus) : read(fd, launch->text + launch->length, STDERR_MAX - launch->length);
    if (n > 0 && !full) launch->length += (size_t)n;
    return n > 0 || (n < 0 && errno == EINTR);
}

/* Until the foreground has exited: what it left behind may hold stderr for ever. */
static void attend(struct launch *launch, int stderr_end, pid_t pid) {
    struct pollfd waited[2] = {{.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN}, {.fd = stderr_end, .events = POLLIN}};
    while (waited[0].fd >= 0 && (poll(waited, 2, -1) >= 0 || errno == EINTR) && waited[0].revents == 0) {
        if (waited[1].revents != 0 && !read_some(launch, stderr_end)) waited[1].fd = -1;
    }
    while (waitpid(pid, &launch->status, 0) < 0 && errno == EINTR) continue;
    fcntl(stderr_end, F_SETFL, O_NONBLOCK);
    while (read_some(launch, stderr_end)) continue;
    if (waited[0].fd >= 0) close(waited[0].fd);
}

static struct failure run_foreground(void *pointer) {
    struct launch *launch = pointer;
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0) return (struct failure){errno, "pipe2", NULL};
    const int error = start(launch, ends[1], &pid);
    close(ends[1]);
    if (error == 0) attend(launch, ends[0], pid);
    close(ends[0]);
    return (struct failure){error, "posix_spawn", launch->arguments[0]};
}

static napi_value result_of(napi_env env, const void *pointer) {
    const struct launch *launch = pointer;
    napi_value result, text;
    const int status = WIFSIGNALED(launch->status) ? 128 + WTERMSIG(launch->status) : WEXITSTATUS(launch->status);
    napi_create_object(env, &result);
    napi_set_named_property(env, result, "status", int_value(env, status));
    if (napi_create_string_utf8(env, launch->text, launch->length, &text) == napi_ok) napi_set_named_property(env, result, "stderr", text);
    return result;
}

napi_value js_launch(napi_env env, napi_callback_info info) {
    static const struct promised_call LAUNCH = {"launch", run_foreground, result_of, free_launch};
    napi_value values[2];
    struct launch *launch = calloc(1, sizeof *launch);
    if (launch == NULL) return throw_errno(env, ENOMEM, "launch", NULL);
    if (!take_arguments(env, info, 2, values) || !take_strings(env, values[0], &launch->arguments) || !take_strings(env, values[1], &launch->environment)) {
        free_launch(launch);
        return NULL;
    }
    if (launch->arguments[0] != NULL) return promise_of(env, &LAUNCH, launch);
    free_launch(launch);
    return throw_errno(env, EINVAL, "launch", NULL);
}
