import { EngineError } from '#shared/errors.ts'

const BITS: Record<string, number> = { r: 4, w: 2, x: 1 }
const SHIFT: Record<string, number> = { u: 6, g: 3, o: 0 }

/** `755`, or symbolic as chmod(1) has it: `u=rwX,go=rX`, `a+x`. @throws EngineError invalid-argument */
export function parseFileMode(text: string): (before: number, directory: boolean) => number {
  if (/^[0-7]{1,5}$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    return () => mode
  }
  const clauses = text.split(',').map((clause) => /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause))
  if (clauses.some((clause) => clause === null)) throw new EngineError('invalid-argument', `invalid chmod parameter: '${text}'`, { hint: 'Write an octal mode such as 755, or u=rwX,go=rX.' })
  return (before, directory) => clauses.reduce((mode, clause) => applyClause(mode, clause!, directory), before)
}

function applyClause(mode: number, [, who, operator, permissions]: RegExpExecArray, directory: boolean): number {
  const classes = who === '' || who!.includes('a') ? ['u', 'g', 'o'] : [...new Set(who!)]
  const executable = directory || (mode & 0o111) !== 0
  const bits = [...permissions!].reduce((sum, letter) => sum | (letter === 'X' ? (executable ? 1 : 0) : (BITS[letter] ?? 0)), 0)
  const special = (permissions!.includes('s') ? (classes.includes('u') ? 0o4000 : 0) | (classes.includes('g') ? 0o2000 : 0) : 0) | (permissions!.includes('t') ? 0o1000 : 0)
  return classes.reduce((result, name) => {
    const shift = SHIFT[name]!
    if (operator === '+') return result | (bits << shift) | special
    if (operator === '-') return result & ~((bits << shift) | special)
    return (result & ~(7 << shift)) | (bits << shift) | special
  }, mode)
}
