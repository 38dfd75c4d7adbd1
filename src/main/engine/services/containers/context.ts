import type { KeyedMutex } from '#base/keyed-mutex.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { Host } from '../../core/host/host.ts'
import type { Collection } from '../../core/metadata/metadata-store.ts'
import type { Runtime } from '../../core/runtime/runtime.ts'
import type { SpecMaker } from '../../core/runtime/spec/spec-maker.ts'
import type { Snapshotter } from '../../core/snapshots/snapshotter.ts'
import type { Layout } from '../../layout.ts'
import type { ExecRecord } from './exec-records.ts'
import type { LiveContainers } from './live.ts'
import type { ContainersNeeds } from './needs.ts'
import type { Records } from './records.ts'
import type { Restarts } from './restart-policy.ts'

/** What every verb takes. */
export interface ContainersContext {
  records: Records
  execRecords: Collection<ExecRecord>
  live: LiveContainers
  /** By container id: verbs that change a container never overlap. */
  locks: KeyedMutex
  restarts: Restarts
  runtime: Runtime
  spec: SpecMaker
  snapshots: Snapshotter
  host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  layout: Layout
  events: EventBus
  needs: ContainersNeeds
  /** Of containers that name no log driver. */
  logOptions?: Record<string, string>
  clock: Clock
  log: (line: string) => void
  /** Set when the engine lets go: nothing is restarted or probed any more. */
  closing: AbortSignal
}

/** Wall-clock nanoseconds since 1970. */
export type Clock = () => bigint
