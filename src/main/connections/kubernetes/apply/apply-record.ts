import type { ApplyRecordSummary, ObjectName } from '#shared/contract/kubernetes-apply.ts'
import type { Journal } from '../../journal.ts'
import type { WireObject } from './objects.ts'

/** An apply, with all that is needed to undo it, also after the app itself has died. It may hold secrets, as they were on the cluster. */
export interface ApplyRecord {
  id: string
  subject: string
  context: string
  /** To which the context led: another cluster of the same name is not touched. */
  server: string
  namespace: string
  at: number
  /** All that was to be applied is, or it is known what was not. */
  ended: boolean
  entries: ApplyEntry[]
}
export interface ApplyEntry {
  name: ObjectName
  /** As it was; undefined: it was not there. Written down before the deed. */
  before?: WireObject
  /** Once it is done: which one, and what it said. */
  uid?: string
  after?: string
}
export type ApplyJournal = Journal<ApplyRecord>

export const summaryOf = ({ id, subject, context, namespace, at, ended, entries }: ApplyRecord, isActive: boolean): ApplyRecordSummary => ({
  id,
  subject,
  context,
  namespace,
  at,
  cut: !ended && !isActive,
  created: entries.filter(({ before }) => before === undefined).map(({ name }) => name),
  changed: entries.filter(({ before }) => before !== undefined).map(({ name }) => name),
})

/** What tells whether somebody has changed an object: the server's own count, or all that it says, but for what is told of how it fares. */
export function versionOf({ metadata, status: _status, ...rest }: WireObject): string {
  if (metadata.generation !== undefined) return `generation ${metadata.generation}`
  const { labels, annotations } = metadata
  return JSON.stringify({ ...rest, labels, annotations })
}
