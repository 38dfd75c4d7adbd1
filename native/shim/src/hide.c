#include "hide.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>

/* Inside a user namespace, mounts inherited from outside are locked and cannot be taken away; they can be covered. */
static int hide(const char *path) {
  if (umount2(path, MNT_DETACH) == 0 || errno == ENOENT) return 0;
  return mount("none", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0,mode=555");
}

const char *hide_paths(const char *const *paths) {
  if (paths[0] == NULL) return NULL;
  if (unshare(CLONE_NEWNS) < 0) return paths[0];
  /* A slave still sees what the host mounts later, and nothing done here is seen there. */
  if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) return "/";
  for (; *paths != NULL; paths++) {
    if (hide(*paths) < 0) return *paths;
  }
  return NULL;
}
