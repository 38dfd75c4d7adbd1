import { linkSync, renameSync, rmSync, mkdtempSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readLog } from './read-log.ts'
import type { LogQuery } from './log-store.ts'
import { appendRecord, encodeRecord } from './testing/log-writer.ts'

const ALL: LogQuery = { stdout: true, stderr: true, follow: false, timestamps: false }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'slipway-log-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}
async function read(directory: string, query: Partial<LogQuery> = {}): Promise<string> {
  let text = ''
  for await (const piece of readLog(directory, { ...ALL, ...query }, { framed: false })) text += piece.toString()
  return text
}

test('all files oldest first, and nothing where nothing was logged', async () => {
  const log = folder()
  expect(await read(log)).toBe('')
  expect(await read(join(log, 'absent'))).toBe('')
  appendRecord(log, '2', { line: 'a\n' })
  appendRecord(log, '1', { line: 'b\n' })
  appendRecord(log, 'current', { line: 'c\n' })
  expect(await read(log)).toBe('a\nb\nc\n')
})

test('frames carry the stream; either stream alone', async () => {
  const log = folder()
  appendRecord(log, 'current', { line: 'out\n' })
  appendRecord(log, 'current', { line: 'err\n', stream: 2 })
  const pieces: Buffer[] = []
  for await (const piece of readLog(log, ALL, { framed: true })) pieces.push(piece)
  expect(Buffer.concat(pieces)).toEqual(Buffer.from('\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n'))
  expect(await read(log, { stdout: false })).toBe('err\n')
  expect(await read(log, { stderr: false })).toBe('out\n')
})

test('tail over files, with partial records and a torn end', async () => {
  const log = folder()
  for (let line = 0; line < 5; line++) appendRecord(log, '1', { line: `old ${line}\n` })
  appendRecord(log, 'current', { line: 'half ', partial: true })
  appendRecord(log, 'current', { line: 'whole\n' })
  appendRecord(log, 'current', { line: 'last\n' })
  expect(await read(log, { tail: 0 })).toBe('')
  expect(await read(log, { tail: 1 })).toBe('last\n')
  expect(await read(log, { tail: 2 })).toBe('half whole\nlast\n')
  expect(await read(log, { tail: 4 })).toBe('old 3\nold 4\nhalf whole\nlast\n')
  expect(await read(log, { tail: 99 })).toBe(await read(log))
  appendFileSync(join(log, 'current'), encodeRecord({ line: 'torn line\n' }).subarray(0, 22))
  expect(await read(log, { tail: 1 })).toBe('last\n')
  expect(await read(log)).toMatch(/last\n$/)
})

test('tail counts back from until', async () => {
  const log = folder()
  for (let line = 1; line <= 3; line++) appendRecord(log, '1', { line: `${line}\n`, time: BigInt(line) })
  for (let line = 4; line <= 9; line++) appendRecord(log, 'current', { line: `${line}\n`, time: BigInt(line) })
  expect(await read(log, { tail: 2, until: 6n })).toBe('5\n6\n')
  expect(await read(log, { tail: 2, until: 2n })).toBe('1\n2\n')
  expect(await read(log, { tail: 9, until: 4n })).toBe('1\n2\n3\n4\n')
})

test('tail: a last line without its end is a line, whatever another stream wrote behind it', async () => {
  const log = folder()
  appendRecord(log, 'current', { line: 'a\n' })
  appendRecord(log, 'current', { line: 'unfin', partial: true })
  appendRecord(log, 'current', { line: 'ished', partial: true })
  appendRecord(log, 'current', { line: 'error\n', stream: 2 })
  expect(await read(log, { tail: 0 })).toBe('')
  expect(await read(log, { tail: 1 })).toBe('error\n')
  expect(await read(log, { tail: 2 })).toBe('unfinishederror\n')
  expect(await read(log, { tail: 1, stderr: false })).toBe('unfinished')
})

test('a prefix stands before each line, behind its time', async () => {
  const log = folder()
  appendRecord(log, 'current', { line: 'a ', partial: true, time: 1_700_000_000_000_000_001n })
  appendRecord(log, 'current', { line: 'b\n', time: 1_700_000_000_000_000_002n })
  appendRecord(log, 'current', { line: 'c\n', time: 1_700_000_001_000_000_000n })
  expect(await read(log, { prefix: 'x=1 ' })).toBe('x=1 a b\nx=1 c\n')
  expect(await read(log, { prefix: 'x=1 ', timestamps: true })).toMatch(/^\S+Z x=1 a b\n\S+Z x=1 c\n$/)
})

test('tail over more than one window', async () => {
  const log = folder()
  const lines = Array.from({ length: 3000 }, (_, line) => `${line} ${'x'.repeat(200)}\n`)
  for (const line of lines) appendRecord(log, 'current', { line })
  for (const tail of [1, 1000, 2999, 3000]) expect(await read(log, { tail })).toBe(lines.slice(-tail).join(''))
})

test('times: stamped once per line, bounded by since and until', async () => {
  const log = folder()
  appendRecord(log, 'current', { line: 'a ', partial: true, time: 1_700_000_000_000_000_001n })
  appendRecord(log, 'current', { line: 'b\n', time: 1_700_000_000_000_000_002n })
  appendRecord(log, 'current', { line: 'c\n', time: 1_700_000_001_123_456_789n })
  expect(await read(log, { timestamps: true })).toBe('2023-11-14T22:13:20.000000001Z a b\n2023-11-14T22:13:21.123456789Z c\n')
  expect(await read(log, { since: 1_700_000_000_000_000_002n })).toBe('b\nc\n')
  expect(await read(log, { until: 1_700_000_000_000_000_002n })).toBe('a b\n')
})

test('following: new lines, rotation, and the end after the last byte', async () => {
  const log = folder()
  appendRecord(log, 'current', { line: 'first\n' })
  const ended = new AbortController()
  const reader = readLog(log, { ...ALL, follow: true }, { framed: false, ended: ended.signal })
  const next = async () => String((await reader.next()).value)
  expect(await next()).toBe('first\n')
  const second = next()
  appendRecord(log, 'current', { line: 'second\n' })
  expect(await second).toBe('second\n')
  const third = next()
  appendRecord(log, 'current', { line: 'third\n' })
  linkSync(join(log, 'current'), join(log, '1'))
  appendRecord(log, 'fresh', { line: 'fourth\n' })
  renameSync(join(log, 'fresh'), join(log, 'current'))
  expect(await third).toBe('third\n')
  expect(await next()).toBe('fourth\n')
  appendRecord(log, 'current', { line: 'fifth\n' })
  ended.abort()
  expect(await next()).toBe('fifth\n')
  expect((await reader.next()).done).toBe(true)
})
