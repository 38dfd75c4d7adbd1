import type { ImagePlace, MovePlan } from './cluster-move.ts'
import { imagePlaceShape } from './cluster-move.ts'
import { identifier, integer, optional, record, text, truth, type Shape } from './shape.ts'

/** A context of a kubeconfig: a cluster, and who the user is there. */
export interface KubernetesContext {
  name: string
  cluster: string
  server: string
  user: string
  /** Which it says itself. */
  namespace?: string
}
export interface KubernetesContexts {
  contexts: KubernetesContext[]
  /** The one that kubectl would take. */
  current?: string
  /** Where it was looked: KUBECONFIG, or ~/.kube/config. */
  files: string[]
  /** Files, and entries of them, that cannot be used, and why. */
  problems: { file: string; reason: string }[]
}

export interface NamespacesAnswer {
  /** Undefined: whoever one is there may not list them; a name can still be given. */
  names?: string[]
  version: string
}

export interface ApplyTarget {
  context: string
  namespace: string
  /** YAML or JSON, a document per object. */
  text: string
  /** Fields that another program manages are taken from it; else such an object is refused. */
  force: boolean
}

export interface ObjectName {
  apiVersion: string
  kind: string
  name: string
  /** Undefined for what is of the whole cluster. */
  namespace?: string
}
export interface FieldChange {
  /** `spec.replicas`. */
  path: string
  /** As JSON, and shortened; a secret's values are never told. Undefined: not there. */
  before?: string
  after?: string
}
export interface ObjectPlan extends ObjectName {
  change: 'created' | 'changed' | 'unchanged' | 'refused'
  changes: FieldChange[]
  /** Of a refusal, in the server's words. */
  reason?: string
  /** What can be done about it. */
  hint?: string
  /** Refused because another program manages what would change: `force` would take it. */
  conflict?: boolean
}
/** What a server answered that was asked to apply it and to keep nothing of it. */
export interface ApplyPlan extends Pick<MovePlan, 'own'> {
  objects: ObjectPlan[]
  /** Images that this engine has, and of which no registry is known. */
  images: string[]
}

export interface ApplyRequest extends ApplyTarget {
  /** Chosen by whoever asks, unique: by which it is undone. */
  id: string
  /** Of what it is: `project:shop`. */
  subject: string
  /** Where the cluster fetches what is in `ApplyPlan.images`; undefined: the names are left as they are. */
  images?: ImagePlace
  /** Milliseconds to wait until all is ready. */
  patience?: number
}

/** Something that is waited for: a Deployment, a StatefulSet, a DaemonSet, a Job. */
export interface WorkloadStanding extends ObjectName {
  state: 'waiting' | 'ready' | 'failed'
  ready: number
  wanted: number
  /** In words, while it is not ready. */
  troubles: PodTrouble[]
  /** Of the whole, when it has failed. */
  message?: string
}
export interface PodTrouble {
  pod: string
  container?: string
  /** The server's word: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`. */
  reason: string
  message?: string
  /** What it said last, of a container that ends again and again. */
  log?: string[]
}

export type ApplyStep = 'images' | 'objects' | 'waiting'
export interface ApplyProgress {
  kind: 'apply'
  step: ApplyStep
  current: number
  total: number
  subject?: string
  workloads?: WorkloadStanding[]
}

/** An apply as it ended. What has been done of it is told also when it went wrong. */
export interface ApplyAnswer {
  id: string
  applied: (ObjectName & { change: 'created' | 'changed' | 'unchanged' })[]
  workloads: WorkloadStanding[]
  /** All of it is ready. */
  ready: boolean
  /** Why not, if it is not because of a workload. */
  problem?: { message: string; hint?: string }
}

/** What an apply left that can still be undone. */
export interface ApplyRecordSummary {
  id: string
  subject: string
  context: string
  namespace: string
  at: number
  /** It never ended: the app was closed, or died, meanwhile. */
  cut: boolean
  created: ObjectName[]
  changed: ObjectName[]
}
export interface UndoAnswer {
  removed: ObjectName[]
  restored: ObjectName[]
  /** Left as they are, and why. */
  left: (ObjectName & { reason: string })[]
}

export interface KubernetesApplyContract {
  contexts(): Promise<KubernetesContexts>
  namespaces(request: { context: string }): Promise<NamespacesAnswer>
  /** Asks the server, which keeps nothing of it. */
  planApply(request: ApplyTarget): Promise<ApplyPlan>
  apply(request: ApplyRequest): Promise<ApplyAnswer>
  /** Applies that are not undone, and not forgotten. */
  applies(): Promise<ApplyRecordSummary[]>
  undoApply(request: { id: string }): Promise<UndoAnswer>
  /** What it did stays, and it is not offered any more to undo it. */
  forgetApply(request: { id: string }): Promise<void>
}

const target = { context: text(512), namespace: text(253), text: text(5_000_000), force: truth }
const byId = record<{ id: string }>({ id: identifier<string>() })

export const kubernetesApplyShapes = {
  namespaces: record<{ context: string }>({ context: text(512) }),
  planApply: record<ApplyTarget>(target),
  apply: record<ApplyRequest>({ ...target, id: identifier<string>(), subject: text(4200), images: optional(imagePlaceShape), patience: optional(integer(1, 3_600_000)) }) as Shape<ApplyRequest>,
  undoApply: byId,
  forgetApply: byId,
}
