#include "syscalls.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PROPAGATION (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE)
#define PER_MOUNT (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)

struct mount_request {
    char *source, *target, *type, *options, *cwd;
    unsigned long flags;
};

static const struct { const char *name; unsigned long flag; } FLAGS[] = {
    {"readonly", MS_RDONLY}, {"nosuid", MS_NOSUID}, {"nodev", MS_NODEV}, {"noexec", MS_NOEXEC}, {"bind", MS_BIND},
    {"recursive", MS_REC}, {"private", MS_PRIVATE}, {"slave", MS_SLAVE}, {"shared", MS_SHARED}, {"remount", MS_REMOUNT},
};

/* Flags of the mount that is there: in a user namespace those it was inherited with are locked, and a remount without them fails (mount_namespaces(7)). */
static unsigned long inherited_flags(const char *target) {
    struct statvfs found;
    unsigned long flags = 0;
    if (statvfs(target, &found) != 0) return 0;
    if (found.f_flag & ST_RDONLY) flags |= MS_RDONLY;
    if (found.f_flag & ST_NOSUID) flags |= MS_NOSUID;
    if (found.f_flag & ST_NODEV) flags |= MS_NODEV;
    if (found.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
    if (found.f_flag & ST_NOATIME) flags |= MS_NOATIME;
    if (found.f_flag & ST_NODIRATIME) flags |= MS_NODIRATIME;
    if (found.f_flag & ST_RELATIME) flags |= MS_RELATIME;
    return flags;
}

/* mount(2) ignores other flags when it binds; and changes propagation only in a call of its own. */
static int mount_in_steps(void *pointer) {
    const struct mount_request *request = pointer;
    unsigned long propagation = request->flags & PROPAGATION;
    unsigned long flags = request->flags & ~PROPAGATION;
    bool binds = (flags & MS_BIND) && !(flags & MS_REMOUNT);
    bool creates = (flags & ~(unsigned long)MS_REC) != 0 || request->type[0] != 0;
    int error;

    if (request->cwd != NULL && (unshare(CLONE_FS) != 0 || chdir(request->cwd) != 0)) return errno;
    if (creates && mount(request->source, request->target, request->type, flags, request->options) != 0) return errno;
    if (binds && (flags & PER_MOUNT) != 0) {
        unsigned long again = MS_REMOUNT | MS_BIND | (flags & PER_MOUNT) | inherited_flags(request->target);
        if (mount(NULL, request->target, NULL, again, NULL) != 0) goto undo;
    }
    if (propagation != 0 && mount(NULL, request->target, NULL, propagation | (flags & MS_REC), NULL) != 0) goto undo;
    return 0;
undo:
    error = errno;
    if (creates && !(flags & MS_REMOUNT)) umount2(request->target, MNT_DETACH | UMOUNT_NOFOLLOW);
    return error;
}

static bool take_flags(napi_env env, napi_value names, unsigned long *flags) {
    bool array = false;
    uint32_t count = 0;
    if (napi_is_array(env, names, &array) != napi_ok || !array) return true;
    napi_get_array_length(env, names, &count);
    for (uint32_t i = 0; i < count; i++) {
        napi_value entry;
        char *name;
        unsigned long found = 0;
        if (napi_get_element(env, names, i, &entry) != napi_ok || !take_string(env, entry, &name)) return false;
        for (size_t f = 0; f < sizeof FLAGS / sizeof *FLAGS; f++)
            if (strcmp(FLAGS[f].name, name) == 0) found = FLAGS[f].flag;
        if (found == 0) {
            throw_errno(env, EINVAL, "mount", name);
            free(name);
            return false;
        }
        free(name);
        *flags |= found;
    }
    return true;
}

/* mount(source, target, type, flags, options?, cwd?) */
napi_value js_mount(napi_env env, napi_callback_info info) {
    napi_value values[6], result = NULL;
    struct mount_request request = {0};
    if (take_arguments(env, info, 6, values) && take_string(env, values[0], &request.source) && take_string(env, values[1], &request.target) &&
        take_string(env, values[2], &request.type) && take_flags(env, values[3], &request.flags) &&
        take_optional_string(env, values[4], &request.options) && take_optional_string(env, values[5], &request.cwd)) {
        int error = request.cwd != NULL ? on_own_thread(mount_in_steps, &request) : mount_in_steps(&request);
        result = error == 0 ? undefined_value(env) : throw_errno(env, error, "mount", request.target);
    }
    free(request.source);
    free(request.target);
    free(request.type);
    free(request.options);
    free(request.cwd);
    return result;
}

/* unmount(target, detach) */
napi_value js_unmount(napi_env env, napi_callback_info info) {
    napi_value values[2], result;
    char *target;
    bool detach = false;
    if (!take_arguments(env, info, 2, values) || !take_string(env, values[0], &target)) return NULL;
    napi_get_value_bool(env, values[1], &detach);
    result = umount2(target, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0)) == 0 ? undefined_value(env) : throw_errno(env, errno, "umount2", target);
    free(target);
    return result;
}

static struct failure detach_target(void *target) {
    if (umount2(target, UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return (struct failure){0};
    return (struct failure){errno, "umount2", target};
}

static napi_value nothing(napi_env env, const void *target) {
    (void)target;
    return undefined_value(env);
}

/* detach(target): Promise<undefined> */
napi_value js_detach(napi_env env, napi_callback_info info) {
    static const struct promised_call DETACH = {"detach", detach_target, nothing, free};
    napi_value value;
    char *target;
    if (!take_arguments(env, info, 1, &value) || !take_string(env, value, &target)) return NULL;
    return promise_of(env, &DETACH, target);
}
