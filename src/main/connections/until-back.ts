import { setTimeout as wait } from 'node:timers/promises'
import { isEngineError } from '#shared/errors.ts'
import type { Connection } from './connection.ts'

/** Milliseconds between a broken stream and the connection's own notice of it, at most; asked again until then. */
const doubt = 200

/** After a stream broke: resolves when the engine answers again. The connection may not have noticed yet that it was gone. */
export async function untilBack(connection: Pick<Connection, 'api' | 'ready'>, signal: AbortSignal): Promise<void> {
  for (;;) {
    await connection.ready(signal)
    try {
      return await connection.api.json('GET', '/_ping', { signal })
    } catch (error) {
      if (!isEngineError(error, 'unavailable')) throw error
      await wait(doubt, undefined, { signal })
    }
  }
}
