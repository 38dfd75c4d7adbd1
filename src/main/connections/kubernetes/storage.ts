import { defaultShmSize, type Settings } from '../recipe/settings.ts'
import { labelsOf, nameOf, type Workload } from './workload.ts'

/** What a pod mounts. */
export interface Storage {
  /** Templates of a StatefulSet's claims: what has a name is kept. */
  claims: object[]
  /** Names of claims that stand by themselves: of what is shared, or of a Job, which has no templates. */
  documents: string[]
  /** What lives as long as the pod, and what is claimed elsewhere. */
  volumes: object[]
  mounts: object[]
  /** Names of the volumes that are kept, and what stays on this machine. */
  kept: string[]
  binds: string[]
}

interface Mount {
  kind: 'volume' | 'bind' | 'memory' | 'passing'
  source: string
  target: string
  readOnly: boolean
  subPath?: string
  bytes?: number
}

/** How much a claim asks for; how much a volume holds is not known here. */
export const CLAIM = '1Gi'
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: CLAIM } } }
export const claimOf = (name: string): object => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: claimSpec })

export const volumeNamesOf = (settings: Settings): string[] => mountsOf(settings).flatMap(({ kind, source }) => (kind === 'volume' ? nameOf(source) : []))

export function storageOf(workload: Workload, shared: ReadonlySet<string>): Storage {
  const { settings, ends, files } = workload
  const mounts = mountsOf(settings).map((mount, index) => ({ ...mount, name: mount.kind === 'volume' ? nameOf(mount.source) : `${mount.kind}-${index}` }))
  const kept = [...new Set(mounts.filter(({ kind }) => kind === 'volume').map(({ name }) => name))]
  const apart = kept.filter((name) => ends || shared.has(name))
  return {
    claims: kept.filter((name) => !apart.includes(name)).map((name) => ({ metadata: { name }, spec: claimSpec })),
    documents: apart,
    volumes: [
      ...apart.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
      ...mounts.filter(({ kind }) => kind === 'memory' || kind === 'passing').map(({ name, kind, bytes }) => ({ name, emptyDir: kind === 'memory' ? { medium: 'Memory', ...(bytes && { sizeLimit: String(bytes) }) } : {} })),
      ...[...new Map(files.map((file) => [objectName(workload, file), file]))].map(([name, { secret }]) => ({ name, ...(secret ? { secret: { secretName: name } } : { configMap: { name } }) })),
    ],
    mounts: [
      ...mounts.filter(({ kind }) => kind !== 'bind').map(({ name, target, readOnly, subPath }) => ({ name, mountPath: target, ...(readOnly && { readOnly }), ...(subPath && { subPath }) })),
      ...files.map((file) => ({ name: objectName(workload, file), mountPath: file.target, subPath: 'content', readOnly: true })),
    ],
    kept,
    binds: mounts.flatMap(({ kind, source, target }) => (kind === 'bind' ? `${source} → ${target}` : [])),
  }
}

/** Configs and secrets of a compose project; one that is there already is only named. Each workload has its own copy. */
export const fileDocuments = (workload: Workload): object[] =>
  workload.files.flatMap((file): object[] => {
    if (file.value === undefined) return []
    const metadata = { name: objectName(workload, file), labels: labelsOf(workload) }
    return [file.secret ? { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData: { content: file.value } } : { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { content: file.value } }]
  })
const objectName = ({ settings }: Workload, { name, value }: { name: string; value?: string }) => (value === undefined ? nameOf(name) : nameOf(`${settings.name.slice(0, 24)}-${name}`))
function mountsOf({ host, anonymous }: Settings): Mount[] {
  return [
    ...(host.Binds ?? []).map(bindOf),
    ...(host.Mounts ?? []).map(({ Type, Source = '', Target, ReadOnly = false, VolumeOptions, TmpfsOptions }): Mount => {
      const kind = Type === 'tmpfs' ? 'memory' : Type === 'volume' ? (Source === '' ? 'passing' : 'volume') : 'bind'
      return { kind, source: Source, target: Target, readOnly: ReadOnly, ...(VolumeOptions?.Subpath && { subPath: VolumeOptions.Subpath }), ...(TmpfsOptions?.SizeBytes && { bytes: TmpfsOptions.SizeBytes }) }
    }),
    ...Object.entries(host.Tmpfs ?? {}).map(([target, options]): Mount => ({ kind: 'memory', source: '', target, readOnly: /(^|,)ro(,|$)/.test(options), ...sizeIn(options) })),
    ...anonymous.map((target): Mount => ({ kind: 'passing', source: '', target, readOnly: false })),
    ...(host.ShmSize && host.ShmSize !== defaultShmSize ? [{ kind: 'memory' as const, source: '', target: '/dev/shm', readOnly: false, bytes: host.ShmSize }] : []),
  ]
}

/** `source:target[:options]`; a source that is no path is a volume's name. */
function bindOf(bind: string): Mount {
  const [source = '', target = '', options = ''] = bind.split(':')
  return { kind: source.startsWith('/') ? 'bind' : 'volume', source, target, readOnly: options.split(',').includes('ro') }
}

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

function sizeIn(options: string): { bytes?: number } {
  const [, digits, unit = ''] = /(?:^|,)size=(\d+)([kmg]?)/i.exec(options) ?? []
  return digits === undefined ? {} : { bytes: Number(digits) * (UNITS[unit.toLowerCase()] ?? 1) }
}
