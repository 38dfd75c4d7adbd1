#include "syscalls.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>

/* Node's own thread-local storage is taken from the stack as well, so the smallest stack would not do. */
#define STACK_BYTES (256 * 1024)

struct job {
    int (*work)(void *);
    void *argument;
    int result;
};

static void *run_job(void *pointer) {
    struct job *job = pointer;
    job->result = job->work(job->argument);
    return NULL;
}

int on_own_thread(int (*work)(void *), void *argument) {
    struct job job = {work, argument, 0};
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error;

    if ((error = pthread_attr_init(&attributes)) != 0) return error;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, run_job, &job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error != 0) return error;
    pthread_join(thread, NULL);
    return job.result;
}
