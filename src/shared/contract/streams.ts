import type { ClusterMessage } from './cluster.ts'
import { composeRunShape, type ComposeMessage, type ComposeRun } from './compose.ts'
import { mergedLogsShape, type MergedLogsMessage, type MergedLogsRequest } from './logs.ts'
import type { BuildId, BuildMessage } from './builds.ts'
import type { EverywhereMessage } from './connections.ts'
import type { SurveyedFile } from '../images/layer-survey.ts'
import { identifier, integer, literal, oneOf, optional, record, text, truth, variant, list, type Shape } from './shape.ts'
import type { ContainerId, ProcessTable, Timestamp } from './containers.ts'
import { filePath, filePlace, uploadMessage, type FilePlace, type ReadMessage, type ReadRequest, type UploadAnswer, type UploadMessage } from './files.ts'

/**
 * What flows for a while. The page opens a stream by name with a request, receives messages until it ends or is closed, and
 * may send messages of its own. The producer stops when the page has not consumed what it got (see bridge.ts).
 */
export interface StreamsContract {
  /** Old lines, then, with `follow`, new ones. Goes on by itself without a hole when the engine restarts. Ends when the container does. */
  'containers.logs': { request: LogsRequest; receive: LogsMessage; send: never }
  /** The logs of several containers in order of time. Goes on as `containers.logs` does, over restarts of containers too. */
  'logs.merged': { request: MergedLogsRequest; receive: MergedLogsMessage; send: never }
  /** The cluster that the engine is of, while somebody looks at it. Goes on by itself when the engine restarts. */
  'cluster.watch': { request: object; receive: ClusterMessage; send: never }
  /** docker compose at work. Closing interrupts it, as Ctrl-C would. */
  'compose.run': { request: ComposeRun; receive: ComposeMessage; send: never }
  /** A new process in a running container: a shell (the best one the image has) unless `command` says otherwise. */
  'containers.exec': { request: ExecRequest; receive: TerminalMessage; send: TerminalInput }
  /** The container's own first process. Goes on by itself when the engine restarts. Closing leaves the process alone. */
  'containers.attach': { request: AttachRequest; receive: TerminalMessage; send: TerminalInput }
  /** About one a second. */
  'builds.output': { request: { id: BuildId }; receive: BuildMessage; send: never }
  /** The files of one layer (0 is the base), in pieces; after `images.survey`. */
  'images.files': { request: { id: string; layer: number }; receive: SurveyedFile[]; send: never }
  /** What every connected engine holds, whichever the window shows: whole first, then as it changes. */
  'connections.items': { request: Record<never, never>; receive: EverywhereMessage[]; send: never }
  'containers.stats': { request: { id: ContainerId }; receive: StatsSample; send: never }
  /** The samples of many containers in one stream; the page says anew which whenever that changes. First what is remembered of each, then about one a second. */
  'containers.samples': { request: SamplesRequest; receive: SamplesMessage; send: SamplesRequest }
  /** What happened to it, from when it was made, then as it happens. */
  'containers.events': { request: { id: ContainerId }; receive: ContainerEvent[]; send: never }
  /** Its processes, again every other second while somebody looks. Ends when it does. */
  'containers.processes': { request: { id: ContainerId }; receive: ProcessTable; send: never }
  'files.read': { request: ReadRequest; receive: ReadMessage; send: never }
  /** Files and folders of the page into a folder. Ends after `done`. */
  'files.upload': { request: { place: FilePlace; folder: string }; receive: UploadAnswer; send: UploadMessage }
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

export interface SamplesRequest {
  ids: ContainerId[]
  /** Samples remembered of each, at most. */
  past: number
}
/** In the order they were taken. */
export type SamplesMessage = { id: ContainerId; samples: StatsSample[] }[]

export interface ContainerEvent {
  at: Timestamp
  action: string
  /** What the engine adds: exit code, signal, command of an exec… without the container's own labels. */
  attributes: Record<string, string>
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
const samples = record<SamplesRequest>({ ids: list(id, 200), past: integer(0, 3600) })

export type StreamShapes = { readonly [Name in StreamName]: { readonly request: Shape<StreamsContract[Name]['request']>; readonly send: Shape<StreamsContract[Name]['send']> } }

export const streamShapes: StreamShapes = {
  'containers.logs': { request: record<LogsRequest>({ id, tail: optional(integer(0, 10_000_000)), since: optional(time), until: optional(time), follow: truth }), send: silence },
  'logs.merged': { request: mergedLogsShape, send: silence },
  'cluster.watch': { request: record<object>({}), send: silence },
  'compose.run': { request: composeRunShape, send: silence },
  'containers.exec': {
    request: record<ExecRequest>({ id, command: optional(words), user: optional(text(255)), workingDirectory: optional(text(4096)), environment: optional(words), ...size }),
    send: input,
  },
  'containers.attach': { request: record<AttachRequest>({ id, ...size }), send: input },
  'builds.output': { request: record<{ id: BuildId }>({ id: identifier<BuildId>() }), send: silence },
  'images.files': { request: record<{ id: string; layer: number }>({ id: identifier<string>(), layer: integer(0, 1000) }), send: silence },
  'connections.items': { request: record<Record<never, never>>({}), send: silence },
  'containers.stats': { request: record<{ id: ContainerId }>({ id }), send: silence },
  'containers.samples': { request: samples, send: samples },
  'containers.events': { request: record<{ id: ContainerId }>({ id }), send: silence },
  'containers.processes': { request: record<{ id: ContainerId }>({ id }), send: silence },
  'files.read': { request: record<ReadRequest>({ place: filePlace, path: filePath, as: oneOf('content', 'archive') }), send: silence },
  'files.upload': { request: record<{ place: FilePlace; folder: string }>({ place: filePlace, folder: filePath }), send: uploadMessage },
}
