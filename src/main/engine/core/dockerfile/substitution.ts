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
      return removePrefix(value ?? '', globToRegExp(expand(rest!), operator === '##'))
    case '%':
    case '%%':
      return removeSuffix(value ?? '', expand(rest!), operator === '%%')
    default:
      return replace(value ?? '', rest!, operator === '//', expand)
  }
}

const removePrefix = (value: string, pattern: string) => value.replace(new RegExp(`^${pattern}`, 's'), '')

function removeSuffix(value: string, glob: string, longest: boolean): string {
  const matches = new RegExp(`^${globToRegExp(glob, true)}$`, 's')
  const starts = Array.from({ length: value.length + 1 }, (_, index) => index)
  const start = (longest ? starts : starts.reverse()).find((index) => matches.test(value.slice(index)))
  return start === undefined ? value : value.slice(0, start)
}

function replace(value: string, rest: string, all: boolean, expand: (word: string) => string): string {
  const slash = rest.search(/(?<!\\)\//)
  const [pattern, replacement] = slash < 0 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
  const source = globToRegExp(expand(pattern.replaceAll('\\/', '/')), true)
  if (source === '') return value
  const text = expand(replacement)
  return value.replace(new RegExp(source, all ? 'gs' : 's'), () => text)
}

/** Shell pattern → regular expression source: `*`, `?`, and escaped characters. */
function globToRegExp(glob: string, greedy: boolean): string {
  let source = ''
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!
    if (char === '*') source += greedy ? '.*' : '.*?'
    else if (char === '?') source += '.'
    else source += (char === '\\' && at + 1 < glob.length ? glob[++at]! : char).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  }
  return source
}
