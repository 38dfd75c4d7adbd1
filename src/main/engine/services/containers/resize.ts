import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'

/** @throws failed-precondition when it does not run. */
export async function resizeContainer(ctx: ContainersContext, reference: string, size: { rows: number; columns: number }): Promise<void> {
  const record = ctx.records.get(reference)
  const { task } = ctx.live.of(record.id)
  if (!task) throw new EngineError('failed-precondition', `container ${record.id} is not running`, { reason: 'not-running' })
  await task.resize(size)
  publishContainerEvent(ctx, record, 'resize', { height: String(size.rows), width: String(size.columns) })
}
