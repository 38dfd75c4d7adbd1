import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { Snapshot } from '#shared/contract/events.ts'
import type { LogSelection, LogSource } from '#shared/contract/logs.ts'
import type { StreamName, StreamsContract } from '#shared/contract/streams.ts'
import { fakeBuildOutput } from './fake-builds.ts'
import { fakeSettingsCalls } from './fake-settings.ts'
import { fakeContainerCalls, fakeOtherCalls, type FakeCalls, type FakeEngine } from './fake-calls.ts'
import { fakeConnectionCalls, fakeEverywhere } from './fake-connections.ts'
import { fakeCluster } from './fake-cluster.ts'
import { fakeComposeCalls, fakeComposeRun } from './fake-compose.ts'
import { fakeEditCalls } from './fake-edit.ts'
import { fakeFileCalls, fakeFileContent } from './fake-files.ts'
import { fakeImageCalls, fakeLayerFiles } from './fake-images.ts'
import { fakeKubernetesCalls } from './fake-kubernetes.ts'
import { fakeContainerFacts, fakeEvents, fakeProcesses, fakeSamples, fakeStats } from './fake-live.ts'
import { fakeNetworkCalls } from './fake-networks.ts'
import { fakeLogs, fakeTerminal } from './fake-streams.ts'
import { fakeUpdateCalls } from './fake-updates.ts'
import { fakeVolumeCalls } from './fake-volumes.ts'
import { fakeHost } from './fake-world.ts'

/** Done, and nothing to answer. */
const silent = ['app.copyText', 'app.notify', 'app.startDrag', 'builds.cancel', 'builds.forget', 'engine.restart', 'files.lift', 'files.makeFolder', 'files.put', 'files.rename', 'files.writeText']

/** Every call of the contract (fake-answers.test.ts) but those that only a desktop can do. */
export const fakeCalls = (engine: FakeEngine, options: URLSearchParams, cluster = fakeCluster(engine, options)): FakeCalls => ({
  ...Object.fromEntries(silent.map((path) => [path, () => undefined])),
  ...fakeContainerCalls(engine),
  ...fakeContainerFacts(),
  ...fakeKubernetesCalls(engine),
  ...fakeEditCalls(engine),
  ...fakeOtherCalls(engine),
  ...(options.get('host') === 'sound' && { 'engine.host': () => ({ ...fakeHost, checks: fakeHost.checks.map(({ id, finding }) => ({ id, finding, status: 'ok' })) }) }),
  ...fakeSettingsCalls(engine),
  ...fakeConnectionCalls(engine, options),
  ...fakeNetworkCalls(engine),
  ...fakeUpdateCalls(engine),
  ...fakeImageCalls(engine),
  ...fakeVolumeCalls(engine),
  ...fakeFileCalls(),
  ...cluster.calls,
  ...fakeComposeCalls(options.get('compose') !== 'missing'),
})

type FakeStreams = { [Name in StreamName]: (request: StreamsContract[Name]['request'], listener: StreamListener) => StreamPort }

export const fakeStreams = (world: Snapshot, options: URLSearchParams, cluster: ReturnType<typeof fakeCluster>): FakeStreams => {
  const find = (id: string) => world.containers.find((one) => one.id === id)
  const running = (id: string) => find(id)?.state.status === 'running'
  const logs = (sources: LogSource[], listener: StreamListener) => fakeLogs(Number(options.get('lines') ?? 1000), Number(options.get('every') ?? 1500), sources, listener)
  return {
    'builds.output': ({ id }, listener) => fakeBuildOutput(world.builds.find((build) => build.id === id), listener),
    'cluster.watch': cluster.watch,
    'compose.run': fakeComposeRun,
    'connections.items': (_request, listener) => fakeEverywhere(world, listener),
    'containers.attach': (_request, listener) => fakeTerminal(listener),
    'containers.events': ({ id }, listener) => fakeEvents(find(id) ?? (world.containers[0] as Snapshot['containers'][number]), listener),
    'containers.exec': (_request, listener) => fakeTerminal(listener),
    'containers.logs': ({ id }, listener) => logs([{ id, name: find(id)?.name ?? id }], listener),
    'containers.processes': (_request, listener) => fakeProcesses(listener),
    'containers.samples': (request, listener) => fakeSamples(request, running, listener),
    'containers.stats': ({ id }, listener) => fakeStats(id, listener),
    'files.read': fakeFileContent,
    'files.upload': (_request, listener) => {
      listener.message({ kind: 'done' }, 0)
      listener.end()
      return { send: () => undefined, ack: () => undefined, close: () => undefined }
    },
    'images.files': ({ layer }, listener) => fakeLayerFiles(layer, listener),
    'logs.merged': (request, listener) => logs(chosenOf(world, request), listener),
  }
}

const chosenOf = ({ containers }: Snapshot, selection: LogSelection): LogSource[] =>
  containers.filter(({ id, name, compose, state }) => selection.containers.some((each) => each === id || each === name) || (compose && selection.projects.includes(compose.project)) || (selection.running && state.status === 'running')).map(({ id, name }) => ({ id, name }))
