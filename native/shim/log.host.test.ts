import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { builds, makeWorkDirectory, prepareHost, removeWorkDirectory } from './testing/host-tools.ts'
import { LogFollower } from './testing/log-follower.ts'
import { logFiles, readLog, readRecords } from './testing/log-records.ts'
import { blockedInWriting, exitRecord, residentMemory, startRun } from './testing/shim.ts'

let work: string
beforeAll(() => {
  prepareHost()
  work = makeWorkDirectory()
})
afterAll(() => removeWorkDirectory(work))

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`)

describe.each(builds)('%s', (build) => {
  test('lines, streams, times, and a last line without a newline', async () => {
    const before = BigInt(Date.now()) * 1_000_000n
    const shim = await startRun({ work, build, args: ['sh', '-c', 'echo one; echo two >&2; printf three'], log: {} })
    await (await shim.connect()).send({ type: 'start' }).untilEnd()
    const records = readLog(shim.logDirectory)
    expect(records.filter((r) => r.stream === 1).map((r) => [r.text, r.partial])).toEqual([['one\n', false], ['three', true]])
    expect(records.filter((r) => r.stream === 2).map((r) => [r.text, r.partial])).toEqual([['two\n', false]])
    for (const record of records) expect(record.at >= before && record.at <= BigInt(exitRecord(shim)['at']!) + 1_000_000_000n).toBe(true)
  })

  test('a line of more than 16 KiB becomes partial records, and one that comes in pieces becomes one', async () => {
    const script = 'head -c 40000 /dev/zero | tr "\\0" x; echo; printf "come "; sleep 0.05; echo together'
    const shim = await startRun({ work, build, args: ['sh', '-c', script], log: {} })
    await (await shim.connect()).send({ type: 'start' }).untilEnd()
    const records = readLog(shim.logDirectory)
    expect(records.map((r) => [r.text.length, r.partial])).toEqual([[16384, true], [16384, true], [7233, false], [14, false]])
    expect(records.map((r) => r.text).join('')).toBe('x'.repeat(40000) + '\ncome together\n')
  })

  test('a tty is logged as stream 1, as the terminal gets it', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'echo out; echo err >&2'], tty: true, log: {} })
    await (await shim.connect()).send({ type: 'start' }).untilEnd()
    expect(readLog(shim.logDirectory).map((r) => [r.stream, r.text])).toEqual([[1, 'out\r\n'], [1, 'err\r\n']])
  })

  test('64 MB with nobody attached: all of it in the log, in little memory', async () => {
    const line = 'abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghi'
    const shim = await startRun({ work, build, args: ['sh', '-c', `yes '${line}' | head -n 1048576; read end`], stdin: 'keep', log: {} })
    const client = await shim.connect()
    await client.attach({ stdin: true })
    client.send({ type: 'start' })
    await client.until('started')
    while (statSync(join(shim.logDirectory, 'current')).size < 1048576 * 84) await new Promise((resolve) => setTimeout(resolve, 10))
    if (build === 'slipway-shim') expect(residentMemory(shim.pid)).toBeLessThan(1024)
    client.stdin('end\n')
    await client.until('exit')
    const records = readRecords(join(shim.logDirectory, 'current'))
    expect(records.length).toBe(1048576)
    expect(records.every((record) => record.text === `${line}\n`)).toBe(true)
  })

  test('a stalled attached client holds the flood up; when it reads, it and the log get all', async () => {
    const shim = await startRun({ work, build, args: ['seq', '1', '1000000'], log: {} })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    client.send({ type: 'start' })
    const { pid } = await client.until('started')
    await blockedInWriting(pid)
    expect(statSync(join(shim.logDirectory, 'current')).size).toBeLessThan(5_000_000)
    if (build === 'slipway-shim') expect(residentMemory(shim.pid)).toBeLessThan(1024)
    expect(await client.until('exit')).toMatchObject({ code: 0 })
    expect(client.output()).toBe(numbers(1, 1000000).join(''))
    expect(readLog(shim.logDirectory).map((record) => record.text).join('')).toBe(client.output())
  })

  test('rotation under load: every record is in one of the files, none is too large, and a follower misses none', async () => {
    const shim = await startRun({ work, build, args: ['seq', '1', '300000'], log: { maxSize: 200_000, maxFiles: 1000 } })
    const follower = new LogFollower(shim.logDirectory)
    const client = await shim.connect()
    let running = true
    const ended = client.send({ type: 'start' }).untilEnd().then(() => (running = false))
    let followed: string[] = []
    while (running) {
      followed = followed.concat(follower.read())
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ended
    followed = followed.concat(follower.read())
    const files = logFiles(shim.logDirectory)
    expect(files.length).toBeGreaterThan(30)
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(200_000)
    const expected = numbers(1, 300000)
    expect(readLog(shim.logDirectory).map((record) => record.text)).toEqual(expected)
    expect(followed).toEqual(expected)
  })

  test.for([1, 2, 3])('rotation keeps %i files, the newest', async (maxFiles) => {
    const shim = await startRun({ work, build, args: ['seq', '1', '20000'], log: { maxSize: 100_000, maxFiles } })
    await (await shim.connect()).send({ type: 'start' }).untilEnd()
    expect(logFiles(shim.logDirectory).length).toBe(maxFiles)
    const kept = readLog(shim.logDirectory).map((record) => record.text)
    expect(kept).toEqual(numbers(20001 - kept.length, 20000))
  })

  test('a later run appends, after cutting off what a killed writer left unfinished', async () => {
    const directory = join(work, `${build}-shared-log`)
    const request = { work, build, args: ['echo', 'whole'], log: { directory } }
    const first = await startRun(request)
    await (await first.connect()).send({ type: 'start' }).untilEnd()
    const current = join(directory, 'current')
    const whole = readFileSync(current)
    for (const torn of [whole.subarray(0, 7), whole.subarray(0, 21), Buffer.alloc(50)]) {
      writeFileSync(current, Buffer.concat([whole, torn]))
      const next = await startRun(request)
      await (await next.connect()).send({ type: 'start' }).untilEnd()
      expect(readRecords(current).map((record) => record.text)).toEqual(['whole\n', 'whole\n'])
    }
  })

  test('a full disk drops records and says how many; the process and the exit record do not suffer', async () => {
    const directory = join(work, `${build}-small-disk`)
    mkdirSync(directory)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', directory])
    onTestFinished(() => void execFileSync('umount', ['-l', directory]))
    const filler = join(directory, 'filler')
    writeFileSync(filler, Buffer.alloc(300_000))
    const args = ['sh', '-c', 'seq 1 30000; echo full >&2; read line; seq 30001 30010']
    const shim = await startRun({ work, build, args, stdin: 'keep', log: { directory } })
    const client = await shim.connect()
    await client.attach({ stdin: true, stderr: true })
    await client.send({ type: 'start' }).untilOutput('full', 'stderr')
    rmSync(filler)
    client.stdin('go on\n')
    expect(await client.until('exit')).toMatchObject({ code: 0 })
    const records = readLog(directory)
    const notes = records.filter((record) => record.note) // more than one when a small batch still found room
    const dropped = notes.map((note) => Number(/^(\d+) log records could not be written\n$/.exec(note.text)![1])).reduce((a, b) => a + b, 0)
    const written = records.filter((record) => !record.note)
    expect(dropped).toBeGreaterThan(1000)
    expect(written.length + dropped).toBe(30011)
    expect(written.slice(-10).map((record) => record.text)).toEqual(numbers(30001, 30010))
    expect(exitRecord(shim)).toMatchObject({ code: '0' })
  })
})
