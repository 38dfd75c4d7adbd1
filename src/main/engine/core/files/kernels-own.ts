import { statfsSync } from 'node:fs'

/** File systems whose files are the kernel's and change something when they are read or written: statfs(2), linux/magic.h. */
const KERNELS_OWN = new Set([
  0x9fa0 /* proc */, 0x62656572 /* sysfs */, 0x27e0eb /* cgroup */, 0x63677270 /* cgroup2 */, 0x1cd1 /* devpts */, 0x64626720 /* debugfs */, 0x74726163 /* tracefs */,
  0x73636673 /* securityfs */, 0x19800202 /* mqueue */, 0xcafe4a11 /* bpf */, 0x42494e4d /* binfmt_misc */, 0x6165676c /* pstore */, 0x62656570 /* configfs */, 0xde5e81e4 /* efivarfs */, 0xf97cff8c /* selinuxfs */,
])

/** Whether a descriptor's directory is on such a file system. */
export const isKernelsOwn = (descriptor: number): boolean => KERNELS_OWN.has(statfsSync(`/proc/self/fd/${descriptor}/.`).type >>> 0)
