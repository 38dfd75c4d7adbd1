/**
 * Builds: carried out for whichever window asked, heard of by every window, and kept when they are over.
 *
 * A build belongs to the app, not to the page that began it: `start` returns at once, `follow` is the long call that a list of work shows and can
 * cancel, and `output` tells everything from the first step on, whenever it is asked. What is over lies in a folder of the app's own
 * (build-archive.ts), with its Dockerfile, so that the next build can say what changed.
 */
import type { BuildDetail, BuildId, BuildMessage, BuildSummary } from '#shared/contract/builds.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { reviveError } from '#shared/contract/errors.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import { EngineError } from '#shared/errors.ts'
import type { BuildingEngine } from './begin-build.ts'
import type { Operation } from '../operation.ts'
import { openBuildArchive, type BuildArchive, type KeptBuild } from './build-archive.ts'
import { createBuildRunner, type RunningBuild } from './build-runner.ts'
import { compareBuilds, isSameLine } from './build-changes.ts'
import { openBuildFolder, saveDockerfile } from './build-folder.ts'
import { createLiveBuild, type LiveBuild } from './live-build.ts'

export interface Builds extends AsyncDisposable {
  /** Newest first. */
  list(): BuildSummary[]
  onEvent(listener: (event: EngineEvent) => void): () => void
  callsOf(connection: BuildingEngine): Implementation<Contract, Operation>['builds']
  output(id: BuildId, signal: AbortSignal): AsyncIterable<BuildMessage>
}

export async function openBuilds(folder: string): Promise<Builds> {
  const archive = openBuildArchive(folder)
  const summaries = new Map((await archive.readAll()).map(({ summary }) => [summary.id as string, summary]))
  const listeners = new Set<(event: EngineEvent) => void>()
  const emit = (event: EngineEvent) => listeners.forEach((listener) => listener(event))
  const hear = (listener: (event: EngineEvent) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const runner = createBuildRunner(archive, (build) => {
    summaries.set(build.id, build)
    emit({ type: 'build.changed', build })
  })
  const list = () => [...summaries.values()].sort((a, b) => b.startedAt - a.startedAt)
  const find = (id: BuildId): BuildSummary => {
    const summary = summaries.get(id)
    if (summary) return summary
    throw new EngineError('not-found', 'This build is no longer in the history.', { reason: 'no-such-build' })
  }

  async function forget(id: BuildId): Promise<void> {
    if (runner.find(id) || !summaries.delete(id)) return
    await archive.forget(id)
    emit({ type: 'build.removed', id })
  }

  return {
    list,
    onEvent: hear,
    callsOf: (connection) => ({
      list: async () => list(),
      start: (request) => runner.start(connection, request),
      async follow({ id }, operation) {
        const build = runner.find(id)
        if (build) await followBuild(build, hear, operation)
        return resultOf(find(id))
      },
      async cancel({ id }) {
        runner.find(id)?.controller.abort()
        await runner.find(id)?.done
      },
      inspect: ({ id }) => inspect(archive, list(), find(id), runner.find(id)),
      async forget({ ids }) {
        for (const id of ids) await forget(id)
      },
      openFolder: ({ folder: path, dockerfile }) => openBuildFolder(path, dockerfile),
      saveDockerfile,
    }),
    async *output(id, signal) {
      const build = runner.find(id)?.live ?? revived(await archive.read(id), find(id))
      yield* build.listen(signal)
    },
    async [Symbol.asyncDispose]() {
      for (const { controller } of runner.all()) controller.abort()
      await Promise.all(runner.all().map(({ done }) => done))
    },
  }
}

/** Tells the steps of a build until it is over; leaving stops it. */
async function followBuild({ live, controller, done }: RunningBuild, hear: Builds['onEvent'], { signal, progress }: Operation): Promise<void> {
  const stop = () => controller.abort()
  const unhear = hear((event) => {
    if (event.type === 'build.changed' && event.build.id === live.summary.id && event.build.steps > 0) progress({ kind: 'bytes', current: event.build.step - 1, total: event.build.steps })
  })
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  await done.finally(() => {
    unhear()
    signal.removeEventListener('abort', stop)
  })
}

function resultOf(build: BuildSummary): BuildSummary {
  if (build.state.status === 'failed') throw reviveError(build.state.error)
  if (build.state.status === 'cancelled') throw new EngineError('cancelled', 'The build was cancelled.')
  return build
}

/** A build that is over, as if it had just been followed. */
function revived(kept: KeptBuild | undefined, summary: BuildSummary): LiveBuild {
  const news = kept ? [...kept.steps.map((step) => ({ kind: 'step' as const, step })), ...kept.output.map((said) => ({ kind: 'output' as const, ...said }))] : []
  return createLiveBuild(summary, news, true)
}

async function inspect(archive: BuildArchive, all: readonly BuildSummary[], summary: BuildSummary, now: RunningBuild | undefined): Promise<BuildDetail> {
  const kept = now ? undefined : await archive.read(summary.id)
  const dockerfileText = now?.dockerfileText ?? kept?.dockerfileText ?? ''
  const before = all.filter(({ request, startedAt }) => startedAt < summary.startedAt && isSameLine(request, summary.request)).sort((a, b) => b.startedAt - a.startedAt)[0]
  const previous = before && (await archive.read(before.id))
  return {
    ...summary,
    dockerfileText,
    contextFiles: kept?.contextFiles ?? 0,
    contextBytes: kept?.contextBytes ?? 0,
    ...(previous && { changes: compareBuilds(previous, kept ?? { ...summary, dockerfileText, bases: [] }) }),
  }
}
