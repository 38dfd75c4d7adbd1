/**
 * Sentences that are made outside the page — errors of the app's main process and of engines, findings of checks — come in English, which is what Docker's
 * API speaks. They are said in another language by recognising them: a catalog has the English form, with `{names}` for what varies, and the other.
 * What is in no catalog is said as it came. docs/decisions/0123
 */
export type Sentence = readonly [english: string, other: string]

interface Form {
  pattern: RegExp
  names: readonly string[]
  other: string
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const HOLE = /\{(\w+)\}/g

function formOf([english, other]: Sentence): Form {
  const names = [...english.matchAll(HOLE)].map(([, name]) => name ?? '')
  const source = english.split(HOLE).map((part, index) => (index % 2 === 0 ? escaped(part) : '([^]+?)')).join('')
  return { pattern: new RegExp(`^${source}$`), names, other }
}

/** What is said more exactly is tried first. */
const exactness = ([english]: Sentence) => english.replace(HOLE, '').length

/** Says a text of one or more sentences in the other language, as far as it is known; what fills a hole is said by the same means. */
export function createInterpreter(catalog: readonly Sentence[]): (text: string) => string {
  let forms: Form[] | undefined
  const known = new Map<string, string>()

  function sayWhole(text: string): string | undefined {
    forms ??= catalog.toSorted((a, b) => exactness(b) - exactness(a)).map(formOf)
    for (const { pattern, names, other } of forms) {
      const found = pattern.exec(text)
      if (!found) continue
      const filled = new Map(names.map((name, index) => [name, say(found[index + 1] ?? '')]))
      return other.replace(HOLE, (_, name: string) => filled.get(name) ?? '')
    }
    return undefined
  }
  /** Two sentences put together elsewhere: `message hint`. */
  function sayParts(text: string): string | undefined {
    for (const { index } of text.matchAll(/[.!?] (?=\p{Lu})/gu)) {
      const [first, rest] = [sayWhole(text.slice(0, index + 1)), text.slice(index + 2)]
      if (first !== undefined) return `${first} ${say(rest)}`
    }
    return undefined
  }
  function say(text: string): string {
    if (text.length > 2000) return text
    const before = known.get(text)
    if (before !== undefined) return before
    const said = sayWhole(text) ?? sayParts(text) ?? text
    if (known.size > 500) known.clear()
    known.set(text, said)
    return said
  }
  return say
}
