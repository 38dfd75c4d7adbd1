import { globEnds, globStarts, shellSteps, type GlobStep } from '#shared/glob.ts'

/**
 * `${name<operation>}`: nothing, `:-` `-` (default), `:+` `+` (alternative), `:?` `?` (required), `#` `##` `%` `%%` (remove a
 * shortest or longest prefix or suffix) and `/` `//` (replace first or all), as the Dockerfile reference lists them.
 */
export function substitute(name: string, value: string | undefined, operation: string, expand: (word: string) => string, refused: (why: string) => Error): string {
  if (operation === '') return value ?? ''
  const [, colon, operator, rest] = /^(:?)([-+?]|##?|%%?|\/\/?)([\s\S]*)$/.exec(operation) ?? []
  if (operator === undefined || (colon && !'-+?'.includes(operator))) throw refused(`unsupported modifier (${operation.slice(0, 2)}) in substitution`)
  const present = value !== undefined && !(colon && value === '')
  switch (operator) {
    case '-':
      return present ? value : expand(rest!)
    case '+':
      return present ? expand(rest!) : ''
    case '?':
      if (present) return value
      throw refused(`${name}: ${expand(rest!) || (colon ? 'is not allowed to be empty' : 'is not allowed to be unset')}`)
    case '#':
    case '##':
      return removePrefix(value ?? '', expand(rest!), operator === '##')
    case '%':
    case '%%':
      return removeSuffix(value ?? '', expand(rest!), operator === '%%')
    default:
      return replace(value ?? '', rest!, operator === '//', expand)
  }
}

function removePrefix(value: string, pattern: string, longest: boolean): string {
  const ends = globEnds(shellSteps(pattern), value)
  const end = longest ? [...ends].at(-1) : ends.next().value
  return value.slice(end ?? 0)
}

function removeSuffix(value: string, pattern: string, longest: boolean): string {
  const ends = globEnds(shellSteps(pattern).reverse(), value.split('').reverse().join(''))
  const length = longest ? [...ends].at(-1) : ends.next().value
  return value.slice(0, value.length - (length ?? 0))
}

function replace(value: string, rest: string, all: boolean, expand: (word: string) => string): string {
  const slash = rest.search(/(?<!\\)\//)
  const [pattern, replacement] = slash < 0 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
  const steps = shellSteps(expand(pattern.replaceAll('\\/', '/')))
  return steps.length === 0 ? value : replaceMatches(value, steps, all, expand(replacement))
}

/** Longer than any word may become: what comes of it is refused. */
const MOST_REPLACED = 2 * 1024 * 1024

/** The longest match at the first place where there is one, and so on behind it. */
function replaceMatches(value: string, steps: GlobStep[], all: boolean, replacement: string): string {
  let replaced = ''
  let done = 0
  for (const start of [...globStarts(steps, value)].reverse()) {
    if (start < done) continue
    const end = [...globEnds(steps, value, start)].at(-1)!
    if (end === start && done > 0) continue
    replaced += value.slice(done, start) + replacement
    done = end
    if (!all || replaced.length > MOST_REPLACED) break
  }
  return replaced + value.slice(done)
}
