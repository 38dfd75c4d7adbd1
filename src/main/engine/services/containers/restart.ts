import { isEngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { startContainer } from './start.ts'
import { stopContainer, type StopOptions } from './stop.ts'

/** Stops it if it runs, and starts it. An auto-removed container is kept over this. */
export async function restartContainer(ctx: ContainersContext, reference: string, options: StopOptions): Promise<void> {
  const { id } = ctx.records.get(reference)
  const live = ctx.live.of(id)
  live.isRestarting = true
  try {
    await stopContainer(ctx, id, options).catch((error: unknown) => {
      if (!isEngineError(error, 'not-modified')) throw error
    })
  } finally {
    live.isRestarting = false
  }
  await startContainer(ctx, id)
  publishContainerEvent(ctx, ctx.records.get(id), 'restart')
}
