#include "syscalls.h"

static const struct { const char *name; napi_callback call; } FUNCTIONS[] = {
    {"mount", js_mount}, {"unmount", js_unmount}, {"detach", js_detach}, {"mknod", js_mknod},
    {"setXattr", js_set_xattr}, {"getXattr", js_get_xattr}, {"listXattrs", js_list_xattrs}, {"removeXattr", js_remove_xattr}, {"setTimes", js_set_times},
    {"openInRoot", js_open_in_root}, {"spreadFolders", js_spread_folders}, {"createNetworkNamespace", js_create_network_namespace}, {"socketIn", js_socket_in}, {"netlink", js_netlink}, {"watchNetlink", js_watch_netlink},
    {"tryLock", js_try_lock}, {"keepAcrossExec", js_keep_across_exec}, {"signalProcess", js_signal_process}, {"launch", js_launch}, {"trimHeap", js_trim_heap},
};

NAPI_MODULE_INIT() {
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        napi_value function;
        if (napi_create_function(env, FUNCTIONS[i].name, NAPI_AUTO_LENGTH, FUNCTIONS[i].call, NULL, &function) != napi_ok) return NULL;
        if (napi_set_named_property(env, exports, FUNCTIONS[i].name, function) != napi_ok) return NULL;
    }
    return exports;
}
