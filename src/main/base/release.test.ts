import { expect, test } from 'vitest'
import { release } from './release.ts'

test('memory that is a chunk’s own is given back', () => {
  const chunk = Buffer.allocUnsafeSlow(100_000)
  release(chunk)
  expect(chunk).toHaveLength(0)
})

test('memory that others share is left alone', () => {
  const whole = Buffer.alloc(100_000, 'x')
  release(whole.subarray(1))
  expect(whole.every((byte) => byte === 0x78)).toBe(true)
})
