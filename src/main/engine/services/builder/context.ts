import { createReadStream, openSync, readFileSync, closeSync, constants, fstatSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { batchesOf, chunksOf } from '#base/batches.ts'
import { writeAll } from '#base/disk.ts'
import { endedBy } from '#base/ended-by.ts'
import { createIgnoreMatcher, type IgnoreMatcher } from '../../core/dockerfile/dockerfile.ts'
import { decompressed } from '../../core/layers/decompress.ts'
import type { BuildRequest, ContextSource } from './builder.ts'
import { digestsOnce } from './context-state.ts'
import type { KnownDigests } from './copy/copied-entries.ts'
import { cloneRepository, isGitUrl } from './git-source.ts'
import { machineFolder } from './machine-folder.ts'
import { LARGEST_IN_MEMORY, useMemory } from './memory-tree.ts'
import type { BuilderContext } from './needs.ts'
import { fetchFile } from './remote-file.ts'
import { openTemporaryTree, type TreePlace } from './temporary-tree.ts'

/** The input tree of a build on disk, gone when disposed. */
export interface OpenedContext extends AsyncDisposable {
  folder: string
  /** Of contents that an earlier build has read. */
  digests: KnownDigests | undefined
  dockerfile: string
  ignored: IgnoreMatcher
}

const DOCKERFILE_LIMIT = 4 * 2 ** 20

/** @throws EngineError invalid-argument, not-found (no Dockerfile), unavailable (URL) */
export async function openContext(context: BuilderContext, request: BuildRequest): Promise<OpenedContext> {
  await using undo = new AsyncDisposableStack()
  const opened = undo.use(await openSource(context, request.context, request.signal))
  const found = await findDockerfile(context, request, opened)
  const kept = undo.move()
  return { folder: opened.folder, digests: opened.digests, ...found, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function findDockerfile(context: BuilderContext, request: BuildRequest, opened: OpenedSource): Promise<Pick<OpenedContext, 'dockerfile' | 'ignored'>> {
  if (request.dockerfileText !== undefined) return { dockerfile: request.dockerfileText, ignored: createIgnoreMatcher('') }
  const name = request.context.kind === 'remote' && opened.lone ? 'Dockerfile' : request.dockerfile
  if (posix.normalize(request.dockerfile).startsWith('../')) throw new EngineError('invalid-argument', `forbidden path outside the build context: ${request.dockerfile} ()`, { field: 'dockerfile' })
  // As Docker's daemon: who names no file may have written its name in small letters.
  const dockerfile = readInside(context, opened.folder, name) ?? (name === 'Dockerfile' ? readInside(context, opened.folder, 'dockerfile') : undefined)
  if (dockerfile === undefined) throw new EngineError('not-found', `Cannot locate specified Dockerfile: ${request.dockerfile}`, { hint: 'Name it with -f, relative to the build context.' })
  if (dockerfile.trim() === '') throw new EngineError('invalid-argument', `the Dockerfile (${name}) cannot be empty`, { reason: 'dockerfile', hint: 'Begin it with FROM.' })
  const ignore = readInside(context, opened.folder, `${request.dockerfile}.dockerignore`) ?? readInside(context, opened.folder, '.dockerignore') ?? ''
  return { dockerfile, ignored: createIgnoreMatcher(ignore) }
}

interface OpenedSource extends AsyncDisposable {
  folder: string
  digests: KnownDigests | undefined
  /** It was a Dockerfile and nothing else. */
  lone: boolean
}

/** The files of a source on disk. */
export async function openSource(context: BuilderContext, source: ContextSource, signal: AbortSignal): Promise<OpenedSource> {
  if (source.kind === 'folder' || source.kind === 'machine') {
    const folder = source.kind === 'folder' ? source : machineFolder(source.place, signal, source.counted)
    return { lone: false, ...(await context.keptContexts.open(folder, signal)) }
  }
  return openTemporaryTree({ temporary: context.layout.temporary, layers: context.layers }, (place) => fillTree(context, source, signal, place))
}

/** Puts there what the source gives. */
async function fillTree(context: BuilderContext, source: Exclude<ContextSource, { kind: 'folder' | 'machine' }>, signal: AbortSignal, { work, folder, undo }: TreePlace): Promise<Pick<OpenedSource, 'folder' | 'digests' | 'lone'>> {
  const archive = join(work, 'context.tar')
  let further: Readable | undefined
  if (source.kind === 'tar') {
    further = await writeBeginning(await decompressed(source.stream), archive, LARGEST_IN_MEMORY, signal)
  } else if (isGitUrl(source.url)) {
    const subfolder = await cloneRepository(context.host, source.url, folder, { keepGitDir: true, signal })
    return { folder: join(folder, subfolder), digests: undefined, lone: false }
  } else {
    const file = await fetchFile(source.url, join(work, 'download'), signal)
    if (/^text\/plain|dockerfile/.test(file.contentType)) {
      await rename(file.path, join(folder, 'Dockerfile'))
      return { folder, digests: undefined, lone: true }
    }
    await rename(file.path, archive)
  }
  const release = further ? undefined : useMemory(context, folder, (await stat(archive)).size)
  if (release) undo.defer(release)
  const { digests } = await context.layers.unpack(further ?? archive, folder, { signal, own: true })
  await rm(archive)
  return { folder, digests: digestsOnce(folder, digests), lone: false }
}

/** Writes the stream into the file, or little more of it than `most` bytes; then the result is all of it, from the file and on. */
async function writeBeginning(stream: Readable, path: string, most: number, signal: AbortSignal): Promise<Readable | undefined> {
  const batches = batchesOf(endedBy(signal, stream))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => batches.return(undefined).then(() => {}))
  await using file = await open(path, 'wx', 0o600)
  for (let size = 0; size <= most; ) {
    const { value: batch, done } = await batches.next()
    if (done) return undefined
    await writeAll(file, batch)
    size = batch.reduce((sum, { length }) => sum + length, size)
  }
  undo.move()
  return Readable.from(goOn(path, batches), { objectMode: false })
}

async function* goOn(path: string, batches: AsyncGenerator<Buffer[]>): AsyncGenerator<Buffer> {
  try {
    yield* chunksOf(createReadStream(path))
    for await (const batch of batches) yield* batch
  } finally {
    await batches.return(undefined)
  }
}

/** A file of the tree, links followed inside it only. Undefined when it is not there. */
function readInside(context: BuilderContext, folder: string, name: string): string | undefined {
  const root = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const fd = context.host.syscalls.openInRoot(root, name, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(fd)
      if (!stat.isFile() || stat.size > DOCKERFILE_LIMIT) throw new EngineError('invalid-argument', `${name} is not a file of less than 4 MiB`)
      return readFileSync(fd, 'utf8')
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (error instanceof EngineError && error.reason === 'ENOENT') return undefined
    throw error
  } finally {
    closeSync(root)
  }
}
