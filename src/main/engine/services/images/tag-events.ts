import type { EventBus } from '../../core/events/event-bus.ts'
import type { ImageRecord } from './records.ts'

/** Publishes an image event with the attributes Docker gives it: the labels, and the name. */
export function publishImageEvent(events: EventBus, action: string, actor: string, image: ImageRecord | undefined, name: string): void {
  events.publish({ type: 'image', action, id: actor, attributes: { ...image?.labels, name } })
}
