import { DockerfileError } from '../dockerfile-error.ts'
import { Flags } from '../flags.ts'
import { parseCommand, parseExecForm, parseList, parsePairs, splitWords } from '../forms.ts'
import type { Instruction, InstructionKind } from '../instruction.ts'
import type { LogicalLine } from '../lines.ts'
import { parseAdd, parseCopy } from './copy.ts'
import { parseHealthcheck } from './healthcheck.ts'
import { parseRun } from './run.ts'

type Parser = (line: LogicalLine, escape: string) => Instruction

/** One row per instruction: https://docs.docker.com/reference/dockerfile/#overview */
const PARSERS: Record<InstructionKind, Parser> = {
  ADD: parseAdd,
  ARG: (line, escape) => ({ kind: 'ARG', args: splitWords(text(line), escape).map((word) => argument(word, line)), ...source(line) }),
  CMD: (line) => ({ kind: 'CMD', command: parseCommand(noFlags(line)), ...source(line) }),
  COPY: parseCopy,
  ENTRYPOINT: (line) => ({ kind: 'ENTRYPOINT', command: parseCommand(noFlags(line)), ...source(line) }),
  ENV: (line, escape) => ({ kind: 'ENV', pairs: parsePairs('ENV', text(line), line.position, escape), ...source(line) }),
  EXPOSE: (line) => ({ kind: 'EXPOSE', ports: splitWords(text(line)), ...source(line) }),
  HEALTHCHECK: parseHealthcheck,
  LABEL: (line, escape) => ({ kind: 'LABEL', pairs: parsePairs('LABEL', text(line), line.position, escape), ...source(line) }),
  MAINTAINER: (line) => ({ kind: 'MAINTAINER', name: text(line), ...source(line) }),
  ONBUILD: (line) => ({ kind: 'ONBUILD', trigger: trigger(line), ...source(line) }),
  RUN: parseRun,
  SHELL: (line) => ({ kind: 'SHELL', args: shellArguments(line), ...source(line) }),
  STOPSIGNAL: (line) => ({ kind: 'STOPSIGNAL', signal: oneWord(line), ...source(line) }),
  USER: (line) => ({ kind: 'USER', user: text(line, 'exactly one argument'), ...source(line) }),
  VOLUME: (line) => ({ kind: 'VOLUME', paths: volumes(line), ...source(line) }),
  WORKDIR: (line) => ({ kind: 'WORKDIR', path: text(line, 'exactly one argument'), ...source(line) }),
}

/** @throws DockerfileError */
export function parseInstruction(line: LogicalLine, escape: string): Instruction {
  if (!Object.hasOwn(PARSERS, line.keyword)) throw new DockerfileError(line.position, `unknown instruction: ${line.keyword}${suggestion(line.keyword)}`)
  return PARSERS[line.keyword as InstructionKind](line, escape)
}

const source = (line: LogicalLine) => ({ position: line.position, text: line.text })

/** @throws DockerfileError when nothing follows the keyword. */
function text(line: LogicalLine, wanted = 'at least one argument'): string {
  const rest = noFlags(line)
  if (rest === '') throw new DockerfileError(line.position, `${line.keyword} requires ${wanted}`)
  return rest
}

/** CMD and ENTRYPOINT may be empty: that resets what the base image says. */
const noFlags = (line: LogicalLine): string => (takesDashes(line) ? line.rest : new Flags(line.rest, line.position).finish())
const takesDashes = (line: LogicalLine) => line.keyword === 'CMD' || line.keyword === 'ENTRYPOINT'

function oneWord(line: LogicalLine): string {
  const rest = text(line)
  if (splitWords(rest).length !== 1) throw new DockerfileError(line.position, `${line.keyword} requires exactly one argument`)
  return rest
}

function argument(word: string, line: LogicalLine) {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  if (name === '') throw new DockerfileError(line.position, 'ARG names can not be blank')
  return equals < 0 ? { name } : { name, value: word.slice(equals + 1) }
}

function shellArguments(line: LogicalLine): string[] {
  const args = parseExecForm(text(line))
  if (!args || args.length === 0) throw new DockerfileError(line.position, 'SHELL requires the arguments to be in JSON form')
  return args
}

function volumes(line: LogicalLine): string[] {
  const paths = parseList(text(line))
  if (paths.length === 0) throw new DockerfileError(line.position, 'VOLUME requires at least one argument')
  if (paths.some((path) => path.trim() === '')) throw new DockerfileError(line.position, 'VOLUME specified can not be an empty string')
  return paths
}

function trigger(line: LogicalLine): string {
  const rest = text(line)
  const keyword = /^\S+/.exec(rest)![0].toUpperCase()
  if (keyword === 'ONBUILD') throw new DockerfileError(line.position, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
  if (keyword === 'FROM' || keyword === 'MAINTAINER') throw new DockerfileError(line.position, `${keyword} isn't allowed as an ONBUILD trigger`)
  if (!Object.hasOwn(PARSERS, keyword)) throw new DockerfileError(line.position, `unknown instruction: ${keyword}${suggestion(keyword)}`)
  return rest + line.heredocs.map((heredoc) => `\n${heredoc.content}${heredoc.name}`).join('')
}

/** The one instruction that a slip of the fingers away. */
function suggestion(keyword: string): string {
  const near = ['FROM', ...Object.keys(PARSERS)].find((known) => {
    const slips = known.length > 4 ? 2 : 1
    return Math.abs(known.length - keyword.length) <= slips && distance(known, keyword) <= slips
  })
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

/** Levenshtein distance. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [y, a] of [...left].entries()) {
    const next = [y + 1]
    for (const [x, b] of [...right].entries()) next.push(Math.min(next[x]! + 1, row[x + 1]! + 1, row[x]! + (a === b ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}
