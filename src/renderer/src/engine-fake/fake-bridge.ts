import type { Bridge, EventFrame } from '#shared/contract/bridge.ts'
import type { ContainerState } from '#shared/contract/containers.ts'
import { serializeError } from '#shared/contract/errors.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { StreamName } from '#shared/contract/streams.ts'
import { EngineError } from '#shared/errors.ts'
import { fakeCalls, fakeStreams } from './fake-answers.ts'
import type { FakeEngine } from './fake-calls.ts'
import { asManager, fakeCluster } from './fake-cluster.ts'
import { asProject } from './fake-compose.ts'
import { fakeSnapshot, type Scene } from './fake-world.ts'

/**
 * An engine that lives in the page: for looking at pages during development (`?fake=some|empty|many|error|reconnecting|starting|first`,
 * `&appearance=`, `&language=`, `&lines=`, `&host=sound` nothing amiss with the machine, `&compose=missing`, `&containers=`, `&churn=` changes a second, `&on=lab` another engine, which manages a cluster, with
 * `&cluster=none|worker|stopped` not) and never part of a build.
 */
export function createFakeBridge(options: URLSearchParams): Bridge {
  const scene = (options.get('fake') || 'some') as Scene
  const settings: Partial<Settings> = { appearance: (options.get('appearance') ?? 'system') as Settings['appearance'], language: (options.get('language') ?? 'system') as Settings['language'] }
  const world = fakeSnapshot(scene, settings, Number(options.get('containers')) || undefined)
  world.containers = asProject(world.containers)
  world.connections = asManager(world.connections)
  if (options.get('on')) world.connection = options.get('on') as string
  /** As the app does: what only the engine knows is refused while it is not there. */
  const away = world.connections.find(({ id }) => id === world.connection)?.state.status !== 'ready'
  const cancelled = new Set<string>()
  let sequence = 1
  let listener: ((frame: EventFrame) => void) | undefined

  const tell = (...events: EngineEvent[]) => listener?.({ kind: 'events', sequence: (sequence += events.length), events })
  const engine: FakeEngine = { world, cancelled, tell }
  const cluster = fakeCluster(engine, options)
  const calls = fakeCalls(engine, options, cluster)
  const streams = fakeStreams(world, options, cluster)

  const churn = Number(options.get('churn') ?? 0)
  if (churn > 0) setInterval(() => tell(...world.containers.slice(0, 500).map((container) => ({ type: 'container.changed' as const, container: { ...container, state: (Math.random() < 0.5 ? { status: 'running', startedAt: Date.now() } : { status: 'exited', code: 0 }) as ContainerState } }))), 1000 / churn)

  return {
    async call(id, path, request) {
      try {
        if (away && !/^(app|settings|connections|compose|registries|build)\.|^engine\.(state|restart|diagnostics)$|\.list$/.test(path)) throw new EngineError('unavailable', 'The engine cannot be reached.', { reason: 'unreachable', hint: 'See why at Engine.' })
        if (!calls[path]) throw new EngineError('not-implemented', `The fake does not answer ${path}.`)
        return { value: await calls[path](request as never, id) }
      } catch (error) {
        return { error: serializeError(error) }
      }
    },
    cancel: (id) => void cancelled.add(id),
    onEvent(next) {
      listener = next
      const snapshot = () => setTimeout(() => next({ kind: 'snapshot', sequence, snapshot: world }), Number(options.get('delay') ?? 0))
      snapshot()
      return { refresh: snapshot, ack: () => undefined, close: () => (listener = undefined) }
    },
    openStream: (name, request, stream) => {
      let port: ReturnType<Bridge['openStream']> | undefined
      const opening = setTimeout(() => (port = streams[name as StreamName](request as never, stream)), 20)
      return {
        send: (message) => port?.send(message),
        ack: () => undefined,
        close() {
          clearTimeout(opening)
          port?.close()
        },
      }
    },
  }
}
