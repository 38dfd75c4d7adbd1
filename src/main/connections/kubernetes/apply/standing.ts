import type { WorkloadStanding } from '#shared/contract/kubernetes-apply.ts'
import { nameOfObject, type WireObject } from './objects.ts'

export type Standing = Pick<WorkloadStanding, 'state' | 'ready' | 'wanted' | 'message'>
interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}
interface WireWorkload extends WireObject {
  spec: { replicas?: number; completions?: number; parallelism?: number; paused?: boolean; updateStrategy?: { type?: string }; selector?: { matchLabels?: Record<string, string> } }
  status?: { observedGeneration?: number; conditions?: Condition[] } & Record<string, unknown>
}

const plurals: Record<string, string> = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets', Job: 'jobs' }

/** What is waited for: kinds of Kubernetes' own that have pods and say how far those are. */
export const isWorkload = ({ kind, apiVersion }: WireObject): boolean => kind in plurals && /^(apps|batch)\/v1$/.test(apiVersion)
export const listOf = ({ apiVersion, kind, metadata: { namespace = '' } }: WireObject): string => `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/${plurals[kind]}`

/** By which its pods are found. A Job's own controller marks them. */
export function podsOf(workload: WireObject): string {
  const { kind, spec, metadata } = workload as WireWorkload
  const labels = kind === 'Job' ? { 'job-name': metadata.name } : (spec.selector?.matchLabels ?? {})
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(',')
}

const count = (value: unknown) => (typeof value === 'number' ? value : 0)

/** How far it is, by the rules of `kubectl rollout status`. */
export function standingOf(object: WireObject): Standing {
  const { kind, spec, status = {}, metadata } = object as WireWorkload
  const { conditions = [] } = status
  const condition = (type: string) => conditions.find((each) => each.type === type)
  // What the controller has not looked at yet says nothing of what was applied.
  const seen = count(status.observedGeneration) >= count(metadata.generation)
  if (kind === 'Job') return jobStanding(object as WireWorkload, condition)
  const wanted = kind === 'DaemonSet' ? count(status['desiredNumberScheduled']) : (spec.replicas ?? 1)
  const [updated, ready] = kind === 'DaemonSet' ? [count(status['updatedNumberScheduled']), count(status['numberAvailable'])] : kind === 'StatefulSet' ? [count(status['updatedReplicas']), count(status['readyReplicas'])] : [count(status['updatedReplicas']), count(status['availableReplicas'])]
  const late = condition('Progressing')
  if (seen && kind === 'Deployment' && late?.reason === 'ProgressDeadlineExceeded') return { state: 'failed', ready, wanted, ...(late.message && { message: late.message }) }
  // One that replaces pods only when they are deleted never has them all updated by itself.
  const replaced = spec.updateStrategy?.type === 'OnDelete' || updated >= wanted
  const old = kind === 'Deployment' && count(status['replicas']) > updated
  return { state: seen && replaced && !old && ready >= wanted ? 'ready' : 'waiting', ready: seen ? Math.min(ready, wanted) : 0, wanted }
}

function jobStanding({ spec, status = {} }: WireWorkload, condition: (type: string) => Condition | undefined): Standing {
  const [wanted, ready] = [spec.completions ?? spec.parallelism ?? 1, count(status['succeeded'])]
  const failed = condition('Failed')
  if (failed?.status === 'True') return { state: 'failed', ready, wanted, ...(failed.message && { message: failed.message }) }
  return { state: condition('Complete')?.status === 'True' ? 'ready' : 'waiting', ready, wanted }
}

export const unknownStanding = (object: WireObject): WorkloadStanding => ({ ...nameOfObject(object), state: 'waiting', ready: 0, wanted: 0, troubles: [] })
