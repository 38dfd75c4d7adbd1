import { setTimeout as wait } from 'node:timers/promises'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import type { WireEvent } from '../wire/event.ts'
import { jsonLines } from '../wire/json-lines.ts'
import { demultiplex, undivided } from '../wire/stdcopy.ts'
import type { WireInspect } from '../wire/inspect.ts'

export interface Patience {
  /** Milliseconds that a container without a health check has to go on before it counts as up. */
  settle: number
  /** At least that long for a health check to succeed. */
  healthy: number
}
export const patience: Patience = { settle: 3_000, healthy: 60_000 }

/** Starts a container and resolves when it is up: it goes on for a while, or its health check says so. @throws failed-precondition with what it said when it ended or is unhealthy, deadline-exceeded */
export async function startAndWait(api: EngineApi, id: string, { settle, healthy }: Patience, signal: AbortSignal, onStarted: () => void = () => {}): Promise<void> {
  const leaving = new AbortController()
  const listening = AbortSignal.any([signal, leaving.signal])
  try {
    // Heard from before the start: nothing that happens to it is missed.
    const events = jsonLines<WireEvent>(await api.stream('GET', '/events', { query: { filters: JSON.stringify({ type: ['container'], container: [id] }) }, signal: listening }))
    await api.json('POST', `/containers/${id}/start`, { signal })
    onStarted()
    const { Config, State } = await api.json<WireInspect>('GET', `/containers/${id}/json`, { signal })
    const checked = Config.Healthcheck?.Test?.length && Config.Healthcheck.Test[0] !== 'NONE' ? Config.Healthcheck : undefined
    if (ended(State)) throw await endedBadly(api, id)
    if (checked && State.Health?.Status === 'healthy') return
    const deadline = checked ? Math.max(healthy, ((checked.StartPeriod ?? 0) + ((checked.Interval || 30e9) + (checked.Timeout || 30e9)) * ((checked.Retries || 3) + 1)) / 1e6) : settle
    const races = [verdict(events), wait(deadline, 'late' as const, { signal: listening })]
    // The one that loses is left, which is no news.
    for (const each of races) each.catch(() => {})
    const outcome = await Promise.race(races)
    if (outcome === 'died') throw await endedBadly(api, id)
    if (outcome === 'unhealthy') throw await unhealthy(api, id)
    if (outcome === 'late' && checked) throw new EngineError('deadline-exceeded', `It was not healthy within ${Math.round(deadline / 1000)} seconds.`, { reason: 'not-healthy' })
    // The events may have been cut: what it is now decides.
    const { State: now } = await api.json<WireInspect>('GET', `/containers/${id}/json`, { signal })
    if (ended(now)) throw await endedBadly(api, id)
    if (checked && now.Health?.Status !== 'healthy') throw await unhealthy(api, id)
  } catch (error) {
    throw signal.aborted && !isEngineError(error) ? new EngineError('cancelled', 'Cancelled.') : error
  } finally {
    leaving.abort()
  }
}

const ended = ({ Running }: WireInspect['State']) => !Running

async function verdict(events: AsyncIterable<WireEvent>): Promise<'died' | 'healthy' | 'unhealthy'> {
  for await (const { Action } of events) {
    if (Action === 'die') return 'died'
    if (Action === 'health_status: healthy') return 'healthy'
    if (Action === 'health_status: unhealthy') return 'unhealthy'
  }
  throw new EngineError('unavailable', 'The engine closed its event stream.')
}

async function endedBadly(api: EngineApi, id: string): Promise<EngineError> {
  const { State, Config } = await api.json<WireInspect>('GET', `/containers/${id}/json`)
  const said = await lastWords(api, id, Config.Tty)
  return new EngineError('failed-precondition', `It ended with status ${State.ExitCode ?? 0} right after its start.${State.Error ? ` ${State.Error}` : ''}${said && ` It said: ${said}`}`, { reason: 'ended-at-once', hint: 'Change what it needs to start, then apply again.' })
}

async function unhealthy(api: EngineApi, id: string): Promise<EngineError> {
  const { State } = await api.json<WireInspect>('GET', `/containers/${id}/json`)
  const output = State.Health?.Log?.at(-1)?.Output?.trim()
  return new EngineError('failed-precondition', `Its health check failed.${output ? ` It said: ${output.slice(0, 500)}` : ''}`, { reason: 'not-healthy' })
}

/** The end of its log; empty when there is none to read. */
async function lastWords(api: EngineApi, id: string, tty: boolean | undefined): Promise<string> {
  try {
    const stream = await api.stream('GET', `/containers/${id}/logs`, { query: { stdout: true, stderr: true, tail: 5 } })
    const pieces: Uint8Array[] = []
    for await (const chunks of (tty ? undivided : demultiplex)(stream as AsyncIterable<Uint8Array>)) pieces.push(...chunks.map(({ bytes }) => Buffer.from(bytes)))
    return Buffer.concat(pieces).toString('utf8').trim().split('\n').at(-1)?.slice(0, 300) ?? ''
  } catch {
    return ''
  }
}
