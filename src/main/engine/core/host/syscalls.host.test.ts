import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, closeSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findBinary } from './binaries.ts'
import { loadSyscalls } from './syscalls.ts'

const syscalls = loadSyscalls()
let root = ''
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')).filter((fields) => fields[4]?.startsWith(root))
const codeOf = (call: () => unknown) => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
const folder = (name: string) => {
  mkdirSync(join(root, name), { recursive: true })
  return join(root, name)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-syscalls-'))
})
afterEach(() => {
  for (const fields of mounts().reverse()) syscalls.unmount(fields[4]!, { detach: true })
  rmSync(root, { recursive: true, force: true })
})

test('folders are spread where the file system does that', () => {
  const EXT4 = 0xef53
  const attributes = () => execFileSync('lsattr', ['-d', folder('spread')], { encoding: 'utf8' }).split(' ')[0]
  const spread = syscalls.spreadFolders(folder('spread'))
  expect(spread).toBe(statfsSync(root).type === EXT4)
  if (spread) expect(attributes()).toContain('T')
  expect(syscalls.spreadFolders('/proc')).toBe(false)
  // As who moves a folder of the data root to another disk leaves it.
  mkdirSync(join(root, 'elsewhere'))
  symlinkSync('elsewhere', join(root, 'moved'))
  expect(syscalls.spreadFolders(join(root, 'moved'))).toBe(spread)
  expect(codeOf(() => syscalls.spreadFolders(join(root, 'gone')))).toMatchObject({ reason: 'ENOENT' })
})

test('overlay with lower directories relative to cwd, without moving the engine', () => {
  writeFileSync(join(folder('lower'), 'a'), 'below')
  for (const name of ['upper', 'work', 'merged']) folder(name)
  const before = process.cwd()
  syscalls.mount({ source: 'overlay', target: join(root, 'merged'), type: 'overlay', data: 'lowerdir=lower,upperdir=upper,workdir=work', cwd: root })
  expect(process.cwd()).toBe(before)
  expect(readFileSync(join(root, 'merged/a'), 'utf8')).toBe('below')
  syscalls.unmount(join(root, 'merged'))
  expect(existsSync(join(root, 'merged/a'))).toBe(false)
})

test('a read-only bind really is read-only, and propagation is applied', () => {
  folder('source')
  folder('target')
  syscalls.mount({ source: join(root, 'source'), target: join(root, 'target'), type: '', flags: ['bind', 'readonly', 'nosuid', 'private'] })
  const [fields] = mounts()
  expect(fields?.[5]).toMatch(/^ro,nosuid/)
  expect(fields?.[6]).toBe('-')
  expect(codeOf(() => writeFileSync(join(root, 'target/x'), ''))).toMatchObject({ code: 'EROFS' })
  syscalls.mount({ source: '', target: join(root, 'target'), type: '', flags: ['shared'] })
  expect(mounts()[0]?.[6]).toMatch(/^shared:/)
})

test('a mount is let go of although somebody still reads there', async () => {
  folder('here')
  syscalls.mount({ source: 'tmpfs', target: join(root, 'here'), type: 'tmpfs' })
  writeFileSync(join(root, 'here/a'), 'kept')
  const descriptor = openSync(join(root, 'here/a'), 'r')
  await syscalls.detach(join(root, 'here'))
  expect(mounts()).toEqual([])
  expect(readFileSync(descriptor, 'utf8')).toBe('kept')
  closeSync(descriptor)
  await expect(syscalls.detach(join(root, 'here'))).rejects.toMatchObject({ name: 'EngineError', reason: 'EINVAL' })
  await expect(syscalls.detach(join(root, 'nothing'))).rejects.toMatchObject({ reason: 'ENOENT', message: expect.stringContaining('nothing') })
})

test('errors carry errno, the call and the path', () => {
  expect(codeOf(() => syscalls.unmount(join(root, 'nothing')))).toMatchObject({ name: 'EngineError', code: 'not-found', reason: 'ENOENT', message: expect.stringContaining('nothing') })
  expect(codeOf(() => syscalls.mount({ source: 'x', target: root, type: 'no-such-fs' }))).toMatchObject({ reason: 'ENODEV' })
  expect(codeOf(() => syscalls.unmount('/tmp\0/x'))).toMatchObject({ code: 'invalid-argument' })
  expect(codeOf(() => syscalls.mount({ source: 'x', target: root, type: '', flags: ['sideways' as never] }))).toMatchObject({ reason: 'EINVAL' })
})

test('device nodes and FIFOs get exactly the mode asked for', () => {
  const before = process.umask(0o077)
  try {
    syscalls.mknod(join(root, 'whiteout'), 'char', 0, 0, 0)
    syscalls.mknod(Buffer.from(join(root, 'fifo')), 'fifo', 0o666)
  } finally {
    process.umask(before)
  }
  expect(lstatSync(join(root, 'whiteout'))).toMatchObject({ mode: constants.S_IFCHR, rdev: 0 })
  expect(lstatSync(join(root, 'fifo')).mode).toBe(constants.S_IFIFO | 0o666)
})

