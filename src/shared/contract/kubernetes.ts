import { hostPath } from './files.ts'
import { identifier, list, literal, nothing, record, text, variant, type Shapes } from './shape.ts'
import type { ContainerId } from './containers.ts'
import { kubernetesApplyShapes, type KubernetesApplyContract } from './kubernetes-apply.ts'

/** Containers as they are (those of one compose service are one workload), or a compose file on the app's machine. */
export type ManifestSource = { kind: 'containers'; containers: ContainerId[] } | { kind: 'compose'; file: string }

/** What does not travel to a cluster, or is another thing there. */
export interface ManifestRemark {
  kind: 'bind' | 'claim' | 'shared-claim' | 'claim-each' | 'volumes-from' | 'image' | 'secret' | 'file-there' | 'missing' | 'user' | 'shared-network' | 'networks' | 'renamed' | 'links' | 'loopback' | 'depends' | 'restarts' | 'rights' | 'unsaid'
  /** Whom it is about. */
  service: string
  /** Paths, volumes, names, options. */
  what: string
}
export interface Manifests {
  /** YAML, a document per object. */
  text: string
  remarks: ManifestRemark[]
}

export interface KubernetesContract extends KubernetesApplyContract {
  /** @throws compose-refused, at `file`, when compose does not take the file */
  manifests(request: { source: ManifestSource }): Promise<Manifests>
  /** On the app's machine. */
  save(request: { text: string; target: string }): Promise<void>
}

const source = variant<ManifestSource>('kind', {
  containers: record({ kind: literal('containers'), containers: list(identifier<ContainerId>(), 500) }),
  compose: record({ kind: literal('compose'), file: text(4096) }),
} as never)

export const kubernetesShapes: Shapes<KubernetesContract> = {
  ...kubernetesApplyShapes,
  contexts: nothing,
  applies: nothing,
  manifests: record<{ source: ManifestSource }>({ source }),
  save: record<{ text: string; target: string }>({ text: text(5_000_000), target: hostPath }),
}
