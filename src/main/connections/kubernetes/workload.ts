import type { ManifestRemark } from '#shared/contract/kubernetes.ts'
import type { Settings } from '../recipe/settings.ts'

/**
 * What a cluster is to run: a container as it was told, or a service of a compose project, which is brought into the same words (from-compose.ts). What is
 * made of it (manifests.ts and the files beside it) is pure.
 */
export interface Workload {
  settings: Settings
  replicas: number
  /** It belongs to a project, whose others reach it by its name at any port. */
  project?: string
  /** Further names by which those reach it. */
  aliases: string[]
  dependsOn: { service: string; condition: string }[]
  /** It is meant to end. */
  ends: boolean
  /** Files of a compose project: its configs and secrets. */
  files: WorkloadFile[]
  /** No registry is known to have its image. */
  local: boolean
  /** Keys of the compose file that were left out because there is no word for them there. */
  unsaid: string[]
}
export interface WorkloadFile {
  name: string
  target: string
  secret: boolean
  /** Undefined: there already. */
  value?: string
}

export interface Port {
  name: string
  inside: number
  /** By which it was published; else the same as inside. */
  outside: number
  protocol: string
  /** Reached from outside of the machine. */
  open: boolean
  /** On this machine's own address only. */
  loopback: boolean
}

export const workloadOf = (settings: Settings, more: Partial<Workload> = {}): Workload => ({ replicas: 1, aliases: [], dependsOn: [], ends: settings.host.AutoRemove === true || settings.host.RestartPolicy?.Name === 'on-failure', files: [], local: false, unsaid: [], ...more, settings })

/** A label of RFC 1035, which is what a Service wants. */
export function nameOf(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '')
  return (/^[a-z]/.test(plain) ? plain : `c-${plain}`).slice(0, 52).replace(/-+$/, '')
}

export const labelsOf = ({ settings, project }: Workload) => ({ 'app.kubernetes.io/name': nameOf(settings.name), ...(project !== undefined && { 'app.kubernetes.io/part-of': nameOf(project) }) })

/** A reference to a variable is written with one dollar more to be none. */
export const literal = (text: string) => text.replaceAll('$(', '$$$$(')

export const remarkFor = ({ settings }: Workload) => (kind: ManifestRemark['kind'], ...what: string[]): ManifestRemark => ({ kind, service: settings.name, what: what.join(', ') })

/** Without what goes without saying. An empty command is a statement. */
export function said(fields: Record<string, unknown>): Record<string, unknown> {
  const says = ([key, value]: [string, unknown]) => {
    if (key === 'command' || key === 'args') return Array.isArray(value)
    return value !== undefined && value !== null && value !== false && (typeof value !== 'object' || Object.keys(value).length > 0)
  }
  return Object.fromEntries(Object.entries(fields).filter((entry) => says(entry)))
}
