import { formatReference, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { BuildObserver, ObservedStep } from '../../services/builder/build-observer.ts'
import { failureMessage } from './failure.ts'
import { createStatus, now, vertexDigest, type Progress, type ShownStep } from './progress.ts'
import type { Vertex } from './protocol/messages.ts'

/** BuildKit shows what reads or changes files; the rest of a Dockerfile only changes the config. */
const SHOWN: ReadonlySet<ObservedStep['kind']> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR'])
const isShown = (step: ObservedStep) => SHOWN.has(step.kind) || (step.kind === 'FROM' && step.image !== undefined)
const isCounted = (step: ObservedStep) => SHOWN.has(step.kind) || step.kind === 'FROM'

/** The builder's steps as the vertices of a build. */
export function observeSteps(build: string, progress: Progress): BuildObserver {
  const shown = new Map<string, { vertex: Partial<Vertex>; status: ShownStep['status'] }>()
  const update = (id: string, change: Partial<Vertex>) => {
    const step = shown.get(id)
    if (!step) return
    step.vertex = { ...step.vertex, ...change }
    progress.report({ vertexes: [step.vertex] })
  }
  return {
    planned(steps) {
      const names = stepNames(steps)
      const inputs = shownInputs(steps)
      for (const { id } of steps.filter(isShown)) {
        const digest = vertexDigest(build, id)
        shown.set(id, { vertex: { digest, name: names.get(id)!, inputs: inputs(id).map((input) => vertexDigest(build, input)) }, status: createStatus(digest, progress.report) })
      }
      progress.report({ vertexes: [...shown.values()].map(({ vertex }) => vertex) })
    },
    started: (id) => update(id, { started: now() }),
    cached: (id) => update(id, { cached: true }),
    ended: (id, error) => update(id, { completed: now(), ...(error !== undefined && { error: failureMessage(error) }) }),
    output(id, stream, text) {
      const vertex = shown.get(id)?.vertex.digest
      if (vertex !== undefined && text !== '') progress.report({ logs: [{ vertex, timestamp: now(), stream: stream === 'stdout' ? 1 : 2, msg: Buffer.from(text) }] })
    },
    progress(id, { id: layer, status, current, total }) {
      if (layer !== undefined) shown.get(id)?.status(`${status.toLowerCase()} ${layer}`, { current: current ?? 0, ...(total !== undefined && { total }) }, current === undefined)
    },
  }
}

/** `[build 2/5] RUN make`: the stage has its name, or its number when there are several. */
export function stepNames(steps: readonly ObservedStep[]): Map<string, string> {
  const stages = Map.groupBy(steps.filter(isCounted), ({ stage }) => stage.index)
  const names = new Map<string, string>()
  for (const [index, own] of stages) {
    const name = stages.size === 1 ? '' : `${own[0]!.stage.name ?? `stage-${index}`} `
    const width = String(own.length).length
    for (const [position, step] of own.entries()) names.set(step.id, `[${name}${String(position + 1).padStart(width)}/${own.length}] ${wordsOf(step)}`)
  }
  return names
}

function wordsOf(step: ObservedStep): string {
  if (step.kind === 'FROM' && step.image !== undefined) return `FROM ${fullName(step.image)}`
  const [first = '', ...rest] = step.text.trim().split('\n')
  return rest.length === 0 ? first.replace(/\s+/g, ' ') : `${first.replace(/\s+/g, ' ')} (${rest[0]!.trim()}...)`
}

const fullName = (image: string): string => formatReference(withDefaultTag(parseReference(image)))

/** The nearest shown steps below one. */
function shownInputs(steps: readonly ObservedStep[]): (id: string) => string[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const inputs = (id: string): string[] => byId.get(id)!.after.flatMap((below) => (isShown(byId.get(below)!) ? [below] : inputs(below)))
  return (id) => [...new Set(inputs(id))]
}
