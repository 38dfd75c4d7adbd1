import { identifier, integer, list, optional, record, text, truth, type Shape, type Shapes } from './shape.ts'
import type { ContainerId, Timestamp } from './containers.ts'
import type { LogLine } from './streams.ts'

/** Which containers' logs are read as one. Those of a project, or all that run, are joined by new ones as they come. */
export interface LogSelection {
  containers: ContainerId[]
  /** Compose projects. */
  projects: string[]
  running: boolean
  /** All tasks of a service of the cluster, wherever they run; then nothing else is chosen. */
  service?: string
}
export interface LogSource {
  id: ContainerId
  name: string
}
/** A line and the place of its container in the list of sources told so far. */
export interface MergedLine extends LogLine {
  source: number
}

export interface MergedLogsRequest extends LogSelection {
  /** Lines from the end of each; all when left out. */
  tail?: number
  since?: Timestamp
  until?: Timestamp
  follow: boolean
}
export type MergedLogsMessage =
  /** Sources from now on, after those told before. The first message of all. */
  | { kind: 'sources'; sources: LogSource[] }
  /** In order of time while what was there is sent; then as nearly as what came together allows. */
  | { kind: 'lines'; lines: MergedLine[] }
  | { kind: 'caught-up' }
  | { kind: 'interrupted' }
  | { kind: 'resumed' }
  /** One of them cannot be read; the others go on. */
  | { kind: 'unreadable'; source: number; message: string }

/** A page of old lines, in order of time, beside a line that is known. Lines of that very time are included: the asker knows which of them it has. */
export interface LogPageRequest {
  /** In the order of the stream's sources, which is the order of lines of the same time. */
  containers: ContainerId[]
  /** RFC 3339 with nanoseconds. */
  at: string
  limit: number
  since?: Timestamp
  until?: Timestamp
}
export interface LogPage {
  lines: MergedLine[]
  /** There are no more on that side. */
  complete: boolean
}

export interface LogsContract {
  /** The last lines up to a time. */
  older(request: LogPageRequest): Promise<LogPage>
  /** The first lines from a time on. */
  newer(request: LogPageRequest): Promise<LogPage>
}

const id = identifier<ContainerId>()
const time = integer(0, Number.MAX_SAFE_INTEGER)
const stamp: Shape<string> = (value, field) => {
  const checked = text(40)(value, field)
  return Number.isNaN(Date.parse(checked)) ? text(0)(checked, field) : checked
}
const page = record<LogPageRequest>({ containers: list(id, 500), at: stamp, limit: integer(1, 20_000), since: optional(time), until: optional(time) })

export const logsShapes: Shapes<LogsContract> = { older: page, newer: page }
export const mergedLogsShape = record<MergedLogsRequest>({
  containers: list(id, 500),
  projects: list(text(256), 100),
  running: truth,
  service: optional(identifier<string>()),
  tail: optional(integer(0, 10_000_000)),
  since: optional(time),
  until: optional(time),
  follow: truth,
})
