import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isEngineError } from '#shared/errors.ts'
import { parseDockerfile } from './dockerfile.ts'

/** A new case is a new folder: fixtures/valid/<name>/{Dockerfile,expected.json} or fixtures/invalid/<name>/{Dockerfile,error.txt}. */
const FIXTURES = join(import.meta.dirname, 'fixtures')
const read = (...path: string[]) => readFileSync(join(FIXTURES, ...path), 'utf8')

/** Empty lists and the repeated source text are left out of expected.json. */
const essence = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'text' || (Array.isArray(item) && item.length === 0 && ['exclude', 'heredocs', 'mounts', 'warnings'].includes(key)) ? undefined : item)))

test.each(readdirSync(join(FIXTURES, 'valid')))('valid: %s', (name) => {
  expect(essence(parseDockerfile(read('valid', name, 'Dockerfile')))).toEqual(JSON.parse(read('valid', name, 'expected.json')))
})

test.each(readdirSync(join(FIXTURES, 'invalid')))('invalid: %s', (name) => {
  expect(existsSync(join(FIXTURES, 'invalid', name, 'error.txt'))).toBe(true)
  const attempt = () => parseDockerfile(read('invalid', name, 'Dockerfile'))
  expect(attempt).toThrow(read('invalid', name, 'error.txt').trimEnd())
  try {
    attempt()
  } catch (error) {
    expect(isEngineError(error, 'invalid-argument')).toBe(true)
  }
})

test('as many flags as fit, and a word of all that fits, are read once', () => {
  const many = parseDockerfile(`FROM a\nRUN ${'--mount=type=cache,target=/a '.repeat(140_000)}x`).stages[0]!.instructions[0]
  expect(many).toMatchObject({ kind: 'RUN', command: { line: 'x' } })
  expect(() => parseDockerfile(`FROM a\nHEALTHCHECK ${'--interval=1s '.repeat(280_000)}NONE`)).toThrow('Duplicate flag specified: interval')
  expect(() => parseDockerfile(`${'A'.repeat(4_000_000)} x`)).toThrow('unknown instruction: AAA')
})
