import { expect, test } from 'vitest'
import { linePath, nearest, niceCeiling, rates } from './chart.ts'

test('an axis ends at a round number', () => {
  expect([0, 0.3, 1, 3, 7, 101].map((value) => niceCeiling(value))).toEqual([1, 0.5, 1, 5, 10, 200])
  expect([1, 1025, 3 << 20].map((value) => niceCeiling(value, 2))).toEqual([1, 2048, 4 << 20])
})

test('a line is lifted over a gap and over what was not measured', () => {
  const frame = { width: 100, height: 10, from: 0, to: 10_000, top: 10 }
  expect(linePath(frame, [0, 1000, 2000], [0, 10, 5])).toBe('M0.0 10.0L10.0 0.0L20.0 5.0')
  expect(linePath(frame, [0, 1000, 9000], [0, 0, 0])).toBe('M0.0 10.0L10.0 10.0M90.0 10.0')
  expect(linePath(frame, [0, 1000, 2000], [0, Number.NaN, 0])).toBe('M0.0 10.0M20.0 10.0')
})

test('a counter becomes a rate, but not over a gap or a new beginning', () => {
  expect(rates([0, 1000, 3000, 9000, 10_000], [5, 10, 30, 90, 0])).toEqual([Number.NaN, 5, 10, Number.NaN, Number.NaN])
})

test('the nearest sample', () => {
  expect([nearest([10, 20, 30], 24), nearest([10, 20, 30], 26), nearest([], 1)]).toEqual([1, 2, -1])
})
