import type { ImageDefaults, ImageDetail, ImageSummary } from '#shared/contract/images.ts'

/** A row of GET /images/json. */
export interface WireImage {
  Id: string
  RepoTags?: string[] | null
  RepoDigests?: string[] | null
  /** Seconds. */
  Created: number
  Size: number
  Labels?: Record<string, string> | null
}

const named = (names: readonly string[] | null | undefined) => (names ?? []).filter((name) => !name.startsWith('<none>'))

export const readImage = (wire: WireImage): ImageSummary => ({
  id: wire.Id,
  tags: named(wire.RepoTags),
  digests: named(wire.RepoDigests),
  createdAt: wire.Created * 1000,
  sizeBytes: wire.Size,
  labels: wire.Labels ?? {},
})

/** What is used of GET /images/{name}/json. */
export interface WireImageDetail {
  Id: string
  RepoTags?: string[] | null
  RepoDigests?: string[] | null
  Created?: string
  Size: number
  Architecture?: string
  Os?: string
  Author?: string
  Config?: {
    Entrypoint?: string[] | null
    Cmd?: string[] | null
    Env?: string[] | null
    WorkingDir?: string
    User?: string
    ExposedPorts?: Record<string, object> | null
    Volumes?: Record<string, object> | null
    Labels?: Record<string, string> | null
    StopSignal?: string
    Healthcheck?: { Test?: string[] } | null
  } | null
  RootFS?: { Layers?: string[] | null }
}

/** The same row that the list would give, from inspect: one image changed, and only it is asked for. */
export const readImageRow = (wire: WireImageDetail): ImageSummary => ({
  id: wire.Id,
  tags: named(wire.RepoTags),
  digests: named(wire.RepoDigests),
  createdAt: wire.Created ? Date.parse(wire.Created) || 0 : 0,
  sizeBytes: wire.Size,
  labels: wire.Config?.Labels ?? {},
})

export const readImageDetail = (wire: WireImageDetail): ImageDetail => ({
  ...readImageRow(wire),
  architecture: wire.Architecture ?? '',
  os: wire.Os ?? '',
  ...(wire.Author && { author: wire.Author }),
  defaults: readDefaults(wire.Config ?? {}),
  layers: wire.RootFS?.Layers ?? [],
  raw: wire,
})

const readDefaults = (config: NonNullable<WireImageDetail['Config']>): ImageDefaults => ({
  entrypoint: config.Entrypoint ?? [],
  command: config.Cmd ?? [],
  environment: config.Env ?? [],
  workingDirectory: config.WorkingDir || '/',
  user: config.User ?? '',
  exposedPorts: Object.keys(config.ExposedPorts ?? {}).flatMap(readExposed),
  volumes: Object.keys(config.Volumes ?? {}),
  labels: config.Labels ?? {},
  ...(config.StopSignal && { stopSignal: config.StopSignal }),
  ...(config.Healthcheck?.Test?.length && { healthcheck: config.Healthcheck.Test }),
})

/** `8080/tcp`, `53/udp`, `8000-8010`. */
function readExposed(text: string): ImageDefaults['exposedPorts'] {
  const [, first, last, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text) ?? []
  const from = Number(first)
  const to = Math.min(Number(last ?? first), from + 1000)
  if (!first || !(from <= to)) return []
  return Array.from({ length: to - from + 1 }, (_, index) => ({ containerPort: from + index, protocol: protocol as 'tcp' | 'udp' | 'sctp' }))
}
