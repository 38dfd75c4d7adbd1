import { EngineError, isEngineError } from '#shared/errors.ts'
import type { SharingNeeds } from './needs.ts'
import type { SharingSettings } from './settings.ts'

export interface Listener {
  /** Where clients come in. */
  port: number
  close(): Promise<void>
}

/** @throws with the field that is to be changed */
export const openListener = (needs: SharingNeeds, settings: SharingSettings): Promise<Listener> => openAt(needs, settings).catch((error: unknown) => Promise.reject(atField(error, settings)))

/** Serves there. In a user's namespaces it is RootlessKit that listens on the machine, and leads here. */
async function openAt({ open, portForwarder }: SharingNeeds, { host, port, tls }: SharingSettings): Promise<Listener> {
  if (!portForwarder) return await open({ host, port, tls })
  const inside = await open({ host: '127.0.0.1', port, tls })
  try {
    const id = await portForwarder.add({ protocol: 'tcp', hostIp: host, hostPort: inside.port, childIp: '127.0.0.1', childPort: inside.port })
    return {
      port: inside.port,
      async close() {
        await portForwarder.remove(id)
        await inside.close()
      },
    }
  } catch (error) {
    await inside.close()
    throw error
  }
}

function atField(error: unknown, { host, port }: SharingSettings): unknown {
  if (!isEngineError(error)) return error
  const { reason, message } = error
  if (error.code === 'already-exists') return new EngineError('already-exists', `port ${port} is another program's`, { ...(reason !== undefined && { reason }), field: 'port', hint: 'Choose another port.', cause: error })
  if (reason === 'EADDRNOTAVAIL' || reason === 'address-missing') return new EngineError('invalid-argument', `this machine does not have the address ${host}`, { reason: 'address-missing', field: 'host', cause: error })
  if (error.code === 'forbidden') return new EngineError('forbidden', message, { ...(reason !== undefined && { reason }), field: 'port', hint: 'Choose a port above 1023.', cause: error })
  return error
}
