import type { ContainerRecord } from '../../services/containers/record.ts'
import { isAlive, lastEnd } from '../../services/containers/state.ts'
import { durationText } from './duration-text.ts'

export const NO_TIME = '0001-01-01T00:00:00Z'

/** `State` of inspect. */
export function stateJson(record: ContainerRecord) {
  const { state } = record
  const end = lastEnd(state)
  const failure = state.status === 'created' ? state.failure : end?.failure
  const alive = isAlive(state)
  return {
    Status: state.status,
    Running: alive || state.status === 'restarting',
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: end?.oomKilled ?? false,
    Dead: false,
    Pid: alive ? state.pid : 0,
    ExitCode: failure?.code ?? end?.code ?? 0,
    Error: failure?.message ?? '',
    StartedAt: alive ? state.startedAt : (end?.startedAt ?? NO_TIME),
    FinishedAt: end?.finishedAt ?? NO_TIME,
    ...(record.health ? { Health: healthJson(record) } : {}),
  }
}

function healthJson({ health }: ContainerRecord) {
  return {
    Status: health?.status ?? 'none',
    FailingStreak: health?.failingStreak ?? 0,
    Log: (health?.log ?? []).map((probe) => ({ Start: probe.start, End: probe.end, ExitCode: probe.exitCode, Output: probe.output })),
  }
}

/** The STATUS column of docker ps. */
export function statusText(record: ContainerRecord, now: number): string {
  const { state, health } = record
  const since = (time: string) => durationText(Math.max(0, now - Date.parse(time)))
  switch (state.status) {
    case 'created':
      return 'Created'
    case 'removing':
      return 'Removal In Progress'
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${state.code}) ${since(state.finishedAt)} ago`
    case 'exited':
      return `Exited (${state.failure?.code ?? state.code}) ${since(state.failure?.at ?? state.finishedAt)} ago`
    case 'running':
      return `Up ${since(state.startedAt)}${health ? ` (${health.status === 'starting' ? 'health: starting' : health.status})` : ''}`
  }
}
