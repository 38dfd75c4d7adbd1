import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSyscalls } from '../host/syscalls.ts'
import { discardPartial, measureTree, relocate, type Relocation, type RelocationStep } from './relocate.ts'
import { verifyTree } from './verify-tree.ts'

const syscalls = loadSyscalls()
const isRoot = process.geteuid?.() === 0
let folder: string
let from: string
let to: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-relocate-'))
  ;[from, to] = [join(folder, 'here'), join(folder, 'elsewhere', 'slipway')]
  mkdirSync(from)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** One of each kind that a volume or a layer may hold. */
async function fill(): Promise<void> {
  mkdirSync(join(from, 'volumes/v/sub'), { recursive: true })
  writeFileSync(join(from, 'volumes/v/plain'), 'plain')
  writeFileSync(join(from, 'volumes/v/big'), Buffer.alloc(3_000_000, 'slipway'))
  writeFileSync(join(from, 'volumes/v/holes'), 'x')
  truncateSync(join(from, 'volumes/v/holes'), 50_000_000)
  linkSync(join(from, 'volumes/v/plain'), join(from, 'volumes/v/sub/twin'))
  symlinkSync('/nowhere', join(from, 'volumes/v/broken'))
  writeFileSync(Buffer.concat([Buffer.from(join(from, 'volumes/v/')), Buffer.from([0xff, 0xfe])]), 'a name that is no text')
  syscalls.mknod(join(from, 'volumes/v/pipe'), 'fifo', 0o640)
  const server = createServer().listen(join(from, 'volumes/v/socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  syscalls.setXattr(join(from, 'volumes/v/plain'), 'user.colour', Buffer.from([0, 1, 255]))
  if (isRoot) {
    chownSync(join(from, 'volumes/v/plain'), 1234, 4321)
    syscalls.mknod(join(from, 'volumes/v/whiteout'), 'char', 0, 0, 0)
    syscalls.mknod(join(from, 'volumes/v/device'), 'block', 0o600, 300, 70_000)
    syscalls.setXattr(join(from, 'volumes/v/sub'), 'trusted.overlay.opaque', Buffer.from('y'))
  }
  chmodSync(join(from, 'volumes/v/plain'), 0o4755)
  chmodSync(join(from, 'volumes/v/sub'), 0o1500)
  syscalls.setTimes(join(from, 'volumes/v/broken'), 1_000_000_001n, -1_000_000_001n)
  syscalls.setTimes(join(from, 'volumes/v/sub'), 5n, 1_600_000_000_123_456_789n)
  writeFileSync(join(from, 'lock'), '1')
  mkdirSync(join(from, 'tmp/half'), { recursive: true })
  // A socket goes with its server, which only a test of its own would mind.
  server.unref()
}
const move = (more: Partial<Relocation> = {}) => relocate({ from, to, without: ['lock', 'tmp'], syscalls, signal: new AbortController().signal, tell: () => {}, ...more })
const left = () => (existsSync(join(folder, 'elsewhere')) ? readdirSync(join(folder, 'elsewhere')) : [])

test('everything is there as it was: owners, modes, times, links, devices, sockets, holes, attributes, names of any bytes', async () => {
  await fill()
  const steps: RelocationStep[] = []
  const measure = await move({ tell: (step) => steps.push(step) })
  expect(measure).toEqual(await measureTree(from, ['lock', 'tmp']))
  expect(readdirSync(to)).toEqual(['volumes'])
  // By other means than the code's own comparison.
  const [plain, twin, sub, holes, broken] = ['plain', 'sub/twin', 'sub', 'holes', 'broken'].map((name) => lstatSync(join(to, 'volumes/v', name), { bigint: true }))
  expect([plain?.mode.toString(8), twin?.ino, plain?.nlink]).toEqual(['104755', plain?.ino, 2n])
  expect(sub?.mtimeNs).toBe(1_600_000_000_123_456_789n)
  expect(broken?.mtimeNs).toBe(-1_000_000_001n)
  expect([holes?.size, Number(holes?.blocks) < 10_000]).toEqual([50_000_000n, true])
  expect(readFileSync(join(to, 'volumes/v/big')).equals(Buffer.alloc(3_000_000, 'slipway'))).toBe(true)
  expect(syscalls.getXattr(join(to, 'volumes/v/plain'), 'user.colour')).toEqual(Buffer.from([0, 1, 255]))
  expect([lstatSync(join(to, 'volumes/v/pipe')).isFIFO(), lstatSync(join(to, 'volumes/v/socket')).isSocket()]).toEqual([true, true])
  if (isRoot) {
    expect([plain?.uid, plain?.gid]).toEqual([1234n, 4321n])
    expect(statSync(join(to, 'volumes/v/device')).rdev).toBe(statSync(join(from, 'volumes/v/device')).rdev)
    expect(lstatSync(join(to, 'volumes/v/whiteout')).rdev).toBe(0)
    expect(syscalls.getXattr(join(to, 'volumes/v/sub'), 'trusted.overlay.opaque')?.toString()).toBe('y')
  }
  expect([...new Set(steps.map(({ step }) => step))]).toEqual(['measuring', 'copying', 'verifying'])
  expect(steps.every(({ current, total }) => current <= total)).toBe(true)
})

test.each([
  ['no room', () => move({ freeBytes: async () => 1_000_000 }), { code: 'resource-exhausted', reason: 'no-room', field: 'to' }],
  ['inside itself', () => move({ to: join(from, 'deeper', 'slipway') }), { code: 'invalid-argument', reason: 'nested-data-root' }],
  ['in the middle of the copy', () => move({ syscalls: { ...syscalls, mknod: () => { throw Object.assign(new Error('mknod: EPERM'), { code: 'EPERM' }) } } }), { code: 'failed-precondition', reason: 'unsuited-file-system' }],
  ['attributes that the disk does not keep', () => move({ syscalls: { ...syscalls, setXattr: () => {} } }), { code: 'data-loss', reason: 'copy-differs' }],
])('%s: refused, with nothing left behind and nothing changed', async (_, act, refusal) => {
  await fill()
  const before = await measureTree(from)
  await expect(act()).rejects.toMatchObject(refusal)
  expect(left()).toEqual([])
  expect(await measureTree(from)).toEqual(before)
})

test('a folder that is there already is not written into', async () => {
  mkdirSync(to, { recursive: true })
  writeFileSync(join(to, 'mine'), '')
  await expect(move()).rejects.toMatchObject({ reason: 'destination-exists' })
  expect(readdirSync(to)).toEqual(['mine'])
})

test.each(['copying', 'verifying'] as const)('cancelled while %s, it leaves nothing', async (step) => {
  await fill()
  const cancelling = new AbortController()
  await expect(move({ signal: cancelling.signal, tell: (told) => told.step === step && cancelling.abort() })).rejects.toMatchObject({ code: 'cancelled' })
  expect(left()).toEqual([])
})

test('killed in the middle, it leaves what a later life discards', async () => {
  await fill()
  const script = `
    const { relocate } = await import(${JSON.stringify(join(import.meta.dirname, 'relocate.ts'))})
    const { loadSyscalls } = await import(${JSON.stringify(join(import.meta.dirname, '../host/syscalls.ts'))})
    const tell = ({ step }) => step === 'copying' && process.kill(process.pid, 'SIGKILL')
    await relocate({ from: ${JSON.stringify(from)}, to: ${JSON.stringify(to)}, without: [], syscalls: loadSyscalls(), signal: new AbortController().signal, tell })`
  expect(spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })).toMatchObject({ signal: 'SIGKILL', stderr: '' })
  expect(left()).toEqual(['.slipway-moving'])
  expect([await discardPartial(to), left(), await discardPartial(to)]).toEqual([true, [], false])
})

test.each([
  ['content', () => writeFileSync(join(to, 'volumes/v/plain'), 'PLAIN')],
  ['a name', () => rmSync(join(to, 'volumes/v/broken'))],
  ['one more', () => writeFileSync(join(to, 'zzz'), '')],
  ['a link that became a file', () => { rmSync(join(to, 'volumes/v/sub/twin')); writeFileSync(join(to, 'volumes/v/sub/twin'), 'plain') }],
  ['a mode', () => chmodSync(join(to, 'volumes/v/big'), 0o600)],
  ['a target', () => { rmSync(join(to, 'volumes/v/broken')); symlinkSync('/somewhere', join(to, 'volumes/v/broken')) }],
])('the comparison sees %s', async (_, spoil) => {
  await fill()
  await move()
  chmodSync(join(to, 'volumes/v/sub'), 0o700)
  chmodSync(join(from, 'volumes/v/sub'), 0o700)
  spoil()
  await expect(verifyTree({ from, to, without: ['lock', 'tmp'], syscalls, signal: new AbortController().signal, tell: () => {} })).rejects.toMatchObject({ reason: 'copy-differs' })
})
