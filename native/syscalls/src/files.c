#include "syscalls.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* openat2 answers EAGAIN when a rename anywhere on the system raced with a `..` of the path (openat2(2)). */
#define OPEN_ATTEMPTS 256

struct node_request {
    char *path;
    mode_t mode;
    dev_t device;
};

static int make_node(void *pointer) {
    const struct node_request *request = pointer;
    return mknod(request->path, request->mode, request->device) == 0 ? 0 : errno;
}

/* The umask belongs to what CLONE_FS shares. A chmod afterwards could be led elsewhere by whoever may write the directory. */
static int make_node_exactly(void *pointer) {
    if (unshare(CLONE_FS) != 0) return errno;
    umask(0);
    return make_node(pointer);
}

/* mknod(path, type, mode, major, minor); type is S_IFIFO, S_IFCHR, S_IFBLK or S_IFSOCK; the umask does not count */
napi_value js_mknod(napi_env env, napi_callback_info info) {
    napi_value values[5], result;
    struct node_request request = {0};
    uint32_t type, mode, major_number, minor_number;
    if (!take_arguments(env, info, 5, values) || !take_uint(env, values[1], &type) || !take_uint(env, values[2], &mode) ||
        !take_uint(env, values[3], &major_number) || !take_uint(env, values[4], &minor_number) || !take_string(env, values[0], &request.path))
        return NULL;
    request.mode = type | (mode & 07777);
    request.device = makedev(major_number, minor_number);
    int error = (mode & 0777) != 0 ? on_own_thread(make_node_exactly, &request) : make_node(&request);
    result = error == 0 ? undefined_value(env) : throw_errno(env, error, "mknod", request.path);
    free(request.path);
    return result;
}

/* setXattr(path, name, value) */
napi_value js_set_xattr(napi_env env, napi_callback_info info) {
    napi_value values[3], result = NULL;
    char *path = NULL, *name = NULL;
    void *bytes;
    size_t length;
    if (take_arguments(env, info, 3, values) && take_string(env, values[0], &path) && take_string(env, values[1], &name) &&
        take_bytes(env, values[2], &bytes, &length))
        result = lsetxattr(path, name, bytes, length, 0) == 0 ? undefined_value(env) : throw_errno(env, errno, "lsetxattr", path);
    free(path);
    free(name);
    return result;
}

/* getXattr(path, name): Buffer, or undefined when it has none or the file system cannot hold any */
napi_value js_get_xattr(napi_env env, napi_callback_info info) {
    napi_value values[2], result = NULL;
    char *path = NULL, *name = NULL;
    char *bytes = malloc(XATTR_SIZE_MAX);
    if (bytes != NULL && take_arguments(env, info, 2, values) && take_string(env, values[0], &path) && take_string(env, values[1], &name)) {
        ssize_t length = lgetxattr(path, name, bytes, XATTR_SIZE_MAX);
        if (length >= 0) result = bytes_value(env, bytes, (size_t)length);
        else if (errno == ENODATA || errno == ENOTSUP) result = undefined_value(env);
        else result = throw_errno(env, errno, "lgetxattr", path);
    }
    free(bytes);
    free(path);
    free(name);
    return result;
}

/* listXattrs(path): Buffer of NUL-terminated names */
napi_value js_list_xattrs(napi_env env, napi_callback_info info) {
    napi_value values[1], result = NULL;
    char *path = NULL;
    char *names = malloc(XATTR_LIST_MAX);
    if (names != NULL && take_arguments(env, info, 1, values) && take_string(env, values[0], &path)) {
        ssize_t length = llistxattr(path, names, XATTR_LIST_MAX);
        if (length < 0 && errno == ENOTSUP) length = 0;
        result = length >= 0 ? bytes_value(env, names, (size_t)length) : throw_errno(env, errno, "llistxattr", path);
    }
    free(names);
    free(path);
    return result;
}

/* removeXattr(path, name) */
napi_value js_remove_xattr(napi_env env, napi_callback_info info) {
    napi_value values[2], result = NULL;
    char *path = NULL, *name = NULL;
    if (take_arguments(env, info, 2, values) && take_string(env, values[0], &path) && take_string(env, values[1], &name))
        result = lremovexattr(path, name) == 0 || errno == ENODATA ? undefined_value(env) : throw_errno(env, errno, "lremovexattr", path);
    free(path);
    free(name);
    return result;
}

