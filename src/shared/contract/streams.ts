import { identifier, integer, literal, optional, record, text, truth, variant, list, type Shape } from './shape.ts'
import { mergedLogsShape, type MergedLogsMessage, type MergedLogsRequest } from './logs.ts'
import type { BuildId, BuildMessage } from './builds.ts'
import type { SurveyedFile } from '../images/layer-survey.ts'
import type { ContainerId, Timestamp } from './containers.ts'

/**
 * What flows for a while. The page opens a stream by name with a request, receives messages until it ends or is closed, and
 * may send messages of its own. The producer stops when the page has not consumed what it got (see bridge.ts).
 */
export interface StreamsContract {
  /** Old lines, then, with `follow`, new ones. Goes on by itself without a hole when the engine restarts. Ends when the container does. */
  'containers.logs': { request: LogsRequest; receive: LogsMessage; send: never }
  /** The logs of several containers in order of time. Goes on as `containers.logs` does, over restarts of containers too. */
  'logs.merged': { request: MergedLogsRequest; receive: MergedLogsMessage; send: never }
  /** A new process in a running container: a shell (the best one the image has) unless `command` says otherwise. */
  'containers.exec': { request: ExecRequest; receive: TerminalMessage; send: TerminalInput }
  /** The container's own first process. Goes on by itself when the engine restarts. Closing leaves the process alone. */
  'containers.attach': { request: AttachRequest; receive: TerminalMessage; send: TerminalInput }
  /** About one a second. */
  'builds.output': { request: { id: BuildId }; receive: BuildMessage; send: never }
  /** The files of one layer (0 is the base), in pieces; after `images.survey`. */
  'images.files': { request: { id: string; layer: number }; receive: SurveyedFile[]; send: never }
  'containers.stats': { request: { id: ContainerId }; receive: StatsSample; send: never }
}
export type StreamName = keyof StreamsContract

export interface LogsRequest {
  id: ContainerId
  /** Lines from the end; all when left out. */
  tail?: number
  since?: Timestamp
  until?: Timestamp
  follow: boolean
}
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the engine wrote it; sorts as text. */
  at: string
  stream: 'stdout' | 'stderr'
  /** Without the line end. Untrusted. */
  text: string
}
export type LogsMessage =
  | { kind: 'lines'; lines: LogLine[] }
  /** Everything that was there when the stream was opened has been sent. */
  | { kind: 'caught-up' }
  /** The engine went away; what follows `resumed` continues without a hole. */
  | { kind: 'interrupted' }
  | { kind: 'resumed' }

export interface ExecRequest {
  id: ContainerId
  command?: string[]
  user?: string
  workingDirectory?: string
  environment?: string[]
  columns: number
  rows: number
}
export interface AttachRequest {
  id: ContainerId
  columns: number
  rows: number
}
export type TerminalMessage =
  /** Started: whether it is a terminal (a container made without tty is not) and what runs. */
  | { kind: 'opened'; tty: boolean; command?: string[] }
  | { kind: 'output'; text: string }
  | { kind: 'interrupted' }
  | { kind: 'resumed' }
  | { kind: 'exited'; code?: number }
export type TerminalInput = { kind: 'input'; text: string } | { kind: 'resize'; columns: number; rows: number }

export interface StatsSample {
  at: Timestamp
  /** 100 is one whole processor. */
  cpuPercent: number
  memoryBytes: number
  memoryLimitBytes: number
  /** Since the container started. */
  networkReceivedBytes: number
  networkSentBytes: number
  blockReadBytes: number
  blockWrittenBytes: number
  pids: number
}

const id = identifier<ContainerId>()
const cells = integer(1, 10_000)
const time = integer(0, Number.MAX_SAFE_INTEGER)
const size = { columns: cells, rows: cells }
const input: Shape<TerminalInput> = variant<TerminalInput>('kind', {
  input: record({ kind: literal('input'), text: text(1_048_576) }),
  resize: record({ kind: literal('resize'), ...size }),
})
const silence: Shape<never> = (_value, field) => literal('nothing')(undefined, field) as never
const words = list(text(131_072))

export type StreamShapes = { readonly [Name in StreamName]: { readonly request: Shape<StreamsContract[Name]['request']>; readonly send: Shape<StreamsContract[Name]['send']> } }

export const streamShapes: StreamShapes = {
  'containers.logs': { request: record<LogsRequest>({ id, tail: optional(integer(0, 10_000_000)), since: optional(time), until: optional(time), follow: truth }), send: silence },
  'logs.merged': { request: mergedLogsShape, send: silence },
  'containers.exec': {
    request: record<ExecRequest>({ id, command: optional(words), user: optional(text(255)), workingDirectory: optional(text(4096)), environment: optional(words), ...size }),
    send: input,
  },
  'containers.attach': { request: record<AttachRequest>({ id, ...size }), send: input },
  'builds.output': { request: record<{ id: BuildId }>({ id: identifier<BuildId>() }), send: silence },
  'images.files': { request: record<{ id: string; layer: number }>({ id: identifier<string>(), layer: integer(0, 1000) }), send: silence },
  'containers.stats': { request: record<{ id: ContainerId }>({ id }), send: silence },
}
