import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MergedLine } from '#shared/contract/logs.ts'
import type { LogLine } from '#shared/contract/streams.ts'
import { mergeHistory, type Supply } from './merge.ts'

const line = (at: number, text = String(at)): LogLine => ({ at: `2026-01-01T00:00:${String(at).padStart(2, '0')}.000000000Z`, stream: 'stdout', text })

function supplyOf(batches: LogLine[][]): Supply & { asked: number } {
  const supply = {
    asked: 0,
    async next() {
      supply.asked++
      return batches.shift()
    },
  }
  return supply
}
async function whole(supplies: Supply[]): Promise<MergedLine[]> {
  const all: MergedLine[] = []
  for await (const lines of mergeHistory(supplies)) all.push(...lines)
  return all
}

test('logs become one in order of time; the same time goes by the order of sources', async () => {
  const merged = await whole([supplyOf([[line(1), line(4)], [], [line(4, 'again')]]), supplyOf([[line(2), line(4, 'other')]]), supplyOf([])])
  expect(merged.map(({ source, text }) => `${source} ${text}`)).toEqual(['0 1', '1 2', '0 4', '0 again', '1 other'])
})

test('whatever was written comes out once, each log in its own order, the whole in order of time', async () => {
  const log = fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 40 }).map((times) => times.sort((a, b) => a - b))
  await fc.assert(
    fc.asyncProperty(fc.array(log, { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), async (logs, size) => {
      const supplies = logs.map((times) => supplyOf(Array.from({ length: Math.ceil(times.length / size) }, (_, batch) => times.slice(batch * size, (batch + 1) * size).map((at) => line(at)))))
      const merged = await whole(supplies)
      expect(merged.map(({ at }) => at)).toEqual(merged.map(({ at }) => at).toSorted())
      logs.forEach((times, source) => expect(merged.filter((each) => each.source === source).map(({ text }) => Number(text))).toEqual(times))
    }),
  )
})

test('a source is asked for more only when its lines have gone', async () => {
  const [slow, fast] = [supplyOf([[line(50)], [line(51)]]), supplyOf(Array.from({ length: 20 }, (_, index) => [line(index)]))]
  const merge = mergeHistory([slow, fast])
  await merge.next()
  expect(slow.asked).toBe(3)
  const patient = supplyOf([Array.from({ length: 5_000 }, () => line(1)), [line(2)]])
  const part = mergeHistory([patient])
  await part.next()
  expect(patient.asked).toBeLessThanOrEqual(2)
  await part.return(undefined)
})
