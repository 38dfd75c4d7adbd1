/* The one process the shim is there for: its identity, its signals, its end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct exit_status {
  int32_t code;    /* as a shell reports it: 128 + signal for a killed process */
  uint32_t signal; /* 0: it exited */
  uint64_t at;     /* ns since 1970 */
  bool oom;
};

/* Reads the pid the runtime wrote, takes hold of the process and writes PID_FILE. Its pid, or -1 with errno set. */
pid_t process_adopt(const char *runtime_pid_file);

/* NULL, or why not. Never reaches another process that got the same pid. */
const char *process_signal(uint32_t signal);

/* From waitpid's status, now. */
struct exit_status process_exit_status(int status);

/* Writes EXIT_FILE durably. */
void process_record_exit(const struct exit_status *status);

#define PID_FILE "pid"   /* "PID STARTTIME\n"; the start time is field 22 of /proc/PID/stat */
#define EXIT_FILE "exit" /* "code=C\nsignal=S\nat=NS\noom=0|1\n" */

/* At the beginning: no files of an earlier process, and room for the exit record. */
void process_prepare_files(void);
