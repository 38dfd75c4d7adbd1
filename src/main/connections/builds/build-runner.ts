import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BuildId, BuildRequest, BuildSummary } from '#shared/contract/builds.ts'
import { EngineError } from '#shared/errors.ts'
import type { BuildingEngine } from './begin-build.ts'
import type { BuildArchive, KeptBuild } from './build-archive.ts'
import { createLiveBuild, type LiveBuild } from './live-build.ts'
import { runBuild, type BuildRun } from './run-build.ts'

/** A build that is under way. */
export interface RunningBuild {
  live: LiveBuild
  controller: AbortController
  /** Resolves when it is over and kept, however it ended. */
  done: Promise<void>
  dockerfileText: string
}

/** Begins builds and sees them to their end; `changed` hears of every step. */
export function createBuildRunner(archive: BuildArchive, changed: (summary: BuildSummary) => void) {
  const running = new Map<string, RunningBuild>()

  async function finish(live: LiveBuild, run: BuildRun, dockerfileText: string): Promise<void> {
    changed((live.summary = { ...live.summary, state: run.state }))
    live.end()
    // A history that cannot be written costs no build.
    await archive.keep(toKept(live, run, dockerfileText)).catch((error: unknown) => console.error('the build could not be kept', error))
    running.delete(live.summary.id)
  }

  return {
    find: (id: BuildId) => running.get(id),
    all: () => [...running.values()],
    async start(engine: BuildingEngine, request: BuildRequest): Promise<BuildSummary> {
      const dockerfileText = await readDockerfile(request)
      const live = createLiveBuild(firstSummary(request))
      const controller = new AbortController()
      const work = runBuild(engine, request, controller.signal, (news, { current, steps, cached }) => {
        live.add(news)
        if (news.some(({ kind }) => kind === 'step')) changed((live.summary = { ...live.summary, step: current?.number ?? 0, steps, cached }))
      })
      running.set(live.summary.id, { live, controller, dockerfileText, done: work.then((run) => finish(live, run, dockerfileText)) })
      changed(live.summary)
      return live.summary
    },
  }
}

async function readDockerfile({ folder, dockerfile = 'Dockerfile' }: BuildRequest): Promise<string> {
  return readFile(join(folder, dockerfile), 'utf8').catch((cause: unknown) => {
    throw new EngineError('not-found', `There is no ${dockerfile} in ${folder}.`, { reason: 'no-dockerfile', hint: 'Write one and save it, or choose another file.', field: 'dockerfile', cause })
  })
}

/** Sorts by time in a folder listing. */
const newId = (): BuildId => `${Date.now().toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`

const firstSummary = (request: BuildRequest): BuildSummary => ({ id: newId(), name: request.tags[0] ?? basename(request.folder), request, startedAt: Date.now(), state: { status: 'running' }, step: 0, steps: 0, cached: 0 })

function toKept({ summary, steps, output }: LiveBuild, { steps: { bases }, context }: BuildRun, dockerfileText: string): KeptBuild {
  return { id: summary.id, startedAt: summary.startedAt, request: summary.request, summary, dockerfileText, bases: [...bases], contextFiles: context.files, contextBytes: context.bytes, steps: steps(), output: output() }
}
