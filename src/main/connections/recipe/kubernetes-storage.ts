import { defaultShmSize, type Settings } from './settings.ts'

/** What a pod mounts. */
export interface Storage {
  /** Templates of a StatefulSet's claims: what has a name is kept. */
  claims: object[]
  /** What lives as long as the pod. */
  volumes: object[]
  mounts: object[]
  remarks: string[]
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
const CLAIM = '1Gi'

export function volumesOf(settings: Settings, nameOf: (text: string) => string): Storage {
  const mounts = mountsOf(settings).map((mount, index) => ({ ...mount, name: mount.kind === 'volume' ? nameOf(mount.source) : `${mount.kind}-${index}` }))
  const [kept, binds] = [mounts.filter(({ kind }) => kind === 'volume'), mounts.filter(({ kind }) => kind === 'bind')]
  const names = [...new Set(kept.map(({ name }) => name))]
  return {
    claims: names.map((name) => ({ metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: CLAIM } } } })),
    volumes: mounts.filter(({ kind }) => kind === 'memory' || kind === 'passing').map(({ name, kind, bytes }) => ({ name, emptyDir: kind === 'memory' ? { medium: 'Memory', ...(bytes && { sizeLimit: String(bytes) }) } : {} })),
    mounts: mounts.filter(({ kind }) => kind !== 'bind').map(({ name, target, readOnly, subPath }) => ({ name, mountPath: target, ...(readOnly && { readOnly }), ...(subPath && { subPath }) })),
    remarks: [
      ...(binds.length > 0 ? [`These are files of this machine, and do not travel: ${binds.map(({ source, target }) => `${source} at ${target}`).join(', ')}.`] : []),
      ...(names.length > 0 ? [`The claims ask for ${CLAIM} each, and are empty at first: copy the data of ${names.join(', ')}.`] : []),
      ...(settings.host.VolumesFrom?.length ? [`It takes the volumes of ${settings.host.VolumesFrom.join(', ')}.`] : []),
    ],
  }
}

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
