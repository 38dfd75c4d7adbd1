import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { directory, tarOf } from './core/layers/testing/tar-builder.ts'
import { createPortForwarder } from './core/host/rootless/port-forwarder.ts'
import { processesNaming } from './core/runtime/process-life.ts'

const MAIN = resolve(import.meta.dirname, 'main.ts')
const NODE = process.execPath
let root = ''
const started: ChildProcess[] = []

interface Started {
  child: ChildProcess
  /** Resolves with the line that says it is ready. @throws what it said on standard error, when it ended first. */
  ready: Promise<string>
  exited: Promise<number | null>
}

function start(program: string, args: string[]): Started {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk))
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const line = once(createInterface(child.stdout), 'line').then(([said]) => said as string)
  const ready = Promise.race([line, exited.then((code) => Promise.reject(new Error(`exit ${code}: ${errors}`)))])
  ready.catch(() => {})
  return { child, ready, exited }
}
const roots = (name = 'e') => ['--data-root', join(root, name, 'data'), '--run-root', join(root, name, 'run')]
const startRoot = (...args: string[]) => start(NODE, [MAIN, ...args])
const holderOf = (name = 'e') => Number(readFileSync(join(root, name, 'data', 'lock'), 'utf8'))
const get = async (socketPath: string, path: string) => {
  const socket = connect(socketPath)
  socket.end(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  return text(socket)
}
/** @throws what it was refused with */
async function post(socketPath: string, path: string, body: string | Buffer = ''): Promise<string> {
  const sent = request({ socketPath, path, method: 'POST', headers: { 'Content-Type': 'application/json' } })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const said = await text(answer)
  if ((answer.statusCode ?? 0) >= 400) throw new Error(said)
  return said
}

beforeEach(() => {
  root = mkdtempSync('/tmp/slipway-main-')
  chmodSync(root, 0o755)
})
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  // An engine that is killed early leaves the runtime at work on its filter, for the next one to end; here there is none.
  for (const { pid } of await processesNaming(root)) process.kill(pid, 'SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

describe('as root', () => {
  test('says when it is ready, answers, and leaves no socket when it is told to end', async () => {
    const engine = startRoot(...roots())
    const socket = join(root, 'e/run/docker.sock')
    expect(await engine.ready).toBe(`engine ready unix://${socket}`)
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    expect(await get(socket, '/_ping')).toMatch(/^HTTP\/1\.1 200/)
    expect(holderOf()).toBe(engine.child.pid)
    engine.child.kill('SIGTERM')
    expect(await engine.exited).toBe(0)
    expect(existsSync(socket)).toBe(false)
  })

  test('a second engine on the same data root is refused, and told who has it', async () => {
    const engine = startRoot(...roots())
    await engine.ready
    const second = startRoot('--data-root', join(root, 'e/data'), '--run-root', join(root, 'other'))
    await expect(second.ready).rejects.toThrow(`exit 3: slipway-engine: Another Slipway engine (pid ${engine.child.pid}) is using the data root`)
    const third = startRoot('--data-root', join(root, 'other'), '--run-root', join(root, 'e/run'))
    await expect(third.ready).rejects.toThrow(`exit 3: slipway-engine: Another Slipway engine (pid ${engine.child.pid}) is using the run root`)
  })

  test('after kill -9 the next engine takes the roots and replaces the stale socket', async () => {
    const engine = startRoot(...roots())
    await engine.ready
    engine.child.kill('SIGKILL')
    await engine.exited
    expect(existsSync(join(root, 'e/run/docker.sock'))).toBe(true)
    const next = startRoot(...roots())
    await next.ready
    expect(await get(join(root, 'e/run/docker.sock'), '/_ping')).toMatch(/200/)
  })

  test('a socket that another program serves is not taken from it', async () => {
    const socket = join(root, 'taken.sock')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    await expect(startRoot(...roots(), '--socket', socket).ready).rejects.toThrow('exit 3: slipway-engine: Another program listens on')
    server.close()
    writeFileSync(join(root, 'file'), 'precious')
    await expect(startRoot(...roots(), '--socket', join(root, 'file')).ready).rejects.toThrow('is not a socket')
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('precious')
  })

  test('a path too long for a socket, and options that do not exist, are told as such', async () => {
    const long = join(root, 'x'.repeat(120), 'docker.sock')
    await expect(startRoot(...roots(), '--socket', long).ready).rejects.toThrow(/exit 2: .*bytes long; a unix socket's path may have 107/s)
    await expect(startRoot('--no-such-option').ready).rejects.toThrow(/exit 2: error: unknown option/)
    await expect(startRoot('--registry-mirror', 'not-a-url').ready).rejects.toThrow(/exit 2: .*http/s)
  })

  test('the runtime can be chosen', async () => {
    const engine = startRoot(...roots(), '--runtime', 'runc', '--socket', `unix://${root}/r.sock`)
    expect(await engine.ready).toBe(`engine ready unix://${root}/r.sock`)
    expect(await get(join(root, 'r.sock'), '/slipway/host')).toContain('"name":"runc"')
  })
})

const USER = 'slipway-main-test'
const user = { uid: 0, gid: 0 }
const tun = { mode: 0 }

/** A pid of RootlessKit's parent, by the child's. */
const parentOf = (pid: number) => Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
const childPid = () => Number(readFileSync(join(root, 'e/run/rootlesskit/child_pid'), 'utf8'))
/** Resolves when the process is gone; a pidfd cannot be awaited in Node, but `tail` waits for one. */
const gone = async (pid: number) => void (await once(spawn('tail', ['--pid', String(pid), '-s', '0.02', '-f', '/dev/null']), 'close'))

function startAsUser(...args: string[]): Started {
  const command = ['exec', NODE, MAIN, ...roots(), ...args].map((word) => `'${word}'`).join(' ').replace("'exec'", 'exec')
  return start('su', ['-', USER, '-c', command])
}

describe('as an ordinary user', () => {
  beforeAll(() => {
    spawnSync('userdel', ['-r', USER])
    execFileSync('useradd', ['-m', '-s', '/bin/sh', USER])
    user.uid = Number(execFileSync('id', ['-u', USER], { encoding: 'utf8' }))
    user.gid = Number(execFileSync('id', ['-g', USER], { encoding: 'utf8' }))
    tun.mode = statSync('/dev/net/tun').mode & 0o777
  })
  afterAll(() => {
    spawnSync('userdel', ['-r', USER], { stdio: 'ignore' })
  })
  beforeEach(() => {
    chmodSync('/dev/net/tun', 0o666)
    mkdirSync(join(root, 'e'))
    chownSync(join(root, 'e'), user.uid, user.gid)
  })
  afterEach(async () => {
    chmodSync('/dev/net/tun', tun.mode)
    const pids = spawnSync('pgrep', ['-u', String(user.uid)], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number)
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        continue
      }
      await gone(pid)
    }
  })

  /** One that sleeps, unless told otherwise, of an image that holds nothing else. */
  async function runContainer(socket: string, command = ['sleep', '1000'], host: object = { NetworkMode: 'none' }): Promise<void> {
    const archive = tarOf(directory('bin'), { path: 'bin/busybox', content: readFileSync('/usr/bin/busybox'), mode: 0o755 })
    await post(socket, '/images/create?fromSrc=-&repo=busybox', archive)
    const { Id } = JSON.parse(await post(socket, '/containers/create', JSON.stringify({ Image: 'busybox', Cmd: ['/bin/busybox', ...command], StopTimeout: 0, HostConfig: { ...host, AutoRemove: true } }))) as { Id: string }
    await post(socket, `/containers/${Id}/start`)
  }

  test('serves from the machine network, with bridges in a namespace of their own; the next engine finds the same while a container runs', async () => {
    const engine = startAsUser()
    const socket = join(root, 'e/run/docker.sock')
    expect(await engine.ready).toBe(`engine ready unix://${socket}`)
    expect(statSync(socket)).toMatchObject({ uid: user.uid })
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    const pid = holderOf()
    expect(readlinkSync(`/proc/${pid}/ns/net`)).toBe(readlinkSync('/proc/self/ns/net'))
    expect(readlinkSync(`/proc/${pid}/ns/user`)).toBe(readlinkSync(`/proc/${childPid()}/ns/user`))
    expect(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).not.toMatch(/ \/etc\/(resolv\.conf|hosts) /)
    const facts = await get(socket, '/slipway/host')
    for (const part of ['"rootless":true', '"storage":"overlay"', '"name":"crun"', '/dev/net/tun can be used']) expect(facts).toContain(part)

    const held = childPid()
    process.kill(pid, 'SIGKILL')
    await engine.exited
    const next = startAsUser()
    await next.ready
    expect(childPid()).toBe(held)
    await runContainer(socket)
    expect(readFileSync(`/proc/${holderOf()}/mountinfo`, 'utf8')).toMatch(/ overlay .*[,=]volatile.*userxattr/)
    expect(await post(socket, '/slipway/doctor')).toContain('"Findings":[]')
    process.kill(holderOf(), 'SIGTERM')
    expect(await next.exited).toBe(0)
    expect(execFileSync('su', ['-', USER, '-c', [NODE, MAIN, 'doctor', ...roots().slice(0, 4)].join(' ')], { encoding: 'utf8' })).toContain('Nothing is wrong.')
    expect(parentOf(held)).toBeGreaterThan(1)
    const last = startAsUser('--stop-containers')
    await last.ready
    expect(childPid()).toBe(held)
    expect(await get(socket, '/containers/json')).toContain('"State":"running"')
  })

  test('leaves nothing behind when it ends in order and no container runs', async () => {
    const engine = startAsUser()
    await engine.ready
    const kit = parentOf(childPid())
    process.kill(holderOf(), 'SIGTERM')
    expect(await engine.exited).toBe(0)
    await gone(kit)
    expect(spawnSync('pgrep', ['-u', String(user.uid)], { encoding: 'utf8' }).stdout).toBe('')
  })

  test('ends with status 5 when its namespaces end, and the next engine makes new ones', async () => {
    const engine = startAsUser()
    await engine.ready
    const first = childPid()
    process.kill(parentOf(first), 'SIGKILL')
    expect(await engine.exited).toBe(5)
    const next = startAsUser()
    await next.ready
    expect(childPid()).not.toBe(first)
  })

  test('--stop-containers takes RootlessKit down with them', async () => {
    const engine = startAsUser('--stop-containers')
    await engine.ready
    await runContainer(join(root, 'e/run/docker.sock'))
    const kit = parentOf(childPid())
    process.kill(holderOf(), 'SIGTERM')
    expect(await engine.exited).toBe(0)
    await gone(kit)
    expect(existsSync(join(root, 'e/run/rootlesskit/child_pid'))).toBe(false)
  })

  test.each([0o666, 0o600])('ports are forwarded, whether /dev/net/tun can be used or not (%o)', async (mode) => {
    chmodSync('/dev/net/tun', mode)
    const engine = startAsUser()
    await engine.ready
    const facts = await get(join(root, 'e/run/docker.sock'), '/slipway/host')
    expect(facts.includes('/dev/net/tun cannot be opened')).toBe(mode === 0o600)
    const forwarder = createPortForwarder(join(root, 'e/run/rootlesskit/api.sock'))
    const inside = spawn('nsenter', [`--net=/proc/${childPid()}/ns/net`, 'busybox', 'nc', '-ll', '-p', '7000', '-e', 'echo', 'from inside'], { stdio: 'ignore' })
    started.push(inside)
    const id = await forwarder.add({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 47_113, childIp: '127.0.0.1', childPort: 7000 })
    await expect.poll(() => read(47_113)).toBe('from inside\n')
    expect(await forwarder.list()).toEqual([{ id, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 47_113, childIp: '127.0.0.1', childPort: 7000 }])

    const others = createServer().listen(47_114, '127.0.0.1')
    await once(others, 'listening')
    const rule = { protocol: 'tcp' as const, hostIp: '127.0.0.1', childIp: '127.0.0.1', childPort: 7000 }
    await expect(forwarder.add({ ...rule, hostPort: 47_114 })).rejects.toMatchObject({ code: 'already-exists', reason: 'port-allocated' })
    await expect(forwarder.add({ ...rule, hostPort: 47_113 })).rejects.toMatchObject({ code: 'already-exists', reason: 'port-allocated' })
    others.close()
    await forwarder.remove(id)
    expect(await forwarder.list()).toEqual([])
    await expect(forwarder.remove(id)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a published port that RootlessKit no longer has is found by the doctor and put back, one that it should not have is taken away', async () => {
    await startAsUser().ready
    const socket = join(root, 'e/run/docker.sock')
    await runContainer(socket, ['nc', '-ll', '-p', '80', '-e', '/bin/busybox', 'echo', 'served'], { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '47115' }] } })
    await expect.poll(() => read(47_115)).toBe('served\n')
    const forwarder = createPortForwarder(join(root, 'e/run/rootlesskit/api.sock'))
    for (const { id } of await forwarder.list()) await forwarder.remove(id)
    await forwarder.add({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 47_116, childIp: '172.17.0.99', childPort: 80 })
    expect(await read(47_115)).toBe('')
    const found = await post(socket, '/slipway/doctor')
    for (const part of ['"Reason":"network-port-gone"', '"Reason":"network-stray-forward","Subject":"127.0.0.1:47116/tcp"', '"Outcome":"repaired"']) expect(found).toContain(part)
    expect(found).not.toContain('"Outcome":"needs-you"')
    expect(await read(47_115)).toBe('served\n')
    expect(await post(socket, '/slipway/doctor')).toContain('"Findings":[]')
  })

  test('a run root that another user made first is refused', async () => {
    mkdirSync(join(root, 'e/run'), { mode: 0o777 })
    chmodSync(join(root, 'e/run'), 0o777)
    chownSync(join(root, 'e/run'), user.uid + 1, user.gid)
    await expect(startAsUser().ready).rejects.toThrow(`exit 4: slipway-engine: ${join(root, 'e/run')} belongs to another user`)
  })

  test('a user without subordinate ids is told the command', async () => {
    const before = readFileSync('/etc/subuid', 'utf8')
    const range = before.split('\n').find((line) => line.startsWith(`${USER}:`))!.split(':')
    execFileSync('usermod', ['--del-subuids', `${range[1]}-${Number(range[1]) + Number(range[2]) - 1}`, USER])
    const engine = startAsUser()
    await expect(engine.ready).rejects.toThrow(new RegExp(`exit 4: .*${USER} has 0 subordinate uids and 65536 gids.*sudo usermod --add-subuids \\d+-\\d+ ${USER}`, 's'))
  })
})

async function read(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  try {
    for await (const chunk of socket) text += chunk
  } catch {
    return ''
  }
  return text
}

test('no descriptor of the lock is left in what the engine starts', async () => {
  const engine = startRoot(...roots())
  await engine.ready
  const fd = openSync(join(root, 'e/data/lock'), 'r')
  expect(spawnSync('flock', ['-n', '-x', join(root, 'e/data/lock'), 'true']).status).toBe(1)
  engine.child.kill('SIGKILL')
  await engine.exited
  expect(spawnSync('flock', ['-n', '-x', join(root, 'e/data/lock'), 'true']).status).toBe(0)
  closeSync(fd)
})
