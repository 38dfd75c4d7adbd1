import type { PodTrouble } from '#shared/contract/kubernetes-apply.ts'
import { isEngineError } from '#shared/errors.ts'
import type { KubernetesApi } from './kubernetes-api.ts'
import type { WireObject } from './objects.ts'

interface ContainerStatus {
  name: string
  ready?: boolean
  restartCount?: number
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string; exitCode?: number; message?: string } }
  lastState?: { terminated?: { reason?: string; exitCode?: number } }
}
export interface WirePod extends WireObject {
  status?: { phase?: string; conditions?: { type: string; status: string; reason?: string; message?: string }[]; containerStatuses?: ContainerStatus[]; initContainerStatuses?: ContainerStatus[] }
}

/** Waiting for these is nothing to speak of. */
const usual = new Set(['ContainerCreating', 'PodInitializing'])
const lines = 10

/** What keeps a pod from being ready, as the cluster says it. */
export function troublesOf({ metadata: { name: pod, deletionTimestamp }, status = {} }: WirePod): PodTrouble[] {
  if (deletionTimestamp !== undefined) return []
  const unplaced = (status.conditions ?? []).filter(({ type, status: holds }) => type === 'PodScheduled' && holds === 'False')
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return [
    ...unplaced.map(({ reason = 'Unschedulable', message }) => ({ pod, reason, ...(message && { message }) })),
    ...containers.flatMap(({ name: container, state = {}, lastState }): PodTrouble[] => {
      const { waiting, terminated } = state
      if (waiting?.reason && !usual.has(waiting.reason)) {
        const code = lastState?.terminated?.exitCode
        const message = [waiting.message, waiting.reason === 'CrashLoopBackOff' && code !== undefined ? `exit code ${code}` : undefined].filter(Boolean).join(' · ')
        return [{ pod, container, reason: waiting.reason, ...(message && { message }) }]
      }
      if (terminated && terminated.exitCode !== 0) return [{ pod, container, reason: terminated.reason ?? 'Error', message: [terminated.message, `exit code ${terminated.exitCode}`].filter(Boolean).join(' · ') }]
      return []
    }),
  ]
}

const hasSpoken = new Set(['CrashLoopBackOff', 'Error', 'OOMKilled', 'RunContainerError', 'StartError'])

/** With what a container said before it ended, once for each of its ends. */
export function openLogs(api: KubernetesApi, signal: AbortSignal) {
  const read = new Map<string, Promise<string[]>>()
  return async (troubles: readonly PodTrouble[], pods: ReadonlyMap<string, WirePod>): Promise<PodTrouble[]> =>
    Promise.all(
      troubles.map(async (trouble) => {
        const pod = pods.get(trouble.pod)
        if (!hasSpoken.has(trouble.reason) || trouble.container === undefined || !pod) return trouble
        const restarts = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(({ name }) => name === trouble.container)?.restartCount ?? 0
        const key = `${pod.metadata.uid} ${trouble.container} ${restarts}`
        const log = read.get(key) ?? lastLines(api, pod, trouble.container, signal)
        read.set(key, log)
        const said = await log
        return said.length > 0 ? { ...trouble, log: said } : trouble
      }),
    )
}

/** Of the one before, or, when there is none, of this one; that it cannot be read is no reason to stop. */
async function lastLines(api: KubernetesApi, { metadata: { name, namespace = '' } }: WirePod, container: string, signal: AbortSignal): Promise<string[]> {
  for (const previous of [true, false]) {
    try {
      const text = await api.text(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`, { query: { container, previous, tailLines: lines }, signal })
      const said = text.split('\n').filter((line) => line.trim() !== '')
      if (said.length > 0) return said.slice(-lines)
    } catch (error) {
      if (!isEngineError(error) || error.code === 'cancelled') throw error
    }
  }
  return []
}
