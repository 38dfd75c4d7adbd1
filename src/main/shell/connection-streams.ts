import type { Builds } from '../connections/builds/builds.ts'
import { filesOfLayer } from '../connections/image-survey.ts'
import { readContainerEvents } from '../connections/container-events.ts'
import type { Connection } from '../connections/connection.ts'
import type { Connections } from '../connections/connections.ts'
import { readEverywhere } from '../connections/everywhere.ts'
import { readFile } from '../connections/files/files.ts'
import { receiveUpload } from '../connections/files/upload.ts'
import { watchCluster } from '../connections/cluster/watch.ts'
import { runCompose } from '../connections/compose/compose.ts'
import { readLogs } from '../connections/logs.ts'
import { readMergedLogs } from '../connections/merged-logs/merged-logs.ts'
import { watchProcesses } from '../connections/processes.ts'
import { watchSamples } from '../connections/samples.ts'
import { readStats } from '../connections/stats.ts'
import { attachTerminal, execTerminal } from '../connections/terminal.ts'
import type { StreamImplementations } from '../ipc/streams.ts'

/** The streams of the engine that is looked at when they are opened. */
export const connectionStreams = (current: () => Connection, builds: Pick<Builds, 'output'>, connections: Pick<Connections, 'visit'>): StreamImplementations => ({
  'builds.output': ({ id }, { signal }) => builds.output(id, signal),
  'images.files': (request, { signal }) => filesOfLayer(current().api, request, signal),
  'connections.items': (_request, { signal }) => readEverywhere(connections, signal),
  'containers.logs': (request, { signal }) => readLogs(current(), request, signal),
  'cluster.watch': (_request, { signal }) => watchCluster(current(), signal),
  'compose.run': (request, { signal }) => runCompose(current(), request, signal),
  'logs.merged': (request, { signal }) => readMergedLogs(current(), request, signal),
  'containers.exec': (request, context) => execTerminal(current(), request, context),
  'containers.attach': (request, context) => attachTerminal(current(), request, context),
  'containers.stats': ({ id }, { signal }) => readStats(current().api, id, signal),
  'containers.samples': (request, context) => watchSamples(current().sampler, request, context),
  'containers.events': ({ id }, { signal }) => readContainerEvents(current(), id, signal),
  'containers.processes': ({ id }, { signal }) => watchProcesses(current().api, id, signal),
  'files.read': (request, { signal }) => readFile(current(), request, signal),
  'files.upload': (request, context) => receiveUpload(current(), request, context),
})
