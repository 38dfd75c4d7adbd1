import { expect, test } from 'vitest'
import { rowsInSight } from './use-rows-in-sight.ts'

test('what is in sight is made, with a few beside it, and no more than there are', () => {
  expect(rowsInSight({ top: 0, tall: 360 }, 36, 8, 1000)).toEqual({ from: 0, to: 24 })
  expect(rowsInSight({ top: 3600, tall: 360 }, 36, 8, 1000)).toEqual({ from: 92, to: 124 })
  expect(rowsInSight({ top: 36_000 - 360, tall: 360 }, 36, 8, 1000)).toEqual({ from: 980, to: 1000 })
  expect(rowsInSight({ top: 0, tall: 360 }, 36, 8, 0)).toEqual({ from: 0, to: 0 })
})

test('a list that became shorter than where it was scrolled to shows none beyond its end', () => {
  expect(rowsInSight({ top: 3600, tall: 360 }, 36, 8, 20)).toEqual({ from: 20, to: 20 })
})

test('a step of a wheel within a row makes none', () => {
  const at = (top: number) => rowsInSight({ top, tall: 360 }, 36, 8, 1000)
  expect(at(37)).toEqual(at(143))
  expect(at(37)).not.toEqual(at(145))
})
