import { isEngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { startContainer } from './start.ts'
import { stopContainer, type StopOptions } from './stop.ts'

/** Stops it if it runs, and starts it. An auto-removed container is kept over this. */
export async function restartContainer(ctx: ContainersContext, reference: string, options: StopOptions): Promise<void> {
  const { id, host } = ctx.records.get(reference)
  if (host.AutoRemove) changeAutoRemove(ctx, id, false)
  try {
    await stopContainer(ctx, id, options).catch((error: unknown) => {
      if (!isEngineError(error, 'not-modified')) throw error
    })
  } finally {
    if (host.AutoRemove) changeAutoRemove(ctx, id, true)
  }
  await startContainer(ctx, id)
  publishContainerEvent(ctx, ctx.records.get(id), 'restart')
}

function changeAutoRemove(ctx: ContainersContext, id: string, AutoRemove: boolean): void {
  const record = ctx.records.byId(id)
  if (record) ctx.records.commit({ ...record, host: { ...record.host, AutoRemove } })
}
