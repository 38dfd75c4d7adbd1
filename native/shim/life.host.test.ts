import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { builds, makeWorkDirectory, prepareHost, removeWorkDirectory, runtimes } from './testing/host-tools.ts'
import { exitRecord, startExec, startRun, type Shim } from './testing/shim.ts'

let work: string
beforeAll(() => {
  prepareHost()
  work = makeWorkDirectory()
})
afterAll(() => removeWorkDirectory(work))

const variants = builds.flatMap((build) => runtimes.map((runtime) => ({ build, runtime })))

async function startFailure(shim: Shim) {
  const client = await shim.connect()
  const failure = await client.send({ type: 'start' }).until('start-failed')
  expect(await client.next()).toBeUndefined()
  expect(await shim.ended).toBe(0)
  return failure
}

describe.each(variants)('$build with $runtime', ({ build, runtime }) => {
  test.for([
    ['an executable that is not found', { args: ['no-such-program'] }, /no-such-program.*not found in \$PATH/],
    ['a file that is not executable', { args: ['/etc/not-executable'] }, /permission denied/i],
    ['a working directory that is a file', { args: ['true'], cwd: '/etc/not-executable' }, /not a directory|not-executable/i],
  ] as const)('%s: the runtime says so', async ([, request, said]) => {
    const shim = await startRun({ work, build, runtime, ...request, args: [...request.args] })
    const failure = await startFailure(shim)
    expect(failure.status).toBe(1)
    expect(failure.text).toMatch(said)
    expect(existsSync(join(shim.state, 'exit'))).toBe(false)
    expect(readdirSync(join(work, `${runtime}-root`))).toEqual([])
  })

  test('the same for a tty, and for an exec', async () => {
    const terminal = await startRun({ work, build, runtime, args: ['no-such-program'], tty: true })
    expect((await startFailure(terminal)).text).toContain('no-such-program')

    const container = await startRun({ work, build, runtime, args: ['sleep', '1000'] })
    const owner = await container.connect()
    await owner.send({ type: 'start' }).until('started')
    const exec = await startExec(container, { args: ['no-such-program'] })
    const failure = await startFailure(exec)
    expect(failure.status).toBe(255)
    expect(failure.text).toContain('no-such-program')
    owner.send({ type: 'signal', signal: 9 })
    await owner.until('exit')
  })

  test('the files of a life: pid while it runs, exit after it, nothing of the runtime', async () => {
    const shim = await startRun({ work, build, runtime, args: ['sleep', '1000'] })
    const client = await shim.connect()
    const { pid } = await client.send({ type: 'start' }).until('started')
    const startTime = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21]
    expect(readFileSync(join(shim.state, 'pid'), 'utf8')).toBe(`${pid} ${startTime}\n`)
    expect(statSync(join(shim.state, 'shim.sock')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(shim.state, 'exit'))).toBe(false)

    const before = BigInt(Date.now()) * 1_000_000n
    client.send({ type: 'signal', signal: 9 })
    const exit = await client.until('exit')
    expect(readFileSync(join(shim.state, 'exit'), 'utf8')).toBe(`code=137\nsignal=9\nat=${exit.at}\noom=0\n`)
    expect(exit.at - before).toBeLessThan(10_000_000_000n)
    expect(exit.at).toBeGreaterThanOrEqual(before - 1_000_000n)

    expect(await client.next()).toBeUndefined()
    expect(readdirSync(join(work, `${runtime}-root`))).toEqual([])
    expect(await shim.ended).toBe(0)
    expect(readdirSync(shim.state).sort()).toEqual(['exit', 'pid', 'runtime.log', 'shim.log'])
    expect(readFileSync(join(shim.state, 'shim.log'), 'utf8')).toBe('')
  })

  test('a process ended by the out-of-memory killer', async () => {
    const args = ['sh', '-c', 'sleep 0.1; exec dd if=/dev/zero of=/dev/null bs=256M count=1']
    const shim = await startRun({ work, build, runtime, args, memoryLimit: 16 * 1024 * 1024 })
    const client = await shim.connect()
    expect(await client.send({ type: 'start' }).until('exit')).toMatchObject({ code: 137, signal: 9, oomKilled: true })
    expect(exitRecord(shim)).toMatchObject({ code: '137', signal: '9', oom: '1' })
  })

  test('the process inherits neither signal mask nor ignored signals nor umask', async () => {
    const shim = await startRun({ work, build, runtime, args: ['grep', '-E', 'Umask|Sig(Blk|Ign)', '/proc/self/status'] })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    await client.send({ type: 'start' }).untilEnd()
    expect(client.output()).toBe('Umask:\t0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n')
  })
})

