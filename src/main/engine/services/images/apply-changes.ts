import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { ContainerDefaults, Healthcheck } from '#shared/oci/image-config.ts'
import { expandWord, expandWords, parseTrigger, type Command, type Instruction } from '../../core/dockerfile/dockerfile.ts'

const ALLOWED = 'CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR'

/**
 * Config of an image after the instructions of `--change`, one per line. Variables are those of its own environment.
 * @throws invalid-argument
 */
export function applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  return changes.flatMap((change) => change.split(/(?<!\\)\n/)).filter((line) => line.trim() !== '').reduce((state, line) => ({ ...state, ...changeBy(state, parseTrigger(line, { line: 1, endLine: 1 })) }), config)
}

function changeBy(state: ContainerDefaults, instruction: Instruction): Partial<ContainerDefaults> {
  const variables = new Map((state.Env ?? []).map((pair) => [pair.slice(0, Math.max(0, pair.indexOf('='))), pair.slice(pair.indexOf('=') + 1)] as const))
  const lookup = (name: string) => variables.get(name)
  const expand = (word: string) => expandWord(word, lookup, '\\')
  switch (instruction.kind) {
    case 'CMD':
      return { Cmd: commandLine(instruction.command, state) }
    case 'ENTRYPOINT':
      return { Entrypoint: commandLine(instruction.command, state) }
    case 'ENV':
      for (const { name, value } of instruction.pairs) variables.set(expand(name), expand(value))
      return { Env: [...variables].map(([name, value]) => `${name}=${value}`) }
    case 'EXPOSE':
      return { ExposedPorts: { ...state.ExposedPorts, ...keys(instruction.ports.flatMap((port) => expandWords(port, lookup, '\\')).flatMap(portRange)) } }
    case 'HEALTHCHECK':
      return { Healthcheck: healthcheck(instruction.check) }
    case 'LABEL':
      return { Labels: { ...state.Labels, ...Object.fromEntries(instruction.pairs.map(({ name, value }) => [expand(name), expand(value)])) } }
    case 'ONBUILD':
      return { OnBuild: [...(state.OnBuild ?? []), instruction.trigger] }
    case 'SHELL':
      return { Shell: instruction.args }
    case 'STOPSIGNAL':
      return { StopSignal: expand(instruction.signal) }
    case 'USER':
      return { User: expand(instruction.user) }
    case 'VOLUME':
      return { Volumes: { ...state.Volumes, ...keys(instruction.paths.map(expand)) } }
    case 'WORKDIR':
      return { WorkingDir: posix.resolve(state.WorkingDir || '/', expand(instruction.path)) }
    default:
      throw new EngineError('invalid-argument', `${instruction.kind} is not a valid change command`, { reason: 'invalid-change', field: 'changes', hint: `Valid are ${ALLOWED}.` })
  }
}

const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]))
const commandLine = (command: Command, state: ContainerDefaults): string[] => (command.form === 'exec' ? command.args : [...(state.Shell ?? ['/bin/sh', '-c']), command.line])

function portRange(text: string): string[] {
  const [, first, last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? []
  if (first === undefined || Number(last) > 65535 || Number(first) > Number(last)) throw new EngineError('invalid-argument', `invalid containerPort: ${text}`, { reason: 'invalid-change', field: 'changes' })
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => `${Number(first) + index}/${protocol.toLowerCase()}`)
}

function healthcheck(check: (Instruction & { kind: 'HEALTHCHECK' })['check']): Healthcheck {
  if (check.type === 'NONE') return { Test: ['NONE'] }
  const { command } = check
  const times = { Interval: nanoseconds(check.interval), Timeout: nanoseconds(check.timeout), StartPeriod: nanoseconds(check.startPeriod), StartInterval: nanoseconds(check.startInterval), Retries: check.retries }
  return { Test: command.form === 'exec' ? ['CMD', ...command.args] : ['CMD-SHELL', command.line], ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined)) }
}

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }
const nanoseconds = (text: string | undefined) => (text === undefined ? undefined : [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0))
