import type { ProgressStep } from '#shared/contract/events.ts'
import type { PullRequest } from '#shared/contract/images.ts'
import { EngineError } from '#shared/errors.ts'
import { parseReference, withDefaultTag, familiarRepository } from '#shared/oci/reference.ts'
import type { EngineApi } from './engine-api.ts'
import type { Operation } from './operation.ts'
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
  const stream = await api.stream('POST', '/images/create', { query, headers: authorization(request), signal })
  for await (const line of jsonLines<WirePullLine>(stream)) {
    if (line.error !== undefined) throw pullFailure(line)
    progress(readStep(line))
  }
  const full = reference.digest ? `${name}@${reference.digest}` : `${name}:${suffix}`
  return (await api.json<WireImageDetail>('GET', `/images/${encodeURI(full)}/json`, { signal })).Id
}

/** X-Registry-Auth is base64url of JSON, as the docker client sends it. */
export function authorization({ credentials, reference }: Pick<PullRequest, 'credentials' | 'reference'>): Record<string, string> | undefined {
  if (!credentials) return undefined
  const auth = { ...credentials, serveraddress: parseReference(reference).registry }
  return { 'X-Registry-Auth': Buffer.from(JSON.stringify(auth)).toString('base64url') }
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
function pullFailure(line: WirePullLine): EngineError {
  const message = line.errorDetail?.message ?? line.error ?? 'The pull failed.'
  const missing = /not found|manifest unknown|name unknown|does not exist/i.test(message)
  const refused = /denied|unauthorized|authentication required/i.test(message)
  const code = refused ? 'unauthorized' : missing ? 'not-found' : 'unavailable'
  const hint = refused ? 'Check the name, or give the user name and password of the registry.' : missing ? 'Check the spelling of the image and its tag.' : 'Check the network and try again; what was downloaded is kept.'
  return new EngineError(code, message, { reason: 'pull-failed', hint, field: 'reference' })
}