describe.each(builds)('%s', (build) => {
  test('orphans that come to the shim are reaped', async () => {
    const script = 'sh -c "sleep 1000 & echo \\$!"; read line'
    const shim = await startRun({ work, build, args: ['sh', '-c', script], stdin: 'keep', hostPids: true })
    const client = await shim.connect()
    await client.attach({ stdin: true, stdout: true })
    await client.send({ type: 'start' }).untilOutput('\n')
    const orphan = Number(client.output())
    await until(() => readFileSync(`/proc/${orphan}/stat`, 'utf8').split(' ')[3] === String(shim.pid))
    process.kill(orphan, 'SIGKILL')
    await until(() => !existsSync(`/proc/${orphan}`))
    client.stdin('end\n')
    await client.until('exit')
  })

  test.for([
    ['silent', 'sleep 1000 & echo $!'],
    ['talking for ever', 'sh -c "while :; do echo more; done" & echo $!'],
  ])('a grandchild that holds stdout, %s, does not hold the exit', async ([, script]) => {
    const container = await startRun({ work, build, args: ['sleep', '1000'] })
    const owner = await container.connect()
    await owner.send({ type: 'start' }).until('started')
    const exec = await (await startExec(container, { args: ['sh', '-c', script!] })).connect()
    await exec.attach({ stdout: true })
    const begun = performance.now()
    expect(await exec.send({ type: 'start' }).until('exit')).toMatchObject({ code: 0 })
    expect(performance.now() - begun).toBeLessThan(6000)
    expect(exec.output()).toMatch(/^(more\n)*\d+\n/)
    owner.send({ type: 'signal', signal: 9 })
    await owner.until('exit')
  })

  test('a client that comes between the end and the last word still gets both', async () => {
    const shim = await startRun({ work, build, args: ['seq', '1', '100000'] })
    const slow = await shim.connect()
    await slow.attach({ stdout: true })
    const { pid } = await slow.send({ type: 'start' }).until('started')
    await until(() => !slow.socket.readableFlowing && existsSync(`/proc/${pid}`))
    const late = await shim.connect()
    await late.send({ type: 'subscribe' }).until('started')
    await Promise.all([slow.until('exit'), late.until('exit')])
  })

  test('a state directory of any length, and only one shim in it', async () => {
    const state = join(work, build, ...Array.from({ length: 12 }, (_, i) => `${i}`.repeat(20)))
    mkdirSync(state, { recursive: true })
    const shim = await startRun({ work, build, args: ['tty'], tty: true, state })
    await expect(startRun({ work, build, args: ['true'], state })).rejects.toThrow()
    const client = await shim.connect()
    await client.attach({ stdout: true })
    await client.send({ type: 'start' }).untilEnd()
    expect(client.output()).toBe('/dev/pts/0\r\n')
  })

  test('a start that fails before the runtime runs is told to the one who asked', async () => {
    const state = join(work, `${build}-obstructed`)
    mkdirSync(join(state, 'console.sock'), { recursive: true })
    const shim = await startRun({ work, build, args: ['true'], tty: true, state })
    expect(await startFailure(shim)).toEqual({ type: 'start-failed', status: 1, text: 'slipway-shim: console.sock: Address already in use\n' })
  })

  test('a full disk does not prevent the exit record', async () => {
    const state = join(work, `${build}-small-state`)
    mkdirSync(state)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state])
    onTestFinished(() => void execFileSync('umount', ['-l', state]))
    const shim = await startRun({ work, build, args: ['sh', '-c', 'read line; exit 3'], stdin: 'keep', state })
    const client = await shim.connect()
    await client.attach({ stdin: true })
    await client.send({ type: 'start' }).until('started')
    expect(() => writeFileSync(join(state, 'filler'), Buffer.alloc(65536))).toThrow('ENOSPC')
    client.stdin('end\n')
    expect(await client.until('exit')).toMatchObject({ code: 3 })
    expect(exitRecord(shim)).toMatchObject({ code: '3', signal: '0', oom: '0' })
  })

  test('it keeps nothing of its caller', async () => {
    const shim = await startRun({ work, build, args: ['true'] })
    const stat = readFileSync(`/proc/${shim.pid}/stat`, 'utf8').split(' ')
    expect(stat[5]).toBe(String(shim.pid)) // its own session
    expect(readlinkSync(`/proc/${shim.pid}/cwd`)).toBe(shim.state)
    const open = readdirSync(`/proc/${shim.pid}/fd`).map((fd) => readlinkSync(`/proc/${shim.pid}/fd/${fd}`))
    expect(open.slice(0, 3)).toEqual(['/dev/null', '/dev/null', join(shim.state, 'shim.log')])
    expect(open.filter((target) => target.startsWith('pipe:'))).toEqual([])
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE'] as const) shim.child.kill(signal)
    await (await shim.connect()).send({ type: 'start' }).until('exit')
  })

  test('idle, it does not wake up', async () => {
    const shim = await startRun({ work, build, args: ['sleep', '1000'] })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    await client.send({ type: 'start' }).until('started')
    const switches = () => /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${shim.pid}/status`, 'utf8'))![1]
    for (let before = ''; before !== switches(); ) { // the first second may still see the start
      before = switches()!
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    client.send({ type: 'signal', signal: 9 })
    await client.until('exit')
  })
})

/** For what the kernel tells nobody about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

