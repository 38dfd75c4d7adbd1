import { endianness } from 'node:os'
import { expect, test } from 'vitest'
import type { OciSeccomp } from './runtime.ts'
import { runFilter } from './testing/run-filter.ts'
import { refuseUnknownCalls } from './unknown-calls.ts'

const [ALLOW, EPERM, ENOSYS] = [0x7fff_0000, 0x0005_0001, 0x0005_0026]
const [X86_64, I386, ARM64] = [0xc000_003e, 0x4000_0003, 0xc000_00b7]
const PROFILE: OciSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, architectures: [], syscalls: [] }

/** Two architectures; of x86-64 calls 5 and, where its argument has a bit that is not set, 200 are allowed, of i386 call 7; and one of x32. */
const FILTER = assemble(
  [0x20, 0, 0, 4],
  [0x15, 0, 9, X86_64],
  [0x20, 0, 0, 0],
  [0x35, 0, 1, 0x4000_0000],
  [0x15, 11, 10, 0x4000_03e7],
  [0x25, 0, 4, 100],
  [0x15, 0, 8, 200],
  [0x20, 0, 0, 16],
  [0x54, 0, 0, 999],
  [0x15, 6, 5, 0],
  [0x15, 5, 4, 5],
  [0x15, 0, 3, I386],
  [0x20, 0, 0, 0],
  [0x15, 2, 1, 7],
  [0x06, 0, 0, 0],
  [0x06, 0, 0, EPERM],
  [0x06, 0, 0, ALLOW],
)

function assemble(...instructions: [number, number, number, number][]): Buffer {
  return Buffer.concat(
    instructions.map(([code, ifTrue, ifFalse, constant]) => {
      const bytes = Buffer.alloc(8)
      const little = endianness() === 'LE'
      bytes.set(little ? [code, 0, ifTrue, ifFalse] : [0, code, ifTrue, ifFalse])
      if (little) bytes.writeUInt32LE(constant, 4)
      else bytes.writeUInt32BE(constant, 4)
      return bytes
    }),
  )
}

test.each<[string, number, number, number, number]>([
  ['one that is allowed', X86_64, 5, ALLOW, ALLOW],
  ['one that is refused by default', X86_64, 6, EPERM, EPERM],
  ['the newest that the filter knows', X86_64, 200, ALLOW, ALLOW],
  ['a newer one', X86_64, 201, EPERM, ENOSYS],
  ['one of another architecture, which is newer there', I386, 8, EPERM, ENOSYS],
  ['one that is known there', I386, 7, ALLOW, ALLOW],
  ['one of x32', X86_64, 0x4000_03e7, ALLOW, ALLOW],
  ['another of x32', X86_64, 0x4000_0003, EPERM, EPERM],
  ['an architecture that the filter does not know', ARM64, 999, EPERM, EPERM],
])('%s', (_, architecture, number, before, after) => {
  expect(runFilter(FILTER, { architecture, number })).toBe(before)
  expect(runFilter(refuseUnknownCalls(FILTER, PROFILE), { architecture, number })).toBe(after)
})

test.each<[string, Partial<OciSeccomp>]>([
  ['allows what it does not name', { defaultAction: 'SCMP_ACT_ALLOW' }],
  ['logs it', { defaultAction: 'SCMP_ACT_LOG' }],
  ['says ENOSYS to it itself', { defaultErrnoRet: 38 }],
])('a profile that %s is left as it is', (_, change) => {
  expect(refuseUnknownCalls(FILTER, { ...PROFILE, ...change })).toBe(FILTER)
})
