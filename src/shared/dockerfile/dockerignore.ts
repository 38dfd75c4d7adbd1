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
  matches: RegExp
}

export function createIgnoreMatcher(text: string): IgnoreMatcher {
  const patterns = text.replace(/^\uFEFF/, '').split(/\r?\n/).flatMap(parsePattern)
  const ignores = (path: string) => {
    const parents = ancestors(path)
    let ignored = false
    for (const pattern of patterns) if (pattern.negated === ignored && parents.some((part) => pattern.matches.test(part))) ignored = !pattern.negated
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

function compile(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*' && pattern[at + 1] === '*') {
      at++
      // `**/` is any number of folders, none included; a last `**` is everything.
      if (pattern[at + 1] === '/') {
        at++
        source += '(?:.*/)?'
      } else source += '.*'
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = endOfClass(pattern, at)
      if (end < 0) source += '\\['
      else {
        source += pattern.slice(at, end + 1).replace(/^\[!/, '[^')
        at = end
      }
    } else source += (char === '\\' && at + 1 < pattern.length ? pattern[++at]! : char).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  }
  try {
    return new RegExp(`^${source}$`, 's')
  } catch (cause) {
    throw new EngineError('invalid-argument', `syntax error in pattern ${JSON.stringify(pattern)} of .dockerignore`, { reason: 'dockerignore', cause })
  }
}

/** Index of the bracket that ends the class begun at `start`, or -1; an escaped one does not. */
function endOfClass(pattern: string, start: number): number {
  for (let at = start + 2; at < pattern.length; at++) {
    if (pattern[at - 1] === '\\') continue
    if (pattern[at] === ']') return at
  }
  return -1
}
