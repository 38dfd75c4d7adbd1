import type { ProgressStep } from '#shared/contract/events.ts'

/** What every call is given by the one who asked for it. */
export interface Operation {
  signal: AbortSignal
  progress(step: ProgressStep): void
}
