import type { ApplyAnswer, ApplyPlan, ApplyRecordSummary, ApplyRequest, KubernetesContexts, ObjectName, UndoAnswer, WorkloadStanding } from '#shared/contract/kubernetes-apply.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

const object = (kind: string, name: string, apiVersion = 'v1'): ObjectName => ({ apiVersion, kind, name, namespace: 'shop' })

const contexts: KubernetesContexts = {
  contexts: [
    { name: 'workshop', cluster: 'workshop', server: 'https://10.0.12.5:6443', user: 'ada', namespace: 'shop' },
    { name: 'arn:aws:eks:eu-west-1:123456789012:cluster/production', cluster: 'production', server: 'https://0A1B2C3D4E5F.gr7.eu-west-1.eks.amazonaws.com', user: 'ada' },
    { name: 'unreachable', cluster: 'old', server: 'https://192.168.9.9:6443', user: 'ada' },
  ],
  current: 'workshop',
  files: ['/home/ada/.kube/config'],
  problems: [{ file: '/home/ada/.kube/config', reason: 'context lab: no cluster named lab with a server' }],
}
const plan = (namespace: string, force: boolean): ApplyPlan => ({
  objects: [
    { ...object('Secret', 'storefront-env'), change: 'changed', changes: [{ path: 'data.SESSION_SECRET', before: '•••', after: '•••' }] },
    { ...object('Service', 'storefront'), change: 'unchanged', changes: [] },
    { ...object('Deployment', 'storefront', 'apps/v1'), change: 'changed', changes: [{ path: 'spec.template.spec.containers[storefront].image', before: 'ghcr.io/acme/storefront:2025.11.2', after: 'ghcr.io/acme/storefront:2025.12.0' }, { path: 'spec.replicas', before: '2', after: '3' }] },
    { ...object('StatefulSet', 'database', 'apps/v1'), change: 'created', changes: [] },
    ...(namespace === 'refusing' ? [{ ...object('Deployment', 'worker', 'apps/v1'), change: 'refused' as const, changes: [], reason: 'deployments.apps "worker" is forbidden: User "ada" cannot patch resource "deployments" in API group "apps" in the namespace "refusing"', hint: 'Somebody who administers the cluster can allow it, or choose a namespace where it is allowed.' }] : []),
    ...(namespace === 'contested' && !force ? [{ ...object('Deployment', 'worker', 'apps/v1'), change: 'refused' as const, changes: [], conflict: true, reason: '.spec.replicas: conflict with "kubectl-client-side-apply" using apps/v1' }] : []),
  ],
  images: ['acme/admin:dev'],
  own: { on: false, loopback: true, addresses: ['192.168.1.23:5055', 'workshop:5055'], password: false },
})
const standing = (kind: string, name: string, ready: number, wanted: number, more: Partial<WorkloadStanding> = {}): WorkloadStanding => ({ ...object(kind, name, 'apps/v1'), state: ready === wanted ? 'ready' : 'waiting', ready, wanted, troubles: [], ...more })
const crash = { pod: 'worker-6f7c9d-x2x8k', container: 'worker', reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container · exit code 1', log: ['worker: connecting to database:5432', 'worker: no password for user “shop”: giving up'] }
const frames: WorkloadStanding[][] = [
  [standing('Deployment', 'storefront', 0, 3), standing('StatefulSet', 'database', 0, 1), standing('Deployment', 'worker', 0, 2)],
  [standing('Deployment', 'storefront', 1, 3, { troubles: [{ pod: 'storefront-7d9c-8kq2x', container: 'storefront', reason: 'ImagePullBackOff', message: 'Back-off pulling image "acme/admin:dev"' }] }), standing('StatefulSet', 'database', 0, 1, { troubles: [{ pod: 'database-0', reason: 'Unschedulable', message: '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.' }] }), standing('Deployment', 'worker', 0, 2, { troubles: [crash] })],
  [standing('Deployment', 'storefront', 3, 3), standing('StatefulSet', 'database', 1, 1), standing('Deployment', 'worker', 1, 2, { troubles: [crash] })],
]

/** A namespace named `broken` never gets ready, `refusing` refuses an object, `contested` has one that another manages, `halfway` stops in the middle. */
export const fakeApplyCalls = ({ tell, cancelled }: FakeEngine): FakeCalls => {
  let records: ApplyRecordSummary[] = [{ id: 'former', subject: 'project:shop', context: 'workshop', namespace: 'shop', at: Date.now() - 3_600_000, cut: false, created: [object('Service', 'storefront')], changed: [] }]
  return {
    'kubernetes.contexts': () => contexts,
    'kubernetes.namespaces': async ({ context }: { context: string }) => {
      await wait(200)
      return context === 'workshop' ? { version: 'v1.34.1', names: ['default', 'kube-system', 'shop', 'staging'] } : { version: 'v1.33.4' }
    },
    'kubernetes.planApply': async ({ context, namespace, force }: ApplyRequest) => {
      await wait(400)
      if (context === 'unreachable') throw new EngineError('unavailable', 'The cluster at https://192.168.9.9:6443 cannot be reached (connect EHOSTUNREACH 192.168.9.9:6443).', { reason: 'cluster-unreachable', hint: 'Check that it runs, and that this machine reaches it.', field: 'context' })
      if (namespace === 'absent') throw new EngineError('not-found', 'The cluster has no namespace named absent.', { reason: 'no-namespace', field: 'namespace', hint: 'Choose another, or have it made there.' })
      return plan(namespace, force)
    },
    'kubernetes.apply': async ({ id, subject, context, namespace }: ApplyRequest, callId: string): Promise<ApplyAnswer> => {
      const applied: ApplyAnswer['applied'] = [{ ...object('Secret', 'storefront-env'), change: 'changed' }, { ...object('Service', 'storefront'), change: 'unchanged' }, { ...object('Deployment', 'storefront', 'apps/v1'), change: 'changed' }, { ...object('StatefulSet', 'database', 'apps/v1'), change: 'created' }]
      records = [{ id, subject, context, namespace, at: Date.now(), cut: false, created: [applied[3]!], changed: [applied[0]!, applied[2]!] }, ...records]
      const step = async (progress: object) => {
        tell({ type: 'progress', callId, step: { kind: 'apply', current: 0, total: 1, ...progress } as never })
        await wait(500)
        if (cancelled.has(callId)) throw new EngineError('cancelled', 'Cancelled.')
      }
      await step({ step: 'images', subject: 'acme/admin:dev' })
      for (const [current, each] of applied.entries()) await step({ step: 'objects', current, total: applied.length, subject: `${each.kind} ${each.name}` })
      if (namespace === 'halfway') return { id, applied: applied.slice(0, 2), workloads: [], ready: false, problem: { message: 'Deployment storefront was refused: Deployment.apps "storefront" is invalid: spec.replicas: Invalid value: -1', hint: '2 of 4 objects were applied before it.' } }
      for (const workloads of frames) for (let at = 0; at < 4; at++) await step({ step: 'waiting', current: workloads.filter(({ state }) => state === 'ready').length, total: workloads.length, workloads })
      const workloads = namespace === 'broken' ? frames[2]! : frames[2]!.map((each) => ({ ...each, state: 'ready' as const, ready: each.wanted, troubles: [] }))
      return { id, applied, workloads, ready: namespace !== 'broken' }
    },
    'kubernetes.applies': () => records,
    'kubernetes.undoApply': async ({ id }: { id: string }): Promise<UndoAnswer> => {
      await wait(600)
      const found = records.find((each) => each.id === id)
      records = records.filter((each) => each.id !== id)
      return { removed: found?.created ?? [], restored: found?.changed.slice(1) ?? [], left: (found?.changed ?? []).slice(0, 1).map((each) => ({ ...each, reason: 'Somebody has changed it meanwhile.' })) }
    },
    'kubernetes.forgetApply': ({ id }: { id: string }) => void (records = records.filter((each) => each.id !== id)),
  }
}
