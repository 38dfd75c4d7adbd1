import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type ClientRequest, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** An engine that somebody else started, and that listens already. */
export interface RunningEngine {
  /** From its lock file; undefined when that does not say. */
  readonly pid: number | undefined
  /** As it says it; undefined for an engine that is none of ours. */
  readonly version: string | undefined
  /** Settles when it no longer answers. */
  readonly ended: Promise<void>
  /** Ends it and waits until it no longer answers. */
  end(): Promise<void>
  /** Stops watching it. */
  leave(): Promise<void>
}

interface Place {
  socketPath: string
  lockFile: string
}

const PING_DEADLINE = 5_000
const RETRY = 250

/** The engine that answers on the socket, if one does. It is watched by its own event stream, so that nothing is polled. */
export async function findRunningEngine(place: Place): Promise<RunningEngine | undefined> {
  if (!(await answers(place.socketPath))) return undefined
  const version = await versionOf(place.socketPath)
  const leaving = new AbortController()
  const ended = watch(place.socketPath, leaving.signal)
  const pid = pidIn(place.lockFile)
  return {
    pid,
    version,
    ended,
    async end() {
      if (pid !== undefined) process.kill(pid, 'SIGTERM')
      await ended
    },
    async leave() {
      leaving.abort()
    },
  }
}

/** Resolves when the engine is gone; never, once left. */
async function watch(socketPath: string, leaving: AbortSignal): Promise<void> {
  do {
    await untilCut(socketPath, leaving)
    if (leaving.aborted) return await new Promise<never>(() => {})
    // An engine too busy for one more stream is still an engine.
    await delay(RETRY, undefined, { signal: leaving }).catch(() => {})
  } while (await answers(socketPath))
}

async function untilCut(socketPath: string, signal: AbortSignal): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ type: ['daemon'] }))
  const request = get({ socketPath, path: `/events?filters=${filters}`, headers: { Host: 'engine' }, signal })
  try {
    const response = await responseTo(request)
    response.resume()
    await once(response, 'close')
  } catch {
    return
  } finally {
    request.destroy()
  }
}

async function answers(socketPath: string): Promise<boolean> {
  const request = get({ socketPath, path: '/_ping', headers: { Host: 'engine', Connection: 'close' }, timeout: PING_DEADLINE })
  request.on('timeout', () => request.destroy(new Error('no answer')))
  try {
    const response = await responseTo(request)
    response.resume()
    return response.statusCode === 200
  } catch {
    return false
  }
}

async function versionOf(socketPath: string): Promise<string | undefined> {
  const request = get({ socketPath, path: '/version', headers: { Host: 'engine', Connection: 'close' }, timeout: PING_DEADLINE })
  request.on('timeout', () => request.destroy(new Error('no answer')))
  try {
    const { Platform, Version } = (await json(await responseTo(request))) as { Platform?: { Name?: string }; Version?: string }
    return Platform?.Name === 'Slipway' ? Version : undefined
  } catch {
    return undefined
  }
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  request.on('error', () => {}) /* after the response; before it, `once` rejects */
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  return response
}

function pidIn(lockFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10)
    return pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}
