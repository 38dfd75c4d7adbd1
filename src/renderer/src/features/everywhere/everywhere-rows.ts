import type { ConnectionId, EngineItems, EverywhereMessage, ItemEvent } from '#shared/contract/connections.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { imageName } from '../images/local-image.ts'

export const everywhereNouns = ['containers', 'images', 'volumes', 'networks'] as const
export type EverywhereNoun = (typeof everywhereNouns)[number]

/** One object of one engine, as the list of all engines shows it. */
export interface EverywhereRow {
  /** No other row has it, whichever engine it is on. */
  key: string
  connection: ConnectionId
  /** As its engine's calls name it. */
  id: string
  name: string
  /** Image of a container, driver of a volume, subnets of a network. */
  detail: string
  createdAt?: number
  sizeBytes?: number
  container?: ContainerSummary
  /** bridge, host and none stay. */
  isFixed?: boolean
}

/** What engines hold, by connection and by id. */
export type Held = Map<ConnectionId, { [Noun in EverywhereNoun]: Map<string, EngineItems[Noun][number]> }>

export function takeMessage(held: Held, message: EverywhereMessage): void {
  if (message.kind === 'gone') held.delete(message.connection)
  else if (message.kind === 'all') held.set(message.connection, tablesOf(message.items))
  else takeEvent(held, message.connection, message.event)
}

const tablesOf = ({ containers, images, networks, volumes }: EngineItems) => ({
  containers: new Map(containers.map((each) => [each.id, each])),
  images: new Map(images.map((each) => [each.id as string, each])),
  networks: new Map(networks.map((each) => [each.id, each])),
  volumes: new Map(volumes.map((each) => [each.name, each])),
})

function takeEvent(held: Held, connection: ConnectionId, event: ItemEvent): void {
  const tables = held.get(connection)
  if (!tables) return
  switch (event.type) {
    case 'container.changed': return void tables.containers.set(event.container.id, event.container)
    case 'container.removed': return void tables.containers.delete(event.id)
    case 'image.changed': return void tables.images.set(event.image.id, event.image)
    case 'image.removed': return void tables.images.delete(event.id)
    case 'network.changed': return void tables.networks.set(event.network.id, event.network)
    case 'network.removed': return void tables.networks.delete(event.id)
    case 'volume.changed': return void tables.volumes.set(event.volume.name, event.volume)
    case 'volume.removed': return void tables.volumes.delete(event.name)
  }
}

type Row = Omit<EverywhereRow, 'key' | 'connection'>
const makers: { [Noun in EverywhereNoun]: (item: EngineItems[Noun][number]) => Row } = {
  containers: (container) => ({ id: container.id, name: container.name, detail: container.image, createdAt: container.createdAt, container }),
  images: (image) => ({ id: image.id, name: imageName(image), detail: '', createdAt: image.createdAt, sizeBytes: image.sizeBytes }),
  volumes: ({ name, driver, createdAt }) => ({ id: name, name, detail: driver, ...(createdAt !== undefined && { createdAt }) }),
  networks: ({ id, name, subnets, createdAt, predefined }) => ({ id, name, detail: subnets.map(({ subnet }) => subnet).join(', '), createdAt, isFixed: predefined }),
}

export function rowsOf(held: Held, noun: EverywhereNoun): EverywhereRow[] {
  const make = makers[noun] as (item: unknown) => Row
  return [...held].flatMap(([connection, tables]) => [...tables[noun].values()].map((item) => {
    const row = make(item)
    return { ...row, connection, key: `${connection} ${row.id}` }
  }))
}
