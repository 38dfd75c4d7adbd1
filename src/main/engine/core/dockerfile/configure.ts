import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { ContainerDefaults, Healthcheck } from '#shared/oci/image-config.ts'
import { signalNumber } from '#base/signal.ts'
import { goDuration, goQuote, goQuotedNumber } from './go-format.ts'
import type { Command, Health, Instruction, InstructionKind, InstructionOf } from './instruction.ts'
import { expandWord, expandWords, type Variables } from './words.ts'

/** What an image says of its containers before an instruction. */
export interface ConfigBefore {
  defaults: ContainerDefaults
  /** CMD was set by the same file, so an ENTRYPOINT does not reset it. */
  commandSet: boolean
}

/** What an instruction that changes only the config does: the change, and its text with variables replaced, as history shows it. */
export interface Configured {
  change: Partial<ContainerDefaults>
  text: string
  author?: string
}

export type ConfigureKind = Exclude<InstructionKind, 'ADD' | 'ARG' | 'COPY' | 'RUN'>
type Configure<Kind extends ConfigureKind> = (instruction: InstructionOf<Kind>, before: ConfigBefore, expand: (word: string) => string, words: (word: string) => string[]) => Configured

/** The texts are those of Docker's history, which prints Go values. */
const CONFIGURE: { [Kind in ConfigureKind]: Configure<Kind> } = {
  CMD: ({ command }, { defaults }) => ({ change: { Cmd: commandLine(command, defaults) }, text: `CMD ${quoted(commandLine(command, defaults))}` }),
  ENTRYPOINT: ({ command }, { defaults, commandSet }) => ({ change: { Entrypoint: commandLine(command, defaults), ...(commandSet ? {} : { Cmd: null }) }, text: `ENTRYPOINT ${quoted(commandLine(command, defaults))}` }),
  ENV({ pairs }, { defaults }, expand) {
    const env = environmentOf(defaults)
    const set = pairs.map(({ name, value }) => [expand(name), expand(value)] as const)
    for (const [name, value] of set) env.set(name, value)
    return { change: { Env: [...env].map(([name, value]) => `${name}=${value}`) }, text: `ENV ${set.map(([name, value]) => `${name}=${value}`).join(' ')}` }
  },
  EXPOSE({ ports }, { defaults }, _expand, words) {
    const written = ports.flatMap(words)
    return { change: { ExposedPorts: { ...defaults.ExposedPorts, ...keys(written.flatMap(expandPortRange)) } }, text: `EXPOSE ${written.sort().join(' ')}` }
  },
  HEALTHCHECK: ({ check }) => ({ change: { Healthcheck: healthcheck(check) }, text: `HEALTHCHECK ${healthText(healthcheck(check))}` }),
  LABEL({ pairs }, { defaults }, expand) {
    const set = Object.fromEntries(pairs.map(({ name, value }) => [expand(name), expand(value)]))
    return { change: { Labels: { ...defaults.Labels, ...set } }, text: `LABEL ${Object.entries(set).map(([name, value]) => `${name}=${value}`).join(' ')}` }
  },
  MAINTAINER: ({ name }) => ({ change: {}, text: `MAINTAINER ${name}`, author: name }),
  ONBUILD: ({ trigger }, { defaults }) => ({ change: { OnBuild: [...(defaults.OnBuild ?? []), trigger] }, text: `ONBUILD ${trigger}` }),
  SHELL: ({ args }) => ({ change: { Shell: args }, text: `SHELL [${args.join(' ')}]` }),
  STOPSIGNAL({ signal }, _before, expand) {
    const name = expand(signal)
    if (signalNumber(name) === undefined) throw new EngineError('invalid-argument', `invalid signal: ${name}`, { hint: 'Write a number, or a name such as SIGTERM.' })
    return { change: { StopSignal: name }, text: `STOPSIGNAL ${name}` }
  },
  USER: ({ user }, _before, expand) => ({ change: { User: expand(user) }, text: `USER ${expand(user)}` }),
  VOLUME({ paths }, { defaults }, expand) {
    const all = paths.map(expand)
    if (all.includes('')) throw new EngineError('invalid-argument', 'VOLUME specified can not be an empty string', { hint: 'A variable in it is empty.' })
    return { change: { Volumes: { ...defaults.Volumes, ...keys(all) } }, text: `VOLUME [${all.join(' ')}]` }
  },
  WORKDIR({ path }, { defaults }, expand) {
    const resolved = posix.resolve(defaults.WorkingDir || '/', expand(path))
    return { change: { WorkingDir: resolved }, text: `WORKDIR ${resolved}` }
  },
}

/** Undefined for instructions that do more than change the config. @throws EngineError invalid-argument */
export function configure(instruction: Instruction, before: ConfigBefore, variables: Variables, escape: string): Configured | undefined {
  if (!isConfigure(instruction)) return undefined
  const apply = CONFIGURE[instruction.kind] as Configure<ConfigureKind>
  return apply(instruction as never, before, (word) => expandWord(word, variables, escape), (word) => expandWords(word, variables, escape))
}

const isConfigure = (instruction: Instruction): instruction is InstructionOf<ConfigureKind> => Object.hasOwn(CONFIGURE, instruction.kind)

export const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c']

/** By name, in their order. */
export const environmentOf = ({ Env }: ContainerDefaults): Map<string, string> =>
  new Map(
    (Env ?? []).map((entry) => {
      const equals = entry.indexOf('=')
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
    }),
  )

const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]))
const commandLine = (command: Command, { Shell }: ContainerDefaults): string[] => (command.form === 'exec' ? command.args : command.line === '' ? [] : [...(Shell ?? DEFAULT_SHELL), command.line])
const quoted = (args: readonly string[]): string => `[${args.map(goQuote).join(' ')}]`

/** `8000-8002/udp` → three ports; without a protocol tcp. */
function expandPortRange(port: string): string[] {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(port)
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (!match || first > last || last > 65535) throw new EngineError('invalid-argument', `Invalid containerPort: ${port}`, { hint: 'Write EXPOSE 80, 80/udp or 8000-8010.' })
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${(match[3] ?? 'tcp').toLowerCase()}`)
}

function healthcheck(check: Health): Healthcheck {
  if (check.type === 'NONE') return { Test: ['NONE'] }
  const test = check.command.form === 'exec' ? ['CMD', ...check.command.args] : ['CMD-SHELL', check.command.line]
  const times = { Interval: nanoseconds(check.interval), Timeout: nanoseconds(check.timeout), StartPeriod: nanoseconds(check.startPeriod), StartInterval: nanoseconds(check.startInterval), Retries: check.retries }
  return { Test: test, ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined && value !== 0)) }
}

const healthText = ({ Test, Interval, Timeout, StartPeriod, StartInterval, Retries }: Healthcheck): string =>
  `&{${[quoted(Test ?? []), ...[Interval, Timeout, StartPeriod, StartInterval].map((time) => goQuote(goDuration(time ?? 0))), goQuotedNumber(Retries ?? 0)].join(' ')}}`

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

const nanoseconds = (duration: string | undefined): number | undefined =>
  duration === undefined ? undefined : [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)].reduce((total, [, amount, unit]) => total + Number(amount) * UNITS[unit!]!, 0)
