/**
 * Events say "it changed", after the commit that changed it. They carry Docker's words, because every client reads them:
 * type (container, image, network, volume, daemon, builder), action (create, start, die, health_status: healthy, …), the
 * actor's id and attributes.
 *
 * The bus keeps a bounded history, over restarts too, so that `docker events --since` can be answered; a subscriber gets everything published
 * after it subscribed, synchronously and in order, and must not block.
 */
export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder' | 'plugin'

export interface EngineEvent {
  type: EventType
  action: string
  /** Id or name of what changed. */
  id: string
  attributes: Record<string, string>
  /** Unix time in nanoseconds. */
  timeNano: bigint
}

export interface EventBus {
  /** `passing`: what happens every few seconds, and would soon be all that is remembered. Only the last few are, and none on the disk. */
  publish(event: Omit<EngineEvent, 'timeNano'>, options?: { passing?: boolean }): void
  subscribe(listener: (event: EngineEvent) => void): Disposable
  /** Past events with `since` ≤ timeNano ≤ `until`, oldest first. */
  history(since: bigint, until: bigint): EngineEvent[]
  /** How many listen. */
  readonly subscribers: number
}
