import type { BuildStep } from '#shared/contract/builds.ts'
import type { ImageId } from '#shared/contract/images.ts'

/** A line of POST /build. `errorDetail.line` is told by Slipway's own engine, and `aux.Context` by its /slipway/build. */
export interface WireBuildLine {
  stream?: string
  aux?: { ID?: ImageId; Context?: { Files: number; Bytes: number } } | null
  status?: string
  id?: string
  progressDetail?: { current?: number; total?: number } | null
  error?: string
  errorDetail?: { message?: string; code?: number; line?: number; hint?: string }
}

export type BuildNews = { kind: 'step'; step: BuildStep } | { kind: 'output'; step: number; text: string }

export interface StepReader {
  /** Takes a piece of what the engine said. @returns what is to be told of it. */
  read(line: WireBuildLine): BuildNews[]
  /** What the last step ended as. */
  end(state: 'done' | 'failed' | 'stopped'): BuildNews[]
  readonly steps: number
  readonly current: BuildStep | undefined
  readonly cached: number
  /** FROM lines and the images they turned out to be, shortened as the engine shortens them. */
  readonly bases: { name: string; image: string }[]
}

const STEP = /^Step (\d+)\/(\d+) : (.*)$/s
const RESULT = /^ ---> ([0-9a-f]{12})$/
const NOISE = /^ ---> (?:[0-9a-f]{12}|Running in [0-9a-f]{12})?$|^(?: ---> )?Removed intermediate container [0-9a-f]{12}$|^Removing intermediate container [0-9a-f]{12}$/

/** Makes steps out of what the classic builder says: "Step 2/5 : RUN …", "---> Using cache", output, "---> 3f2a…". */
export function createStepReader(now: () => number = Date.now): StepReader {
  let current: BuildStep | undefined
  let steps = 0
  let cached = 0
  let progressShown = ''
  const bases: { name: string; image: string }[] = []

  function finish(state: BuildStep['state']): BuildNews[] {
    if (!current || current.state !== 'running') return []
    current = { ...current, state, finishedAt: now() }
    return [{ kind: 'step', step: current }]
  }

  function readLine(text: string, ending: string): BuildNews[] {
    const begun = STEP.exec(text)
    if (begun) {
      const told = finish('done')
      steps = Number(begun[2])
      current = { number: Number(begun[1]), text: begun[3] ?? '', state: 'running', cached: false, startedAt: now() }
      return [...told, { kind: 'step', step: current }]
    }
    if (!current) return []
    if (text === ' ---> Using cache') {
      cached++
      current = { ...current, cached: true }
      return [{ kind: 'step', step: current }]
    }
    const base = /^FROM\s+(?:--\S+\s+)*(\S+)/i.exec(current.text)?.[1]
    const image = RESULT.exec(text)?.[1]
    if (base && image) bases.push({ name: base, image })
    return NOISE.test(text) || (text === '' && ending === '') ? [] : [{ kind: 'output', step: current.number, text: text + ending }]
  }

  function readStream(text: string): BuildNews[] {
    const parts = text.split(/(?<=\n)/)
    return parts.flatMap((part) => (part.endsWith('\n') ? readLine(part.slice(0, -1).replace(/\r$/, ''), '\n') : readLine(part, '')))
  }

  /** A pull tells each layer many times a second; a person wants to read it once. */
  function readStatus({ id, status = '' }: WireBuildLine): BuildNews[] {
    const text = id ? `${id}: ${status}` : status
    if (!current || text === progressShown || /^(?:Downloading|Extracting|Verifying|Waiting)/.test(status)) return []
    progressShown = text
    return [{ kind: 'output', step: current.number, text: `${text}\n` }]
  }

  return {
    read: (line) => (line.stream !== undefined ? readStream(line.stream) : line.status !== undefined ? readStatus(line) : []),
    end: (state) => finish(state),
    get steps() {
      return steps
    },
    get current() {
      return current
    },
    get cached() {
      return cached
    },
    bases,
  }
}
