import { expect, test } from 'vitest'
import { growthExponent, pairedRatio, summarize } from './statistics.ts'

test('the median is the one in the middle, whatever the order', () => {
  expect(summarize([9, 1, 5])).toEqual({ count: 3, median: 5, spread: 4, least: 1, most: 9 })
})

test('between two in the middle, half way', () => {
  expect(summarize([1, 2, 3, 10]).median).toBe(2.5)
})

test('one far away moves neither median nor spread', () => {
  const calm = [10, 11, 12, 13, 14]
  const shaken = [10, 11, 12, 13, 14_000]
  expect(summarize(shaken).median).toBe(summarize(calm).median)
  expect(summarize(shaken).spread).toBe(summarize(calm).spread)
})

test('nothing measured is said, not taken for zero', () => {
  expect(() => summarize([])).toThrow('nothing was measured')
})

test('a machine that slows both sides leaves their ratio alone', () => {
  expect(pairedRatio([10, 40, 20], [20, 80, 40])).toBe(0.5)
})

test('a ratio takes only what has its other side', () => {
  expect(pairedRatio([10, 10, 99], [20, 20])).toBe(0.5)
})

test.each([
  ['constant', (n: number) => 7 + 0 * n, 0],
  ['linear', (n: number) => 3 * n, 1],
  ['square', (n: number) => n * n, 2],
])('growth: %s', (_name, cost, exponent) => {
  expect(growthExponent([1, 10, 100, 500].map((size) => ({ size, cost: cost(size) })))).toBeCloseTo(exponent, 6)
})

test('growth: n log n lies between linear and the square', () => {
  const found = growthExponent([2, 16, 128, 1024].map((size) => ({ size, cost: size * Math.log2(size) })))
  expect(found).toBeGreaterThan(1)
  expect(found).toBeLessThan(1.5)
})

test('growth of one size is refused', () => {
  expect(() => growthExponent([{ size: 5, cost: 1 }, { size: 5, cost: 2 }])).toThrow('two sizes')
})
