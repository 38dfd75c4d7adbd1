import { stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { BuildRequest } from '#shared/contract/builds.ts'
import { isEngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import { archiveContext } from './context-archive.ts'
import type { WireBuildLine } from './step-reader.ts'

export type BuildingEngine = Pick<Connection, 'api' | 'hostFacts'>

/** Of what the folder holds for the build. */
export interface ContextCounts {
  files: number
  bytes: number
}

export interface BegunBuild extends Disposable {
  answer: IncomingMessage
  /** As far as they are known by this line. */
  counts(line: WireBuildLine): ContextCounts
}

/** An engine of ours that sees the folder reads it itself, and only what has changed since it was built last; any other is sent all of it. */
export const beginBuild = async (engine: BuildingEngine, request: BuildRequest, signal: AbortSignal): Promise<BegunBuild> => (await nameFolder(engine, request, signal)) ?? sendFolder(engine, request, signal)

/** Refusals of an engine that is elsewhere, or of an older version, or may not read what this user may. */
const TO_BE_SENT: ReadonlySet<string> = new Set(['other-folder', 'no-route', 'context-unreadable'])

/** Undefined: it has to be sent. */
async function nameFolder({ api, hostFacts }: BuildingEngine, request: BuildRequest, signal: AbortSignal): Promise<BegunBuild | undefined> {
  const found = hostFacts && (await stat(request.folder, { bigint: true }).catch(() => undefined))
  if (!found) return undefined
  try {
    const place = { folder: request.folder, device: String(found.dev), inode: String(found.ino) }
    const answer = await api.stream('POST', '/slipway/build', { query: { ...queryOf(request), ...place }, body: {}, registry: 'every', signal })
    let counts: ContextCounts = { files: 0, bytes: 0 }
    return {
      answer,
      counts: ({ aux }) => (aux?.Context ? (counts = { files: aux.Context.Files, bytes: aux.Context.Bytes }) : counts),
      [Symbol.dispose]: () => {},
    }
  } catch (error) {
    if (isEngineError(error) && TO_BE_SENT.has(error.reason ?? '')) return undefined
    throw error
  }
}

/** The reading of the folder may fail before the engine has answered: its error says more than the broken request's. */
async function sendFolder({ api }: BuildingEngine, request: BuildRequest, signal: AbortSignal): Promise<BegunBuild> {
  const context = await archiveContext(request.folder, request.dockerfile ?? 'Dockerfile', signal)
  let unreadable: unknown
  context.archive.once('error', (error) => (unreadable = error))
  try {
    const answer = await api.stream('POST', '/build', { query: queryOf(request), source: context.archive, registry: 'every', signal })
    return { answer, counts: () => ({ files: context.files, bytes: context.bytes }), [Symbol.dispose]: () => void context.archive.destroy() }
  } catch (error) {
    context.archive.destroy()
    throw unreadable ?? error
  }
}

/** `t` may be there several times; the transport writes each of a list. */
const queryOf = ({ dockerfile, tags, args, target, platform, noCache, pull }: BuildRequest) => ({
  version: 1,
  rm: true,
  forcerm: true,
  dockerfile: dockerfile ?? 'Dockerfile',
  t: tags,
  buildargs: JSON.stringify(args ?? {}),
  target,
  platform,
  nocache: noCache,
  pull,
})
