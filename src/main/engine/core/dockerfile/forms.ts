import { DockerfileError } from './dockerfile-error.ts'
import type { Command, Pair, Position } from './instruction.ts'

/** A JSON array of strings, or undefined when the text is not one (then it is shell form, as Docker reads it). */
export function parseExecForm(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

export function parseCommand(text: string): Command {
  const args = parseExecForm(text)
  return args ? { form: 'exec', args } : { form: 'shell', line: text }
}

/** Exec form, or words separated by white space. */
export const parseList = (text: string): string[] => parseExecForm(text) ?? splitWords(text)

/** Words separated by white space outside quotes; quotes and escapes stay, for the later expansion. */
export function splitWords(text: string, escape = '\\'): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === escape && quote !== "'" && at + 1 < text.length) {
      word += char + text[++at]!
    } else if (quote) {
      word += char
      if (char === quote) quote = ''
    } else if (/\s/.test(char)) {
      if (word !== '') words.push(word)
      word = ''
    } else {
      if (char === '"' || char === "'") quote = char
      word += char
    }
  }
  if (word !== '') words.push(word)
  return words
}

/** `a=b c="d e"`, or the older `name the rest is the value`. Values stay unexpanded, names too. */
export function parsePairs(keyword: string, text: string, position: Position, escape: string): Pair[] {
  const words = splitWords(text, escape)
  if (words.length === 0) throw new DockerfileError(position, `${keyword} requires at least one argument`)
  if (!words[0]!.includes('=')) {
    const match = /^(\S+)\s+([\s\S]+)$/.exec(text)
    if (!match) throw new DockerfileError(position, `${keyword} must have two arguments`)
    return [{ name: match[1]!, value: match[2]! }]
  }
  return words.map((word) => {
    const equals = word.indexOf('=')
    if (equals < 0) throw new DockerfileError(position, `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`)
    if (equals === 0) throw new DockerfileError(position, `${keyword} names can not be blank`)
    return { name: word.slice(0, equals), value: word.slice(equals + 1) }
  })
}
