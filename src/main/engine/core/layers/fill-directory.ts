import { createHash } from 'node:crypto'
import { readFileSync, statfsSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { release } from '#base/release.ts'
import { fromSystemError } from '#base/system-error.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import { CanonicalHash } from './canonical-hash.ts'
import { LayerTree, type LayerTreeOptions } from './apply-layer.ts'
import type { Chunks } from './diff-layer.ts'
import { FileDigests } from './file-digests.ts'
import type { Job } from './jobs.ts'
import type { AppliedLayer, CopiedFiles, TakenFiles, UnpackedFiles } from './layers.ts'
import { TarReader, type TarHandler } from './tar-reader.ts'
import { keptXattrs } from './tar-writer.ts'

/** The jobs that put files into a directory: a layer's, files that are listed, an archive's that is of no image. */

// RootlessKit's user namespace maps fewer ids than all of them.
const inUserNamespace = !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))

type JobOf<Kind extends Job['kind']> = Job & { kind: Kind }

export async function apply(job: JobOf<'apply'>, pieces: AsyncIterable<Buffer>): Promise<AppliedLayer & { implied: string[] }> {
  const hash = createHash('sha256')
  let size = 0
  const hashed = async function* () {
    for await (const piece of pieces) {
      size += piece.length
      hash.update(piece)
      yield piece
    }
  }
  const tree = await fill(job, hashed())
  const diffId = `sha256:${hash.digest('hex')}` as AppliedLayer['diffId']
  if (job.expected !== undefined && diffId !== job.expected)
    throw new EngineError('data-loss', `layer verification failed: diff ID is ${diffId}, the image config says ${job.expected}`, { reason: 'wrong-diff-id', hint: 'The image is damaged or was tampered with; nothing of it was kept.' })
  return { diffId, size, contentSize: tree.contentSize, implied: [...tree.implied] }
}

export async function take(job: JobOf<'take'>, pieces: AsyncIterable<Buffer>): Promise<TakenFiles> {
  const canonical = new CanonicalHash()
  const tree = await fill({ ...job, beside: canonical }, pieces)
  const known = isCertainOf(tree, job) ? canonical.finish() : undefined
  return { implied: [...tree.implied], ...(known && { layer: { ...known, contentSize: tree.contentSize } }) }
}

export async function copy(job: JobOf<'copy'>, chunks: Chunks): Promise<CopiedFiles> {
  const digests = new FileDigests()
  // Listed in order, this archive is the one that diff writes, so that its bytes need not be made again for the hash.
  const hash = createHash('sha256')
  let size = 0
  const hashed = function* () {
    for (const chunk of chunks as Iterable<Buffer>) {
      size += chunk.length
      if (!job.digests) hash.update(chunk)
      yield chunk
    }
  }
  const moved = new Map(job.listed.flatMap(({ path, source, type, mayMove }) => (mayMove && source !== undefined && type === 'file' ? [[path, source]] : [])))
  const tree = await fill({ directory: job.directory, whiteouts: job.whiteouts, moved, ...(job.digests && { digests }) }, hashed())
  if (job.digests || !isCertainOf(tree, job)) return { digests: digests.found }
  return { digests: digests.found, layer: { diffId: `sha256:${hash.digest('hex')}` as AppliedLayer['diffId'], size, contentSize: tree.contentSize } }
}

/** Whether the directory, which was empty, holds just what the archive said. */
const isCertainOf = (tree: LayerTree, { directory, whiteouts }: JobOf<'take' | 'copy'>): boolean => tree.exact && whiteouts !== 'remove' && !givesAttributes(directory)

/** Access control lists that all that is made in a directory starts with (acl(5)). */
const givesAttributes = (directory: string): boolean => keptXattrs(loadSyscalls(), directory).has('system.posix_acl_default')

export async function unpack(job: JobOf<'unpack'>, pieces: AsyncIterable<Buffer>): Promise<UnpackedFiles> {
  const digests = new FileDigests()
  await fill({ directory: job.directory, whiteouts: 'remove', refuseWhiteouts: job.refuseWhiteouts, digests }, pieces)
  return { digests: digests.found }
}

interface Filling extends Pick<LayerTreeOptions, 'whiteouts' | 'refuseWhiteouts' | 'moved' | 'digests'> {
  directory: string
  /** Bytes of the largest file, and of all. */
  limit?: number
  /** Sees what the tree sees. */
  beside?: TarHandler
}

async function fill({ directory, limit = Infinity, beside, whiteouts, refuseWhiteouts, moved, digests }: Filling, pieces: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<LayerTree> {
  const { bavail, bsize } = statfsSync(directory)
  const room = bavail * bsize
  const tree = new LayerTree(directory, { whiteouts, syscalls: loadSyscalls(), fileLimit: limit, inUserNamespace, ...(refuseWhiteouts && { refuseWhiteouts }), ...(moved && { moved }), ...(digests && { digests }) })
  const reader = new TarReader(beside ? both(beside, tree) : tree)
  let size = 0
  try {
    for await (const piece of pieces) {
      size += piece.length
      if (size > limit) throw tooLarge(limit)
      if (size > room) throw new EngineError('resource-exhausted', `no space left on the disk: the layer has more than the ${room} bytes that are free`, { reason: 'ENOSPC', hint: 'Free space on the disk, or do not trust the image.' })
      if (!reader.ended) reader.write(piece)
      release(piece)
    }
    reader.end()
    tree.finish()
    return tree
  } catch (error) {
    tree.abandon()
    throw fromSystemError(error, 'cannot unpack the layer')
  }
}

const both = (first: TarHandler, second: TarHandler): TarHandler => ({
  entry: (entry) => (first.entry(entry), second.entry(entry)),
  data: (chunk, offset) => (first.data(chunk, offset), second.data(chunk, offset)),
  complete: () => (first.complete(), second.complete()),
})

const tooLarge = (limit: number) => new EngineError('resource-exhausted', `the layer has more than ${limit} bytes uncompressed`, { reason: 'layer-too-large', hint: 'Do not trust the image.' })
