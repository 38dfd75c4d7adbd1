import type { ProgressStep } from '#shared/contract/events.ts'
import type { PullRequest } from '#shared/contract/images.ts'
import { EngineError } from '#shared/errors.ts'
import { parseReference, withDefaultTag, familiarRepository } from '#shared/oci/reference.ts'
import type { EngineApi } from './engine-api.ts'
import { fullDisk } from './full-disk.ts'
import type { Operation } from './operation.ts'
import { isRefusal, signInNeeded } from './registries/sign-in-needed.ts'
import type { WireImageDetail } from './wire/image.ts'
import { jsonLines } from './wire/json-lines.ts'

/** A line of POST /images/create. Layers have an id; everything else is for people. */
export interface WirePullLine {
  status?: string
  id?: string
  progressDetail?: { current?: number; total?: number } | null
  error?: string
  errorDetail?: { message?: string }
}

/** Pulls, telling each step; leaving (`signal`) makes the engine stop. @returns the id that the reference now names. */
export async function pullImage(api: EngineApi, request: PullRequest, { signal, progress }: Operation): Promise<string> {
  const reference = withDefaultTag(parseReference(request.reference))
  const name = familiarRepository(reference)
  const suffix = reference.digest ?? reference.tag ?? 'latest'
  const query = { fromImage: name, tag: suffix, platform: request.platform }
  const stream = await api.stream('POST', '/images/create', { query, registry: reference.registry, signal })
  for await (const line of jsonLines<WirePullLine>(stream)) {
    if (line.error !== undefined) throw pullFailure(line, reference.registry)
    progress(readStep(line))
  }
  const full = reference.digest ? `${name}@${reference.digest}` : `${name}:${suffix}`
  return (await api.json<WireImageDetail>('GET', `/images/${encodeURI(full)}/json`, { signal })).Id
}

const layerPhases: Record<string, Extract<ProgressStep, { kind: 'layer' }>['phase']> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'verifying',
  'Download complete': 'verifying',
  Extracting: 'extracting',
  'Pull complete': 'done',
  'Already exists': 'exists',
}

export function readStep({ status = '', id, progressDetail }: WirePullLine): ProgressStep {
  const phase = id !== undefined && Object.hasOwn(layerPhases, status) ? layerPhases[status] : undefined
  if (!id || !phase) return { kind: 'message', text: id ? `${id}: ${status}` : status }
  const { current, total } = progressDetail ?? {}
  return { kind: 'layer', id, phase, ...(current !== undefined && { current }), ...(total !== undefined && { total }) }
}

/** The status line was sent long ago: what failed is told in the stream. */
function pullFailure(line: WirePullLine, registry: string): EngineError {
  const message = line.errorDetail?.message ?? line.error ?? 'The pull failed.'
  if (isRefusal(message)) return signInNeeded(message, registry, { field: 'reference' })
  const full = fullDisk(message)
  if (full) return full
  const missing = /not found|manifest unknown|name unknown|does not exist/i.test(message)
  const hint = missing ? 'Check the spelling of the image and its tag.' : 'Check the network and try again; what was downloaded is kept.'
  return new EngineError(missing ? 'not-found' : 'unavailable', message, { reason: 'pull-failed', hint, field: 'reference' })
}
