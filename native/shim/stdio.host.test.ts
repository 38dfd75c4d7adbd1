import { createHash } from 'node:crypto'
import { chmodSync, chownSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builds, makeWorkDirectory, prepareHost, removeWorkDirectory, runtimes } from './testing/host-tools.ts'
import { LEAKED, processPid, startExec, startRun } from './testing/shim.ts'

let work: string
beforeAll(() => {
  prepareHost()
  work = makeWorkDirectory()
})
afterAll(() => removeWorkDirectory(work))

const variants = builds.flatMap((build) => runtimes.map((runtime) => ({ build, runtime })))

describe.each(variants)('$build with $runtime', ({ build, runtime }) => {
  test('both streams, each in order, then the exit code', async () => {
    const shim = await startRun({ work, build, runtime, args: ['sh', '-c', 'for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 7'] })
    const client = await shim.connect()
    await client.attach({ stdout: true, stderr: true })
    client.send({ type: 'start' })
    expect(await client.until('exit')).toMatchObject({ code: 7, signal: 0, oomKilled: false })
    expect(client.output('stdout')).toBe('out 1\nout 2\nout 3\n')
    expect(client.output('stderr')).toBe('err 1\nerr 2\nerr 3\n')
    expect(client.seen.map((event) => event.type).filter((type) => type !== 'output')).toEqual(['attached', 'started', 'exit'])
    expect(await client.next()).toBeUndefined()
    expect(await shim.ended).toBe(0)
  })

  test('a client gets only the streams it asked for', async () => {
    const shim = await startRun({ work, build, runtime, args: ['sh', '-c', 'echo out; echo err >&2'] })
    const client = await shim.connect()
    await client.attach({ stderr: true })
    await client.send({ type: 'start' }).untilEnd()
    expect([client.output('stdout'), client.output('stderr')]).toEqual(['', 'err\n'])
  })

  test('a stdin that is nothing is not the /dev/null of the machine, whose owner and mode stay', async () => {
    const container = await startRun({ work, build, runtime, args: ['sleep', '1000'] })
    const owner = await container.connect()
    await owner.send({ type: 'start' }).until('started')
    const before = statSync('/dev/null')
    try {
      const added = await (await startExec(container, { args: ['sh', '-c', 'cat; stat -Lc "%F %t:%T %a" /proc/self/fd/0; chmod 662 /proc/self/fd/0'], uid: 1234 })).connect()
      await added.attach({ stdout: true, stderr: true })
      await added.send({ type: 'start' }).until('exit')
      expect(added.output()).toBe('character special file 1:3 666\n')
      expect(statSync('/dev/null')).toMatchObject({ uid: before.uid, gid: before.gid, mode: before.mode })
    } finally {
      chownSync('/dev/null', before.uid, before.gid)
      chmodSync('/dev/null', before.mode & 0o777)
    }
    owner.send({ type: 'signal', signal: 9 })
    await owner.until('exit')
  })

  test('stdin once: half-close ends it, after all that was sent', async () => {
    const shim = await startRun({ work, build, runtime, args: ['md5sum'], stdin: 'once' })
    const client = await shim.connect()
    await client.attach({ stdin: true, stdout: true })
    const bytes = Buffer.alloc(3_000_000, 'abc')
    client.send({ type: 'stdin', bytes }, { type: 'stdin-close' })
    await (await shim.connect()).send({ type: 'start' }).until('started')
    expect(await client.until('exit')).toMatchObject({ code: 0 })
    expect(client.output()).toBe(`${createHash('md5').update(bytes).digest('hex')}  -\n`)
  })

  test('a tty: its size before the start and after, input, and one stream', async () => {
    const script = 'until stty size 2>/dev/null | grep -q 101; do :; done; stty size; read line; stty size; tty >&2'
    const shim = await startRun({ work, build, runtime, args: ['sh', '-c', script], tty: true, stdin: 'keep' })
    const client = await shim.connect()
    await client.attach({ stdin: true, stdout: true, stderr: true })
    client.send({ type: 'resize', rows: 33, columns: 101 }, { type: 'start' })
    await client.untilOutput('33 101\r\n')
    client.send({ type: 'resize', rows: 44, columns: 102 }).stdin('go\n')
    await client.until('exit')
    expect(client.output()).toBe('33 101\r\ngo\r\n44 102\r\n/dev/pts/0\r\n')
    expect(client.output('stderr')).toBe('')
  })

  test('a tty: the size in config.json is there from the first instruction', async () => {
    const shim = await startRun({ work, build, runtime, args: ['stty', 'size'], tty: true, consoleSize: { height: 11, width: 22 } })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    await client.send({ type: 'start' }).untilEnd()
    expect(client.output()).toBe('11 22\r\n')
  })

  test('exec without and with a tty', async () => {
    const container = await startRun({ work, build, runtime, args: ['sleep', '1000'] })
    const owner = await container.connect()
    await owner.send({ type: 'start' }).until('started')

    const plain = await (await startExec(container, { args: ['sh', '-c', 'cat; echo err >&2; exit 5'], stdin: 'once' })).connect()
    await plain.attach({ stdin: true, stdout: true, stderr: true })
    plain.send({ type: 'start' }).stdin('through\n').send({ type: 'stdin-close' })
    expect(await plain.until('exit')).toMatchObject({ code: 5 })
    expect([plain.output('stdout'), plain.output('stderr')]).toEqual(['through\n', 'err\n'])

    const terminal = await (await startExec(container, { args: ['sh', '-c', 'stty size; cat'], tty: true, stdin: 'keep', consoleSize: { height: 20, width: 70 } })).connect()
    await terminal.attach({ stdin: true, stdout: true })
    await terminal.send({ type: 'start' }).untilOutput('20 70\r\n')
    terminal.stdin('\x04')
    expect(await terminal.until('exit')).toMatchObject({ code: 0 })

    owner.send({ type: 'signal', signal: 9 })
    expect(await owner.until('exit')).toMatchObject({ code: 137, signal: 9 })
  })
})

