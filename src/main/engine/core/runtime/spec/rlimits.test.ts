import { expect, test } from 'vitest'
import { parseLimits, rlimitsOf } from './rlimits.ts'

const raisable = parseLimits(['Limit                     Soft Limit           Hard Limit           Units     ', 'Max open files            1024                 20000                files     ', 'Max processes             unlimited            unlimited            processes '].join('\n'))

test('limits are raised as far as the engine may, and no failure of a start', () => {
  expect(rlimitsOf([{ name: 'nofile', soft: 1024, hard: 1048576 }, { name: 'nproc', soft: -1, hard: -1 }], raisable)).toEqual([
    { type: 'RLIMIT_NOFILE', soft: 1024, hard: 20000 },
    { type: 'RLIMIT_NPROC', soft: Infinity, hard: Infinity },
  ])
  expect(rlimitsOf([{ name: 'NOFILE', soft: 1048576, hard: 1048576 }], undefined)).toEqual([{ type: 'RLIMIT_NOFILE', soft: 1048576, hard: 1048576 }])
})

test.each(['constructor', '__proto__', ''])('%j is no limit', (name) => expect(() => rlimitsOf([{ name, soft: 0, hard: 0 }], undefined)).toThrow('invalid ulimit type'))
