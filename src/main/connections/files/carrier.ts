import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'

/** On every carrier; the mirror does not show what has it. */
export const carrierLabel = 'org.slipway.carrier'

export interface Carrier extends AsyncDisposable {
  id: string
  /** Where a volume is in it. */
  targetOf(volume: string): string
}

/** A container that only mounts volumes: its archive endpoints reach them without it ever being started. */
export async function holdCarrier({ api, mirror }: Pick<Connection, 'api' | 'mirror'>, volumes: readonly string[], signal: AbortSignal): Promise<Carrier> {
  const image = mirror.items().images.find(({ tags }) => tags.length > 0) ?? mirror.items().images[0]
  if (!image) throw new EngineError('failed-precondition', 'This engine reaches the files of a volume only through a container, and it has no image to make one of.', { reason: 'no-image', hint: 'Pull a small image, such as busybox, and try again.' })
  const targetOf = (volume: string) => `/slipway-${volumes.indexOf(volume)}`
  const Mounts = volumes.map((volume) => ({ Type: 'volume', Source: volume, Target: targetOf(volume), VolumeOptions: { NoCopy: true } }))
  const body = { Image: image.id, Cmd: ['none'], Labels: { [carrierLabel]: '' }, NetworkDisabled: true, HostConfig: { Mounts, NetworkMode: 'none' } }
  const { Id: id } = await api.json<{ Id: string }>('POST', '/containers/create', { body, signal })
  return { id, targetOf, [Symbol.asyncDispose]: async () => void (await api.json('DELETE', `/containers/${id}`, { query: { force: true } }).catch(() => {})) }
}
