import { EngineError } from '#shared/errors.ts'
import { isDigest } from '#shared/oci/digest.ts'
import { HEALTHCHECK, isFlag, isInteger, isMap, isText, listOf, mapOf, misfit, objectOf, type Fields } from '#shared/json-shape.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import { parseJson } from '../../../base/parse-json.ts'
import type { ContentProvider } from '../../core/content/content-store.ts'

const LAYER_LIMIT = 500
const REMEMBERED = 16

const HISTORY: Fields = [
  [isText, 'created created_by author comment'],
  [isFlag, 'empty_layer'],
]
const CONFIG: Fields = [
  [isText, 'architecture os variant os.version created author docker_version comment'],
  [isMap, 'config'],
  [listOf(objectOf(HISTORY)), 'history'],
]
const DEFAULTS: Fields = [
  [isText, 'User WorkingDir StopSignal'],
  [listOf(isText), 'Env Entrypoint Cmd OnBuild Shell'],
  [mapOf(isText), 'Labels'],
  [isMap, 'Volumes ExposedPorts'],
  [isFlag, 'ArgsEscaped'],
  [isInteger, 'StopTimeout'],
  [objectOf(HEALTHCHECK), 'Healthcheck'],
]

/** Parses a config. @throws invalid-argument */
export function parseConfig(content: Uint8Array): ImageConfig {
  let value: unknown
  try {
    value = parseJson(Buffer.from(content).toString('utf8'))
  } catch (cause) {
    throw new EngineError('invalid-argument', `invalid image config: not JSON: ${(cause as SyntaxError).message}`, { reason: 'invalid-config', cause })
  }
  const config = (isMap(value) ? value : {}) as Partial<ImageConfig>
  const diffIds: unknown = config.rootfs?.diff_ids ?? []
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) throw new EngineError('invalid-argument', 'invalid image config: rootfs.diff_ids are not digests', { reason: 'invalid-config' })
  if (diffIds.length > LAYER_LIMIT) throw new EngineError('invalid-argument', `invalid image config: ${diffIds.length} layers; at most ${LAYER_LIMIT} can be stacked`, { reason: 'too-many-layers' })
  const wrong = misfit(CONFIG, config) ?? misfit(DEFAULTS, config.config ?? {})
  if (wrong !== undefined) throw new EngineError('invalid-argument', `invalid image config: ${wrong} has the wrong type`, { reason: 'invalid-config' })
  return { ...config, os: config.os || 'linux', architecture: config.architecture ?? '', rootfs: { type: 'layers', diff_ids: diffIds } }
}

export interface Configs {
  of(id: ImageId): Promise<ImageConfig>
  /** One that was made here need not be read again. */
  remember(id: ImageId, config: ImageConfig): void
}

/** Configs by image, the last few kept in memory. */
export function createConfigs(content: ContentProvider): Configs {
  const known = new Map<ImageId, ImageConfig>()
  const remember = (id: ImageId, config: ImageConfig) => {
    known.delete(id)
    known.set(id, config)
    if (known.size > REMEMBERED) known.delete(known.keys().next().value!)
  }
  return {
    remember,
    async of(id) {
      const found = known.get(id) ?? parseConfig(await content.read({ digest: id }))
      remember(id, found)
      return found
    },
  }
}
