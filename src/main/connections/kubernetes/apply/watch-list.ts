import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '#base/backoff.ts'
import { isEngineError } from '#shared/errors.ts'
import type { KubernetesApi, WireStatus } from './kubernetes-api.ts'
import type { WireObject } from './objects.ts'

/** A change is told as it is; BOOKMARK carries only how far the watch is; ERROR a Status. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
type WatchLine = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: WireObject } | { type: 'ERROR'; object: WireStatus }

/** Seconds after which a server ends a watch; it is gone on with where it was. */
const turn = 240
/** Milliseconds. */
const retry = { first: 200, most: 5_000 }

/** The objects of a list by their names, whenever one of them has changed. A server that is away, or that has forgotten where the watch was, is asked anew. */
export async function* watchList<Item extends WireObject>(api: KubernetesApi, path: string, query: Record<string, string>, signal: AbortSignal, delays = retry): AsyncGenerator<ReadonlyMap<string, Item>> {
  const backoff = createBackoff(delays.first, delays.most)
  const items = new Map<string, Item>()
  /** Undefined: it is to be listed anew. */
  let version: string | undefined
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const { metadata, items: all } = await api.json<{ metadata: { resourceVersion: string }; items: Item[] | null }>('GET', path, { query, signal })
        items.clear()
        for (const item of all ?? []) items.set(item.metadata.name, item)
        version = metadata.resourceVersion
        yield items
      }
      for await (const line of api.lines<WatchLine>(path, { query: { ...query, watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: turn }, signal })) {
        if (line.type === 'ERROR') {
          // 410: what happened since is forgotten there.
          version = undefined
          break
        }
        const { object } = line
        version = object.metadata.resourceVersion ?? version
        backoff.reset()
        if (line.type === 'BOOKMARK') continue
        if (line.type === 'DELETED') items.delete(object.metadata.name)
        else items.set(object.metadata.name, object as Item)
        yield items
      }
      // A server that ends every watch at once must not be asked without a breath.
      await wait(backoff.next(), undefined, { signal })
    } catch (error) {
      if (signal.aborted) return
      if (isEngineError(error) && error.reason === 'kubernetes-410') version = undefined
      else if (!isEngineError(error, 'unavailable') && !isEngineError(error, 'deadline-exceeded')) throw error
      await wait(backoff.next(), undefined, { signal }).catch(() => undefined)
    }
  }
}
