import { isEngineError } from '#shared/errors.ts'
import type { EngineApi } from './engine-api.ts'
import { carrierLabel } from './files/carrier.ts'
import type { Items, Mirror } from './mirror.ts'
import { readContainer, type WireContainer, type WireContainerDetail } from './wire/container.ts'
import type { Touched } from './wire/event.ts'
import { readImage, readImageRow, type WireImage, type WireImageDetail } from './wire/image.ts'
import { readNetwork, type WireNetwork } from './wire/network.ts'
import { readVolume, type WireVolume } from './wire/volume.ts'

/** Questions on their way at once; a project of 100 containers coming up must not flood the engine that starts them. */
const width = 6

/** The only place that asks for whole lists: once for each time a connection becomes ready. */
export async function listEverything(api: EngineApi, signal: AbortSignal): Promise<Items> {
  const now = Date.now()
  const [containers, images, networks, volumes] = await Promise.all([
    api.json<WireContainer[]>('GET', '/containers/json', { query: { all: true }, signal }),
    api.json<WireImage[]>('GET', '/images/json', { signal }),
    api.json<WireNetwork[]>('GET', '/networks', { signal }),
    api.json<{ Volumes?: WireVolume[] | null }>('GET', '/volumes', { signal }),
  ])
  return {
    containers: (await named(api, containers.filter(isShown), signal)).map((each) => readContainer(each, now)),
    images: images.map(readImage),
    networks: networks.map(readNetwork),
    volumes: (volumes.Volumes ?? []).map(readVolume),
  }
}

/** Not what the app itself made for a moment. */
const isShown = ({ Labels }: WireContainer) => Labels?.[carrierLabel] === undefined

/** Once the name that a container was made by means another image, its row has the image's id alone: the name is asked of the container itself. */
async function named(api: EngineApi, rows: readonly WireContainer[], signal?: AbortSignal): Promise<WireContainer[]> {
  const found = [...rows]
  const nameless = [...found.entries()].filter(([, { Image }]) => Image.startsWith('sha256:'))
  for (let first = 0; first < nameless.length; first += width) {
    await Promise.all(nameless.slice(first, first + width).map(async ([index, row]) => {
      const detail = await api.json<WireContainerDetail>('GET', `/containers/${row.Id}/json`, { signal }).catch((error: unknown) => {
        if (!isEngineError(error, 'not-found')) throw error
      })
      if (detail) found[index] = { ...row, Image: detail.Config.Image }
    }))
  }
  return found
}

/** Also after a deed of our own that Docker tells no event of: a stopped container that joined a network. */
export async function refreshContainer({ api, mirror }: { api: EngineApi; mirror: Mirror }, id: string, signal?: AbortSignal): Promise<void> {
  const [row] = await api.json<WireContainer[]>('GET', '/containers/json', { query: { all: true, filters: JSON.stringify({ id: [id] }) }, signal })
  if (signal?.aborted) return
  if (row && !isShown(row)) return
  const [shown] = row ? await named(api, [row], signal) : []
  if (signal?.aborted) return
  if (shown) mirror.putContainer(readContainer(shown, Date.now()))
  else mirror.remove('container', id)
}

export interface Refresher {
  touch(touched: Touched): void
}

/**
 * Keeps the mirror true to what events name: one question for the one item. Events of an item that come while its question
 * is on the way cause one more question, however many they are.
 */
export function createRefresher(api: EngineApi, mirror: Mirror, signal: AbortSignal, onLost: (error: unknown) => void): Refresher {
  const waiting = new Map<string, Touched>()
  const asking = new Set<string>()

  function touch(touched: Touched): void {
    waiting.set(`${touched.noun} ${touched.id}`, touched)
    next()
  }

  function next(): void {
    if (signal.aborted) return
    for (const [key, touched] of waiting) {
      if (asking.size >= width) return
      if (asking.has(key)) continue
      waiting.delete(key)
      asking.add(key)
      void ask(touched)
        .catch((error: unknown) => onLost(error))
        .finally(() => {
          asking.delete(key)
          next()
        })
    }
  }

  async function ask(touched: Touched): Promise<void> {
    if (touched.gone) return mirror.remove(touched.noun, touched.id)
    try {
      await questions[touched.noun](touched.id)
    } catch (error) {
      if (!isEngineError(error, 'not-found')) throw error
      if (!signal.aborted) mirror.remove(touched.noun, touched.id)
    }
  }

  const questions: Record<Touched['noun'], (id: string) => Promise<void>> = {
    container: (id) => refreshContainer({ api, mirror }, id, signal),
    async image(id) {
      const image = readImageRow(await api.json<WireImageDetail>('GET', `/images/${encodeURI(id)}/json`, { signal }))
      if (signal.aborted) return
      const losers = mirror.imagesLosingTagsTo(image)
      mirror.putImage(image)
      for (const loser of losers) {
        touch({ noun: 'image', id: loser.id, gone: false })
        for (const container of mirror.containersOf(loser.id)) touch({ noun: 'container', id: container.id, gone: false })
      }
    },
    async network(id) {
      const network = await api.json<WireNetwork>('GET', `/networks/${encodeURIComponent(id)}`, { signal })
      if (!signal.aborted) mirror.putNetwork(readNetwork(network))
    },
    async volume(name) {
      const volume = await api.json<WireVolume>('GET', `/volumes/${encodeURIComponent(name)}`, { signal })
      if (!signal.aborted) mirror.putVolume(readVolume(volume))
    },
  }
  return { touch }
}
