import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { damagedBlobs, rowsOf } from './check.ts'
import { observe, openFiles } from './observe.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

/** What the machine may come to: a full disk, one that turned read-only, no more open files. Told in words, nothing that was confirmed is lost, and all goes on when it has passed. */
let stage: Stage
let disk: SmallDisk
beforeAll(async () => void (stage = await setStage({ prepare: async (dataRoot) => (disk = await mountSmallDisk(dataRoot, 64)) })))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const statusOf = (name: string) => ok('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name)
/** Runs until /dev/shm/end is there, and exits 7. */
const WAITS = ['sh', '-c', 'while [ ! -e /dev/shm/end ]; do sleep 0.05; done; exit 7']

async function fails(...args: string[]): Promise<string> {
  const { code, output } = await stage.engine.docker(...args)
  expect(code, output).not.toBe(0)
  return output
}

test('a full disk: what needs space is refused in words; containers run, exec, end, stop and go, and images make room', async () => {
  const { engine, busybox, web } = stage
  await ok('run', '-d', '--name', 'runs', busybox, 'sleep', '1000000')
  await ok('run', '-d', '--name', 'ends', busybox, ...WAITS)
  onTestFinished(() => disk.empty())
  await disk.fill(0)
  expect(await fails('pull', '-q', `${web}:1.1`)).toMatch(/no space left/i)
  expect(await fails('run', '--rm', busybox, 'true')).toMatch(/no space left/i)
  const { Id } = (await callRaw(engine.socket, 'POST', '/containers/create?name=full', { Image: busybox, Cmd: ['true'] })).json<{ Id: string }>()
  const refused = await callRaw(engine.socket, 'POST', `/containers/${Id}/start`)
  expect([refused.status, refused.json()]).toEqual([507, expect.objectContaining({ reason: 'ENOSPC', hint: expect.stringContaining('Free some space') as string })])

  expect(await ok('exec', 'runs', 'echo', 'hello')).toBe('hello')
  await ok('exec', 'ends', 'touch', '/dev/shm/end')
  expect(await ok('wait', 'ends')).toBe('7')
  // Many more changes than the database has room for at once.
  const names = ['runs', 'renamed']
  for (let count = 0; count < 300; count++) expect((await callRaw(engine.socket, 'POST', `/containers/${names[count % 2]}/rename?name=${names[(count + 1) % 2]}`)).status).toBe(204)
  await ok('stop', '-t', '0', 'runs')
  await ok('rm', 'full', 'ends')
  await ok('rmi', `${web}:1.0`)

  // As the disk filled it up, so it is after a kill.
  await disk.fill(0)
  await engine.kill('SIGKILL')
  await engine.start()
  expect(await ok('ps', '-a', '--format', '{{.Names}}')).toBe('runs')
  expect(await statusOf('runs')).toMatch(/^exited/)
  await disk.empty()
  await ok('pull', '-q', `${web}:1.1`)
  await ok('start', 'runs')
  expect(await ok('run', '--rm', busybox, 'echo', 'again')).toBe('again')
  expect(await damagedBlobs(engine)).toEqual([])
  await ok('rm', '-f', 'runs')
})

test('pulls with a little space, more each time: refused whole until one fits', async () => {
  const { engine, web } = stage
  await ok('rmi', `${web}:1.1`)
  await ok('image', 'prune', '-af')
  onTestFinished(() => disk.empty())
  let fitted = false
  for (let free = 0; !fitted; free = Math.max(4096, free * 3)) {
    await disk.empty()
    await disk.fill(free)
    const { code, output } = await engine.docker('pull', '-q', `${web}:1.1`)
    fitted = code === 0
    if (!fitted) expect(output).toMatch(/no space left/i)
    expect(await ok('images', '-q')).toEqual(fitted ? expect.stringMatching(/^[0-9a-f]{12}$/) : '')
  }
  await disk.empty()
  expect(await damagedBlobs(engine)).toEqual([])
  expect(await ok('run', '--rm', `${web}:1.1`, 'echo', 'whole')).toBe('whole')
})

test('a disk that turned read-only: refused in words, what runs goes on, a removal can be tried again; no engine starts on it', async () => {
  const { engine, web } = stage
  await ok('run', '-d', '--name', 'kept', `${web}:1.1`, ...WAITS)
  await ok('create', '--name', 'goes', `${web}:1.1`, 'true')
  onTestFinished(() => disk.writable())
  disk.readOnly()
  for (const command of [['create', `${web}:1.1`, 'true'], ['volume', 'create', 'vol'], ['rm', 'goes']]) expect(await fails(...command)).toMatch(/read-only file system/i)
  expect(await fails('pull', '-q', stage.busybox)).toMatch(/read-only file system/i)
  expect(await ok('exec', 'kept', 'echo', 'hello')).toBe('hello')
  disk.writable()
  await ok('rm', 'goes')
  await ok('volume', 'create', 'vol')

  await engine.kill('SIGKILL')
  disk.readOnly()
  await expect(engine.start()).rejects.toThrow(/cannot use the data root .*read-only file system[^]*mounted read-only/i)
  disk.writable()
  await engine.start()
  await ok('exec', 'kept', 'touch', '/dev/shm/end')
  expect(await ok('wait', 'kept')).toBe('7')
  expect(await ok('volume', 'ls', '-q')).toBe('vol')
  await ok('rm', 'kept')
})

test('no more open files: refused in words, and nothing is lost or left once there are', async () => {
  const { engine, web } = stage
  const limit = (soft: string) => execFileSync('prlimit', ['--pid', String(engine.pid), `--nofile=${soft}:`])
  const unlimited = /^Max open files +(\d+)/m.exec(await readFile(`/proc/${engine.pid}/limits`, 'utf8'))![1]!
  onTestFinished(() => void limit(unlimited))
  const before = await observe(engine)
  const idle = async () => (await openFiles(engine.pid)).length
  const filesBefore = await idle()
  const highest = async () => Math.max(...(await readdir(join('/proc', String(engine.pid), 'fd'))).map(Number))
  for (const more of [2, 6, 11, 18]) {
    limit(String((await highest()) + 1 + more))
    const body = { Image: `${web}:1.1`, Cmd: ['true'] }
    const replies = await Promise.all([1, 2, 3].map((one) => callRaw(engine.socket, 'POST', `/containers/create?name=few-${more}-${one}`, body).catch(() => undefined)))
    const started = await Promise.all(replies.map((reply) => (reply?.status === 201 ? callRaw(engine.socket, 'POST', `/containers/${reply.json<{ Id: string }>().Id}/start`).catch(() => undefined) : undefined)))
    limit(unlimited)
    // A connection that cannot even be taken up is closed; whoever gets an answer is told why.
    for (const reply of [...replies, ...started]) if (reply && reply.status >= 400) expect(reply.json()).toMatchObject({ reason: expect.stringMatching(/^E[MN]FILE$/) as string })
    const there = (await ok('ps', '-a', '--format', '{{.Names}}')).split('\n').filter(Boolean).sort()
    const confirmed = replies.flatMap((reply, index) => (reply?.status === 201 ? [`few-${more}-${index + 1}`] : []))
    expect(there).toEqual(expect.arrayContaining(confirmed))
    if (there.length > 0) await ok('rm', '-f', ...there)
  }
  expect(await ok('run', '--rm', `${web}:1.1`, 'echo', 'again')).toBe('again')
  await expect.poll(() => observe(engine), { timeout: 20_000 }).toEqual(before)
  await expect.poll(idle, { timeout: 20_000 }).toBeLessThanOrEqual(filesBefore + 2)
})

test('a disk that reports errors: refused in words, what runs goes on, and nothing is lost or left once it writes again', async () => {
  const { engine, busybox, web } = stage
  await ok('image', 'prune', '-af')
  await ok('pull', '-q', busybox)
  await ok('run', '-d', '--name', 'kept', busybox, ...WAITS)
  await ok('run', '--name', 'made', '-p', '127.0.0.1::80', busybox, 'true')
  const before = await observe(engine)
  {
    await using _ = await failWrites(engine.pid)
    const refused = await callRaw(engine.socket, 'POST', '/containers/create?name=lost', { Image: busybox, Cmd: ['true'] })
    expect([refused.status, refused.json()]).toEqual([503, expect.objectContaining({ reason: 'EIO', hint: expect.stringContaining('disk') as string })])
    for (const command of REFUSED) expect(await fails(...command.replaceAll('BUSYBOX', busybox).replaceAll('WEB', `${web}:1.1`).split(' '))).toMatch(/i\/o error/i)
    expect(await statusOf('kept')).toBe('running 0')
  }
  expect(await observe(engine)).toEqual(before)
  expect(await ok('ps', '-a', '--format', '{{.Names}}')).toBe('made\nkept')
  expect(await ok('start', 'made')).toBe('made')
  expect(await ok('exec', 'kept', 'touch', '/dev/shm/end')).toBe('')
  expect(await ok('wait', 'kept')).toBe('7')
  await ok('pull', '-q', `${web}:1.1`)
  expect(await ok('run', '--rm', `${web}:1.1`, 'echo', 'again')).toBe('again')
  expect(await damagedBlobs(engine)).toEqual([])
  await ok('rm', '-f', 'kept', 'made')
})

test.each(['the same engine', 'the next engine'])('a disk that refuses every write: what runs can be looked into, stopped and killed all the same, and %s records it', async (recorder) => {
  const { engine, busybox } = stage
  const policy = ['--restart', 'unless-stopped']
  for (const [name, options] of [['stopped', policy], ['killed', []], ['removed', ['--rm']]] as const) await ok('run', '-d', '--name', name, ...options, busybox, 'sleep', '1000000')
  const stateOf = async () => (await ok('ps', '-a', '--format', '{{.Names}} {{.State}}')).split('\n').sort()
  {
    await using _ = await failWrites(engine.pid)
    expect(await ok('exec', 'killed', 'echo', 'hello')).toBe('hello')
    await ok('stop', '-t', '0', 'stopped', 'removed')
    await ok('kill', 'killed')
    expect(await stateOf()).toEqual(['killed exited', 'removed exited', 'stopped exited'])
    for (const command of [['start', 'killed'], ['rm', 'stopped']]) expect(await fails(...command)).toMatch(/i\/o error/i)
    if (recorder === 'the next engine') await engine.kill('SIGKILL')
  }
  if (recorder === 'the next engine') {
    await engine.start()
    // Nobody could write down that the user had stopped it.
    await expect.poll(stateOf, { timeout: 20_000 }).toEqual(['killed exited', 'stopped running'])
  } else {
    // Each is written by itself, and the list shows what is not written yet.
    const recorded = () => rowsOf<{ name: string; state: { status: string } }>(engine.dataRoot, 'containers').map(({ name, state }) => `${name} ${state.status}`).sort()
    await expect.poll(recorded, { timeout: 60_000 }).toEqual(['killed exited', 'stopped exited'])
    await engine.kill('SIGKILL')
    await engine.start()
    expect(await stateOf()).toEqual(['killed exited', 'stopped exited'])
  }
  expect(await statusOf('killed')).toBe('exited 137')
  await ok('rm', '-f', 'killed', 'stopped')
})

const REFUSED = [
  'pull -q WEB',
  'volume create lost',
  'network create lost',
  'network disconnect bridge kept',
  'tag BUSYBOX lost',
  'commit kept lost',
  'update --memory 64m kept',
  'start made',
  'rename made lost',
  'rm made',
  'run -d -v lost:/lost -p 127.0.0.1::80 BUSYBOX sleep 9',
]

/** From its return until it is disposed of, every write at a place in a file, and every wait for the disk, fails in that process as it does on a disk that reports errors. */
async function failWrites(pid: number): Promise<AsyncDisposable> {
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-o', '/dev/null', '-e', 'inject=pwrite64,pwritev,fsync,fdatasync:error=EIO'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(tracer, 'exit')
  for await (const line of createInterface(tracer.stderr)) if (line.includes('attached')) break
  return {
    async [Symbol.asyncDispose]() {
      tracer.kill('SIGINT')
      await ended
    },
  }
}
