import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PushRequest } from '#shared/contract/images.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { familiarRepository, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { EngineApi } from './engine-api.ts'
import { fullDisk } from './full-disk.ts'
import type { Operation } from './operation.ts'
import { readStep, type WirePullLine } from './pull.ts'
import { isRefusal, signInNeeded } from './registries/sign-in-needed.ts'
import { jsonLines } from './wire/json-lines.ts'

const pushPhases: Record<string, string> = { Preparing: 'Waiting', Pushing: 'Downloading', Pushed: 'Pull complete', 'Layer already exists': 'Already exists', 'Mounted from': 'Already exists' }

/** Sends a tag to its registry. */
export async function pushImage(api: EngineApi, request: PushRequest, { signal, progress }: Operation): Promise<void> {
  const reference = withDefaultTag(parseReference(request.reference))
  const stream = await api.stream('POST', `/images/${encodeURI(familiarRepository(reference))}/push`, { query: { tag: reference.tag }, registry: reference.registry, body: {}, signal })
  for await (const line of jsonLines<WirePullLine>(stream)) {
    if (line.error !== undefined) throw pushFailure(line, reference.registry)
    const status = Object.entries(pushPhases).find(([said]) => line.status?.startsWith(said))?.[1]
    progress(readStep(status === undefined ? line : { ...line, status }))
  }
}

function pushFailure(line: WirePullLine, registry: string): EngineError {
  const message = line.errorDetail?.message ?? line.error ?? 'The push failed.'
  if (isRefusal(message)) return signInNeeded(message, registry, { field: 'reference' })
  return new EngineError('unavailable', message, { reason: 'push-failed', hint: 'Check the network and that the registry answers, then try again; layers that were sent are kept there.', field: 'reference' })
}

/** Writes beside the file and takes its place when whole. */
export async function saveImages(api: EngineApi, { ids, path }: { ids: string[]; path: string }, { signal, progress }: Operation): Promise<{ bytes: number }> {
  assertAbsolute(path)
  const unfinished = `${path}.part`
  let bytes = 0
  try {
    const archive = await api.stream('GET', '/images/get', { query: { names: ids }, signal })
    const counted = counting((current) => progress({ kind: 'bytes', current: (bytes = current) }))
    await pipeline(archive, counted, createWriteStream(unfinished, { mode: 0o644 }), { signal })
    await rename(unfinished, path)
    return { bytes }
  } catch (error) {
    await rm(unfinished, { force: true })
    const failure = fileFailure(error, path, signal)
    throw failure instanceof EngineError ? failure : brokenOff(failure)
  }
}

/** Whatever an engine finds while it sends, it can only hang up. */
const brokenOff = (cause: unknown) => new EngineError('data-loss', `The engine broke off while it sent the image (${messageOf(cause)}).`, { reason: 'save-cut', hint: 'Try again. If it breaks off again, a part of the image may be damaged: check everything that is kept.', cause })

export async function loadImages(api: EngineApi, path: string, operation: Operation): Promise<{ names: string[] }> {
  const names: string[] = []
  try {
    for await (const line of sendFile(api, '/images/load', { quiet: false }, path, operation)) {
      const name = /^Loaded image(?: ID)?: (.+)$/m.exec(line.stream ?? '')?.[1]
      if (name) names.push(name.trim())
    }
  } catch (error) {
    throw error instanceof EngineError && withoutImages.test(error.message) ? noImages(path, error) : error
  }
  if (names.length === 0) throw noImages(path)
  return { names }
}

/** What engines say of an archive that is one of files: ours, Docker's, and Docker's of before 25. */
const withoutImages = /neither manifest\.json nor index\.json|does not contain a manifest\.json|repositories: no such file/i
const noImages = (path: string, cause?: unknown) => new EngineError('invalid-argument', `${path} holds no images.`, { reason: 'no-images-inside', hint: 'Is it an archive of files? Then import it as one layer.', cause })

export async function importImage(api: EngineApi, { path, reference }: { path: string; reference?: string }, operation: Operation): Promise<{ id: string }> {
  const named = reference === undefined ? undefined : withDefaultTag(parseReference(reference))
  let id = ''
  for await (const line of sendFile(api, '/images/create', { fromSrc: '-', repo: named && familiarRepository(named), tag: named?.tag }, path, operation)) id = line.status?.startsWith('sha256:') ? line.status.trim() : id
  return { id }
}

type Line = WirePullLine & { stream?: string }

async function* sendFile(api: EngineApi, path: string, query: Record<string, string | boolean | undefined>, file: string, { signal, progress }: Operation): AsyncGenerator<Line> {
  assertAbsolute(file)
  const { size: total } = await stat(file).catch((error: unknown) => {
    throw fileFailure(error, file, signal)
  })
  const source = Readable.from(createReadStream(file).compose(counting((current) => progress({ kind: 'bytes', current, total }))), { objectMode: false })
  try {
    for await (const line of jsonLines<Line>(await api.stream('POST', path, { query, source, signal }))) {
      if (line.error !== undefined) throw fullDisk(line.errorDetail?.message ?? line.error) ?? new EngineError('invalid-argument', line.errorDetail?.message ?? line.error, { reason: 'bad-archive', hint: 'Is the file whole, and an archive that docker save or an export made?' })
      yield line
    }
  } finally {
    source.destroy()
  }
}

/** Tells of what passes, ten times a second at most. */
function counting(tell: (bytes: number) => void): Transform {
  let bytes = 0
  let due = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (performance.now() >= due) {
        due = performance.now() + 100
        tell(bytes)
      }
      done(null, chunk)
    },
    flush(done) {
      tell(bytes)
      done()
    },
  })
}

function assertAbsolute(path: string): void {
  if (!isAbsolute(path)) throw new EngineError('invalid-argument', `${path} is not a whole path.`, { reason: 'relative-path', hint: 'Give the whole path, from / on.', field: 'path' })
}

const fileReasons: Record<string, [code: 'not-found' | 'forbidden' | 'resource-exhausted' | 'invalid-argument', what: string, hint: string]> = {
  ENOENT: ['not-found', 'is not there', 'Check the path; the folder must exist.'],
  EACCES: ['forbidden', 'may not be used by this user', 'Choose another place, or change its permissions.'],
  EPERM: ['forbidden', 'may not be used by this user', 'Choose another place, or change its permissions.'],
  EROFS: ['forbidden', 'is on a disk that cannot be written', 'Choose another place.'],
  ENOSPC: ['resource-exhausted', 'does not fit on the disk', 'Free some room, or choose another disk.'],
  EISDIR: ['invalid-argument', 'is a folder', 'Give the name of a file.'],
}

function fileFailure(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new EngineError('cancelled', 'Cancelled.')
  const [code, what, hint] = fileReasons[(error as NodeJS.ErrnoException).code ?? ''] ?? []
  return code && what ? new EngineError(code, `${path} ${what} (${messageOf(error)}).`, { reason: `file-${(error as NodeJS.ErrnoException).code ?? ''}`, hint, field: 'path', cause: error }) : error
}
