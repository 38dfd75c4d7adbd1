import { expect, test } from 'vitest'
import type { LogPage, LogPageRequest, MergedLine } from '#shared/contract/logs.ts'
import { createLogBuffer } from './log-buffer.ts'
import { createLogPages } from './log-pages.ts'

/** Three lines of each moment, so that every edge of a page falls among lines of the same time. */
const whole: MergedLine[] = Array.from({ length: 60_000 }, (_, index) => ({ at: new Date(1_700_000_000_000 + Math.floor(index / 3)).toISOString().replace('Z', '000000Z'), stream: 'stdout', text: `line ${index}`, source: index % 2 }))

function openAt(tail: number, limit: number) {
  const log = [...whole]
  const buffer = createLogBuffer(limit)
  const asked: LogPageRequest[] = []
  const engine = {
    logs: {
      older: async (request: LogPageRequest): Promise<LogPage> => {
        asked.push(request)
        const upTo = log.filter(({ at }) => at <= request.at)
        return { lines: upTo.slice(-request.limit), complete: upTo.length <= request.limit }
      },
      newer: async (request: LogPageRequest): Promise<LogPage> => {
        const from = log.filter(({ at }) => at >= request.at)
        return { lines: from.slice(0, request.limit), complete: from.length <= request.limit }
      },
    },
  }
  const pages = createLogPages({ buffer, engine: engine as never, sources: () => [{ id: 'a', name: 'a' }, { id: 'b', name: 'b' }], range: () => ({}), changed: () => {}, failed: (error) => { throw error } })
  pages.takeLive(log.slice(-tail))
  const text = () => buffer.entries.map((entry) => entry.text)
  return { log, buffer, pages, asked, text }
}
const texts = (from: number, to: number) => whole.slice(from, to).map(({ text }) => text)

test('the window goes up to the beginning and down to the end again; it never holds more than its limit, loses no line and shows none twice', async () => {
  const { buffer, pages, text } = openAt(9_000, 20_000)
  for (let page = 0; !pages.atStart.value; page++) {
    expect(page).toBeLessThan(20)
    await pages.older()
    expect(buffer.entries.length).toBeLessThanOrEqual(22_000)
  }
  expect(text()).toEqual(texts(0, buffer.entries.length))
  expect(pages.atEnd.value).toBe(false)
  while (!pages.atEnd.value) await pages.newer()
  expect(text()).toEqual(texts(60_000 - buffer.entries.length, 60_000))
  const sequences = buffer.entries.map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index))
})

test('what comes while the window is further up is there when it comes down, whether it waited or had to be fetched', async () => {
  for (const count of [10, 12_000]) {
    const { log, buffer, pages, text } = openAt(9_000, 10_000)
    for (let page = 0; page < 3; page++) await pages.older()
    expect(pages.atEnd.value).toBe(false)
    const more: MergedLine[] = Array.from({ length: count }, (_, index) => ({ at: new Date(1_800_000_000_000 + index).toISOString().replace('Z', '000000Z'), stream: 'stdout', text: `new ${index}`, source: 0 }))
    log.push(...more)
    pages.takeLive(more)
    expect(text().at(-1)).not.toMatch(/new/)
    while (!pages.atEnd.value) await pages.newer()
    expect(text()).toEqual(log.slice(-buffer.entries.length).map((line) => line.text))
  }
})
