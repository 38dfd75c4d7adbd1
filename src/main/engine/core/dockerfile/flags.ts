import { DockerfileError } from './dockerfile-error.ts'
import type { Position } from './instruction.ts'

/** Leading `--name` and `--name=value` words of an instruction, and what follows them. Read every flag that the instruction knows, then `finish`. */
export class Flags {
  readonly rest: string
  readonly #found = new Map<string, string[]>()
  readonly #position: Position
  readonly #known = new Set<string>()

  constructor(text: string, position: Position) {
    this.#position = position
    let rest = text
    for (;;) {
      const match = /^--(\S*?)(?:=((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*))?(?:\s+|$)/.exec(rest)
      if (!match) break
      rest = rest.slice(match[0].length)
      // A bare `--` ends the flags.
      if (match[1] === '') break
      const value = unquote(match[2] ?? '\0')
      const before = this.#found.get(match[1]!)
      if (before) before.push(value)
      else this.#found.set(match[1]!, [value])
    }
    this.rest = rest
  }

  text(name: string): string | undefined {
    const value = this.all(name)
    if (value.length > 1) throw new DockerfileError(this.#position, `Duplicate flag specified: ${name}`)
    return value[0]
  }

  all(name: string): string[] {
    this.#known.add(name)
    const values = this.#found.get(name) ?? []
    if (values.includes('\0')) throw new DockerfileError(this.#position, `Missing a value on flag: ${name}`)
    return values
  }

  flag(name: string): boolean | undefined {
    this.#known.add(name)
    const value = this.#found.get(name)?.at(-1)
    if (value === undefined) return undefined
    if (value === '\0' || value === 'true') return true
    if (value === 'false') return false
    throw new DockerfileError(this.#position, `Expecting boolean value for flag ${name}, not: ${value}`)
  }

  /** @throws DockerfileError when a flag was given that nobody asked for. */
  finish(): string {
    for (const name of this.#found.keys()) if (!this.#known.has(name)) throw new DockerfileError(this.#position, `unknown flag: ${name}`)
    return this.rest
  }
}

const unquote = (value: string) => value.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_whole, double: string | undefined, single: string | undefined) => (double === undefined ? (single ?? '') : double.replace(/\\(["\\])/g, '$1')))
