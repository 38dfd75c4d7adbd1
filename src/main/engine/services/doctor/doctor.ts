import { messageOf } from '#shared/errors.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { Layers, WhiteoutForm } from '../../core/layers/layers.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { Layout } from '../../layout.ts'
import { checkBlobs } from './check-blobs.ts'
import { checkContainers } from './check-containers.ts'
import { checkDatabase } from './check-database.ts'
import { checkImages } from './check-images.ts'
import { checkLeftovers } from './check-leftovers.ts'
import { checkNetworks } from './check-networks.ts'
import { checkPermissions } from './check-permissions.ts'
import { checkProcesses } from './check-processes.ts'
import { checkSnapshots } from './check-snapshots.ts'
import { checkUnflushed, mendUnflushed } from './check-unflushed.ts'
import { checkVolumes } from './check-volumes.ts'
import type { DoctorNeeds } from './needs.ts'
import { nothingChecked, type Finding, type Report } from './report.ts'

/**
 * The doctor: is everything in the data root what it should be?
 *
 * It reads all of it (every blob is hashed, every layer that was made here is made again and compared) and believes nobody: neither the services, whose
 * records it reads by shapes of its own (rows.ts), nor the names of files. What it finds is told in words, with what to do. A **repair** loses nothing that
 * anybody could want; where that cannot be had, the finding has only advice. With the engine at work what has no record may be somebody's work under way, so
 * leftovers are looked for only without it; an engine sweeps them itself when it starts.
 */
export interface Doctor {
  check(options: { repair: boolean; signal?: AbortSignal }): Promise<Report>
  /** For an engine that starts, before anything stands on them: layers that a power cut may have damaged are made sure of. */
  mendUnflushed(log: (line: string) => void): Promise<void>
}

export interface DoctorContext {
  layout: Layout
  metadata: MetadataStore
  layers: Pick<Layers, 'apply' | 'measure'>
  /** How deletions are written in a snapshot's directory; `remove`: each holds a whole tree. */
  form: WhiteoutForm
  /** An engine serves from this data root. */
  running: boolean
  needs: DoctorNeeds
}

export function createDoctor(context: DoctorContext): Doctor {
  // Two would get in each other's way.
  const repairs = new KeyedMutex()
  return {
    check: (options) => (options.repair ? repairs.run('repair', () => check(context, options), options.signal) : check(context, options)),
    mendUnflushed: (log) => mendUnflushed(context, log).catch((error: unknown) => log(`layers that a power cut may have damaged were not all looked at: ${messageOf(error)}`)),
  }
}

async function check(context: DoctorContext, { repair, signal }: Parameters<Doctor['check']>[0]): Promise<Report> {
  const report: Report = { checked: nothingChecked(), findings: [] }
  for (const each of [checkDatabase, checkPermissions, checkBlobs, checkUnflushed, checkSnapshots, checkImages, checkContainers, checkProcesses, checkNetworks, checkVolumes, checkLeftovers]) {
    for await (const { repair: deed, ...finding } of each(context, report.checked, signal)) report.findings.push(await settle(finding, repair ? deed : undefined, deed !== undefined))
  }
  return report
}

async function settle(finding: Omit<Finding, 'outcome'>, deed: (() => Promise<void>) | undefined, repairable: boolean): Promise<Finding> {
  if (!deed) return { ...finding, outcome: repairable ? 'repairable' : 'needs-you' }
  try {
    await deed()
    return { ...finding, outcome: 'repaired' }
  } catch (error) {
    // The others are repaired all the same.
    return { ...finding, advice: `It could not be repaired: ${messageOf(error)}`, outcome: 'needs-you' }
  }
}
