import { EngineError, isEngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults, ImageConfig } from '#shared/oci/image-config.ts'
import { familiarName, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import { EMPTY_LAYER } from '../../core/layers/layers.ts'
import { formatTimestamp } from '#base/timestamps.ts'
import { isAlive, mountTargets, publishContainerEvent, type FilesContext } from './context.ts'
import { mergeDefaults } from './merge-defaults.ts'
import type { ContainerFacts } from './needs.ts'

export interface CommitRequest {
  container: string
  /** Without a tag `latest`; dangling when absent. */
  name?: string
  author: string
  comment: string
  /** Freezes its processes while its files are copied. */
  pause: boolean
  /** Dockerfile instructions that only change the config. */
  changes: readonly string[]
  /** Instead of what the container has. */
  config: ContainerDefaults
  signal?: AbortSignal
}

/** Makes an image of what a container has become: its image, and what it changed as one layer more. */
export async function commitContainer(ctx: FilesContext, request: CommitRequest): Promise<ImageId> {
  const { needs, leases } = ctx
  const container = needs.containers.get(request.container)
  if (container.state.status === 'removing') throw new EngineError('conflict', `You cannot commit container ${container.id} which is being removed`, { reason: 'being-removed' })
  const reference = request.name === undefined ? undefined : parseReference(request.name)
  const asked = Object.keys(request.config).length > 0 ? request.config : mergeDefaults({}, container.config)
  const changed = needs.images.applyChanges(asked, request.changes)
  using lease = leases.open('commit')
  const image = await needs.images.resolve(container.image.id)
  lease.hold(image.id)

  const { signal } = request
  const commitLayer = () => needs.images.commitLayer(container.id, { parent: container.image.chain, keep: true, mountTargets: mountTargets(container), lease, ...(signal && { signal }) })
  const { diffId } = await whileStill(ctx, container, request.pause, commitLayer)
  const config = childConfig(image.config, { ...(diffId !== EMPTY_LAYER && { diffId }), created: formatTimestamp(ctx.clock()), author: request.author, comment: request.comment, command: container.config.Cmd ?? [], config: mergeDefaults(changed, container.config) })
  const id = await needs.images.create({ config, parent: image.id, ...(request.name !== undefined && { names: [request.name] }), lease })
  publishContainerEvent(ctx, container, 'commit', { comment: request.comment, imageID: id, imageRef: reference ? familiarName(withDefaultTag(reference)) : '' })
  return id
}

/** A running container is paused, if asked and if it can be: without a cgroup, what is written meanwhile may be in or not. One that does not run is kept from starting. */
async function whileStill<Result>({ needs: { containers } }: FilesContext, container: ContainerFacts, pause: boolean, work: () => Promise<Result>): Promise<Result> {
  if (!isAlive(container)) return containers.hold(container.id, work)
  if (!pause || container.state.status === 'paused') return work()
  const paused = await containers.pause(container.id, { passing: true }).then(
    () => true,
    (error: unknown) => {
      if (isEngineError(error) && error.reason === 'no-cgroup') return false
      throw error
    },
  )
  if (!paused) return work()
  try {
    return await work()
  } finally {
    // Somebody else may have ended or resumed it.
    await containers.unpause(container.id).catch((error: unknown) => {
      if (containers.get(container.id).state.status === 'paused') throw error
    })
  }
}

interface Child {
  /** Absent when the container changed nothing. */
  diffId?: ImageConfig['rootfs']['diff_ids'][number]
  created: string
  author: string
  comment: string
  command: readonly string[]
  config: ContainerDefaults
}

function childConfig(parent: ImageConfig, { diffId, created, author, comment, command, config }: Child): ImageConfig {
  const said = { ...(author && { author }), ...(comment && { comment }) }
  return {
    created,
    architecture: parent.architecture,
    os: parent.os,
    ...(parent.variant && { variant: parent.variant }),
    ...said,
    config,
    rootfs: { type: 'layers', diff_ids: [...parent.rootfs.diff_ids, ...(diffId === undefined ? [] : [diffId])] },
    history: [...(parent.history ?? []), { created, created_by: command.join(' '), ...said, ...(diffId === undefined && { empty_layer: true }) }],
  }
}
