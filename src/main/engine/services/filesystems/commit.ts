import type { ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults, ImageConfig } from '#shared/oci/image-config.ts'
import type { ContainerView, FilesystemsContext } from './needs.ts'

export interface CommitRequest {
  container: string
  /** Reference for the result; dangling without. */
  name?: string
  comment?: string
  author?: string
  /** Stand still while the files are copied. */
  pause: boolean
  /** Dockerfile instructions. */
  changes: readonly string[]
  /** Settings that replace the container's, as the request's body gives them. */
  config?: ContainerDefaults
}

/** Freezes what the container wrote as a layer on its image. The container goes on with its own files. */
export async function commitContainer(context: FilesystemsContext, request: CommitRequest): Promise<ImageId> {
  const { containers, images, leases } = context
  const container = containers.get(request.container)
  const base = await images.resolve(container.image.id)
  using lease = leases.open('commit')
  const pausing = request.pause && container.state.status === 'running'
  if (pausing) await containers.pause(container.id)
  const layer = await images.commitLayer(container.id, { parent: container.image.chain, keep: true, lease }).finally(() => (pausing ? containers.unpause(container.id) : undefined))
  const config = imageConfig(base.config, { ...request, defaults: images.applyChanges(settings(container, request.config), request.changes), command: commandOf(container), diffId: layer.diffId })
  const id = await images.create({ config, parent: container.image.id, ...(request.name ? { names: [request.name] } : {}), lease })
  context.events.publish({ type: 'container', action: 'commit', id: container.id, attributes: { ...container.config.Labels, comment: request.comment ?? '', image: container.config.Image ?? '', imageID: id, imageRef: request.name ?? '', name: container.name } })
  return id
}

const INHERITED = ['User', 'Env', 'Entrypoint', 'Cmd', 'WorkingDir', 'Labels', 'Volumes', 'ExposedPorts', 'StopSignal', 'StopTimeout', 'Healthcheck', 'OnBuild', 'Shell'] as const

/** Of the container's settings those that an image can carry; the request's win where it gives any. */
function settings({ config }: ContainerView, given: ContainerDefaults = {}): ContainerDefaults {
  const pick = (from: ContainerDefaults) => Object.fromEntries(INHERITED.flatMap((name) => (from[name] === undefined || from[name] === null || from[name] === '' ? [] : [[name, from[name]]])))
  const merged = { ...pick(config), ...pick(given) }
  return { ...merged, Env: [...(config.Env ?? []), ...(given.Env ?? []).filter((entry) => !config.Env?.includes(entry))], Labels: { ...config.Labels, ...given.Labels } }
}

const commandOf = ({ config }: ContainerView): string => [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(' ')

function imageConfig(base: ImageConfig, made: { comment?: string; author?: string; defaults: ContainerDefaults; command: string; diffId: ImageConfig['rootfs']['diff_ids'][number] }): ImageConfig {
  const created = new Date().toISOString()
  const said = { ...(made.author ? { author: made.author } : {}), ...(made.comment ? { comment: made.comment } : {}) }
  return {
    ...base,
    ...said,
    created,
    config: made.defaults,
    rootfs: { type: 'layers', diff_ids: [...base.rootfs.diff_ids, made.diffId] },
    history: [...(base.history ?? []), { created, created_by: made.command, ...said }],
  }
}
