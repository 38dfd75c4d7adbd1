#include "syscalls.h"
#include <errno.h>
#include <stdlib.h>

struct promised {
    const struct promised_call *call;
    void *request;
    napi_async_work work;
    napi_deferred deferred;
    struct failure failure;
};

static void execute(napi_env env, void *pointer) {
    (void)env;
    struct promised *promised = pointer;
    promised->failure = promised->call->work(promised->request);
}

static void complete(napi_env env, napi_status status, void *pointer) {
    struct promised *promised = pointer;
    const struct promised_call *call = promised->call;
    const struct failure failure = status == napi_ok ? promised->failure : (struct failure){ECANCELED, NULL, NULL};
    napi_value exception;
    if (failure.error == 0) {
        napi_resolve_deferred(env, promised->deferred, call->result(env, promised->request));
    } else {
        throw_errno(env, failure.error, failure.syscall != NULL ? failure.syscall : call->name, failure.path);
        if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_reject_deferred(env, promised->deferred, exception);
    }
    napi_delete_async_work(env, promised->work);
    call->discard(promised->request);
    free(promised);
}

/* Nothing has been begun. */
static napi_value give_up(napi_env env, const struct promised_call *call, void *request, struct promised *promised) {
    call->discard(request);
    free(promised);
    return throw_errno(env, ENOMEM, call->name, NULL);
}

napi_value promise_of(napi_env env, const struct promised_call *call, void *request) {
    napi_value promise, name;
    struct promised *promised = calloc(1, sizeof *promised);
    if (promised == NULL) return give_up(env, call, request, promised);
    *promised = (struct promised){.call = call, .request = request};
    if (napi_create_string_utf8(env, call->name, NAPI_AUTO_LENGTH, &name) != napi_ok || napi_create_promise(env, &promised->deferred, &promise) != napi_ok ||
        napi_create_async_work(env, NULL, name, execute, complete, promised, &promised->work) != napi_ok)
        return give_up(env, call, request, promised);
    napi_queue_async_work(env, promised->work);
    return promise;
}
