import type { SharingNeeds } from './needs.ts'
import type { SharingSettings } from './settings.ts'

export interface Listener {
  /** Where clients come in. */
  port: number
  close(): Promise<void>
}

/** Serves there. In a user's namespaces it is RootlessKit that listens on the machine, and leads here. */
export async function openListener({ open, portForwarder }: SharingNeeds, { host, port, tls }: SharingSettings): Promise<Listener> {
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
