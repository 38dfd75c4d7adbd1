import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createEventBus, unixNano } from './create-event-bus.ts'
import type { EventHistory } from './event-history.ts'
import { openFileHistory } from './file-history.ts'

const ALL = 2n ** 63n
const event = (id: string) => ({ type: 'container' as const, action: 'start', id, attributes: { name: id } })
const ids = (history: EventHistory) => history.read(0n, ALL).map(({ id }) => id)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'slipway-events-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}
const open = (path: string, fileBytes?: number) => openFileHistory({ folder: path, fileBytes, log: (line) => { throw new Error(line) } })

test('the next engine knows what this one announced, to the nanosecond', () => {
  const path = folder()
  using before = open(path)
  const bus = createEventBus(() => 1_764_442_801_123_456_789n, before)
  bus.publish(event('a'))
  using after = open(path)
  expect(after.read(1_764_442_801_123_456_789n, ALL)).toEqual([{ ...event('a'), timeNano: 1_764_442_801_123_456_789n }])
  expect(after.read(1_764_442_801_123_456_790n, ALL)).toEqual([])
})

test('a line that was cut off is passed over, and the next one is whole', () => {
  const path = folder()
  using before = open(path)
  before.append({ ...event('a'), timeNano: 1n })
  appendFileSync(join(path, 'events.log'), '{"type":"contai')
  using after = open(path)
  after.append({ ...event('b'), timeNano: 2n })
  expect(ids(after)).toEqual(['a', 'b'])
})

test('history is bounded by two files, and forgets the oldest first', () => {
  const path = folder()
  using history = open(path, 1000)
  for (let n = 0; n < 100; n++) history.append({ ...event(String(n)), timeNano: BigInt(n) })
  expect(readdirSync(path)).toHaveLength(2)
  for (const file of readdirSync(path)) expect(statSync(join(path, file)).size).toBeLessThan(1200)
  const kept = ids(history)
  expect(kept.at(-1)).toBe('99')
  expect(kept.map(Number)).toEqual(Array.from({ length: kept.length }, (_, index) => 100 - kept.length + index))
})

test('what is asked for is given, whatever its attributes are called', () => {
  using history = open(folder())
  for (const time of [1n, 5n, 9n]) history.append({ ...event(String(time)), attributes: { timeNano: '7' }, timeNano: time })
  expect(history.read(2n, 6n).map(({ id }) => id)).toEqual(['5'])
})

test('a disk that takes no more costs history, and nothing else', () => {
  const lines: string[] = []
  const path = folder()
  const history = openFileHistory({ folder: path, log: (line) => lines.push(line) })
  history[Symbol.dispose]()
  const bus = createEventBus(undefined, history)
  const heard: string[] = []
  using _subscription = bus.subscribe(({ id }) => heard.push(id))
  bus.publish(event('a'))
  bus.publish(event('b'))
  expect(heard).toEqual(['a', 'b'])
  expect(lines).toEqual([expect.stringContaining('history could not be written')])
})

test('what happens every few seconds does not push out the rest, and is not on the disk', () => {
  const path = folder()
  using history = open(path)
  const bus = createEventBus(unixNano, history)
  bus.publish(event('crash'))
  for (let index = 0; index < 2000; index++) bus.publish(event(`probe ${index}`), { passing: true })
  bus.publish(event('last'))
  const told = bus.history(0n, ALL).map(({ id }) => id)
  expect([told[0], told.at(-2), told.at(-1)]).toEqual(['crash', 'probe 1999', 'last'])
  expect(told.length).toBeLessThan(600)
  using next = open(path)
  expect(ids(next)).toEqual(['crash', 'last'])
})

test('times rise strictly, but follow a clock that was set back', () => {
  const times = [5_000_000_000n, 5_000_000_000n, 4_999_999_999n, 1_000_000_000n]
  const heard: bigint[] = []
  const bus = createEventBus(() => times.shift()!)
  using _subscription = bus.subscribe(({ timeNano }) => heard.push(timeNano))
  for (const id of ['a', 'b', 'c', 'd']) bus.publish(event(id))
  expect(heard).toEqual([5_000_000_000n, 5_000_000_001n, 5_000_000_002n, 1_000_000_000n])
})

test('the time of an event follows a clock that was set by less than a second', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    for (const shift of [700, -700]) {
      vi.setSystemTime(Date.now() + shift)
      expect(Math.abs(Number(unixNano() / 1_000_000n) - Date.now())).toBeLessThan(20)
    }
  } finally {
    vi.useRealTimers()
  }
})
