import type { OciProcess, OciSpec } from './runtime.ts'

/** 2^64 - 1, as setrlimit(2) has it. */
const RLIM_INFINITY = '18446744073709551615'

/** Node has it, TypeScript's library not yet: https://github.com/tc39/proposal-json-parse-with-source */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** config.json. Infinite limits and 64-bit seccomp arguments become whole numbers, which JSON.stringify alone would lose. */
export const specText = (spec: OciSpec): string => (hasInfinity(spec.process) || hasLargeArgument(spec) ? JSON.stringify(spec, exact) : JSON.stringify(spec))

/** process.json */
export const processText = (process: OciProcess): string => (hasInfinity(process) ? JSON.stringify(process, exact) : JSON.stringify(process))

const hasInfinity = ({ rlimits = [] }: OciProcess) => rlimits.some(({ soft, hard }) => soft === Infinity || hard === Infinity)

const hasLargeArgument = ({ linux }: OciSpec) =>
  linux.seccomp?.syscalls?.some(({ args = [] }) => args.some(({ value, valueTwo = 0 }) => !Number.isSafeInteger(value) || !Number.isSafeInteger(valueTwo))) === true

function exact(_key: string, value: unknown): unknown {
  if (value === Infinity) return rawJSON(RLIM_INFINITY)
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? rawJSON(BigInt(value).toString()) : value
}
