import { EngineError } from '#shared/errors.ts'
import { shortId, type ImageId } from '#shared/oci/digest.ts'
import { familiarName, parseReference, repositoryName } from '#shared/oci/reference.ts'
import { childrenFirst } from './children-first.ts'
import { blobsOf, collectImage, collectOrphans } from './collect.ts'
import { isTag, pruneFilter } from './image-filters.ts'
import type { ImageFilters, RemovalStep } from './images-service.ts'
import type { ImageRecord, NameRecord } from './records.ts'
import type { Service } from './service.ts'
import { publishImageEvent } from './tag-events.ts'

/**
 * Removes a name, or with the last name the image, as Docker decides it: a name goes while others remain; an ID takes the image
 * with its name when there is only one; containers and images built on it stand in the way, running containers even of force.
 */
export async function removeImage(service: Service, name: string, { force = false, prune = true }: { force?: boolean; prune?: boolean } = {}): Promise<RemovalStep[]> {
  const image = service.records.get(name)
  const steps: RemovalStep[] = []
  const byId = isIdOf(image.id, name)
  if (byId) {
    if (isSingle(service.records.namesOf(image.id))) {
      assertRemovable(service, image, { force, named: false })
      for (const one of service.records.namesOf(image.id)) untag(service, image, one.name, steps)
    }
  } else {
    untagNamed(service, image, name, force, steps)
    if (service.records.namesOf(image.id).length > 0) return steps
  }
  await removeRecord(service, image, { force, prune, quiet: !byId }, steps)
  return steps
}

const isIdOf = (id: ImageId, name: string) => /^(sha256:)?[0-9a-f]+$/.test(name) && id.startsWith(`sha256:${name.replace(/^sha256:/, '')}`)

/** One name, or one tag and digests of the same repository. */
function isSingle(names: readonly NameRecord[]): boolean {
  const repositories = new Set(names.map(({ name }) => repositoryName(parseReference(name))))
  return repositories.size <= 1 && names.filter(({ name }) => isTag(name)).length <= 1
}

function untagNamed(service: Service, image: ImageRecord, name: string, force: boolean, steps: RemovalStep[]): void {
  const { records, needs } = service
  const names = records.namesOf(image.id)
  const found = records.findNamed(parseReference(name))
  if (!found) throw new EngineError('not-found', `No such image: ${name}`, { reason: 'no-such-image' })
  const user = needs.containersUsing(image.id)[0]
  if (user && !force && isSingle(names))
    throw conflict(`unable to remove repository reference "${name}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`)
  untag(service, image, found.name, steps)
  const repository = repositoryName(parseReference(found.name))
  const left = records.namesOf(image.id)
  if (!isTag(found.name) || left.some(({ name: one }) => one.startsWith(`${repository}:`))) return
  for (const { name: digest } of left) if (digest.startsWith(`${repository}@`)) untag(service, image, digest, steps, { quiet: true })
}

/** `quiet`: of a digest that goes with its tag nobody is told, as by Docker. */
function untag({ records, events }: Service, image: ImageRecord, name: string, steps: RemovalStep[], { quiet = false } = {}): void {
  const target = records.names.find(name)?.target
  records.transaction(() => {
    records.names.delete(name)
    // The image keeps what its names pointed at until it goes itself.
    if (target && !image.manifest) records.images.put(image.id, { ...image, manifest: target })
  })
  const shown = familiarName(parseReference(name))
  if (!quiet) publishImageEvent(events, 'untag', image.id, image, image.id)
  steps.push({ untagged: shown })
}

interface Way {
  force: boolean
  prune: boolean
  /** Something was removed already, so what stands in the way is no failure. */
  quiet: boolean
}

async function removeRecord(service: Service, image: ImageRecord, way: Way, steps: RemovalStep[]): Promise<number> {
  const { records, events } = service
  const used = service.needs.containersUsing(image.id).length > 0
  try {
    assertRemovable(service, image, { force: way.force, named: true })
  } catch (error) {
    if (way.quiet && (records.namesOf(image.id).length > 0 || used || records.children.has(image.id))) return 0
    throw error
  }
  for (const { name } of records.namesOf(image.id)) untag(service, image, name, steps)
  const blobs = blobsOf(service, image.id)
  records.images.delete(image.id)
  steps.push({ deleted: image.id })
  const { chains, bytes } = await collectImage(service, image, blobs)
  for (const chain of chains) steps.push({ deleted: chain })
  publishImageEvent(events, 'delete', image.id, undefined, image.id)
  const parent = image.parent === undefined ? undefined : records.images.find(image.parent)
  // A step's image that a build stands on right now goes with a later prune.
  if (!way.prune || !parent || records.namesOf(parent.id).length > 0 || service.leases.isHeld(parent.id)) return bytes
  return bytes + (await removeRecord(service, parent, { force: false, prune: true, quiet: true }, steps))
}

/** @throws conflict. `named`: names stand in the way as well. */
function assertRemovable({ records, needs }: Service, image: ImageRecord, { force, named }: { force: boolean; named: boolean }): void {
  const id = shortId(image.id)
  const hard = (why: string) => conflict(`unable to delete ${id} (cannot be forced) - ${why}`)
  const soft = (why: string) => conflict(`unable to delete ${id} (must be forced) - ${why}`)
  if (records.children.has(image.id)) throw hard('image has dependent child images')
  const users = needs.containersUsing(image.id)
  const running = users.find((user) => user.running)
  if (running) throw hard(`image is being used by running container ${shortId(running.id)}`)
  if (force) return
  if (named && records.namesOf(image.id).length > 0) throw soft('image is referenced in multiple repositories')
  if (users[0]) throw soft(`image is being used by stopped container ${shortId(users[0].id)}`)
}

const conflict = (message: string) => new EngineError('conflict', `conflict: ${message}`, { reason: 'image-in-use', hint: 'Remove what uses the image first, or force the removal.' })

/** Removes images that nothing uses: those without a tag, or with `dangling=false` all. */
export async function pruneImages(service: Service, filters: ImageFilters = {}): Promise<{ steps: RemovalStep[]; reclaimed: number }> {
  const { records } = service
  const { danglingOnly, matches } = pruneFilter(filters)
  const steps: RemovalStep[] = []
  let reclaimed = 0
  for (const { id } of childrenFirst(records.images.list())) {
    const image = records.images.find(id)
    if (!image || !matches(image) || !isUnused(service, id)) continue
    const names = records.namesOf(id)
    if (danglingOnly && names.some(({ name }) => isTag(name))) continue
    for (const { name } of names) untag(service, image, name, steps)
    reclaimed += await removeRecord(service, records.images.find(id) ?? image, { force: false, prune: true, quiet: true }, steps)
  }
  service.unfinishedPulls.forgetAll()
  reclaimed += await collectOrphans(service)
  service.events.publish({ type: 'image', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } })
  return { steps, reclaimed }
}

/** Removes those that have no name and that nothing uses, whichever of them stands on which; the others stay. */
export async function removeUnused(service: Service, ids: Iterable<ImageId>): Promise<void> {
  const { records } = service
  for (const { id } of childrenFirst([...ids].flatMap((one) => records.images.find(one) ?? []))) {
    const image = records.images.find(id)
    if (image && isUnused(service, id) && records.namesOf(id).length === 0) await removeRecord(service, image, { force: false, prune: false, quiet: true }, [])
  }
}

/** By an image built on it, a container, or who works with it right now. */
const isUnused = ({ records, needs, leases }: Service, id: ImageId) => !leases.isHeld(id) && !records.children.has(id) && needs.containersUsing(id).length === 0
