import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { MountInput } from './container-spec.ts'
import { defaultMounts } from './default-mounts.ts'
import { mountOf, mountTable } from './mount-table.ts'
import { planMounts } from './mounts.ts'

const directory = mkdtempSync(join(tmpdir(), 'slipway-mounts-'))
const file = join(directory, 'file')
writeFileSync(file, '')
afterAll(() => rmSync(directory, { recursive: true }))

const facts = { rootless: false, kernel: '6.1.0' }
const defaults = defaultMounts({ namespaces: {}, privileged: false, rootless: false })
const rootfs = { path: '/rootfs', readonly: false }
const plan = (mounts: MountInput[], kernel = facts.kernel) => planMounts({ mounts, rootfs }, defaults, { ...facts, kernel }).mounts
const own = (mounts: MountInput[], kernel?: string) => plan(mounts, kernel).slice(defaults.length)
const bind = (target: string, more: Partial<Extract<MountInput, { kind: 'bind' }>> = {}): MountInput => ({ kind: 'bind', source: directory, target, readonly: false, ...more })

test('parents come before children, whatever the order asked', () => {
  expect(own([bind('/a/b/c'), bind('/a'), { kind: 'tmpfs', target: '/a/b' }]).map(({ destination }) => destination)).toEqual(['/a', '/a/b', '/a/b/c'])
})

test('nothing stands in for /proc but what lxcfs shows there, and the machine\'s own', () => {
  for (const target of ['/proc', '/proc/', '/a/../proc/sys', '/proc/self/attr']) expect(() => own([bind(target)])).toThrow(/"\/proc.*" cannot be mounted because it is/)
  expect(() => own([{ kind: 'tmpfs', target: '/proc/sys' }])).toThrow('because it is inside /proc')
  expect(own([bind('/proc/meminfo', { source: file }), bind('/process')])).toHaveLength(2)
  expect(plan([bind('/proc', { source: '/proc' })]).filter(({ destination }) => destination === '/proc')).toHaveLength(1)
})

test('binds take along what is below, and are private', () => {
  expect(own([bind('/a')])).toEqual([{ destination: '/a', type: 'bind', source: directory, options: ['rbind', 'rprivate'] }])
  expect(own([bind('/a', { nonRecursive: true, readonly: true })])[0]?.options).toEqual(['bind', 'rprivate', 'ro'])
})

test('read-only means all that is below where the kernel can', () => {
  expect(own([bind('/a', { readonly: true })])[0]?.options).toContain('rro')
  expect(own([bind('/a', { readonly: true })], '5.10.0')[0]?.options).toContain('ro')
  expect(own([bind('/a', { readonly: true, recursiveReadonly: 'never' })])[0]?.options).toContain('ro')
  expect(own([bind('/a', { readonly: true, source: file })])[0]?.options).toContain('ro')
  expect(() => own([bind('/a', { readonly: true, recursiveReadonly: 'force' })], '5.10.0')).toThrow('cannot be made recursively read-only')
})

test('a mount of the user replaces a default, and /dev all that is in it', () => {
  expect(plan([{ kind: 'tmpfs', target: '/dev/shm' }]).filter(({ destination }) => destination === '/dev/shm')).toHaveLength(1)
  expect(plan([bind('/dev')]).filter(({ destination }) => destination.startsWith('/dev'))).toHaveLength(1)
})

test('the last word on a target counts, however it is written', () => {
  expect(own([bind('/a'), { kind: 'tmpfs', target: '/a/' }, { kind: 'tmpfs', target: '/b/../a', options: ['size=1m'] }])).toMatchObject([{ destination: '/a', type: 'tmpfs' }])
})

test('the container cannot be mounted over, nor a relative path meant', () => {
  expect(() => plan([bind('/')])).toThrow("destination can't be '/'")
  expect(() => plan([bind('a')])).toThrow("invalid mount path: 'a' mount path must be absolute")
  expect(() => plan([bind('/a/..')])).toThrow("destination can't be '/'")
})

test('tmpfs has Docker’s flags unless the opposite is asked', () => {
  const options = (asked: string[]) => own([{ kind: 'tmpfs', target: '/t', options: asked }])[0]?.options
  expect(options([])).toEqual(['noexec', 'nosuid', 'nodev', 'rprivate'])
  expect(options(['exec', 'size=64m', 'mode=1777', 'size=65m'])).toEqual(['exec', 'nosuid', 'nodev', 'rprivate', 'size=65m', 'mode=1777'])
  expect(options(['shared'])).toEqual(['noexec', 'nosuid', 'nodev', 'shared'])
})

test('our files are read-only in a read-only container, and give way to the user’s', () => {
  const files = { hosts: file, resolvConf: file }
  const mounts = planMounts({ files, rootfs: { path: '/r', readonly: true }, mounts: [bind('/etc/hosts')] }, [], facts).mounts
  expect(mounts.map(({ destination, options }) => [destination, options?.includes('ro')])).toEqual([['/etc/hosts', false], ['/etc/resolv.conf', true]])
})

test('propagation needs a mount that has it', () => {
  const table = mountTable(['25 1 0:1 / / rw,relatime shared:1 - ext4 a rw', '30 25 0:2 / /priv rw,nosuid,nodev - tmpfs b rw', '31 25 0:3 / /with\\040space rw,noexec master:2 - tmpfs c rw'].join('\n'))
  expect(table).toEqual([
    { mountPoint: '/', propagation: 'shared', lockedFlags: ['relatime'] },
    { mountPoint: '/priv', propagation: 'private', lockedFlags: ['nosuid', 'nodev'] },
    { mountPoint: '/with space', propagation: 'slave', lockedFlags: ['noexec'] },
  ])
  expect(mountOf('/usr', table)?.propagation).toBe('shared')
})
