#ifndef NULL_H
#define NULL_H

/*
 * A null device whose owner and mode matter to nobody else: crun gives a process's stdio to its user, and a process may change
 * them itself, also through /proc/self/fd. The machine's own /dev/null where none can be made (in a user namespace, which
 * cannot change that one either, and before Linux 5.2). -1 and errno if there is none.
 */
int null_open(void);

#endif
