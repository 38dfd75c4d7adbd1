import { EngineError } from '#shared/errors.ts'
import type { KeyedMutex } from '#base/keyed-mutex.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { Host } from '../../core/host/host.ts'
import type { Collection, MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { Layout } from '../../layout.ts'
import type { VolumesNeeds } from './needs.ts'
import type { VolumeRecord } from './record.ts'
import type { VolumeStorage } from './storage.ts'

export interface VolumesOptions {
  metadata: MetadataStore
  events: EventBus
  host: Pick<Host, 'run' | 'syscalls' | 'facts'>
  layout: Layout
  needs: VolumesNeeds
  clock: () => bigint
}

/** What every verb takes. */
export interface VolumesContext extends VolumesOptions {
  records: Collection<VolumeRecord>
  storage: VolumeStorage
  /** By name: making, removing, mounting and unmounting one volume never overlap. */
  locks: KeyedMutex
}

/** Undefined also while it is being made or removed. */
export function wholeVolume({ records }: Pick<VolumesContext, 'records'>, name: string): VolumeRecord | undefined {
  const record = records.find(name)
  return record?.unfinished ? undefined : record
}

/** @throws not-found in Docker's words */
export function getVolume(ctx: Pick<VolumesContext, 'records'>, name: string): VolumeRecord {
  const record = wholeVolume(ctx, name)
  if (!record) throw new EngineError('not-found', `get ${name}: no such volume`, { reason: 'no-such-volume' })
  return record
}
