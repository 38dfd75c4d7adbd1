/* The OCI runtime, run as a child: to start the process, and to remove what the runtime knows of a container. */
#pragma once

#include <sys/types.h>

#include "options.h"

#define RUNTIME_PID_FILE "pid.runtime"

/* `run --detach` or `exec --detach` with the given stdin, stdout and stderr. Its pid, or -1 with errno set. */
pid_t runtime_start(const struct options *options, const int stdio[3]);

/* `delete --force`. Its pid, or -1 with errno set. */
pid_t runtime_delete(const struct options *options);
