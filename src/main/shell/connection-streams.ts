import type { Builds } from '../connections/builds/builds.ts'
import type { Connection } from '../connections/connection.ts'
import { filesOfLayer } from '../connections/image-survey.ts'
import { readLogs } from '../connections/logs.ts'
import { readMergedLogs } from '../connections/merged-logs/merged-logs.ts'
import { readStats } from '../connections/stats.ts'
import { attachTerminal, execTerminal } from '../connections/terminal.ts'
import type { StreamImplementations } from '../ipc/streams.ts'

/** The streams of the engine that is looked at when they are opened. */
export const connectionStreams = (current: () => Connection, builds: Pick<Builds, 'output'>): StreamImplementations => ({
  'builds.output': ({ id }, { signal }) => builds.output(id, signal),
  'images.files': (request, { signal }) => filesOfLayer(current().api, request, signal),
  'containers.logs': (request, { signal }) => readLogs(current(), request, signal),
  'logs.merged': (request, { signal }) => readMergedLogs(current(), request, signal),
  'containers.exec': (request, context) => execTerminal(current(), request, context),
  'containers.attach': (request, context) => attachTerminal(current(), request, context),
  'containers.stats': ({ id }, { signal }) => readStats(current().api, id, signal),
})
