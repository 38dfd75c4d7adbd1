import type { ContainersContext } from './context.ts'
import type { ContainerRecord } from './record.ts'

/** `exec_start: ls -l`, as Docker puts it together: the program, a blank, and what it is given. */
export const execAction = (action: 'exec_create' | 'exec_start', [program = '', ...rest]: readonly string[]): string => `${action}: ${program} ${rest.join(' ')}`

/** Docker's container event: the labels, the image as the user named it, and the name are attributes of every one. */
export function publishContainerEvent(ctx: Pick<ContainersContext, 'events'>, record: ContainerRecord, action: string, attributes: Record<string, string> = {}, options: { passing?: boolean } = {}): void {
  ctx.events.publish({ type: 'container', action, id: record.id, attributes: { ...record.config.Labels, image: record.config.Image ?? '', name: record.name, ...attributes } }, options)
}
