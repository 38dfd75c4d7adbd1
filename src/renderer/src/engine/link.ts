import type { EventFrame } from '#shared/contract/bridge.ts'
import type { Bridge } from '#shared/contract/bridge.ts'
import type { EngineEvent, Snapshot } from '#shared/contract/events.ts'
import type { EngineProxy } from './proxy.ts'

/** What keeps the pushed state. A Pinia store implements it; nothing else in the page listens to events. */
export interface LinkTarget {
  /** Replace everything. */
  reset(snapshot: Snapshot): void
  /** Apply one whole item. `snapshot` and `progress` never come this way. */
  apply(event: Exclude<EngineEvent, { type: 'snapshot' } | { type: 'progress' }>): void
}

/**
 * The one place that turns what is pushed into what is shown. Numbers count up by one per event; when one is missing the page asks for a
 * new snapshot and ignores what comes before it.
 * @returns closes the link.
 */
export function linkEngine(bridge: Bridge, proxy: EngineProxy, target: LinkTarget): () => void {
  let sequence: number | undefined
  const subscription = bridge.onEvent(receive)

  function receive(frame: EventFrame): void {
    if (frame.kind === 'snapshot') {
      sequence = frame.sequence
      target.reset(frame.snapshot)
    } else {
      if (sequence === undefined) return
      if (frame.sequence - frame.events.length !== sequence) {
        sequence = undefined
        return subscription.refresh()
      }
      sequence = frame.sequence
      frame.events.forEach(take)
    }
    subscription.ack(frame.sequence)
  }

  function take(event: EngineEvent): void {
    if (event.type === 'snapshot') target.reset(event.snapshot)
    else if (event.type === 'progress') proxy.reportProgress(event.callId, event.step)
    else target.apply(event)
  }

  return () => subscription.close()
}
