import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import { shortId, type ImageId } from '#shared/oci/digest.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import type { Manifest } from '#shared/oci/manifest.ts'
import { formatPlatform } from '#shared/oci/platform.ts'
import { familiarName, formatReference, parseReference, withDefaultTag, type Reference } from '#shared/oci/reference.ts'
import type { Lease } from '../../core/leases/leases.ts'
import { assertIsImage, parseManifest } from '../../core/registry/parse-manifest.ts'
import type { FetchedManifest, Repository } from '../../core/registry/registry.ts'
import { chainsOf } from './chains.ts'
import { chooseManifest, isPlatform } from './choose-platform.ts'
import { dropDamaged } from './drop-damaged.ts'
import { fetchBlob } from './fetch-blob.ts'
import type { PullOptions, PullResult } from './images-service.ts'
import type { Service } from './service.ts'
import { parseConfig } from './read-config.ts'
import { registerImage } from './register.ts'
import { publishImageEvent } from './tag-events.ts'
import { rememberRepository } from './repositories.ts'
import { cancelled } from './shared-work.ts'
import { unpackLayer, type LayerToUnpack } from './unpack.ts'

/** Brings an image here: whole with all its layers unpacked, or not at all. What a cut or cancelled pull received is taken up by the next. */
export async function pullImage(service: Service, name: string, options: PullOptions = {}): Promise<PullResult> {
  const reference = parseReference(name)
  if (!options.allTags) {
    const result = await pullOne(service, withDefaultTag(reference), options)
    reportStatus(withDefaultTag(reference), result.newer, options)
    return result
  }
  if (reference.tag !== undefined || reference.digest !== undefined) throw new EngineError('invalid-argument', 'tag can\'t be used with --all-tags/-a', { reason: 'tag-with-all-tags' })
  const tags = await service.registry.repository(reference, options.auth).tags(options.signal)
  let last: PullResult | undefined
  let newer = false
  for (const tag of tags) {
    last = await pullOne(service, { ...reference, tag }, options)
    newer ||= last.newer
  }
  if (!last) throw new EngineError('not-found', `no tags in repository ${name}`, { reason: 'no-tags' })
  reportStatus(reference, newer, options)
  return { ...last, newer }
}

const reportStatus = (reference: Reference, newer: boolean, { onProgress }: PullOptions) => onProgress?.({ status: `Status: ${newer ? 'Downloaded newer image' : 'Image is up to date'} for ${familiarName(reference)}` })

async function pullOne(service: Service, reference: Reference, options: PullOptions): Promise<PullResult> {
  using lease = service.leases.open(`pull ${formatReference(reference)}`)
  const repository = service.registry.repository(reference, options.auth)
  const report = options.onProgress ?? (() => {})

  const root = await repository.manifest(reference.digest !== undefined ? { digest: reference.digest } : { tag: reference.tag! }, options.signal)
  report({ id: reference.digest ?? reference.tag!, status: `Pulling from ${reference.repository}` })
  lease.hold(root.descriptor.digest)
  const { descriptor, manifest } = await choose(service, repository, reference, root, lease, options)
  const config = await fetchConfig(service, repository, manifest, lease, options)
  assertWanted(config, reference, options)
  // Of an image that is here whole nothing is said of its layers.
  if (!service.records.images.find(manifest.config.digest)) {
    service.unfinishedPulls.note(reference, [root.descriptor.digest, descriptor.digest, manifest.config.digest, ...manifest.layers.map(({ digest }) => digest)], config.rootfs.diff_ids)
    await fetchLayers(service, repository, manifest, config, lease, options)
  } else await fetchLost(service, repository, manifest, config, options)
  const newer = await record(service, reference, root, descriptor, manifest.config.digest as string as ImageId, config)

  report({ status: `Digest: ${root.descriptor.digest}` })
  return { id: manifest.config.digest as string as ImageId, digest: root.descriptor.digest, newer }
}

