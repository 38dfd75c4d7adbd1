import { expect, test } from 'vitest'
import { createFakeHost, FAKE_FACTS } from '../../host/testing/fake-host.ts'
import { FILTER_ANNOTATION } from '../compiled-filters.ts'
import { specText } from '../write-spec.ts'
import type { ContainerSpecInput } from './container-spec.ts'
import { createContainerSpec } from './create-container-spec.ts'
import { createExecProcess } from './create-exec-process.ts'

const root = { uid: 0, gid: 0, additionalGids: [0], home: '/root' }
const input = (more: Partial<ContainerSpecInput> = {}): ContainerSpecInput => ({
  id: 'c1',
  rootfs: { path: '/rootfs', readonly: false },
  process: { args: ['/bin/sh'], env: [], tty: false, user: root },
  hostname: 'box',
  ...more,
})
const facts = { ...FAKE_FACTS, kernel: '6.1.0' }
const host = { facts, syscalls: createFakeHost().syscalls }
const spec = async (more: Partial<ContainerSpecInput> = {}, on = host) => (await createContainerSpec(input(more), on)).spec
const mountAt = async (path: string, more: Partial<ContainerSpecInput> = {}, on = host) => (await spec(more, on)).mounts.find(({ destination }) => destination === path)
const namespace = async (type: string, more: Partial<ContainerSpecInput> = {}) => (await spec(more)).linux.namespaces.find((each) => each.type === type)

test('an ordinary container is confined', async () => {
  const { process, linux, root: rootfs } = await spec()
  expect(rootfs).toEqual({ path: '/rootfs', readonly: false })
  expect(process).toMatchObject({ terminal: false, cwd: '/', noNewPrivileges: false, user: { uid: 0, gid: 0, additionalGids: [0] } })
  expect(process.capabilities?.bounding).toHaveLength(14)
  expect(linux.seccomp?.defaultAction).toBe('SCMP_ACT_ERRNO')
  expect(linux.maskedPaths).toEqual(expect.arrayContaining(['/proc/kcore', '/proc/keys', '/sys/firmware', '/proc/interrupts']))
  expect(linux.readonlyPaths).toContain('/proc/sys')
  expect(linux.cgroupsPath).toBe('/slipway/c1')
  expect(linux.resources?.devices?.[0]).toMatchObject({ allow: false, access: 'rwm' })
  expect(linux.namespaces.map(({ type }) => type)).toEqual(['mount', 'network', 'pid', 'ipc', 'uts', 'cgroup'])
  expect((await mountAt('/sys'))?.options).toContain('ro')
})

test('a privileged one is not', async () => {
  const { linux, process, mounts } = await spec({ security: { privileged: true } })
  expect([linux.seccomp, linux.maskedPaths, linux.readonlyPaths]).toEqual([undefined, [], []])
  expect(process.capabilities?.bounding).toContain('CAP_SYS_ADMIN')
  expect(mounts.find(({ destination }) => destination === '/sys')?.options).not.toContain('ro')
  expect(linux.resources?.devices).toEqual([{ allow: true, access: 'rwm' }])
  expect(linux.devices?.map(({ path }) => path)).toContain('/dev/null')
})

test('the environment has Docker’s defaults, and the last word of the user', async () => {
  const env = async (process: Partial<ContainerSpecInput['process']>) => (await spec({ process: { ...input().process, ...process } })).process.env
  expect(await env({})).toEqual(['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOSTNAME=box', 'HOME=/root'])
  expect(await env({ tty: true, env: ['PATH=/bin', 'A=1', 'A=2', 'B==', 'HOSTNAME', 'HOME=/x'] })).toEqual(['PATH=/bin', 'TERM=xterm', 'A=2', 'B==', 'HOME=/x'])
})

