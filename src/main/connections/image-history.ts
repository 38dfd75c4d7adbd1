import type { ImageStep } from '#shared/contract/images.ts'
import { isEngineError } from '#shared/errors.ts'
import type { EngineApi } from './engine-api.ts'

/** A row of GET /images/{name}/history, newest first. */
interface WireHistory {
  Created: number
  CreatedBy?: string
  Comment?: string
  Size: number
}
/** A row of GET /slipway/images/{name}/layers, base first. */
export interface WireLayer {
  DiffID: string
  /** Of what an archive has for it. */
  Blob?: string
  Size: number
  CreatedBy: string
}

/** The steps of an image, base first, each with the layer it made. */
export async function readHistory(api: EngineApi, id: string, signal: AbortSignal): Promise<ImageStep[]> {
  const [history, layers] = await Promise.all([api.json<WireHistory[]>('GET', `/images/${encodeURI(id)}/history`, { signal }), listLayers(api, id, signal)])
  const steps = history.toReversed().map((row): ImageStep => ({ createdAt: row.Created * 1000, createdBy: row.CreatedBy ?? '', comment: row.Comment ?? '', sizeBytes: row.Size }))
  return withLayers(steps, layers)
}

/** Undefined for an engine that does not tell of layers. */
export async function listLayers(api: EngineApi, id: string, signal: AbortSignal): Promise<WireLayer[] | undefined> {
  try {
    return await api.json<WireLayer[]>('GET', `/slipway/images/${encodeURI(id)}/layers`, { signal })
  } catch (error) {
    if (isEngineError(error, 'not-found') && error.reason === 'no-such-image') throw error
    if (isEngineError(error, 'not-found') || isEngineError(error, 'not-implemented')) return undefined
    throw error
  }
}

/**
 * Docker's history does not say which steps made layers. With the layers known, each belongs to the next step of its words and size; without,
 * steps that brought bytes did.
 */
export function withLayers(steps: readonly ImageStep[], layers: readonly WireLayer[] | undefined): ImageStep[] {
  let next = 0
  return steps.map((step) => {
    const layer = layers?.[next]
    const made = layers ? layer !== undefined && layer.Size === step.sizeBytes && (layer.CreatedBy === step.createdBy || layer.CreatedBy === '') : step.sizeBytes > 0
    return made ? { ...step, layer: next++ } : step
  })
}
