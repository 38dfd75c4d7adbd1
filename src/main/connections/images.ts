import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { DEFAULT_REGISTRY, familiarRepository, findReference, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { Connection } from './connection.ts'
import { each } from './each.ts'
import type { Operation } from './operation.ts'
import { askRegistry } from './ask-registry.ts'
import { readHistory } from './image-history.ts'
import { surveyImage } from './image-survey.ts'
import { importImage, loadImages, pushImage, saveImages } from './image-transfer.ts'
import { pullImage } from './pull.ts'
import { repositoryTags } from './repository-tags.ts'
import { readImageDetail, type WireImageDetail } from './wire/image.ts'

interface WireSearchResult {
  name: string
  description?: string
  star_count?: number
  is_official?: boolean
}

export function imagesOf({ api, mirror, summary }: Pick<Connection, 'api' | 'mirror' | 'summary'>): Implementation<Contract, Operation>['images'] {
  return {
    list: async () => mirror.items().images,
    inspect: async ({ id }, { signal }) => readImageDetail(await api.json<WireImageDetail>('GET', `/images/${encodeURI(id)}/json`, { signal })),
    pull: async (request, operation) => ({ id: await pullImage(api, request, operation) }),
    remove: ({ ids, force }) => each(ids, (id) => api.json('DELETE', `/images/${encodeURI(id)}`, { query: { force } })),
    async tag({ id, reference }) {
      const parsed = withDefaultTag(parseReference(reference))
      await api.json('POST', `/images/${encodeURI(id)}/tag`, { query: { repo: familiarRepository(parsed), tag: parsed.tag } })
    },
    async sharedSizes(_, { signal }) {
      const images = await api.json<{ Id: string; SharedSize?: number }[]>('GET', '/images/json', { query: { 'shared-size': true }, signal })
      return images.flatMap(({ Id, SharedSize = -1 }) => (SharedSize < 0 ? [] : [{ id: Id, bytes: SharedSize }]))
    },
    history: ({ id }, { signal }) => readHistory(api, id, signal),
    survey: ({ id }, operation) => surveyImage(api, id, operation),
    push: (request, operation) => pushImage(api, request, operation),
    save: (request, operation) => saveImages(api, request, operation),
    load: ({ path }, operation) => loadImages(api, path, operation),
    import: (request, operation) => importImage(api, request, operation),
    askRegistry: ({ references }, { signal }) => askRegistry(api, mirror.items().images, references, signal),
    tags: (request, { signal }) => repositoryTags({ api, summary }, request, signal),
    async search({ term, limit = 25 }, { signal }) {
      const registry = findReference(term)?.registry ?? DEFAULT_REGISTRY
      const results = await api.json<WireSearchResult[]>('GET', '/images/search', { query: { term, limit }, signal, registry })
      // A registry may tell its names without its own.
      const full = (name: string) => (registry === DEFAULT_REGISTRY || name.startsWith(`${registry}/`) ? name : `${registry}/${name}`)
      return results.map(({ name, description = '', star_count: stars = 0, is_official: official = false }) => ({ name: full(name), description, stars, official }))
    },
  }
}
