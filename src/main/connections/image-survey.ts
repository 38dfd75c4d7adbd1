import type { ImageSurvey } from '#shared/contract/images.ts'
import { createLayerSurveyor, type LayerEntry, type LayerSurvey, type SurveyedFile } from '#shared/images/layer-survey.ts'
import type { EngineApi } from './engine-api.ts'
import { layersOfArchive } from './image-archive.ts'
import { listLayers } from './image-history.ts'
import type { Operation } from './operation.ts'
import { jsonLines } from './wire/json-lines.ts'

const SHOWN = 500
/** Files in one message of the stream. */
const PIECE = 2000
/** Entries taken in before others get their turn: events and logs of the same process wait meanwhile. */
const TURN = 4000

/** The survey of the image looked at last, of each engine: its files are asked for layer by layer. */
const last = new WeakMap<EngineApi, { id: string; survey: LayerSurvey }>()

export async function surveyImage(api: EngineApi, id: string, operation: Operation): Promise<ImageSurvey> {
  const survey = await surveyOf(api, id, operation)
  return {
    layers: survey.layers.map(({ files, ...counts }) => ({ ...counts, files: files.length })),
    bytes: survey.bytes,
    wastedBytes: survey.wastedBytes,
    wasted: survey.wasted.slice(0, SHOWN),
    wastedFiles: survey.wasted.length,
  }
}

export async function* filesOfLayer(api: EngineApi, { id, layer }: { id: string; layer: number }, signal: AbortSignal): AsyncGenerator<SurveyedFile[]> {
  const { layers } = await surveyOf(api, id, { signal, progress: () => {} })
  const files = layers[layer]?.files ?? []
  for (let at = 0; at < files.length; at += PIECE) yield files.slice(at, at + PIECE)
}

async function surveyOf(api: EngineApi, id: string, operation: Operation): Promise<LayerSurvey> {
  const known = last.get(api)
  if (known?.id === id) return known.survey
  const layers = await listLayers(api, id, operation.signal)
  const survey = layers ? await bySnapshots(api, id, layers.length, operation) : await byArchive(api, id, operation)
  last.set(api, { id, survey })
  return survey
}

/** An engine of ours tells the entries of each layer. */
async function bySnapshots(api: EngineApi, id: string, count: number, { signal, progress }: Operation): Promise<LayerSurvey> {
  const surveyor = createLayerSurveyor()
  for (let layer = 0; layer < count; layer++) {
    progress({ kind: 'bytes', current: layer, total: count })
    surveyor.beginLayer()
    for await (const entry of jsonLines<LayerEntry>(await api.stream('GET', `/slipway/images/${encodeURI(id)}/layers/${layer}/files`, { signal }))) surveyor.add(entry)
  }
  return surveyor.finish()
}

/** A plain Docker engine gives its layers only as the whole image. */
async function byArchive(api: EngineApi, id: string, { signal, progress }: Operation): Promise<LayerSurvey> {
  const { Size: total } = await api.json<{ Size: number }>('GET', `/images/${encodeURI(id)}/json`, { signal })
  const surveyor = createLayerSurveyor()
  let told = 0
  const archive = await api.stream('GET', `/images/${encodeURI(id)}/get`, { signal })
  const layers = await layersOfArchive(archive, (current) => {
    if (current - told < total / 100) return
    told = current
    progress({ kind: 'bytes', current: Math.min(current, total), total })
  })
  let turn = 0
  for (const entries of layers) {
    surveyor.beginLayer()
    for (const entry of entries) {
      surveyor.add(entry)
      if (++turn % TURN === 0) await new Promise(setImmediate)
    }
  }
  return surveyor.finish()
}
