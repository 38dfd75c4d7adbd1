import type { ImagesContext } from './context.ts'
import { createConfigs, type Configs } from './read-config.ts'
import { openImageRecords, type ImageRecords } from './records.ts'
import { openUnfinishedPulls, type UnfinishedPulls } from './unfinished-pulls.ts'
import { createSeenWhole, type SeenWhole } from './seen-whole.ts'
import { createGate, createSharedWork, type Gate, type SharedWork } from './shared-work.ts'

/** As many downloads at a time as Docker's default. */
const DOWNLOADS = 3
/** Uploads, likewise. */
const UPLOADS = 5

/** What every verb works with. */
export interface Service extends ImagesContext {
  records: ImageRecords
  unfinishedPulls: UnfinishedPulls
  shared: SharedWork
  downloads: Gate
  uploads: Gate
  seenWhole: SeenWhole
  configs: Configs
}

export const createService = (context: ImagesContext): Service => ({
  ...context,
  records: openImageRecords(context.metadata),
  unfinishedPulls: openUnfinishedPulls(context.metadata),
  shared: createSharedWork(),
  downloads: createGate(DOWNLOADS),
  uploads: createGate(UPLOADS),
  seenWhole: createSeenWhole(context.content),
  configs: createConfigs(context.content),
})
