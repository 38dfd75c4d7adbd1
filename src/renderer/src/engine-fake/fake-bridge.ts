import type { Bridge, EventFrame } from '#shared/contract/bridge.ts'
import type { ContainerState } from '#shared/contract/containers.ts'
import { serializeError } from '#shared/contract/errors.ts'
import type { EngineEvent, Snapshot } from '#shared/contract/events.ts'
import type { LogSelection, LogSource } from '#shared/contract/logs.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { fakeContainerCalls, fakeOtherCalls, type FakeCalls, type FakeEngine } from './fake-calls.ts'
import { fakeEditCalls } from './fake-edit.ts'
import { fakeNetworkCalls } from './fake-networks.ts'
import { fakeBuildOutput } from './fake-builds.ts'
import { fakeImageCalls, fakeLayerFiles } from './fake-images.ts'
import { fakeLogs, fakeTerminal } from './fake-streams.ts'
import { fakeSnapshot, type Scene } from './fake-world.ts'

/**
 * An engine that lives in the page: for looking at pages during development (`?fake=some|empty|many|error|reconnecting|starting|first`,
 * `&appearance=`, `&language=`, `&lines=`, `&containers=`, `&churn=` changes a second) and never part of a build.
 */
export function createFakeBridge(options: URLSearchParams): Bridge {
  const scene = (options.get('fake') || 'some') as Scene
  const settings: Partial<Settings> = { appearance: (options.get('appearance') ?? 'system') as Settings['appearance'], language: (options.get('language') ?? 'system') as Settings['language'] }
  const world = fakeSnapshot(scene, settings, Number(options.get('containers')) || undefined)
  const cancelled = new Set<string>()
  let sequence = 1
  let listener: ((frame: EventFrame) => void) | undefined

  const tell = (...events: EngineEvent[]) => listener?.({ kind: 'events', sequence: (sequence += events.length), events })
  const engine: FakeEngine = { world, cancelled, tell }
  const calls: FakeCalls = { ...fakeContainerCalls(engine), ...fakeEditCalls(engine), ...fakeOtherCalls(engine), ...fakeNetworkCalls(engine), ...fakeImageCalls(engine) }

  const churn = Number(options.get('churn') ?? 0)
  if (churn > 0) setInterval(() => tell(...world.containers.slice(0, 500).map((container) => ({ type: 'container.changed' as const, container: { ...container, state: (Math.random() < 0.5 ? { status: 'running', startedAt: Date.now() } : { status: 'exited', code: 0 }) as ContainerState } }))), 1000 / churn)

  return {
    async call(id, path, request) {
      try {
        return { value: await calls[path]?.(request as never, id) }
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
      setTimeout(() => (port = name === 'builds.output' ? fakeBuildOutput(world.builds.find(({ id }) => id === (request as { id: string }).id), stream) : name === 'images.files' ? fakeLayerFiles((request as { layer: number }).layer, stream) : name === 'logs.merged' ? fakeLogs(Number(options.get('lines') ?? 1000), Number(options.get('every') ?? 1500), chosenOf(world, request as LogSelection), stream) : fakeTerminal(stream)), 20)
      return { send: (message) => port?.send(message), ack: () => undefined, close: () => port?.close() }
    },
  }
}

const chosenOf = ({ containers }: Snapshot, selection: LogSelection): LogSource[] =>
  containers.filter(({ id, name, compose, state }) => selection.containers.some((each) => each === id || each === name) || (compose && selection.projects.includes(compose.project)) || (selection.running && state.status === 'running')).map(({ id, name }) => ({ id, name }))
