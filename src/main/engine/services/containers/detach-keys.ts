import { EngineError } from '#shared/errors.ts'

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q'
const CONTROL = new Map([['@', 0], ['[', 27], ['\\', 28], [']', 29], ['^', 30], ['_', 31]])

/** `ctrl-p,ctrl-q`, `a,b`: one key per comma. `kind` is what Docker calls them where they are used. @throws invalid-argument */
export function parseDetachKeys(text: string, kind: 'detach' | 'escape' = 'detach'): number[] {
  return text.split(',').map((key) => {
    const code = keyCode(key)
    if (code === undefined) throw new EngineError('invalid-argument', `Invalid ${kind} keys (${text}) provided`, { field: 'detachKeys' })
    return code
  })
}

function keyCode(key: string): number | undefined {
  if (key.length === 1) return key.charCodeAt(0)
  if (key === 'DEL') return 127
  const letter = /^ctrl-(.)$/.exec(key)?.[1]
  if (letter === undefined) return undefined
  return letter >= 'a' && letter <= 'z' ? letter.charCodeAt(0) - 96 : CONTROL.get(letter)
}

/** Finds the sequence in what is typed. Keys that turn out not to be it are passed on, late but whole. */
export function createDetachFilter(keys: readonly number[]) {
  let matched = 0
  return (bytes: Uint8Array): { pass: Uint8Array; detached: boolean } => {
    const pass: number[] = []
    for (const byte of bytes) {
      if (byte !== keys[matched]) {
        pass.push(...keys.slice(0, matched))
        matched = 0
      }
      if (byte === keys[matched]) matched++
      else pass.push(byte)
      if (matched === keys.length) return { pass: Uint8Array.from(pass), detached: true }
    }
    return { pass: Uint8Array.from(pass), detached: false }
  }
}