describe.each(builds)('%s', (build) => {
  test('stdin none is /dev/null, and what is sent to it is dropped', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'cat; echo end'] })
    const client = await shim.connect()
    await client.attach({ stdin: true, stdout: true })
    await client.stdin('lost\n').send({ type: 'start' }).untilEnd()
    expect(client.output()).toBe('end\n')
  })

  test('stdin once: the first client that goes ends it', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'echo ready; cat'], stdin: 'once' })
    const [watcher, feeder] = [await shim.connect(), await shim.connect()]
    await watcher.attach({ stdout: true })
    await feeder.attach({ stdin: true })
    await watcher.send({ type: 'start' }).untilOutput('ready')
    feeder.stdin('last words\n').socket.end(() => feeder.leave())
    expect(await watcher.until('exit')).toMatchObject({ code: 0 })
    expect(watcher.output()).toBe('ready\nlast words\n')
  })

  test('stdin once: shutdown of the sending side ends it, and output still comes', async () => {
    const shim = await startRun({ work, build, args: ['cat'], stdin: 'once' })
    const client = await shim.connect()
    await client.attach({ stdin: true, stdout: true })
    client.send({ type: 'start' }).stdin('echo\n').socket.end()
    await client.untilEnd()
    expect(client.output()).toBe('echo\n')
    expect(client.seen.at(-1)).toMatchObject({ type: 'exit', code: 0 })
  })

  test('stdin keep: stays open over half-close and detach', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'for i in 1 2 3; do read line; echo $line; done'], stdin: 'keep' })
    const watcher = await shim.connect()
    await watcher.attach({ stdout: true })
    await watcher.send({ type: 'start' }).until('started')
    for (const line of ['one\n', 'two\n', 'three\n']) {
      const feeder = await shim.connect()
      await feeder.attach({ stdin: true })
      feeder.stdin(line).send({ type: 'stdin-close' }).socket.end(() => feeder.leave())
      if (line !== 'three\n') await watcher.untilOutput(line)
    }
    expect(await watcher.until('exit')).toMatchObject({ code: 0 })
    expect(watcher.output()).toBe('one\ntwo\nthree\n')
  })

  test('a process that does not read stdin makes the client wait, and other connections do not', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'sleep 1000'], stdin: 'once' })
    const client = await shim.connect()
    await client.attach({ stdin: true })
    await client.send({ type: 'start' }).until('started')
    client.stdin('x'.repeat(4_000_000))
    const other = await shim.connect()
    await other.send({ type: 'subscribe' }).until('started')
    expect(client.socket.writableLength).toBeGreaterThan(3_000_000)
    other.send({ type: 'signal', signal: 9 })
    expect(await client.until('exit')).toMatchObject({ signal: 9 })
  })

  test('output and input go on when the first program has closed them', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'exec <&- >&- 2>&-; sleep 1000'], stdin: 'once' })
    const client = await shim.connect()
    await client.attach({ stdin: true, stdout: true, stderr: true })
    await client.send({ type: 'start' }).until('started')
    client.stdin('nobody reads this\n').send({ type: 'signal', signal: 15 }, { type: 'signal', signal: 9 })
    expect(await client.until('exit')).toMatchObject({ signal: 9 })
  })

  test('detach from a tty and attach again', async () => {
    const shim = await startRun({ work, build, args: ['sh'], tty: true, stdin: 'keep' })
    const first = await shim.connect()
    await first.attach({ stdin: true, stdout: true })
    await first.send({ type: 'start' }).stdin('X=mark; echo one-$X\n').untilOutput('one-mark')
    first.leave()
    const second = await shim.connect()
    await second.attach({ stdin: true, stdout: true })
    await second.stdin('echo two-$X\n').untilOutput('two-mark')
    expect(second.output()).not.toContain('one-mark')
    expect(second.seen).toContainEqual({ type: 'started', pid: processPid(shim) })
    second.stdin('exit 4\n')
    expect(await second.until('exit')).toMatchObject({ code: 4 })
  })

  test('descriptors: the process has its three and no other, the shim none of who started it', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'exec ls /proc/self/fd'], stdin: 'keep' })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    const held = readdirSync(`/proc/${shim.pid}/fd`).map((fd) => readlinkSync(`/proc/${shim.pid}/fd/${fd}`))
    expect([held.length > 3, held.includes(LEAKED)]).toEqual([true, false])
    await client.send({ type: 'start' }).untilEnd()
    expect(client.output()).toBe('0\n1\n2\n3\n') // 3: the directory being listed
  })
})
