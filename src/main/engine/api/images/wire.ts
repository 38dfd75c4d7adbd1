import type { ContainerDefaults } from '#shared/oci/image-config.ts'
import type { SearchResult } from '../../core/registry/registry.ts'
import type { ImageManifest } from '../../services/images/image-manifests.ts'
import type { ImageDetails, ImageHistoryEntry, ImageLayer, ImageSummary, RemovalStep, TransferProgress } from '../../services/images/images-service.ts'

const orNull = <Value extends object>(value: Value | null | undefined) => (value && Object.keys(value).length > 0 ? value : null)
/** The time of what has none, as Go writes it. */
const NO_TIME = '0001-01-01T00:00:00Z'

export function summaryJson(image: ImageSummary, apiVersion: number) {
  const none = apiVersion < 43 && image.tags.length === 0
  return {
    Id: image.id,
    ParentId: image.parent ?? '',
    RepoTags: none ? ['<none>:<none>'] : image.tags,
    RepoDigests: none && image.digests.length === 0 ? ['<none>@<none>'] : image.digests,
    Created: image.created,
    Size: image.size,
    SharedSize: image.sharedSize,
    ...(apiVersion < 44 && { VirtualSize: image.size }),
    Labels: orNull(image.labels),
    // Not counted for a list, as Docker says it.
    Containers: -1,
  }
}

/** A row of `system df`, where an image's containers are counted. */
export const imageUsageJson = (image: ImageSummary, apiVersion: number) => ({ ...summaryJson(image, apiVersion), RepoDigests: image.digests.length > 0 ? image.digests : null, Containers: image.containers })

export function detailsJson(image: ImageDetails, apiVersion: number) {
  const { config } = image
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: image.parent ?? '',
    Comment: image.comment,
    Created: config.created ?? NO_TIME,
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    ...(apiVersion < 45 && { Container: '' }),
    // Gone from API 1.45 on. docker-compose 1 asks for the newest version and stops when it is not there (https://github.com/docker/compose/issues/11742).
    ContainerConfig: configJson(config.config ?? {}, apiVersion),
    Config: configJson(config.config ?? {}, apiVersion),
    Architecture: config.architecture,
    ...(config.variant && { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] && { OsVersion: config['os.version'] }),
    Size: image.size,
    ...(apiVersion < 44 && { VirtualSize: image.size }),
    GraphDriver: { Data: image.graphDriver.values, Name: image.graphDriver.name },
    RootFS: { Type: 'layers', ...(config.rootfs.diff_ids.length > 0 && { Layers: config.rootfs.diff_ids }) },
    Metadata: { LastTagTime: image.lastTagTime },
    ...(apiVersion >= 48 && image.descriptor && { Descriptor: image.descriptor }),
  }
}

/** Until API 1.49 the config of an image was shown as that of a container, with what an image never has. */
const CONTAINER_ONLY = { Hostname: '', Domainname: '', AttachStdin: false, AttachStdout: false, AttachStderr: false, Tty: false, OpenStdin: false, StdinOnce: false, Image: '' }

function configJson(config: ContainerDefaults, apiVersion: number) {
  return {
    ...(apiVersion < 50 && CONTAINER_ONLY),
    User: config.User ?? '',
    ExposedPorts: config.ExposedPorts ?? undefined,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    Healthcheck: config.Healthcheck,
    ArgsEscaped: config.ArgsEscaped,
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    StopSignal: config.StopSignal,
    StopTimeout: config.StopTimeout,
    Shell: config.Shell ?? undefined,
  }
}

export const historyJson = (entry: ImageHistoryEntry) => ({
  Id: entry.id ?? '<missing>',
  Created: Math.floor((Date.parse(entry.created ?? '') || 0) / 1000),
  CreatedBy: entry.created_by ?? '',
  Tags: entry.tags.length > 0 ? entry.tags : null,
  Size: entry.size,
  Comment: entry.comment ?? '',
})

export const layerJson = ({ diffId, blob, size, step }: ImageLayer) => ({
  DiffID: diffId,
  Blob: blob,
  Size: size,
  Created: step?.created ?? NO_TIME,
  CreatedBy: step?.created_by ?? '',
  Comment: step?.comment ?? '',
})

/** https://docs.docker.com/reference/api/engine/version/v1.50/#tag/Image/operation/ImageList, `Manifests` */
export const manifestJson = ({ descriptor, kind, attests, image, containers, contentSize }: ImageManifest) => ({
  ID: descriptor.digest,
  Descriptor: descriptor,
  Available: image !== undefined,
  Size: { Content: contentSize, Total: contentSize + (image?.size ?? 0) },
  Kind: kind,
  ...(kind === 'image' && { ImageData: { Platform: image?.platform ?? descriptor.platform ?? { os: '', architecture: '' }, Containers: containers, Size: { Unpacked: image?.size ?? 0 } } }),
  ...(attests !== undefined && { AttestationData: { For: attests } }),
})

export const removalJson = (step: RemovalStep) => ('untagged' in step ? { Untagged: step.untagged } : { Deleted: step.deleted })

export const searchJson = (result: SearchResult) => ({ star_count: result.starCount, is_official: result.isOfficial, name: result.name, is_automated: result.isAutomated, description: result.description })

/** A line of progress as the docker client draws it. */
export function progressJson({ id, status, current, total, aux }: TransferProgress) {
  if (aux !== undefined) return { progressDetail: {}, aux }
  const bounded = current !== undefined && total !== undefined
  return { status, ...(id !== undefined && { progressDetail: bounded ? { current, total } : {}, id }), ...(bounded && { progress: bar(current, total) }) }
}

/** `[=====>     ]  1.2MB/10MB`, for clients that draw nothing themselves. */
function bar(current: number, total: number): string {
  const filled = Math.min(50, Math.floor((Math.min(current, total) / Math.max(total, 1)) * 50))
  return `[${'='.repeat(filled)}${filled < 50 ? `>${' '.repeat(49 - filled)}` : ''}]  ${size(current)}/${size(total)}`
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${Number(value.toPrecision(4))}${units[unit]}`
}
