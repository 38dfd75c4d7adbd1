import type { EventBus } from '../../core/events/event-bus.ts'
import type { System } from '../../services/system/system.ts'

export interface SystemApiNeeds {
  system: System
  events: EventBus
  clock: () => bigint
  /** Docker's rows for `system df`, as their own nouns make them. */
  usage: {
    layersSize(): number
    images(apiVersion: number): Promise<object[]>
    containers(): Promise<object[]>
    volumes(): Promise<object[]>
    buildCache(): Promise<{ Size: number; Shared: boolean }[]>
  }
}