/** The manifest of this platform; an index is kept beside it, as the name's digest is the index's. */
async function choose(service: Service, repository: Repository, reference: Reference, root: FetchedManifest, lease: Lease, options: PullOptions): Promise<{ descriptor: Descriptor; manifest: Manifest }> {
  const parsed = parseManifest(root.content, root.descriptor.mediaType)
  if (parsed.kind === 'manifest') return { descriptor: root.descriptor, manifest: await keep(service, root, parsed.manifest) }
  const chosen = chooseManifest(parsed.index, options.platform ?? service.platform, familiarName(reference))
  lease.hold(chosen.digest)
  const fetched = await repository.manifest({ digest: chosen.digest }, options.signal)
  if (fetched.descriptor.size !== chosen.size) throw new EngineError('data-loss', `manifest ${chosen.digest} has ${fetched.descriptor.size} bytes instead of ${chosen.size}`, { reason: 'size-mismatch' })
  const inner = parseManifest(fetched.content, chosen.mediaType)
  if (inner.kind === 'index') throw new EngineError('invalid-argument', `the index of ${familiarName(reference)} holds another index where an image is expected`, { reason: 'nested-index' })
  await service.content.put(root.content)
  const { mediaType, digest, size } = chosen
  return { descriptor: { mediaType, digest, size }, manifest: await keep(service, fetched, inner.manifest) }
}

async function keep(service: Service, fetched: FetchedManifest, manifest: Manifest): Promise<Manifest> {
  assertIsImage(manifest)
  if (service.records.images.find(manifest.config.digest)) await dropDamaged(service, fetched.descriptor.digest)
  await service.content.put(fetched.content)
  return manifest
}

async function fetchConfig(service: Service, repository: Repository, { config, layers }: Manifest, lease: Lease, options: PullOptions): Promise<ImageConfig> {
  lease.hold(config.digest)
  if (service.records.images.find(config.digest)) await dropDamaged(service, config.digest)
  await fetchBlob({ content: service.content, repository, descriptor: config, signal: options.signal ?? NEVER })
  const parsed = parseConfig(await service.content.read(config))
  if (parsed.rootfs.diff_ids.length !== layers.length)
    throw new EngineError('invalid-argument', `invalid rootfs in image configuration: ${parsed.rootfs.diff_ids.length} diff IDs for ${layers.length} layers`, { reason: 'invalid-config' })
  return parsed
}

function assertWanted(config: ImageConfig, reference: Reference, { platform }: PullOptions): void {
  if (config.os !== 'linux') throw new EngineError('invalid-argument', `image operating system "${config.os}" cannot be used on this platform`, { reason: 'wrong-os' })
  if (platform && !isPlatform(config, platform))
    throw new EngineError('not-found', `image with reference ${familiarName(reference)} was found but does not match the specified platform: wanted ${formatPlatform(platform)}, actual: ${formatPlatform(config)}`, { reason: 'no-platform' })
}

/** An image that is here may have lost packed layers, to a disk's errors and the doctor: they come again, and its files stay as they are. */
async function fetchLost(service: Service, repository: Repository, { layers }: Manifest, { rootfs }: ImageConfig, { signal = NEVER, onProgress = () => {} }: PullOptions): Promise<void> {
  const lost = layers.filter(({ digest }, index) => service.records.layers.find(rootfs.diff_ids[index]!)?.blob?.digest === digest && !service.content.has(digest))
  await Promise.all(lost.map((blob) => download(service, repository, plain(blob), signal, onProgress)))
}

