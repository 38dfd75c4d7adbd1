#include "syscalls.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Field 22 of /proc/PID/stat (proc_pid_stat(5)). The second field may hold spaces and brackets, so counting starts after the last one. */
static bool start_time_of(pid_t pid, uint64_t *ticks) {
    char name[32], text[1024];
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return false;
    text[length] = 0;
    char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
    return at != NULL && sscanf(at, " %" SCNu64, ticks) == 1;
}

/* signalProcess(pid, startTime, signal): boolean. The pidfd is opened first: while it is held the pid cannot be given to another process. */
napi_value js_signal_process(napi_env env, napi_callback_info info) {
    napi_value values[3];
    int32_t pid, signal;
    uint64_t expected, found;
    bool lossless;
    if (!take_arguments(env, info, 3, values) || !take_int(env, values[0], &pid) || !take_int(env, values[2], &signal)) return NULL;
    if (napi_get_value_bigint_uint64(env, values[1], &expected, &lossless) != napi_ok) return throw_errno(env, EINVAL, "pidfd_open", "start time");
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return errno == ESRCH ? boolean_value(env, false) : throw_errno(env, errno, "pidfd_open", NULL);
    bool same = start_time_of(pid, &found) && found == expected;
    long sent = same ? syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) : -1;
    int error = same ? errno : ESRCH;
    close(fd);
    if (sent == 0) return boolean_value(env, true);
    return error == ESRCH ? boolean_value(env, false) : throw_errno(env, error, "pidfd_send_signal", NULL);
}

/* trimHeap() */
napi_value js_trim_heap(napi_env env, napi_callback_info info) {
    (void)info;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    return undefined_value(env);
}
