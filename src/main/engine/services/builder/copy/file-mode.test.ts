import { expect, test } from 'vitest'
import { parseFileMode } from './file-mode.ts'

test.each<[string, number, boolean, number]>([
  ['755', 0o600, false, 0o755],
  ['0644', 0o777, false, 0o644],
  ['4755', 0o644, false, 0o4755],
  ['u=rwX,go=rX', 0o600, false, 0o644],
  ['u=rwX,go=rX', 0o600, true, 0o755],
  ['a+x', 0o644, false, 0o755],
  ['+x', 0o640, false, 0o751],
  ['go-w', 0o666, false, 0o644],
  ['u+s,o+t', 0o755, false, 0o5755],
  ['go=', 0o777, false, 0o700],
])('%s on %o (directory: %s) gives %o', (text, before, directory, after) => expect(parseFileMode(text)(before, directory)).toBe(after))

test.each(['', '888', 'u', 'x=r', 'u=q', '999999'])('%j is refused', (text) => expect(() => parseFileMode(text)).toThrow('invalid chmod parameter'))