/** Every layer by its own: downloads three at a time, unpacks as they arrive, commits from the bottom up. */
async function fetchLayers(service: Service, repository: Repository, manifest: Manifest, config: ImageConfig, lease: Lease, options: PullOptions): Promise<void> {
  const chains = chainsOf(config.rootfs.diff_ids)
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const jobs = chains.map((chain, index) => {
    lease.hold(chain)
    lease.hold(manifest.layers[index]!.digest)
    const layer = { chain, parent: chains[index - 1], diffId: config.rootfs.diff_ids[index]!, blob: plain(manifest.layers[index]!) }
    const job = fetchLayer(service, repository, layer, { ...options, signal })
    job.catch(() => stop.abort())
    return job
  })
  const results = await Promise.allSettled(jobs)
  const failed = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown)
  const cause = failed.find((error) => !(error instanceof EngineError && error.code === 'cancelled')) ?? failed[0]
  if (cause !== undefined) throw cause
}

async function fetchLayer(service: Service, repository: Repository, layer: LayerToUnpack, options: PullOptions): Promise<void> {
  const id = shortId(layer.blob.digest)
  const report = options.onProgress ?? (() => {})
  if (service.snapshots.has(layer.chain)) return report({ id, status: 'Already exists' })
  report({ id, status: 'Pulling fs layer' })
  await service.shared.join(`layer/${layer.chain}`, options, async (signal, tell) => {
    const fetchAndUnpack = async () => {
      await download(service, repository, layer.blob, signal, tell)
      await unpackLayer(service, layer, () => parentOf(service, layer, signal), { signal, report: tell })
    }
    await fetchAndUnpack().catch(async (error: unknown) => {
      if (!(isEngineError(error, 'data-loss') || isEngineError(error, 'invalid-argument')) || !(await dropDamaged(service, layer.blob.digest))) throw error
      await fetchAndUnpack()
    })
    tell({ id, status: 'Pull complete' })
  })
}

/** Resolves when the layer below is committed. Its work is joined rather than the caller's view of it, since that caller may leave. */
async function parentOf(service: Service, { parent }: LayerToUnpack, signal: AbortSignal): Promise<void> {
  if (parent === undefined || service.snapshots.has(parent)) return
  await service.shared.join(`layer/${parent}`, { signal }, () => Promise.reject(cancelled()))
}

async function download(service: Service, repository: Repository, blob: Descriptor, signal: AbortSignal, tell: NonNullable<PullOptions['onProgress']>): Promise<void> {
  const id = shortId(blob.digest)
  if (service.content.has(blob.digest)) return tell({ id, status: 'Download complete' })
  if (service.downloads.isFull) tell({ id, status: 'Waiting' })
  await service.shared.join(`blob/${blob.digest}`, { signal, onProgress: tell }, async (inner, report) => {
    using _place = await service.downloads.enter()
    let last = 0
    await fetchBlob({
      content: service.content,
      repository,
      descriptor: blob,
      signal: inner,
      onBytes: (current) => {
        if (performance.now() - last < 100) return
        last = performance.now()
        report({ id, status: 'Downloading', current, total: blob.size })
      },
    })
    report({ id, status: 'Verifying Checksum' })
    report({ id, status: 'Download complete' })
  })
}

/** Gives the image its names. True when the name did not stand for this image before. */
async function record(service: Service, reference: Reference, root: FetchedManifest, manifest: Descriptor, id: ImageId, config: ImageConfig): Promise<boolean> {
  const { records, events } = service
  const { digest: _, ...tagged } = reference
  const { tag: __, ...bare } = reference
  const pinned = formatReference({ ...bare, digest: root.descriptor.digest })
  const target = plain(root.descriptor)
  const names = reference.digest === undefined ? [formatReference(tagged), pinned] : [pinned]
  const newer = records.names.find(names[0]!)?.image !== id
  const image = records.transaction(() => {
    service.unfinishedPulls.forget(reference)
    return registerImage(records, { id, config, manifest, names: names.map((name) => ({ name, target })) })
  })
  for (const diffId of config.rootfs.diff_ids) rememberRepository(records, diffId, reference)
  publishImageEvent(events, 'pull', familiarName(reference), image, familiarName({ registry: reference.registry, repository: reference.repository }))
  return newer
}

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size })
const NEVER = new AbortController().signal
