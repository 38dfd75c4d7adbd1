#include "syscalls.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
    size_t given = count;
    if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok) return false;
    /* Missing ones are filled with undefined by Node-API. */
    return true;
}

static bool refuse(napi_env env, const char *message) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
    return false;
}

static bool finish_string(napi_env env, char *copy, size_t length, char **string) {
    copy[length] = 0;
    if (memchr(copy, 0, length) != NULL) {
        free(copy);
        throw_errno(env, EINVAL, "argument", "a NUL byte");
        return false;
    }
    *string = copy;
    return true;
}

bool take_string(napi_env env, napi_value value, char **string) {
    napi_valuetype type;
    size_t length;
    char *copy;
    void *bytes;
    if (napi_typeof(env, value, &type) != napi_ok) return refuse(env, "a value was expected");
    if (type == napi_string) {
        if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return refuse(env, "a string was expected");
        if ((copy = malloc(length + 1)) == NULL) return refuse(env, "out of memory");
        napi_get_value_string_utf8(env, value, copy, length + 1, &length);
        return finish_string(env, copy, length, string);
    }
    if (!take_bytes(env, value, &bytes, &length)) return false;
    if ((copy = malloc(length + 1)) == NULL) return refuse(env, "out of memory");
    memcpy(copy, bytes, length);
    return finish_string(env, copy, length, string);
}

bool take_optional_string(napi_env env, napi_value value, char **string) {
    napi_valuetype type;
    *string = NULL;
    if (napi_typeof(env, value, &type) != napi_ok) return refuse(env, "a value was expected");
    if (type == napi_undefined || type == napi_null) return true;
    return take_string(env, value, string);
}

bool take_int(napi_env env, napi_value value, int32_t *number) {
    return napi_get_value_int32(env, value, number) == napi_ok || refuse(env, "a number was expected");
}

bool take_uint(napi_env env, napi_value value, uint32_t *number) {
    return napi_get_value_uint32(env, value, number) == napi_ok || refuse(env, "a number was expected");
}

bool take_bytes(napi_env env, napi_value value, void **bytes, size_t *length) {
    bool typed = false;
    napi_typedarray_type kind;
    if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return refuse(env, "a string or a Uint8Array was expected");
    if (napi_get_typedarray_info(env, value, &kind, length, bytes, NULL, NULL) != napi_ok || kind != napi_uint8_array)
        return refuse(env, "a Uint8Array was expected");
    return true;
}

napi_value undefined_value(napi_env env) {
    napi_value result = NULL;
    napi_get_undefined(env, &result);
    return result;
}

napi_value boolean_value(napi_env env, bool value) {
    napi_value result = NULL;
    napi_get_boolean(env, value, &result);
    return result;
}

napi_value int_value(napi_env env, int32_t value) {
    napi_value result = NULL;
    napi_create_int32(env, value, &result);
    return result;
}

napi_value bytes_value(napi_env env, const void *bytes, size_t length) {
    napi_value result = NULL;
    if (napi_create_buffer_copy(env, length, bytes, NULL, &result) != napi_ok) return NULL;
    return result;
}

napi_value throw_errno(napi_env env, int error, const char *syscall, const char *path) {
    napi_value message, exception, property;
    if (napi_create_string_utf8(env, strerror(error), NAPI_AUTO_LENGTH, &message) != napi_ok) return NULL;
    if (napi_create_error(env, NULL, message, &exception) != napi_ok) return NULL;
    if (napi_create_int32(env, error, &property) == napi_ok) napi_set_named_property(env, exception, "errno", property);
    if (napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &property) == napi_ok) napi_set_named_property(env, exception, "syscall", property);
    if (path != NULL && napi_create_string_utf8(env, path, NAPI_AUTO_LENGTH, &property) == napi_ok)
        napi_set_named_property(env, exception, "path", property);
    napi_throw(env, exception);
    return NULL;
}