test('namespaces of others and of the host', async () => {
  expect(await namespace('network', { namespaces: { network: { sandbox: '/run/netns/c1' } } })).toEqual({ type: 'network', path: '/run/netns/c1' })
  expect(await namespace('pid', { namespaces: { pid: { container: '/proc/7/ns/pid' } } })).toEqual({ type: 'pid', path: '/proc/7/ns/pid' })
  expect(await namespace('ipc', { namespaces: { ipc: { container: '/proc/7/ns/ipc', shm: '/shm' } } })).toEqual({ type: 'ipc', path: '/proc/7/ns/ipc' })
  expect(await mountAt('/dev/shm', { namespaces: { ipc: { shm: '/shm' } } })).toMatchObject({ type: 'bind', source: '/shm' })
  for (const type of ['network', 'pid', 'ipc', 'uts', 'cgroup']) expect(await namespace(type, { namespaces: { [type]: 'host' } }), type).toBeUndefined()
  expect((await spec({ namespaces: { uts: 'host' } })).hostname).toBeUndefined()
  expect(await mountAt('/dev/shm', { namespaces: { ipc: 'none' } })).toBeUndefined()
})

test('sysctls are the container’s own, or refused', async () => {
  const sysctl = async (more: Partial<ContainerSpecInput>) => (await spec(more)).linux.sysctl
  expect(await sysctl({ domainname: 'example.org', sysctls: { 'net.core.somaxconn': '1' } })).toMatchObject({ 'net.ipv4.ip_unprivileged_port_start': '0', 'kernel.domainname': 'example.org', 'net.core.somaxconn': '1' })
  expect(await sysctl({ namespaces: { network: 'host' } })).toBeUndefined()
  expect(await sysctl({ namespaces: { network: { container: '/proc/7/ns/net' } } })).toBeUndefined()
  await expect(sysctl({ sysctls: { 'kernel.panic': '1' } })).rejects.toThrow("sysctl 'kernel.panic' is not in a separate kernel namespace")
  await expect(sysctl({ sysctls: { 'net/../kernel/panic': '1' } })).rejects.toThrow('is not a name')
  await expect(sysctl({ namespaces: { network: 'host' }, sysctls: { 'net.core.somaxconn': '1' } })).rejects.toThrow('not allowed in host network namespace')
})

test('cgroup parents', async () => {
  const path = async (cgroupParent: string | undefined, driver: 'cgroupfs' | 'systemd' | 'none' = 'cgroupfs') => (await spec({ cgroupParent }, { ...host, facts: { ...facts, cgroup: { ...facts.cgroup, driver } } })).linux.cgroupsPath
  expect(await path('/batch')).toBe('/batch/c1')
  expect(await path('../../..')).toBe('/c1')
  expect(await path(undefined, 'systemd')).toBe('system.slice:slipway:c1')
  expect(await path('my.slice', 'systemd')).toBe('my.slice:slipway:c1')
  await expect(path('my', 'systemd')).rejects.toThrow('cgroup-parent for systemd cgroup should be a valid slice')
  expect(await path('/batch', 'none')).toBeUndefined()
})

test('a user’s engine leaves out what a user may not', async () => {
  const rootless = { ...host, facts: { ...facts, rootless: true, cgroup: { ...facts.cgroup, driver: 'none' as const } } }
  const { linux } = await spec({}, rootless)
  expect(linux.resources).toBeUndefined()
  expect(linux.sysctl).not.toHaveProperty('net.ipv4.ping_group_range')
  expect(await mountAt('/sys', { namespaces: { network: 'host' } }, rootless)).toMatchObject({ type: 'bind', source: '/sys' })
  expect(await mountAt('/sys', {}, rootless)).toMatchObject({ type: 'sysfs' })
  expect(await mountAt('/proc', { namespaces: { pid: 'host' } }, rootless)).toMatchObject({ type: 'bind', source: '/proc' })
  expect(await mountAt('/proc', {}, rootless)).toMatchObject({ type: 'proc' })
})

test.each(['/proc/self/fd/7', '/proc/self/task/1/fd/7/', '/dev/fd/8', '/proc/self/fd'])('an image’s working directory %s is no way out', async (cwd) => {
  await expect(spec({ process: { ...input().process, cwd } })).rejects.toMatchObject({ code: 'invalid-argument', reason: 'invalid-working-directory' })
})

