import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { ContainerDefaults, Healthcheck } from '#shared/oci/image-config.ts'
import { expandWord, expandWords, type Command, type Health, type Instruction, type InstructionKind, type InstructionOf, type Variables } from '../../../core/dockerfile/dockerfile.ts'
import { defaults, environmentOf, shellOf, workingDirectory, type StageState } from '../stage-state.ts'

/** What an instruction that changes only the config does: the change, and its text with variables replaced, as history shows it. */
export interface Configured {
  change: Partial<ContainerDefaults>
  text: string
  author?: string
}
type ConfigureKind = Exclude<InstructionKind, 'ADD' | 'ARG' | 'COPY' | 'RUN'>
type Configure<Kind extends ConfigureKind> = (instruction: InstructionOf<Kind>, state: StageState, expand: (word: string) => string, words: (word: string) => string[]) => Configured

const CONFIGURE: { [Kind in ConfigureKind]: Configure<Kind> } = {
  CMD: ({ command }, state) => ({ change: { Cmd: commandLine(command, state) }, text: `CMD ${JSON.stringify(commandLine(command, state))}` }),
  ENTRYPOINT: ({ command }, state) => ({ change: { Entrypoint: commandLine(command, state), ...(state.commandSet ? {} : { Cmd: null }) }, text: `ENTRYPOINT ${JSON.stringify(commandLine(command, state))}` }),
  ENV({ pairs }, state, expand) {
    const env = environmentOf(state)
    const set = pairs.map(({ name, value }) => [expand(name), expand(value)] as const)
    for (const [name, value] of set) env.set(name, value)
    return { change: { Env: [...env].map(([name, value]) => `${name}=${value}`) }, text: `ENV ${set.map(([name, value]) => `${name}=${value}`).join(' ')}` }
  },
  EXPOSE({ ports }, state, _expand, words) {
    const all = ports.flatMap(words).flatMap(expandPortRange)
    return { change: { ExposedPorts: { ...defaults(state).ExposedPorts, ...Object.fromEntries(all.map((port) => [port, {}])) } }, text: `EXPOSE ${all.join(' ')}` }
  },
  HEALTHCHECK: ({ check, text }) => ({ change: { Healthcheck: healthcheck(check) }, text }),
  LABEL({ pairs }, state, expand) {
    const set = Object.fromEntries(pairs.map(({ name, value }) => [expand(name), expand(value)]))
    return { change: { Labels: { ...defaults(state).Labels, ...set } }, text: `LABEL ${Object.entries(set).map(([name, value]) => `${name}=${value}`).join(' ')}` }
  },
  MAINTAINER: ({ name }) => ({ change: {}, text: `MAINTAINER ${name}`, author: name }),
  ONBUILD: ({ trigger }, state) => ({ change: { OnBuild: [...(defaults(state).OnBuild ?? []), trigger] }, text: `ONBUILD ${trigger}` }),
  SHELL: ({ args }) => ({ change: { Shell: args }, text: `SHELL ${JSON.stringify(args)}` }),
  STOPSIGNAL({ signal }, _state, expand) {
    const name = expand(signal)
    if (!/^(\d+|(SIG)?[A-Z0-9+-]+)$/i.test(name)) throw new EngineError('invalid-argument', `invalid signal: ${name}`)
    return { change: { StopSignal: name }, text: `STOPSIGNAL ${name}` }
  },
  USER: ({ user }, _state, expand) => ({ change: { User: expand(user) }, text: `USER ${expand(user)}` }),
  VOLUME({ paths }, state, expand) {
    const all = paths.map(expand)
    return { change: { Volumes: { ...defaults(state).Volumes, ...Object.fromEntries(all.map((path) => [path, {}])) } }, text: `VOLUME ${JSON.stringify(all)}` }
  },
  WORKDIR({ path }, state, expand) {
    const resolved = posix.resolve(workingDirectory(state), expand(path))
    return { change: { WorkingDir: resolved }, text: `WORKDIR ${resolved}` }
  },
}

/** Undefined for instructions that do more than change the config. */
export function configure(instruction: Instruction, state: StageState, variables: Variables, escape: string): Configured | undefined {
  if (!isConfigure(instruction)) return undefined
  const apply = CONFIGURE[instruction.kind] as Configure<ConfigureKind>
  return apply(instruction as never, state, (word) => expandWord(word, variables, escape), (word) => expandWords(word, variables, escape))
}

const isConfigure = (instruction: Instruction): instruction is InstructionOf<ConfigureKind> => Object.hasOwn(CONFIGURE, instruction.kind)

const commandLine = (command: Command, state: StageState): string[] => (command.form === 'exec' ? command.args : command.line === '' ? [] : [...shellOf(state), command.line])

/** `8000-8002/udp` → three ports; without a protocol tcp. */
function expandPortRange(port: string): string[] {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(port)
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (!match || first > last || last > 65535) throw new EngineError('invalid-argument', `invalid containerPort: ${port}`, { hint: 'Write EXPOSE 80, 80/udp or 8000-8010.' })
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${(match[3] ?? 'tcp').toLowerCase()}`)
}

function healthcheck(check: Health): Healthcheck {
  if (check.type === 'NONE') return { Test: ['NONE'] }
  const test = check.command.form === 'exec' ? ['CMD', ...check.command.args] : ['CMD-SHELL', check.command.line]
  const times = { Interval: nanoseconds(check.interval), Timeout: nanoseconds(check.timeout), StartPeriod: nanoseconds(check.startPeriod), StartInterval: nanoseconds(check.startInterval), Retries: check.retries }
  return { Test: test, ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined && value !== 0)) }
}

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

const nanoseconds = (duration: string | undefined): number | undefined =>
  duration === undefined ? undefined : [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)].reduce((total, [, amount, unit]) => total + Number(amount) * UNITS[unit!]!, 0)
