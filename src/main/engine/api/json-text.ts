import { EngineError } from '#shared/errors.ts'
import { isTooDeep, TOO_DEEP } from '../../base/parse-json.ts'

/**
 * JSON as Go's decoder reads it, because Docker's clients and their tests know its words: what is wrong is said as `encoding/json` says it.
 * @throws SyntaxError
 */
export function parseJsonText(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(TOO_DEEP)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SyntaxError(faultOf(text), { cause })
  }
}

/** A body of a request. @throws invalid-argument */
export function parseJsonBody(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch (cause) {
    const { message } = cause as SyntaxError
    throw new EngineError('invalid-argument', message === TRAILING ? message : `invalid JSON: ${message}`, { cause })
  }
}

const TRAILING = 'unexpected content after JSON'

/** What Go says of a text that is not JSON. */
function faultOf(text: string): string {
  const reader = new Reader(text)
  try {
    reader.value()
  } catch (fault) {
    if (fault instanceof Fault) return fault.message
    throw fault
  }
  return TRAILING
}

class Fault extends Error {}

const ESCAPES = /["\\/bfnrt]/

/** Walks the text only to find where it stops being JSON. */
class Reader {
  private at = 0
  private readonly text: string
  constructor(text: string) {
    this.text = text
  }

  value(): void {
    const first = this.peek()
    if (first === '{') this.object()
    else if (first === '[') this.array()
    else if (first === '"') this.string()
    else if (/[-0-9]/.test(first)) this.number()
    else {
      const literal = ({ t: 'true', f: 'false', n: 'null' } as Record<string, string>)[first]
      if (literal === undefined) throw this.unexpected('looking for beginning of value')
      for (const letter of literal) this.take(letter, `in literal ${literal} (expecting ${quoted(letter)})`)
    }
  }

  private object(): void {
    this.at++
    if (this.peek() === '}') return void this.at++
    for (;;) {
      if (this.peek() !== '"') throw this.unexpected('looking for beginning of object key string')
      this.string()
      this.peek()
      this.take(':', 'after object key')
      this.value()
      if (this.peek() === '}') return void this.at++
      this.take(',', 'after object key:value pair')
    }
  }

  private array(): void {
    this.at++
    if (this.peek() === ']') return void this.at++
    for (;;) {
      this.value()
      if (this.peek() === ']') return void this.at++
      this.take(',', 'after array element')
    }
  }

  private string(): void {
    this.at++
    for (;;) {
      const character = this.next()
      if (character === '"') return void this.at++
      if (character < ' ') throw this.unexpected('in string literal')
      this.at++
      if (character !== '\\') continue
      const escape = this.next()
      if (escape === 'u') {
        this.at++
        for (let digit = 0; digit < 4; digit++) {
          if (!/[0-9a-f]/i.test(this.next())) throw this.unexpected('in \\u hexadecimal character escape')
          this.at++
        }
      } else if (ESCAPES.test(escape)) this.at++
      else throw this.unexpected('in string escape code')
    }
  }

  private number(): void {
    if (this.text[this.at] === '-') this.at++
    if (!/[0-9]/.test(this.next())) throw this.unexpected('in numeric literal')
    if (this.text[this.at] === '0') this.at++
    else this.digits()
    if (this.text[this.at] === '.') {
      this.at++
      if (!/[0-9]/.test(this.next())) throw this.unexpected('after decimal point in numeric literal')
      this.digits()
    }
    if (!/[eE]/.test(this.text[this.at] ?? '')) return
    this.at++
    if (/[-+]/.test(this.next())) this.at++
    if (!/[0-9]/.test(this.next())) throw this.unexpected('in exponent of numeric literal')
    this.digits()
  }

  private digits(): void {
    while (/[0-9]/.test(this.text[this.at] ?? '')) this.at++
  }

  /** The next character behind blanks, not taken. */
  private peek(): string {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at++
    return this.next()
  }

  private next(): string {
    const character = this.text[this.at]
    if (character === undefined) throw new Fault('unexpected EOF')
    return character
  }

  private take(wanted: string, where: string): void {
    if (this.next() !== wanted) throw this.unexpected(where)
    this.at++
  }

  private unexpected(where: string): Fault {
    return new Fault(`invalid character ${quoted(String.fromCodePoint(this.text.codePointAt(this.at) ?? 0))} ${where}`)
  }
}

/** A character as Go's error shows it. */
const quoted = (character: string): string => (character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`)
