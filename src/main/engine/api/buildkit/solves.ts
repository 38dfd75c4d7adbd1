import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import { createProgress, type Progress } from './progress.ts'
import type { SolveRequest } from './protocol/messages.ts'
import { createWaitingRoom } from './waiting-room.ts'

/**
 * One build as its client sees it: `Control.Solve` opens it and waits for its end; meanwhile `Control.Status` tells how it goes, and over the gateway (`LLBBridge`) the client asks for
 * results, of which it returns one. All of them name it by the client's reference.
 */
export interface Solve {
  readonly ref: string
  readonly request: SolveRequest
  readonly signal: AbortSignal
  readonly progress: Progress
  /** Images built so far, by the reference under which the client knows them. */
  readonly results: Map<string, ImageId>
  /** What failed, to be told again when the client returns it. */
  failure?: unknown
  /** Settled by the client's Return. */
  readonly returned: PromiseWithResolvers<ImageId | undefined>
}

export interface Solves {
  open(request: SolveRequest, signal: AbortSignal): Solve & Disposable
  get(ref: string, signal: AbortSignal): Promise<Solve>
  /** Also of one that ended a moment ago. */
  progressOf(ref: string, signal: AbortSignal): Promise<Progress>
}

/** A client asks for progress beside its build, over a stream of its own: a build that is all in the cache may be over before that is heard. BuildKit keeps a history for it. */
const LINGER = 10_000

export function createSolves(): Solves {
  const room = createWaitingRoom<Solve>('build')
  const shown = createWaitingRoom<Progress>('build')
  return {
    open(request, signal) {
      const { Ref: ref } = request
      if (!ref) throw new EngineError('invalid-argument', 'a build needs a reference')
      const progress = createProgress(ref)
      const returned = Promise.withResolvers<ImageId | undefined>()
      const cancelled = () => returned.reject(new EngineError('cancelled', 'the build was cancelled'))
      returned.promise.catch(() => {})
      signal.addEventListener('abort', cancelled)
      const solve: Solve = { ref, request, signal, progress, results: new Map(), returned }
      room.put(ref, solve)
      shown.put(ref, progress)
      return {
        ...solve,
        [Symbol.dispose]() {
          signal.removeEventListener('abort', cancelled)
          progress.end()
          room.remove(ref, solve)
          setTimeout(() => shown.remove(ref, progress), LINGER).unref()
        },
      }
    },
    get: (ref, signal) => room.get(ref, signal),
    progressOf: (ref, signal) => shown.get(ref, signal),
  }
}
