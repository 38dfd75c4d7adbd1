import { EngineError } from '../errors.ts'
import { characterClass, endOfClass, matchesGlob, type GlobStep } from '../glob.ts'

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
  // Most patterns name one path: those are looked up. Of the others, the last that matches decides, so they are tried from the end.
  const named = new Map(patterns.flatMap(({ source }, index): [string, number][] => (WILD.test(source) ? [] : [[source, index]])))
  const wild = patterns.map((pattern, index) => ({ ...pattern, index })).filter(({ source }) => WILD.test(source)).reverse()
  const decides = (path: string) => {
    const byName = named.get(path) ?? -1
    return Math.max(byName, wild.find(({ index, matches }) => index < byName || matches(path))?.index ?? -1)
  }
  // A match of a folder is a match of what is in it.
  const decideFolder = rememberSome((folder: string): number => Math.max(decides(folder), decideAbove(folder)))
  const decideAbove = (path: string) => (path.includes('/') ? decideFolder(path.slice(0, path.lastIndexOf('/'))) : -1)
  const ignores = (path: string) => patterns[Math.max(decides(path), decideAbove(path))]?.negated === false
  const takingBack = patterns.filter(({ negated }) => negated).map(({ source }) => source)
  const mayBeTakenBack = (folder: string) => takingBack.some((source) => source.startsWith(`${folder}/`) || WILD.test(source))
  return { ignores, prunes: (folder) => ignores(folder) && !mayBeTakenBack(folder) }
}

const WILD = /[*?[\\]/

/** Files are asked for folder by folder, so that few answers serve nearly all of them. */
function rememberSome(answer: (path: string) => number): (path: string) => number {
  const known = new Map<string, number>()
  return (path) => {
    const found = known.get(path) ?? answer(path)
    if (known.size >= REMEMBERED) known.clear()
    known.set(path, found)
    return found
  }
}

const REMEMBERED = 1000

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

function compile(pattern: string): (path: string) => boolean {
  const steps: GlobStep[] = []
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
      steps.push(classIn(among, pattern))
      source += among
      at = end
    } else {
      const wanted = char === '\\' && at + 1 < pattern.length ? pattern[++at]! : char
      steps.push((found) => found === wanted)
      source += wanted.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    }
  }
  // Two stars cost a backtracking expression the square of the path at most, and it is much the faster for them.
  if (steps.filter((step) => typeof step === 'string').length > 2) return (path) => matchesGlob(steps, path)
  const expression = new RegExp(`^${source}$`, 's')
  return (path) => expression.test(path)
}

/** @throws invalid-argument that names the file. */
function classIn(source: string, pattern: string): (char: string) => boolean {
  try {
    return characterClass(source)
  } catch (cause) {
    throw new EngineError('invalid-argument', `syntax error in pattern ${JSON.stringify(pattern)} of .dockerignore`, { reason: 'dockerignore', cause })
  }
}