test('a working directory is cleaned before the kernel could take its `..` from a link’s target', async () => {
  expect((await spec({ process: { ...input().process, cwd: '/proc/self/fd/8/../../../..' } })).process.cwd).toBe('/')
  expect((await spec({ process: { ...input().process, cwd: '/srv//www/' } })).process.cwd).toBe('/srv/www')
})

test('devices are looked up on the host, folders with all that is in them', async () => {
  const { linux } = await spec({ devices: [{ hostPath: '/dev/null', containerPath: '/dev/nothing', permissions: 'r' }], deviceCgroupRules: ['c 42:* rmw'] })
  expect(linux.devices).toEqual([expect.objectContaining({ type: 'c', path: '/dev/nothing', major: 1, minor: 3 })])
  expect(linux.resources?.devices?.slice(-2)).toEqual([
    { allow: true, type: 'c', major: 1, minor: 3, access: 'r' },
    { allow: true, type: 'c', major: 42, minor: undefined, access: 'rmw' },
  ])
  await expect(spec({ devices: [{ hostPath: '/etc/passwd', containerPath: '/x', permissions: 'rwm' }] })).rejects.toThrow('error gathering device information while adding custom device "/etc/passwd": not a device node')
  await expect(spec({ devices: [{ hostPath: '/dev/none', containerPath: '/x', permissions: 'rwm' }] })).rejects.toThrow('no such file or directory')
  await expect(spec({ deviceCgroupRules: ['c 42 rwm'] })).rejects.toThrow("invalid device cgroup rule format: 'c 42 rwm'")
})

test('a seccomp filter cannot come in by an annotation', async () => {
  expect((await spec({ annotations: { a: 'b', [FILTER_ANNOTATION]: 'AAAA' } })).annotations).toEqual({ a: 'b' })
})

test('unlimited is written as the kernel’s number', async () => {
  const made = await spec({ ulimits: [{ name: 'core', soft: -1, hard: -1 }] })
  const core = made.process.rlimits?.[0]
  expect(core).toEqual({ type: 'RLIMIT_CORE', soft: expect.any(Number) as number, hard: expect.any(Number) as number })
  expect(specText({ ...made, process: { ...made.process, rlimits: [{ type: 'RLIMIT_CORE', soft: Infinity, hard: Infinity }] } })).toContain('"soft":18446744073709551615,"hard":18446744073709551615')
  await expect(spec({ ulimits: [{ name: 'nothing', soft: 1, hard: 1 }] })).rejects.toThrow('invalid ulimit type: nothing')
  await expect(spec({ ulimits: [{ name: 'nofile', soft: 2, hard: 1 }] })).rejects.toThrow('ulimit soft limit must be less than or equal to hard limit')
})

test('64-bit seccomp arguments keep all their digits', async () => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['ioctl'], action: 'SCMP_ACT_ERRNO', args: [{ index: 1, value: 18446744069414584320, op: 'SCMP_CMP_EQ' }] }] }
  expect(specText(await spec({ security: { seccomp } }))).toContain('18446744069414584320')
})

test('an exec has the container’s own but for what was asked', async () => {
  const container = (await spec({ process: { ...input().process, env: ['A=1', 'B=2'], cwd: '/srv' } })).process
  const exec = await createExecProcess({ rootfs: '/rootfs', container, args: ['id'], env: ['B=3'], tty: true }, host)
  expect(exec).toMatchObject({ args: ['id'], cwd: '/srv', terminal: true, user: { uid: 0 } })
  expect(exec.env).toEqual(expect.arrayContaining(['A=1', 'B=3', 'TERM=xterm', 'HOME=/root', 'HOSTNAME=box']))
  await expect(createExecProcess({ rootfs: '/rootfs', container, args: [], tty: false }, host)).rejects.toThrow('No exec command specified')
  const terminal = (await spec({ process: { ...input().process, tty: true } })).process
  expect((await createExecProcess({ rootfs: '/rootfs', container: terminal, args: ['id'], tty: false }, host)).env).not.toContain('TERM=xterm')
})