static bool take_moment(napi_env env, napi_value value, struct timespec *moment) {
    int64_t nanoseconds;
    bool lossless;
    if (napi_get_value_bigint_int64(env, value, &nanoseconds, &lossless) != napi_ok) return throw_errno(env, EINVAL, "utimensat", NULL), false;
    moment->tv_sec = nanoseconds / 1000000000;
    moment->tv_nsec = nanoseconds % 1000000000;
    if (moment->tv_nsec < 0) {
        moment->tv_sec--;
        moment->tv_nsec += 1000000000;
    }
    return true;
}

/* setTimes(path, accessed, modified): nanoseconds since 1970 as bigints, of the path itself */
napi_value js_set_times(napi_env env, napi_callback_info info) {
    napi_value values[3], result = NULL;
    char *path = NULL;
    struct timespec times[2];
    if (take_arguments(env, info, 3, values) && take_moment(env, values[1], &times[0]) && take_moment(env, values[2], &times[1]) && take_string(env, values[0], &path))
        result = utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 ? undefined_value(env) : throw_errno(env, errno, "utimensat", path);
    free(path);
    return result;
}

/* openInRoot(rootFd, path, flags, mode): file descriptor */
napi_value js_open_in_root(napi_env env, napi_callback_info info) {
    napi_value values[4], result;
    char *path;
    int32_t root, flags;
    uint32_t mode;
    long fd = -1;
    if (!take_arguments(env, info, 4, values) || !take_int(env, values[0], &root) || !take_int(env, values[2], &flags) ||
        !take_uint(env, values[3], &mode) || !take_string(env, values[1], &path))
        return NULL;
    /* openat2 refuses a mode that would have no effect. */
    bool creates = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    struct open_how how = {
        .flags = (uint32_t)flags | O_CLOEXEC,
        .mode = creates ? mode & 07777 : 0,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    errno = EAGAIN;
    for (int attempt = 0; fd < 0 && errno == EAGAIN && attempt < OPEN_ATTEMPTS; attempt++) fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    result = fd >= 0 ? int_value(env, (int32_t)fd) : throw_errno(env, errno, "openat2", path);
    free(path);
    return result;
}

/* tryLock(fd): boolean */
napi_value js_try_lock(napi_env env, napi_callback_info info) {
    napi_value values[1];
    int32_t fd;
    if (!take_arguments(env, info, 1, values) || !take_int(env, values[0], &fd)) return NULL;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return boolean_value(env, true);
    return errno == EWOULDBLOCK ? boolean_value(env, false) : throw_errno(env, errno, "flock", NULL);
}

/* keepAcrossExec(fd): Node marks everything it inherits close-on-exec */
napi_value js_keep_across_exec(napi_env env, napi_callback_info info) {
    napi_value values[1];
    int32_t fd;
    if (!take_arguments(env, info, 1, values) || !take_int(env, values[0], &fd)) return NULL;
    if (fcntl(fd, F_SETFD, 0) == 0) return NULL;
    return throw_errno(env, errno, "fcntl", NULL);
}

/* FS_TOPDIR_FL, which only ext2 to ext4 know and <linux/fs.h> names. */
static int mark_unrelated(int directory) {
    int flags;
    if (ioctl(directory, FS_IOC_GETFLAGS, &flags) != 0) return errno;
    flags |= FS_TOPDIR_FL;
    return ioctl(directory, FS_IOC_SETFLAGS, &flags) == 0 ? 0 : errno;
}

/* spreadFolders(path): false where the file system does not know it */
napi_value js_spread_folders(napi_env env, napi_callback_info info) {
    napi_value values[1], result;
    char *path;
    if (!take_arguments(env, info, 1, values) || !take_string(env, values[0], &path)) return NULL;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        result = throw_errno(env, errno, "open", path);
    } else {
        result = boolean_value(env, mark_unrelated(directory) == 0);
        close(directory);
    }
    free(path);
    return result;
}
