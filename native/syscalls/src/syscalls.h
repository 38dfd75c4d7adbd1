/*
 * System calls that Node lacks, as a Node-API addon.
 *
 * Every function takes plain values, makes its call, and either returns a value or throws an Error that carries `errno` (positive),
 * `syscall` and `path`; core/host/syscalls.ts turns that into the engine's own error. Nothing is kept between calls, so the addon may be
 * loaded by any number of worker threads.
 *
 * Calls that change what a thread sees (its working directory, its network namespace) are made on a short-lived thread of
 * their own: namespaces and, after unshare(CLONE_FS), the working directory belong to the thread, see unshare(2).
 */
#pragma once
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments. Each returns false with a JavaScript exception pending. Strings are malloc'ed; an embedded NUL is refused. */
bool take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool take_string(napi_env env, napi_value value, char **string);
/* As take_string; undefined and null give NULL. */
bool take_optional_string(napi_env env, napi_value value, char **string);
bool take_int(napi_env env, napi_value value, int32_t *number);
bool take_uint(napi_env env, napi_value value, uint32_t *number);
bool take_bytes(napi_env env, napi_value value, void **bytes, size_t *length);

/* Results. */
napi_value undefined_value(napi_env env);
napi_value boolean_value(napi_env env, bool value);
napi_value int_value(napi_env env, int32_t value);
napi_value bytes_value(napi_env env, const void *bytes, size_t length);
/* Throws and returns NULL. */
napi_value throw_errno(napi_env env, int error, const char *syscall, const char *path);

/* Runs `work` on a thread of its own, with all signals blocked, to its end. Returns what `work` returned: 0 or an errno. */
int on_own_thread(int (*work)(void *), void *argument);

/* What went wrong in a call: `error` 0 is nothing; without `syscall` it is told by the call's own name. */
struct failure {
    int error;
    const char *syscall, *path;
};

/* A call that may take a while: its request is made on the main thread, worked on by a thread of libuv's pool, and gone when its promise is settled. */
struct promised_call {
    const char *name;
    struct failure (*work)(void *request);
    napi_value (*result)(napi_env env, const void *request);
    void (*discard)(void *request);
};

/* Takes the request over. Returns the promise, or throws and returns NULL. */
napi_value promise_of(napi_env env, const struct promised_call *call, void *request);

napi_value js_mount(napi_env env, napi_callback_info info);
napi_value js_unmount(napi_env env, napi_callback_info info);
napi_value js_detach(napi_env env, napi_callback_info info);
napi_value js_mknod(napi_env env, napi_callback_info info);
napi_value js_set_xattr(napi_env env, napi_callback_info info);
napi_value js_get_xattr(napi_env env, napi_callback_info info);
napi_value js_list_xattrs(napi_env env, napi_callback_info info);
napi_value js_remove_xattr(napi_env env, napi_callback_info info);
napi_value js_set_times(napi_env env, napi_callback_info info);
napi_value js_open_in_root(napi_env env, napi_callback_info info);
napi_value js_spread_folders(napi_env env, napi_callback_info info);
napi_value js_create_network_namespace(napi_env env, napi_callback_info info);
napi_value js_socket_in(napi_env env, napi_callback_info info);
napi_value js_netlink(napi_env env, napi_callback_info info);
napi_value js_watch_netlink(napi_env env, napi_callback_info info);
napi_value js_try_lock(napi_env env, napi_callback_info info);
napi_value js_keep_across_exec(napi_env env, napi_callback_info info);
napi_value js_signal_process(napi_env env, napi_callback_info info);
napi_value js_launch(napi_env env, napi_callback_info info);
napi_value js_trim_heap(napi_env env, napi_callback_info info);
