import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { HostCheck } from '#shared/contract/engine.ts'
import type { DiskUsage } from '#shared/contract/system.ts'
import { containerLook } from '../containers/container-words.ts'

/** Something on Home that somebody should look at. */
export type Concern =
  | { kind: 'crashed'; container: ContainerSummary; code: number; at: number | undefined }
  | { kind: 'unhealthy' | 'restarting' | 'dead'; container: ContainerSummary }
  | { kind: 'engine'; reason: string }
  | { kind: 'machine'; check: HostCheck }
  | { kind: 'disk'; freeBytes: number; totalBytes: number }

/** A crash of long ago is history. */
const RECENT = 7 * 24 * 3_600_000
const TIGHT = 0.1
const PLENTY = 20_000_000_000

/** What needs attention, the worst first. A stop that was asked for is none of it (containerLook knows). */
export function concerns(containers: readonly ContainerSummary[], disk: DiskUsage['disk'], now: number, engineEnd?: string, lacks: readonly HostCheck[] = []): Concern[] {
  const found: Concern[] = lacks.map((check) => ({ kind: 'machine', check }))
  if (engineEnd !== undefined) found.push({ kind: 'engine', reason: engineEnd })
  if (disk && disk.freeBytes < disk.totalBytes * TIGHT && disk.freeBytes < PLENTY) found.push({ kind: 'disk', freeBytes: disk.freeBytes, totalBytes: disk.totalBytes })
  for (const container of containers) {
    const { state } = container
    if (state.status === 'restarting' || state.status === 'dead') found.push({ kind: state.status, container })
    else if (state.status === 'running' && state.health === 'unhealthy') found.push({ kind: 'unhealthy', container })
    else if (state.status === 'exited' && containerLook(state).look === 'failed' && now - (state.finishedAt ?? now) < RECENT) found.push({ kind: 'crashed', container, code: state.code, at: state.finishedAt })
  }
  const rank: Concern['kind'][] = ['disk', 'machine', 'engine', 'unhealthy', 'restarting', 'dead', 'crashed']
  return found.sort((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind) || atOf(b) - atOf(a))
}

const atOf = (concern: Concern) => (concern.kind === 'crashed' ? (concern.at ?? 0) : 0)
