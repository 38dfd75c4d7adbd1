import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { openTerminal } from '../fixtures/terminal.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const docker = (...args: string[]) => openTerminal('docker', '-H', `unix://${stage.engine.socket}`, ...args)

test('run -it is a terminal; its keys, its size and its exit code arrive', async () => {
  await using terminal = docker('run', '-it', '--rm', '--name', 'tty', stage.busybox, 'sh')
  await terminal.see('/ #')
  terminal.type('stty rows 33 columns 77; stty size; test -t 0 && test -t 1 && echo both-$((1+1))\r')
  await terminal.see('33 77')
  await terminal.see('both-2')
  terminal.type('echo asl""eep; sleep 1000\r')
  await terminal.see('asleep')
  terminal.type('\x03')
  await terminal.see('/ #')
  terminal.type('exit 7\r')
  expect(await terminal.ended).toBe(7)
  expect((await stage.engine.docker('inspect', 'tty')).code).toBe(1)
})

test('detach keys leave it running, attach comes back to the same shell', async () => {
  await using first = docker('run', '-it', '--name', 'kept', stage.busybox, 'sh')
  await first.see('/ #')
  first.type('X=mark; echo one-$X\r')
  await first.see('one-mark')
  first.type('\x10\x11')
  expect(await first.ended).toBe(0)
  expect(await stage.engine.ok('inspect', '-f', '{{.State.Running}}', 'kept')).toBe('true')
  await using second = docker('attach', 'kept')
  second.type('\r')
  await second.see('/ #')
  second.type('echo two-$X\r')
  await second.see('two-mark')
  second.type('exit\r')
  expect(await second.ended).toBe(0)
  await stage.engine.ok('rm', 'kept')
})

test('other detach keys', async () => {
  await using terminal = docker('run', '-it', '--detach-keys', 'ctrl-x,d', '--name', 'keys', stage.busybox, 'sh')
  await terminal.see('/ #')
  terminal.type('\x18d')
  expect(await terminal.ended).toBe(0)
  await stage.engine.ok('rm', '-f', 'keys')
})

test('exec -it has a terminal of its own', async () => {
  await stage.engine.ok('run', '-d', '--name', 'beside', stage.busybox, 'sleep', '1000')
  await using terminal = docker('exec', '-it', '-e', 'K=v', '-w', '/tmp', 'beside', 'sh')
  await terminal.see('/tmp #')
  terminal.type('echo $K-$(tty)\r')
  await terminal.see('v-/dev/pts/')
  terminal.type('exit 9\r')
  expect(await terminal.ended).toBe(9)
  expect(await stage.engine.ok('inspect', '-f', '{{.State.Running}}', 'beside')).toBe('true')
})

test('exec: output, exit code, user, stdin, and what cannot run', async () => {
  const { engine } = stage
  const both = await engine.docker('exec', 'beside', 'sh', '-c', 'echo out; echo err >&2; exit 3')
  expect([both.code, both.stdout, both.stderr]).toEqual([3, 'out\n', 'err\n'])
  expect(await engine.ok('exec', '-u', '1000:1001', '-w', '/tmp', '-e', 'K=v', 'beside', 'sh', '-c', 'echo $(pwd) $K $(id -u):$(id -g)')).toBe('/tmp v 1000:1001')
  const piped = await run('docker', ['-H', `unix://${engine.socket}`, 'exec', '-i', 'beside', 'tr', 'a-z', 'A-Z'], { input: 'ping\n' })
  expect(piped.stdout).toBe('PING\n')
  expect((await engine.docker('exec', 'beside', 'nonesuch')).code).toBe(127)
  expect((await engine.docker('exec', 'beside', '/etc/passwd')).code).toBe(126)
  expect((await engine.docker('exec', 'nobody', 'true')).output).toContain('No such container: nobody')
})

test('exec -d runs on by itself', async () => {
  const { engine } = stage
  await engine.ok('exec', '-d', 'beside', 'sh', '-c', 'echo $$ > /tmp/pid; exec sleep 2000')
  await expect.poll(async () => (await engine.docker('top', 'beside')).stdout).toContain('sleep 2000')
})

test('stdin: piped through run -i, closed at its end, and left open by attach', async () => {
  const { engine, busybox } = stage
  const host = ['-H', `unix://${engine.socket}`]
  const large = 'line of input\n'.repeat(50_000)
  expect((await run('docker', [...host, 'run', '--rm', '-i', busybox, 'wc', '-c'], { input: large })).stdout.trim()).toBe(String(large.length))
  expect((await run('docker', [...host, 'run', '--rm', '-i', busybox, 'tr', 'a-z', 'A-Z'], { input: 'ping' })).stdout).toBe('PING')
  await engine.ok('create', '-i', '--name', 'cat', busybox, 'cat')
  expect((await run('docker', [...host, 'start', '-ai', 'cat'], { input: 'once\n' })).stdout).toBe('once\n')
  expect((await run('docker', [...host, 'start', '-ai', 'cat'], { input: 'twice\n' })).stdout).toBe('twice\n')
})

test('start -a shows the output and carries the exit code, also the second time', async () => {
  const { engine, busybox } = stage
  await engine.ok('create', '--name', 'again', busybox, 'sh', '-c', 'echo here; exit 4')
  for (let turn = 0; turn < 2; turn++) expect(await engine.docker('start', '-a', 'again')).toMatchObject({ code: 4, stdout: 'here\n' })
})
