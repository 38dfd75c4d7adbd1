import { EngineError } from '../errors.ts'

/**
 * `.dockerignore`: which paths of a build context stay out.
 *
 * Rules, as Docker's patternmatcher has them: one pattern a line, `#` comments, cleaned like a path, a leading `/` means nothing,
 * `*` and `?` never cross a `/`, `**` does, `[a-z]` classes, `\` escapes, `!` takes back, the last match wins, and a pattern
 * that matches a folder matches all below it. https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export interface IgnoreMatcher {
  /** `path` is relative with `/`; true: it stays out. */
  ignores(path: string): boolean
  /** False when something below this ignored folder may be taken back by a `!` pattern, so the walk has to go in. */
  prunes(folder: string): boolean
}

interface Pattern {
  source: string
  negated: boolean
  matches(path: string): boolean
}

export function createIgnoreMatcher(text: string): IgnoreMatcher {
  const patterns = text.replace(/^\uFEFF/, '').split(/\r?\n/).flatMap(parsePattern)
  const ignores = (path: string) => {
    const parents = ancestors(path)
    let ignored = false
    for (const pattern of patterns) if (pattern.negated === ignored && parents.some((part) => pattern.matches(part))) ignored = !pattern.negated
    return ignored
  }
  const mayBeTakenBack = (folder: string) => patterns.some((pattern) => pattern.negated && (pattern.source.startsWith(`${folder}/`) || /[*?[\\]/.test(pattern.source)))
  return { ignores, prunes: (folder) => ignores(folder) && !mayBeTakenBack(folder) }
}

/** The path and every folder above it: a match of a folder is a match of what is in it. */
const ancestors = (path: string) => path.split('/').map((_part, index, parts) => parts.slice(0, index + 1).join('/'))

function parsePattern(line: string): Pattern[] {
  if (line.startsWith('#')) return []
  let source = line.trim()
  if (source === '') return []
  const negated = source.startsWith('!')
  if (negated) source = source.slice(1).trim()
  source = clean(source)
  if (source === '' || source === '.') return []
  return [{ source, negated, matches: compile(source) }]
}

/** path.Clean, without a leading slash. */
function clean(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !path.startsWith('/')) parts.push(part)
  }
  return parts.join('/')
}

/** One step of a pattern: `folders` is any number of folders, none included; `rest` anything; `name` anything without a slash; a character otherwise. */
type Step = 'folders' | 'rest' | 'name' | ((char: string) => boolean)

function compile(pattern: string): (path: string) => boolean {
  const steps: Step[] = []
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*' && pattern[at + 1] === '*') {
      at++
      if (pattern[at + 1] === '/') at++
      steps.push(pattern[at] === '/' ? 'folders' : 'rest')
      source += pattern[at] === '/' ? '(?:.*/)?' : '.*'
    } else if (char === '*') {
      steps.push('name')
      source += '[^/]*'
    } else if (char === '?') {
      steps.push((found) => found !== '/')
      source += '[^/]'
    } else if (char === '[' && endOfClass(pattern, at) >= 0) {
      const end = endOfClass(pattern, at)
      const among = pattern.slice(at, end + 1).replace(/^\[!/, '[^')
      steps.push(characterClass(among, pattern))
      source += among
      at = end
    } else {
      const wanted = char === '\\' && at + 1 < pattern.length ? pattern[++at]! : char
      steps.push((found) => found === wanted)
      source += wanted.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    }
  }
  // Two stars cost a backtracking expression the square of the path at most, and it is much the faster for them.
  if (steps.filter((step) => typeof step === 'string').length > 2) return (path) => follow(steps, path)
  const expression = new RegExp(`^${source}$`, 's')
  return (path) => expression.test(path)
}

function characterClass(source: string, pattern: string): (char: string) => boolean {
  try {
    const matches = new RegExp(`^${source}$`, 's')
    return (char) => matches.test(char)
  } catch (cause) {
    throw new EngineError('invalid-argument', `syntax error in pattern ${JSON.stringify(pattern)} of .dockerignore`, { reason: 'dockerignore', cause })
  }
}

/**
 * Takes all ways through a pattern at once, so that its time grows with its length times the path's, whatever stars it has (a backtracking
 * expression would take for ever on some). A place is the step to take next; `within` are those in the middle of a folder.
 */
function follow(steps: readonly Step[], path: string): boolean {
  let places = reached(steps, [0])
  let within = new Set([...places].filter((place) => steps[place] === 'folders'))
  for (const char of path.split('')) {
    const next: number[] = []
    for (const place of places) {
      const step = steps[place]
      if (step === 'rest' || (step === 'name' && char !== '/')) next.push(place)
      else if (typeof step === 'function' && step(char)) next.push(place + 1)
    }
    if (char === '/') for (const place of within) next.push(place + 1)
    places = reached(steps, next)
    within = new Set([...within, ...[...places].filter((place) => steps[place] === 'folders')])
  }
  return places.has(steps.length)
}

/** With the places after steps that may be nothing. */
function reached(steps: readonly Step[], places: readonly number[]): Set<number> {
  const all = new Set<number>()
  for (let place of places) {
    for (; !all.has(place); place++) {
      all.add(place)
      if (typeof steps[place] !== 'string') break
    }
  }
  return all
}

/** Index of the bracket that ends the class begun at `start`, or -1; an escaped one does not. */
function endOfClass(pattern: string, start: number): number {
  for (let at = start + 2; at < pattern.length; at++) {
    if (pattern[at - 1] === '\\') continue
    if (pattern[at] === ']') return at
  }
  return -1
}
