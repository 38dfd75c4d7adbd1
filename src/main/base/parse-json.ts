/**
 * JSON of strangers. JSON.parse reads any depth, but JSON.stringify and whatever else walks a value by calling itself do not:
 * a stack overflow, which is nobody's fault to be told of. Nothing that is meant nests like that.
 */
const DEEPEST = 500
/** As Go says it. */
export const TOO_DEEP = 'exceeded max depth'

const [QUOTE, BACKSLASH] = [34, 92]
const OPENING = new Set([91, 123])
const CLOSING = new Set([93, 125])

/** @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(TOO_DEEP)
  return JSON.parse(text)
}

/** Of a text that need not be JSON. */
export function isTooDeep(text: string): boolean {
  if (text.length <= DEEPEST) return false
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === QUOTE) quoted = !quoted
    else if (quoted) at += Number(character === BACKSLASH)
    else if (OPENING.has(character) && ++depth > DEEPEST) return true
    else if (CLOSING.has(character)) depth--
  }
  return false
}
