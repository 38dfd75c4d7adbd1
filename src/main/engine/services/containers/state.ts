/** Times are RFC 3339 with nanoseconds. */
export type ContainerState =
  /** Never ran, or its first start failed: `failure` says why. */
  | { status: 'created'; failure?: StartFailure }
  | { status: 'running'; pid: number; startedAt: string }
  /** `passing`: for as long as the engine does something with it; nobody asked for it. */
  | { status: 'paused'; pid: number; startedAt: string; passing?: true }
  /** Ended, and the restart policy will start it again. */
  | ({ status: 'restarting' } & Ended)
  | ({ status: 'exited' } & Ended)
  /** `volumes`: its anonymous ones too. */
  | { status: 'removing'; last: Exclude<ContainerState, { status: 'removing' }>; volumes?: boolean }

export interface StartFailure {
  message: string
  /** As Docker reports it: 127 not found, 126 not executable, 128 otherwise. */
  code: number
  at: string
}

export interface Ended {
  code: number
  oomKilled: boolean
  startedAt: string
  finishedAt: string
  /** Why a later start failed. */
  failure?: StartFailure
}

/** Has a task. */
export const isAlive = (state: ContainerState): state is Extract<ContainerState, { status: 'running' | 'paused' }> => state.status === 'running' || state.status === 'paused'

/** How it ended last, if it ever ran. */
export const lastEnd = (state: ContainerState): Ended | undefined => {
  if (state.status === 'exited' || state.status === 'restarting') return state
  return state.status === 'removing' ? lastEnd(state.last) : undefined
}
