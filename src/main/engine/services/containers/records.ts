import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { Collection } from '../../core/metadata/metadata-store.ts'
import { aliasOf, namingLinks, targetOf } from './links.ts'
import type { ContainerRecord } from './record.ts'

/** The records by id, name and id prefix. Names claimed by a create under way count as taken. */
export interface Records {
  /** By full id, name (with or without slash), unique id prefix or name by a link (`parent/alias`), in that order. @throws not-found, invalid-argument when a prefix is ambiguous. */
  get(reference: string): ContainerRecord
  find(reference: string): ContainerRecord | undefined
  byId(id: string): ContainerRecord | undefined
  byName(name: string): ContainerRecord | undefined
  /** In order of creation. */
  list(): ContainerRecord[]
  ofImage(image: ImageId): ContainerRecord[]
  withVolume(volume: string): ContainerRecord[]
  readonly size: number
  commit(record: ContainerRecord): void
  /** As commit; where the disk refuses, what it said is returned, and the record is so in memory until a commit writes it. */
  assume(record: ContainerRecord): unknown
  /** So in memory only. */
  assumed(id: string): ContainerRecord | undefined
  delete(id: string): void
  /** Recorded, or claimed by a create under way. */
  isTaken(name: string): boolean
  /** Holds a name until it is committed or disposed. @throws conflict in Docker's words. */
  claimName(name: string, id: string): Disposable
}

export function createRecords(written: Collection<ContainerRecord>): Records {
  const unwritten = new Map<string, ContainerRecord>()
  const collection = withUnwritten(written, unwritten)
  const ofImage = collection.index(({ image }) => [image.id])
  const withVolume = collection.index(({ mounts }) => mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : [])))
  const ids = new Map<string, string>(collection.list().map((record) => [record.name, record.id]))
  const byName = (name: string) => {
    const id = ids.get(name)
    return id === undefined ? undefined : collection.find(id)
  }
  const findOwn = (reference: string) => collection.find(reference) ?? byName(reference.replace(/^\//, '')) ?? findByPrefix(collection, reference)
  const byLink = (path: string): ContainerRecord | undefined => {
    const [parent = '', alias] = path.split('/')
    const record = alias === undefined ? undefined : byName(parent)
    const link = record && namingLinks(record).find((candidate) => aliasOf(candidate) === alias)
    return link === undefined ? undefined : findOwn(targetOf(link))
  }
  const find = (reference: string) => findOwn(reference) ?? byLink(reference.replace(/^\//, ''))
  const commit = (record: ContainerRecord) => {
    const before = collection.find(record.id)
    collection.put(record.id, record)
    if (before && before.name !== record.name) ids.delete(before.name)
    ids.set(record.name, record.id)
  }
  return {
    find,
    assume(record) {
      const refused = refusalOf(() => commit(record))
      if (refused !== undefined) unwritten.set(record.id, record)
      return refused
    },
    byName,
    byId: (id) => collection.find(id),
    isTaken: (name) => ids.has(name),
    assumed: (id) => unwritten.get(id),
    list: () => collection.list(),
    ofImage: (image) => ofImage.find(image),
    withVolume: (volume) => withVolume.find(volume),
    get size() {
      return collection.size
    },
    get(reference) {
      const record = reference === '' ? undefined : find(reference)
      if (record) return record
      throw new EngineError('not-found', `No such container: ${reference}`, { reason: 'no-such-container' })
    },
    commit,
    delete(id) {
      const name = collection.find(id)?.name
      collection.delete(id)
      if (name !== undefined && ids.get(name) === id) ids.delete(name)
    },
    claimName: (name, id) => claimName(ids, collection, name, id),
  }
}

/** Until it is committed or disposed. */
function claimName(ids: Map<string, string>, collection: Collection<ContainerRecord>, name: string, id: string): Disposable {
  const owner = ids.get(name)
  if (owner !== undefined && owner !== id) throw nameInUse(name, owner)
  ids.set(name, id)
  const release = () => {
    if (ids.get(name) === id && collection.find(id)?.name !== name) ids.delete(name)
  }
  return { [Symbol.dispose]: release }
}

function nameInUse(name: string, owner: string): EngineError {
  return new EngineError('conflict', `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`, {
    reason: 'name-in-use',
    field: 'name',
    hint: 'Choose another name, or remove the container that has it.',
  })
}

function refusalOf(write: () => void): unknown {
  try {
    write()
    return undefined
  } catch (error) {
    return error
  }
}

/** Reads see what is not written yet; whatever is written next holds it. */
function withUnwritten(written: Collection<ContainerRecord>, unwritten: Map<string, ContainerRecord>): Collection<ContainerRecord> {
  const newest = (record: ContainerRecord) => unwritten.get(record.id) ?? record
  return {
    find: (id) => unwritten.get(id) ?? written.find(id),
    list: () => (unwritten.size === 0 ? written.list() : written.list().map(newest)),
    get size() {
      return written.size
    },
    put(id, record) {
      written.put(id, record)
      unwritten.delete(id)
    },
    delete(id) {
      written.delete(id)
      unwritten.delete(id)
    },
    // What is not written yet changes nothing that is looked up.
    index(keysOf) {
      const lookup = written.index(keysOf)
      return { has: lookup.has, find: (key) => lookup.find(key).map(newest) }
    },
  }
}

function findByPrefix(collection: Collection<ContainerRecord>, reference: string): ContainerRecord | undefined {
  if (!/^[0-9a-f]{1,63}$/.test(reference)) return undefined
  const found = collection.list().filter((record) => record.id.startsWith(reference))
  if (found.length > 1) throw new EngineError('invalid-argument', `Multiple IDs found with provided prefix: ${reference}`, { reason: 'ambiguous-prefix' })
  return found[0]
}
