import { expect, test } from 'vitest'
import { formatTimestamp, parseDuration, parseMoment, parseTimestamp, parseUnixTime } from './timestamps.ts'

test('nanoseconds survive the round trip', () => {
  const nano = 1_767_322_845_000_000_006n
  expect(formatTimestamp(nano)).toBe('2026-01-02T03:00:45.000000006Z')
  expect(parseTimestamp(formatTimestamp(nano))).toBe(nano)
})

test('forms that clients send', () => {
  expect(parseTimestamp('2026-01-02T03:00:45+01:00')).toBe(1_767_319_245_000_000_000n)
  expect(parseTimestamp('2026-01-02')).toBeUndefined()
  expect(parseUnixTime('12.5')).toBe(12_500_000_000n)
  expect(parseUnixTime('x')).toBeUndefined()
  expect(parseDuration('1h1.5s')).toBe(3_601_500_000_000n)
  expect(parseDuration('5')).toBeUndefined()
  expect(parseMoment('10s', 30_000_000_000n)).toBe(20_000_000_000n)
})
