import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import type { Journal } from '../journal.ts'

/** An edit under way, with all that is needed to undo it, or to finish it, after the app itself has died. Written before the first deed. */
export type EditRecord = {
  /** Of the container as it was. */
  id: string
  /** Which engine, as its target is written. */
  engine: string
  name: string
} & (
  | { kind: 'live'; before: ContainerSettings; after: ContainerSettings }
  | {
      kind: 'recreate'
      /** Under which the successor is made, and under which the old one waits for its end. */
      successorName: string
      /** Once it is known. */
      successorId?: string
      retiredName: string
      /** Of the successor, once it has taken the place. */
      finalName: string
      wasRunning: boolean
      /** Volumes of the old container: whatever else the successor made is taken away with it. */
      volumes: string[]
      /** Image of the writable layer, made by this edit. */
      keptImage?: string
      /** The restart policy that the successor gets at the end. */
      restart: { Name: string; MaximumRetryCount: number }
      /** The successor is up in the old one's place: from here an edit is finished, not undone. */
      replaced: boolean
    }
)

export type RecreateRecord = Extract<EditRecord, { kind: 'recreate' }>

export type EditJournal = Journal<EditRecord>
