import { DockerfileError } from './dockerfile-error.ts'
import { findHeredocs, type HeredocStart } from './heredocs.ts'
import type { Heredoc, Source } from './instruction.ts'

/** One instruction as text: continuation lines joined, comments gone. */
export interface LogicalLine extends Source {
  /** Upper case. */
  keyword: string
  /** What follows the keyword, trimmed at its start. */
  rest: string
  heredocs: Heredoc[]
}

export interface ScannedFile {
  lines: LogicalLine[]
  escape: '\\' | '`'
  syntax?: string
  warnings: string[]
}

const TAKES_HEREDOCS = /^(ONBUILD\s+)?(ADD|COPY|RUN)\s/i
const COMMENT = /^[ \t]*#/

/** @throws DockerfileError for an unterminated here-document or a wrong directive. */
export function scanLines(text: string): ScannedFile {
  const source = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const directives = readDirectives(source)
  const ends = directives.escape === '`' ? /(?:^|[^`])`[ \t]*$/ : /(?:^|[^\\])\\[ \t]*$/
  const lines: LogicalLine[] = []
  const warnings: string[] = []
  let at = 0
  while (at < source.length) {
    const first = source[at]!
    if (first.trim() === '' || COMMENT.test(first)) {
      at++
      continue
    }
    const start = at
    const joined = joinContinuations(source, at, ends)
    at = joined.next
    const heredocs = TAKES_HEREDOCS.test(joined.text) ? readHeredocs(source, at, findHeredocs(joined.text), start) : { found: [], next: at }
    at = heredocs.next
    if (joined.hasEmptyLine) warnings.push(`[WARNING]: Empty continuation line found in: ${joined.text}`)
    lines.push(splitKeyword(joined.text, { line: start + 1, endLine: at }, heredocs.found))
  }
  if (warnings.length > 0) warnings.push('[WARNING]: Empty continuation lines will become errors in a future release.')
  return { lines, warnings, ...directives }
}

/** Parser directives are comments on the first lines, before anything else: https://docs.docker.com/reference/dockerfile/#parser-directives */
function readDirectives(source: string[]): { escape: '\\' | '`'; syntax?: string } {
  const found: Record<string, string> = {}
  for (const [index, line] of source.entries()) {
    const match = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line)
    if (!match) break
    const name = match[1]!.toLowerCase()
    if (name in found) throw new DockerfileError({ line: index + 1, endLine: index + 1 }, `only one ${name} parser directive can be used`)
    found[name] = match[2]!
    if (name === 'escape' && found.escape !== '\\' && found.escape !== '`')
      throw new DockerfileError({ line: index + 1, endLine: index + 1 }, `invalid ESCAPE '${found.escape}'. Must be \` or \\`)
  }
  return { escape: found.escape === '`' ? '`' : '\\', ...(found.syntax === undefined ? {} : { syntax: found.syntax }) }
}

function joinContinuations(source: string[], from: number, ends: RegExp): { text: string; next: number; hasEmptyLine: boolean } {
  let text = source[from]!.trimStart()
  let at = from + 1
  let open = ends.test(text)
  let hasEmptyLine = false
  if (open) text = text.replace(/[\\`][ \t]*$/, '')
  while (open && at < source.length) {
    const line = source[at++]!
    // Comments and (deprecated) empty lines inside a continuation are skipped.
    if (line.trim() === '') hasEmptyLine = true
    if (COMMENT.test(line) || line.trim() === '') continue
    open = ends.test(line)
    text += open ? line.replace(/[\\`][ \t]*$/, '') : line
  }
  return { text: text.trim(), next: at, hasEmptyLine }
}

function readHeredocs(source: string[], from: number, starts: HeredocStart[], startLine: number): { found: Heredoc[]; next: number } {
  let at = from
  const found = starts.map((start) => {
    const body: string[] = []
    for (;;) {
      const line = source[at++]
      if (line === undefined) throw new DockerfileError({ line: startLine + 1, endLine: source.length }, `unterminated heredoc: expected a line "${start.name}"`)
      const stripped = start.stripTabs ? line.replace(/^\t+/, '') : line
      if (stripped === start.name) break
      body.push(stripped)
    }
    return { name: start.name, expand: start.expand, fileDescriptor: start.fileDescriptor, content: body.map((line) => `${line}\n`).join('') }
  })
  return { found, next: at }
}

function splitKeyword(text: string, position: Source['position'], heredocs: Heredoc[]): LogicalLine {
  // A line that is nothing but continued has no keyword.
  const match = /^(\S*)\s*([\s\S]*)$/.exec(text)!
  return { keyword: match[1]!.toUpperCase(), rest: match[2]!, text, position, heredocs }
}
