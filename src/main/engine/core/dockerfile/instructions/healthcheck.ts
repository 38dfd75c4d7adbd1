import { DockerfileError } from '../dockerfile-error.ts'
import { Flags } from '../flags.ts'
import { parseCommand } from '../forms.ts'
import type { Health, InstructionOf, Position } from '../instruction.ts'
import type { LogicalLine } from '../lines.ts'

export function parseHealthcheck(line: LogicalLine): InstructionOf<'HEALTHCHECK'> {
  const flags = new Flags(line.rest, line.position)
  const duration = (name: string) => checkDuration(flags.text(name), name, line.position)
  const options = { interval: duration('interval'), timeout: duration('timeout'), startPeriod: duration('start-period'), startInterval: duration('start-interval'), retries: checkRetries(flags.text('retries'), line.position) }
  const [, type, rest] = /^(\S+)\s*([\s\S]*)$/.exec(flags.finish()) ?? []
  return { kind: 'HEALTHCHECK', check: check(type?.toUpperCase(), rest ?? '', options, line.position), position: line.position, text: line.text }
}

function check(type: string | undefined, rest: string, options: Omit<Extract<Health, { type: 'CMD' }>, 'type' | 'command'>, position: Position): Health {
  if (type === undefined) throw new DockerfileError(position, 'HEALTHCHECK requires at least one argument')
  if (type === 'NONE') {
    if (rest !== '') throw new DockerfileError(position, 'HEALTHCHECK NONE takes no arguments')
    return { type: 'NONE' }
  }
  if (type !== 'CMD') throw new DockerfileError(position, `Unknown type ${JSON.stringify(type)} in HEALTHCHECK (try CMD)`)
  if (rest === '') throw new DockerfileError(position, 'Missing command after HEALTHCHECK CMD')
  return { type: 'CMD', command: parseCommand(rest), ...options }
}

const DURATION = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/

function checkDuration(value: string | undefined, name: string, position: Position): string | undefined {
  if (value === undefined || value === '0' || DURATION.test(value)) return value
  throw new DockerfileError(position, `invalid duration ${JSON.stringify(value)} for --${name}`, 'Write a duration such as 30s, 1m30s or 500ms.')
}

function checkRetries(value: string | undefined, position: Position): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d+$/.test(value)) throw new DockerfileError(position, `invalid number ${JSON.stringify(value)} for --retries`)
  return Number(value)
}