test('extended attributes belong to the path itself', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  symlinkSync(file, join(root, 'link'))
  syscalls.setXattr(file, 'user.slipway', Uint8Array.of(1, 0, 2))
  syscalls.setXattr(join(root, 'link'), 'trusted.slipway', Buffer.from('link'))
  expect(syscalls.getXattr(file, 'user.slipway')).toEqual(Buffer.of(1, 0, 2))
  expect(syscalls.getXattr(file, 'trusted.slipway')).toBeUndefined()
  expect(syscalls.listXattrs(file)).toEqual(['user.slipway'])
  expect(syscalls.listXattrs(join(root, 'link'))).toEqual(['trusted.slipway'])
  syscalls.removeXattr(file, 'user.slipway')
  syscalls.removeXattr(file, 'user.slipway')
  expect(syscalls.listXattrs(file)).toEqual([])
})

test('names that are not UTF-8 are taken as bytes', () => {
  const name = Buffer.concat([Buffer.from(root + '/'), Buffer.of(0xff, 0xfe)])
  writeFileSync(name, '')
  syscalls.setXattr(name, 'user.x', Buffer.from('y'))
  expect(syscalls.getXattr(name, 'user.x')?.toString()).toBe('y')
})

test('openInRoot never leaves the root', () => {
  folder('jail/etc')
  writeFileSync(join(root, 'jail/etc/passwd'), 'inside')
  symlinkSync('/etc/passwd', join(root, 'jail/absolute'))
  symlinkSync('../../../../../../etc/passwd', join(root, 'jail/upward'))
  symlinkSync('/proc/self/root/etc/passwd', join(root, 'jail/magic'))
  const jail = openSync(join(root, 'jail'), constants.O_RDONLY | constants.O_DIRECTORY)
  const read = (path: string) => {
    const fd = syscalls.openInRoot(jail, path, constants.O_RDONLY)
    try {
      return readFileSync(fd, 'utf8')
    } finally {
      closeSync(fd)
    }
  }
  try {
    for (const path of ['/etc/passwd', 'absolute', 'upward', '../../etc/passwd']) expect(read(path)).toBe('inside')
    expect(codeOf(() => read('magic'))).toMatchObject({ code: 'not-found' })
    const made = syscalls.openInRoot(jail, '/../new', constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640)
    closeSync(made)
    expect(lstatSync(join(root, 'jail/new')).mode & 0o777).toBe(0o640)
  } finally {
    closeSync(jail)
  }
})

test('a pinned network namespace with loopback up, and sockets inside it', async () => {
  const path = join(root, 'ns')
  const own = readlinkSync('/proc/self/ns/net')
  syscalls.createNetworkNamespace(path)
  expect(codeOf(() => syscalls.createNetworkNamespace(path))).toMatchObject({ code: 'already-exists' })
  expect(readlinkSync('/proc/self/ns/net')).toBe(own)
  expect(execFileSync('nsenter', [`--net=${path}`, 'ip', '-o', 'link'], { encoding: 'utf8' })).toMatch(/lo: <LOOPBACK,UP/)

  const udp = createSocket('udp4')
  const listening = once(udp, 'listening')
  udp.bind({ fd: syscalls.socketIn(path, 'udp4', '127.0.0.11', 53) })
  await listening
  expect(udp.address()).toMatchObject({ address: '127.0.0.11', port: 53 })
  udp.close()
  const tcp = createServer((socket) => socket.end('hello from inside'))
  tcp.listen({ fd: syscalls.socketIn(path, 'tcp4', '127.0.0.1', 4000) })
  await once(tcp, 'listening')
  const client = spawn('nsenter', [`--net=${path}`, 'bash', '-c', 'cat < /dev/tcp/127.0.0.1/4000'])
  const [chunk] = (await once(client.stdout, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('hello from inside')
  tcp.close()
  expect(codeOf(() => syscalls.socketIn(path, 'udp4', '10.9.9.9', 53))).toMatchObject({ reason: 'EADDRNOTAVAIL' })
})

test('a lock has one holder', () => {
  const path = join(root, 'lock')
  const [first, second] = [openSync(path, 'w'), openSync(path, 'w')]
  expect([syscalls.tryLock(first), syscalls.tryLock(second)]).toEqual([true, false])
  closeSync(first)
  expect(syscalls.tryLock(second)).toBe(true)
  closeSync(second)
})

test('a signal reaches only the process that has this start time', async () => {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
  const start = BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!)
  expect(syscalls.signalProcess(child.pid!, start + 1n, 9)).toBe(false)
  expect(syscalls.signalProcess(child.pid!, start, 0)).toBe(true)
  expect(syscalls.signalProcess(child.pid!, start, 15)).toBe(true)
  await once(child, 'exit')
  expect(syscalls.signalProcess(child.pid!, start, 15)).toBe(false)
})

test('loads in worker threads, and no descriptor is left behind', async () => {
  const source = `const { parentPort } = require('node:worker_threads'); const s = require(${JSON.stringify(findBinary('slipway-syscalls.node'))}); s.mknod(${JSON.stringify(join(root, 'made'))}, ${constants.S_IFIFO}, 0o600, 0, 0); parentPort.postMessage('done')`
  const before = readdirSync('/proc/self/fd').length
  for (let i = 0; i < 3; i++) {
    rmSync(join(root, 'made'), { force: true })
    const worker = new Worker(source, { eval: true })
    await once(worker, 'exit')
    expect(existsSync(join(root, 'made'))).toBe(true)
  }
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 1)
})

test('works as an ordinary file mode would: nothing is followed by mknod', () => {
  symlinkSync(join(root, 'elsewhere'), join(root, 'link'))
  chmodSync(root, 0o755)
  expect(codeOf(() => syscalls.mknod(join(root, 'link'), 'fifo', 0o644))).toMatchObject({ code: 'already-exists' })
  expect(existsSync(join(root, 'elsewhere'))).toBe(false)
})
