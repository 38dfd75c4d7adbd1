import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHost } from './core/host/create-host.ts'
import { networkInstance } from './identity.ts'
import { createEngine, type Engine } from './index.ts'
import { createLayout } from './layout.ts'

/** The whole engine on a real kernel and runtime, through its socket; root only. The image is made from the machine's static busybox. */
const root = mkdtempSync(join(tmpdir(), 'slipway-engine-'))
const layout = createLayout(join(root, 'data'), join(root, 'run'))
const socketPath = join(root, 'docker.sock')
const docker = new Docker({ socketPath })
let engine: Engine

async function open(): Promise<Engine> {
  const made = await createEngine({ layout, host: await createHost({ layout }), registryMirrors: [], version: '0.0.0-test', log: () => {} })
  await made.listen(socketPath)
  return made
}

async function importBusybox(): Promise<void> {
  const tree = join(root, 'tree')
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev']) mkdirSync(join(tree, name), { recursive: true })
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'))
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) if (applet !== 'busybox') symlinkSync('busybox', join(tree, 'bin', applet))
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')
  const archive = spawn('tar', ['-C', tree, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await text(await docker.importImage(archive.stdout, { repo: 'busybox', tag: 'latest', changes: 'ENV PATH=/bin' }))
}

beforeAll(async () => {
  mkdirSync(layout.dataRoot, { recursive: true })
  mkdirSync(layout.runRoot, { recursive: true })
  engine = await open()
  await importBusybox()
})

afterAll(async () => {
  for (const { Id } of await docker.listContainers({ all: true })) await docker.getContainer(Id).remove({ force: true, v: true })
  await engine[Symbol.asyncDispose]()
  // Bridge and rules outlive an engine that others' containers may still need; the last container's end takes them along.
  const instance = `slipway-${networkInstance(layout)}`
  spawnSync('ip', ['link', 'delete', instance])
  spawnSync('nft', ['delete', 'table', 'inet', instance])
  expect(mountsBelow(root)).toEqual([])
  rmSync(root, { recursive: true, force: true })
})

function withoutFrames(multiplexed: Buffer): string {
  let found = ''
  for (let at = 0; at < multiplexed.length; at += 8 + multiplexed.readUInt32BE(at + 4)) found += multiplexed.toString('utf8', at + 8, at + 8 + multiplexed.readUInt32BE(at + 4))
  return found
}

const mountsBelow = (folder: string) => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(` ${folder}`))

test('a container from create to removal, its output, exit code and log', async () => {
  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', 'read line; echo "got $line"; echo oops >&2; exit 7'], OpenStdin: true, StdinOnce: true, AttachStdin: true })
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
  const received: Buffer[] = []
  stream.on('data', (chunk: Buffer) => received.push(chunk))
  const waited = container.wait({ condition: 'next-exit' })
  await container.start()
  stream.end('hello\n')
  expect(await waited).toEqual({ StatusCode: 7 })
  const framed = Buffer.concat(received).toString('latin1')
  expect(framed).toContain('\x01\0\0\0\0\0\0\x0agot hello\n')
  expect(framed).toContain('\x02\0\0\0\0\0\0\x05oops\n')
  expect((await container.logs({ stdout: true, stderr: false })).toString('latin1')).toBe('\x01\0\0\0\0\0\0\x0agot hello\n')
  expect((await container.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 7 })
  await container.remove()
})

test('a command that is not there: refused, undone, recorded', async () => {
  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['nope'] })
  await expect(container.start()).rejects.toThrow(/exec: "nope": executable file not found in \$PATH/)
  expect((await container.inspect()).State).toMatchObject({ Status: 'created', ExitCode: 127 })
  expect(mountsBelow(layout.container(container.id).rootfs)).toEqual([])
  await container.remove()
})

test('exec, limits of the state, pause, and a kill', async () => {
  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '1000'] })
  await container.start()
  const exec = await container.exec({ Cmd: ['sh', '-c', 'cat; exit 3'], AttachStdin: true, AttachStdout: true })
  const stream = await exec.start({ hijack: true, stdin: true })
  stream.end('through\n')
  expect((await text(stream)).slice(8)).toBe('through\n')
  expect(await exec.inspect()).toMatchObject({ ExitCode: 3, Running: false })
  await container.pause()
  await expect(container.exec({ Cmd: ['true'] })).rejects.toMatchObject({ statusCode: 409 })
  await container.unpause()
  await expect(container.remove()).rejects.toMatchObject({ statusCode: 409 })
  await container.kill()
  expect((await container.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 137 })
  await container.remove()
})

test('another engine on the same roots: what runs is followed on, logs have no hole, ends are recorded', async () => {
  const lasting = await docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', 'echo before; while [ ! -e /go ]; do sleep 0.05; done; echo after; exit 4'] })
  const brief = await docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', 'while [ ! -e /go ]; do sleep 0.05; done; exit 5'] })
  await Promise.all([lasting.start(), brief.start()])
  const { State } = await brief.inspect()
  await engine[Symbol.asyncDispose]()
  writeFileSync(`/proc/${State.Pid}/root/go`, '')
  while (existsSync(`/proc/${State.Pid}`)) await new Promise((resolve) => setImmediate(resolve))
  engine = await open()
  expect((await lasting.inspect()).State.Status).toBe('running')
  expect(await brief.wait()).toEqual({ StatusCode: 5 })
  const waited = lasting.wait()
  await text(await (await lasting.exec({ Cmd: ['touch', '/go'], AttachStdout: true })).start({ hijack: true }))
  expect(await waited).toEqual({ StatusCode: 4 })
  expect(withoutFrames(await lasting.logs({ stdout: true }))).toBe('before\nafter\n')
  await Promise.all([lasting.remove(), brief.remove()])
})

test('image content seeds a new volume; auto-removal takes the anonymous one and leaves nothing in the kernel', async () => {
  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['ls', '/etc'], HostConfig: { AutoRemove: true, Binds: ['seeded:/etc'] }, Volumes: { '/scratch': {} } })
  const stream = await container.attach({ stream: true, stdout: true, hijack: true })
  const removed = container.wait({ condition: 'removed' })
  await container.start()
  expect(await text(stream)).toContain('passwd')
  await removed
  expect((await docker.listVolumes()).Volumes.map((volume) => volume.Name)).toEqual(['seeded'])
  expect(mountsBelow(root)).toEqual([])
  expect(readdirSync(layout.containersRun)).toEqual([])
  await docker.getVolume('seeded').remove()
})
