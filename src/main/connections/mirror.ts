import type { EngineItems } from '#shared/contract/connections.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import type { ImageSummary } from '#shared/contract/images.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import type { VolumeSummary } from '#shared/contract/volumes.ts'
import type { Moment } from './wire/event.ts'

export type Items = EngineItems

/**
 * What one engine holds, as last heard. Filled whole when a connection becomes ready, then an item at a time; every real change is told
 * to `emit` once, and what is the same as before is not told.
 */
export interface Mirror {
  items(): Items
  reset(items: Items): void
  putContainer(container: ContainerSummary): void
  putImage(image: ImageSummary): void
  putNetwork(network: NetworkSummary): void
  putVolume(volume: VolumeSummary): void
  remove(noun: 'container' | 'image' | 'network' | 'volume', id: string): void
  /** When a container started or ended, exactly: lists tell only "about an hour ago". */
  noteMoment(moment: Moment): void
  container(id: string): ContainerSummary | undefined
  /** Images other than `image` that hold one of its tags: they have just lost it. */
  imagesLosingTagsTo(image: ImageSummary): ImageSummary[]
  containersOf(imageId: string): ContainerSummary[]
}

export function createMirror(emit: (event: EngineEvent) => void): Mirror {
  const containers = createTable<ContainerSummary>((container) => emit({ type: 'container.changed', container }))
  const images = createTable<ImageSummary>((image) => emit({ type: 'image.changed', image }))
  const networks = createTable<NetworkSummary>((network) => emit({ type: 'network.changed', network }))
  const volumes = createTable<VolumeSummary>((volume) => emit({ type: 'volume.changed', volume }))
  const moments = new Map<string, { started?: number; finished?: number; asked?: number }>()

  /** What events told, else what was read from the list's words before: read again they would give another moment each time. */
  function withMoments(container: ContainerSummary): ContainerSummary {
    const { started, finished, asked } = moments.get(container.id) ?? {}
    const { state } = container
    const before = containers.find(container.id)?.state
    if (state.status === 'running' || state.status === 'paused') {
      const known = started ?? (before?.status === 'running' || before?.status === 'paused' ? before.startedAt : undefined)
      return { ...container, state: { ...state, startedAt: known ?? state.startedAt } }
    }
    if (state.status !== 'exited') return container
    const known = finished ?? (before?.status === 'exited' ? before.finishedAt : undefined)
    const wasAsked = asked !== undefined || (before?.status === 'exited' && before.asked)
    return { ...container, state: { ...state, finishedAt: known ?? state.finishedAt, ...(wasAsked && { asked: true }) } }
  }

  return {
    items: () => ({ containers: containers.all(), images: images.all(), networks: networks.all(), volumes: volumes.all() }),
    reset(items) {
      moments.clear()
      containers.fill(items.containers.map((each) => [each.id, each]))
      images.fill(items.images.map((each) => [each.id, each]))
      networks.fill(items.networks.map((each) => [each.id, each]))
      volumes.fill(items.volumes.map((each) => [each.name, each]))
    },
    putContainer: (container) => containers.put(container.id, withMoments(container)),
    putImage: (image) => images.put(image.id, image),
    putNetwork: (network) => networks.put(network.id, network),
    putVolume: (volume) => volumes.put(volume.name, volume),
    remove(noun, id) {
      if (noun === 'container' && containers.remove(id)) emit({ type: 'container.removed', id })
      if (noun === 'image' && images.remove(id)) emit({ type: 'image.removed', id })
      if (noun === 'network' && networks.remove(id)) emit({ type: 'network.removed', id })
      if (noun === 'volume' && volumes.remove(id)) emit({ type: 'volume.removed', name: id })
      if (noun === 'container') moments.delete(id)
    },
    noteMoment({ id, kind, at }) {
      const { asked: _, ...before } = moments.get(id) ?? {}
      // A start is a new life: what ended the one before is over.
      moments.set(id, kind === 'started' ? { ...before, started: at } : { ...moments.get(id), [kind]: at })
    },
    container: (id) => containers.find(id),
    imagesLosingTagsTo: (image) => images.all().filter((other) => other.id !== image.id && other.tags.some((tag) => image.tags.includes(tag))),
    containersOf: (imageId) => containers.all().filter((container) => container.imageId === imageId),
  }
}

function createTable<Item>(changed: (item: Item) => void) {
  let rows = new Map<string, Item>()
  return {
    all: () => [...rows.values()],
    find: (id: string) => rows.get(id),
    fill: (entries: [string, Item][]) => void (rows = new Map(entries)),
    put(id: string, item: Item): void {
      const before = rows.get(id)
      rows.set(id, item)
      if (!before || JSON.stringify(before) !== JSON.stringify(item)) changed(item)
    },
    remove: (id: string): boolean => rows.delete(id),
  }
}
