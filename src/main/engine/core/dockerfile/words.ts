import { EngineError } from '#shared/errors.ts'
import { substitute } from './substitution.ts'

/** Values of variables; undefined means not set, which `${x-y}` tells from empty. */
export type Variables = (name: string) => string | undefined

/** One word: quotes removed, escapes taken, variables replaced. @throws EngineError invalid-argument for a malformed `${…}` or an unset `${x:?}`. */
export function expandWord(word: string, variables: Variables, escape = '\\'): string {
  return expandWithin(word, variables, escape, 0)
}

/** `${a:-${b:-…}}` so many times; and characters that variables may make of a word, each of which can double what the one before it made. */
const MOST_NESTED = 100
const MOST_CHARACTERS = 1024 * 1024

function expandWithin(word: string, variables: Variables, escape: string, depth: number): string {
  if (depth > MOST_NESTED) throw malformed(word, `more than ${MOST_NESTED} substitutions in one another`)
  return new WordReader(word, variables, escape, depth).readAll().join(' ')
}

/** As a shell would: an unquoted variable's value splits at white space. */
export function expandWords(word: string, variables: Variables, escape = '\\'): string[] {
  return new WordReader(word, variables, escape).readAll({ split: true })
}

const NAME_START = /[a-zA-Z_]/
const NAME_PART = /[a-zA-Z0-9_]/
const SPECIAL = /[0-9@*#?$!-]/

/** Walks one word from left to right; each read method consumes what it names. */
class WordReader {
  readonly #text: string
  readonly #variables: Variables
  readonly #escape: string
  readonly #depth: number
  #at = 0
  #made = 0

  constructor(text: string, variables: Variables, escape: string, depth = 0) {
    this.#text = text
    this.#variables = variables
    this.#escape = escape
    this.#depth = depth
  }

  readAll({ split = false } = {}): string[] {
    const words: string[] = []
    let current = ''
    let started = false
    const flush = () => {
      if (started) words.push(current)
      current = ''
      started = false
    }
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (split && /\s/.test(char)) {
        flush()
        this.#at++
        continue
      }
      if (char === '$' && split) {
        const pieces = this.#dollar().split(/\s+/)
        for (const [index, piece] of pieces.entries()) {
          if (index > 0) flush()
          current += piece
          if (piece !== '') started = true
        }
        continue
      }
      started = true
      current += this.#piece(char)
    }
    flush()
    return split ? words : [words.join('')]
  }

  #piece(char: string): string {
    if (char === "'") return this.#singleQuoted()
    if (char === '"') return this.#doubleQuoted()
    if (char === '$') return this.#dollar()
    this.#at++
    if (char !== this.#escape) return char
    // A trailing escape stands for nothing: it was the continuation character.
    return this.#text[this.#at++] ?? ''
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end < 0) throw malformed(this.#text, 'unexpected end of statement while looking for matching single-quote')
    const inside = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return inside
  }

  #doubleQuoted(): string {
    this.#at++
    let result = ''
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) throw malformed(this.#text, 'unexpected end of statement while looking for matching double-quote')
      if (char === '"') {
        this.#at++
        return result
      }
      if (char === '$') result += this.#dollar()
      else if (char === this.#escape && ['"', '$', this.#escape].includes(this.#text[this.#at + 1] ?? '')) {
        result += this.#text[this.#at + 1]
        this.#at += 2
      } else {
        result += char
        this.#at++
      }
    }
  }

  #dollar(): string {
    const value = this.#variable()
    this.#made += value.length
    if (this.#made > MOST_CHARACTERS) throw malformed(this.#text, `it becomes longer than ${MOST_CHARACTERS} characters`)
    return value
  }

  #variable(): string {
    this.#at++
    const char = this.#text[this.#at] ?? ''
    if (char === '{') return this.#braced()
    const name = this.#name()
    return name === '' ? '$' : (this.#variables(name) ?? '')
  }

  #name(): string {
    const first = this.#text[this.#at] ?? ''
    if (SPECIAL.test(first)) return this.#text[this.#at++]!
    if (!NAME_START.test(first)) return ''
    const start = this.#at
    while (NAME_PART.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#text.slice(start, this.#at)
  }

  #braced(): string {
    this.#at++
    const name = this.#name()
    if (name === '') throw malformed(this.#text, 'bad substitution')
    const end = this.#closingBrace()
    const operation = this.#text.slice(this.#at, end)
    this.#at = end + 1
    const expand = (word: string) => expandWithin(word, this.#variables, this.#escape, this.#depth + 1)
    return substitute(name, this.#variables(name), operation, expand, (why) => malformed(this.#text, why))
  }

  #closingBrace(): number {
    let depth = 1
    for (let at = this.#at; at < this.#text.length; at++) {
      const char = this.#text[at]!
      if (char === this.#escape) at++
      else if (char === '$' && this.#text[at + 1] === '{') depth++
      else if (char === '}' && --depth === 0) return at
    }
    throw malformed(this.#text, 'unexpected end of statement, expecting }')
  }
}

const malformed = (word: string, why: string) => new EngineError('invalid-argument', `failed to process ${JSON.stringify(shortened(word))}: ${why}`, { reason: 'dockerfile' })

const shortened = (word: string) => (word.length > 500 ? `${word.slice(0, 500)}…` : word)
