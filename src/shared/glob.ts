import { EngineError } from './errors.ts'

/** One step of a pattern: `folders` is any number of folders, none included; `rest` anything; `name` anything without a slash; a character otherwise. */
export type GlobStep = 'folders' | 'rest' | 'name' | ((char: string) => boolean)

/**
 * Takes all ways through a pattern at once, so that its time grows with its length times the text's, whatever stars it has (a backtracking
 * expression would take for ever on some).
 */
export function matchesGlob(steps: readonly GlobStep[], text: string): boolean {
  for (const end of globEnds(steps, text)) if (end === text.length) return true
  return false
}

/** Where a match that begins at `from` may end, the shortest first. A place is the step to take next; `within` are those in the middle of a folder. */
export function* globEnds(steps: readonly GlobStep[], text: string, from = 0): Generator<number> {
  let places = reached(steps, [0])
  let within = new Set([...places].filter((place) => steps[place] === 'folders'))
  for (let at = from; ; at++) {
    if (places.has(steps.length)) yield at
    if (at === text.length || places.size + within.size === 0) return
    const next = taken(steps, places, text[at]!)
    if (text[at] === '/') for (const place of within) next.push(place + 1)
    places = reached(steps, next)
    within = new Set([...within, ...[...places].filter((place) => steps[place] === 'folders')])
  }
}

/** Where in a text a match may begin. */
export function globStarts(steps: readonly GlobStep[], text: string): Set<number> {
  const [backwards, mirrored] = [steps.toReversed(), text.split('').reverse().join('')]
  const starts = new Set<number>()
  let places = new Set<number>()
  for (let at = 0; at <= text.length; at++) {
    places = reached(backwards, [0, ...(at === 0 ? [] : taken(backwards, places, mirrored[at - 1]!))])
    if (places.has(steps.length)) starts.add(text.length - at)
  }
  return starts
}

/**
 * The steps of a pattern of Go's path.Match: `*` and `?` stop at slashes, `[a-z]` is one of a class, `\\` takes the next character as it is.
 * @throws invalid-argument
 */
export function pathMatchSteps(pattern: string): GlobStep[] {
  const steps: GlobStep[] = []
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*') steps.push('name')
    else if (char === '?') steps.push((found) => found !== '/')
    else if (char === '[') {
      const end = endOfClass(pattern, at)
      steps.push(end < 0 ? refused(pattern) : classOf(pattern, at, end))
      at = end
    } else steps.push(literal(char === '\\' && at + 1 < pattern.length ? pattern[++at]! : char))
  }
  return steps
}

/** The steps of a shell's pattern: `*`, `?` and escaped characters; nothing stops at slashes. */
export function shellSteps(pattern: string): GlobStep[] {
  const steps: GlobStep[] = []
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*') steps.push('rest')
    else if (char === '?') steps.push(() => true)
    else steps.push(literal(char === '\\' && at + 1 < pattern.length ? pattern[++at]! : char))
  }
  return steps
}

const literal = (wanted: string) => (found: string) => found === wanted

function classOf(pattern: string, start: number, end: number): GlobStep {
  try {
    return characterClass(pattern.slice(start, end + 1))
  } catch {
    return refused(pattern)
  }
}

function refused(pattern: string): never {
  throw new EngineError('invalid-argument', `syntax error in pattern ${JSON.stringify(pattern)}`, { reason: 'bad-pattern' })
}

/** @throws SyntaxError */
export function characterClass(source: string): (char: string) => boolean {
  const matches = new RegExp(`^${source}$`, 's')
  return (char) => matches.test(char)
}

/** Index of the bracket that ends the class begun at `start`, or -1; an escaped one does not. */
export function endOfClass(pattern: string, start: number): number {
  for (let at = start + 2; at < pattern.length; at++) {
    if (pattern[at - 1] === '\\') continue
    if (pattern[at] === ']') return at
  }
  return -1
}

function taken(steps: readonly GlobStep[], places: ReadonlySet<number>, char: string): number[] {
  const next: number[] = []
  for (const place of places) {
    const step = steps[place]
    if (step === 'rest' || (step === 'name' && char !== '/')) next.push(place)
    else if (typeof step === 'function' && step(char)) next.push(place + 1)
  }
  return next
}

/** With the places after steps that may be nothing. */
function reached(steps: readonly GlobStep[], places: readonly number[]): Set<number> {
  const all = new Set<number>()
  for (let place of places) {
    for (; !all.has(place); place++) {
      all.add(place)
      if (typeof steps[place] !== 'string') break
    }
  }
  return all
}
