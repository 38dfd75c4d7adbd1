import { expect, test } from 'vitest'
import type { OciSeccomp } from '../runtime.ts'
import { convertSeccomp, defaultSeccomp, parseSeccompProfile } from './seccomp.ts'

const subject = { architecture: 'amd64', kernel: '6.1.0-13-amd64', capabilities: [] as string[] }

const allows = (profile: OciSeccomp | undefined, name: string) => profile?.syscalls?.some(({ names, action, args }) => names.includes(name) && action === 'SCMP_ACT_ALLOW' && args === undefined) === true

test('the default refuses what Docker documents as blocked, and allows everyday calls', () => {
  const profile = defaultSeccomp(subject)
  expect(profile).toMatchObject({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1 })
  const blocked = ['acct', 'add_key', 'bpf', 'clock_settime', 'create_module', 'delete_module', 'finit_module', 'get_kernel_syms', 'get_mempolicy', 'init_module', 'ioperm', 'iopl', 'io_uring_setup', 'kcmp', 'kexec_file_load', 'kexec_load', 'keyctl', 'lookup_dcookie', 'mbind', 'mount', 'move_pages', 'nfsservctl', 'open_by_handle_at', 'perf_event_open', 'pivot_root', 'process_madvise', 'query_module', 'quotactl', 'reboot', 'request_key', 'set_mempolicy', 'setns', 'settimeofday', 'stime', 'swapon', 'swapoff', 'sysfs', '_sysctl', 'umount', 'umount2', 'unshare', 'uselib', 'userfaultfd', 'ustat', 'vm86', 'vm86old']
  for (const name of blocked) expect(allows(profile, name), name).toBe(false)
  for (const name of ['read', 'openat', 'execve', 'futex', 'mmap', 'clock_gettime', 'statx', 'landlock_create_ruleset', 'ptrace', 'arch_prctl']) expect(allows(profile, name), name).toBe(true)
})

test('capabilities open what needs them', () => {
  const admin = defaultSeccomp({ ...subject, capabilities: ['CAP_SYS_ADMIN'] })
  for (const name of ['mount', 'unshare', 'clone', 'clone3', 'setns']) expect(allows(admin, name), name).toBe(true)
  expect(allows(defaultSeccomp({ ...subject, capabilities: ['CAP_SYS_CHROOT'] }), 'chroot')).toBe(true)
  expect(allows(defaultSeccomp(subject), 'chroot')).toBe(false)
})

test('without CAP_SYS_ADMIN clone makes no namespaces, and clone3 is said not to exist', () => {
  const rules = defaultSeccomp(subject)?.syscalls ?? []
  expect(rules.find(({ names }) => names.includes('clone'))?.args).toEqual([{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }])
  expect(rules.find(({ names }) => names.includes('clone3'))).toMatchObject({ action: 'SCMP_ACT_ERRNO', errnoRet: 38 })
})

test('no sockets to the hypervisor or the kernel’s cryptography', () => {
  const sockets = (defaultSeccomp(subject)?.syscalls ?? []).filter(({ names }) => names.includes('socket')).map(({ args }) => args?.[0])
  const passes = (family: number) => sockets.some((arg) => arg !== undefined && (arg.op === 'SCMP_CMP_LT' ? family < arg.value : arg.op === 'SCMP_CMP_GT' ? family > arg.value : family === arg.value))
  expect([1, 2, 10, 16, 17, 39, 41].every(passes)).toBe(true)
  expect([38, 40].some(passes)).toBe(false)
})

test('architectures and processor-specific calls follow the machine', () => {
  expect(defaultSeccomp(subject)?.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
  const arm = defaultSeccomp({ ...subject, architecture: 'arm64' })
  expect(arm?.architectures).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'])
  expect([allows(arm, 'arch_prctl'), allows(arm, 'cacheflush')]).toEqual([false, true])
})

test('one profile is shared by containers alike', () => {
  expect(defaultSeccomp(subject)).toBe(defaultSeccomp({ ...subject, capabilities: [] }))
})

test('conditions of a profile of one’s own', () => {
  const convert = (rule: object) => convertSeccomp({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', ...rule }] }, { ...subject, capabilities: ['CAP_CHOWN'] })?.syscalls
  expect(convert({ includes: { minKernel: '6.1' } })).toHaveLength(1)
  expect(convert({ includes: { minKernel: '6.2' } })).toHaveLength(0)
  expect(convert({ excludes: { minKernel: '4.8' } })).toHaveLength(0)
  expect(convert({ includes: { caps: ['CAP_CHOWN', 'CAP_KILL'] } })).toHaveLength(0)
  expect(convert({ excludes: { caps: ['CAP_CHOWN'] } })).toHaveLength(0)
  expect(convert({ includes: { arches: ['amd64'] }, excludes: { arches: ['arm64'] } })).toHaveLength(1)
  expect(convert({ includes: {}, excludes: {}, comment: '', args: null })).toEqual([{ names: ['read'], action: 'SCMP_ACT_ALLOW' }])
})

test('the older `name`, and what may not stand together', () => {
  expect(convertSeccomp({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ name: 'read', action: 'SCMP_ACT_ALLOW' }] }, subject)?.syscalls).toEqual([{ names: ['read'], action: 'SCMP_ACT_ALLOW' }])
  expect(() => convertSeccomp({ defaultAction: 'x', syscalls: [{ name: 'a', names: ['b'], action: 'x' }] }, subject)).toThrow("both 'name' and 'names'")
  expect(() => convertSeccomp({ defaultAction: 'x', architectures: ['a'], archMap: [{ architecture: 'b' }] }, subject)).toThrow("both 'architectures' and 'archMap'")
  expect(convertSeccomp({}, subject)).toBeUndefined()
})

test('text that is no profile', () => {
  expect(() => parseSeccompProfile('{')).toThrow(/^Decoding seccomp profile failed: /)
  expect(() => parseSeccompProfile('[]')).toThrow(/^Decoding seccomp profile failed: /)
})
