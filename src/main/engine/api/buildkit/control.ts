import { EngineError } from '#shared/errors.ts'
import { architectureOf } from '#shared/oci/platform.ts'
import { buildFor } from './build.ts'
import { exportResult } from './exporters/exporters.ts'
import type { Call } from './grpc/server.ts'
import type { BuildkitNeeds } from './needs.ts'
import { messages, timestamp, type MessageType, type UsageRecord, type WorkerRecord } from './protocol/messages.ts'
import type { Sessions } from './session/sessions.ts'
import type { Solves } from './solves.ts'
import type { CacheEntry } from '../../services/builder/cache-entries.ts'

/** A call of one message that gets one answer. */
export const unary = <Request, Response>(request: MessageType<Request>, response: MessageType<Response>, answer: (request: Request, call: Call) => Promise<Partial<Response>> | Partial<Response>) => async (call: Call) => {
  await call.send(response.encode(await answer(await only(request, call), call)))
}

/** The one message of a call. */
export async function only<Request>(type: MessageType<Request>, call: Call): Promise<Request> {
  for await (const bytes of call.messages) return type.decode(bytes)
  throw new EngineError('invalid-argument', 'the call has no message')
}

/** `moby.buildkit.v1.Control`: what the engine is, its cache, and builds. */
export function controlMethods(needs: BuildkitNeeds, sessions: Sessions, solves: Solves) {
  return {
    Info: unary(messages.empty, messages.infoResponse, () => ({ buildkitVersion: versionOf(needs) })),
    ListWorkers: unary(messages.empty, messages.listWorkersResponse, () => ({ record: [workerOf(needs)] })),
    Solve: unary(messages.solveRequest, messages.solveResponse, async (request, call) => {
      using solve = solves.open(request, call.signal)
      if (request.Definition && request.Definition.def.length > 0) throw refuseDefinition()
      const image = request.Frontend === '' ? await solve.returned.promise : await buildFor(needs, sessions, solve, withoutOtherFrontends(request.Frontend, request.FrontendAttrs))
      return { ExporterResponse: await exportResult(needs, sessions, solve, image) }
    }),
    async Status(call: Call) {
      const { Ref } = await only(messages.statusRequest, call)
      const progress = await solves.progressOf(Ref, call.signal)
      for await (const update of progress.updates(call.signal)) await call.send(messages.statusResponse.encode(update))
    },
    DiskUsage: unary(messages.empty, messages.diskUsageResponse, async () => ({ record: (await needs.builder.cacheEntries()).map(usageOf) })),
    async Prune(call: Call) {
      const { all, keepBytes, keepDuration, filter } = await only(messages.pruneRequest, call)
      const before = new Map((await needs.builder.cacheEntries()).map((entry) => [entry.id, entry]))
      const { removed } = await needs.builder.prune({ all, filters: { ...filtersOf(filter), ...(keepDuration > 0 && { until: [`${Math.ceil(keepDuration / 1e9)}s`] }) }, ...(keepBytes > 0 && { keep: keepBytes }) })
      for (const id of removed) {
        const entry = before.get(id)
        if (entry) await call.send(messages.usageRecord.encode(usageOf(entry)))
      }
    },
    /** Nothing is kept of a build that is over. */
    async ListenBuildHistory() {},
  }
}

export const refuseDefinition = () => new EngineError('not-implemented', 'this engine builds Dockerfiles; it does not run LLB of other front ends', { hint: 'Use a BuildKit daemon for it: docker buildx create --use.' })

/** A `# syntax=` image is asked for through gateway.v0 by some clients; the file is read by this engine's own parser all the same. */
export function withoutOtherFrontends(frontend: string, attributes: Record<string, string>): Record<string, string> {
  if (frontend === 'dockerfile.v0') return attributes
  if (frontend === 'gateway.v0' && /^(docker\.io\/)?docker\/dockerfile(-upstream)?(:|@|$)/.test(attributes['source'] ?? '')) return attributes
  throw new EngineError('not-implemented', `the front end ${attributes['source'] || frontend} is not supported by this engine`, { hint: 'It builds Dockerfiles.' })
}

const versionOf = (needs: BuildkitNeeds) => ({ package: 'slipway', version: `v${needs.engine().version}`, revision: '' })

/** A client that sees a snapshotter takes it that there are exporters to archives, and pushes by the engine (buildx, driver/docker/driver.go). */
const WORKER_LABELS = { 'org.mobyproject.buildkit.worker.executor': 'slipway', 'org.mobyproject.buildkit.worker.snapshotter': 'overlayfs' }

export const workerOf = (needs: BuildkitNeeds): WorkerRecord => ({
  ID: needs.engine().id,
  Labels: WORKER_LABELS,
  platforms: [{ OS: 'linux', Architecture: architectureOf(process.arch) }],
  BuildkitVersion: versionOf(needs),
})

/** `type==regular` as the filters of a prune: `type=regular`. */
const filtersOf = (filters: readonly string[]) => {
  const pairs = filters.flatMap((filter) => filter.split(',')).map((filter) => /^([\w.]+)={1,2}(.*)$/.exec(filter)).filter((found) => found !== null)
  return Object.fromEntries([...Map.groupBy(pairs, ([, name]) => name!)].map(([name, found]) => [name, found.map(([, , value]) => value!)]))
}

const usageOf = (entry: CacheEntry): Partial<UsageRecord> => ({
  ID: entry.id,
  InUse: entry.inUse,
  Size: entry.size,
  CreatedAt: timestamp(Date.parse(entry.createdAt)),
  ...(entry.lastUsedAt !== undefined && { LastUsedAt: timestamp(Date.parse(entry.lastUsedAt)) }),
  UsageCount: entry.usageCount,
  Description: entry.description,
  RecordType: entry.type,
  Shared: entry.shared,
  Parents: entry.parent === undefined ? [] : [entry.parent],
})
