import type { ProgressStep } from '#shared/contract/events.ts'
import type { ApplyProgress } from '#shared/contract/kubernetes-apply.ts'

export interface LayerProgress {
  id: string
  phase: Extract<ProgressStep, { kind: 'layer' }>['phase']
  current: number
  total: number
}

/** What the steps of a long call add up to. */
export interface Progress {
  phase: Extract<ProgressStep, { kind: 'phase' }>['phase'] | undefined
  layers: readonly LayerProgress[]
  message: string | undefined
  /** Of work that is one stream. */
  bytes?: { current: number; total?: number }
  /** Of manifests applied to a cluster. */
  apply?: ApplyProgress
  /** Of a move to a cluster. */
  move?: Omit<Extract<ProgressStep, { kind: 'move' }>, 'kind'>
}

export const noProgress: Progress = { phase: undefined, layers: [], message: undefined }

export function addStep(progress: Progress, step: ProgressStep): Progress {
  if (step.kind === 'phase') return { ...progress, phase: step.phase }
  if (step.kind === 'bytes') return { ...progress, bytes: { current: step.current, ...(step.total !== undefined && { total: step.total }) } }
  if (step.kind === 'move') return { ...noProgress, move: { step: step.step, current: step.current, total: step.total, ...(step.subject !== undefined && { subject: step.subject }) } }
  if (step.kind === 'apply') return { ...noProgress, apply: step }
  if (step.kind === 'message') return { ...progress, message: step.text }
  const before = progress.layers.find(({ id }) => id === step.id)
  const layer = { id: step.id, phase: step.phase, current: step.current ?? 0, total: step.total ?? before?.total ?? 0 }
  const layers = before ? progress.layers.map((each) => (each === before ? layer : each)) : [...progress.layers, layer]
  return { ...progress, layers }
}

const isDone = ({ phase }: LayerProgress) => phase === 'done' || phase === 'exists'

/** A layer's part of its own way, 0..1: fetching is the first four fifths, extracting the rest. */
export function layerShare(layer: LayerProgress): number {
  const part = layer.total > 0 ? Math.min(1, layer.current / layer.total) : 0
  if (isDone(layer)) return 1
  if (layer.phase === 'waiting') return 0
  if (layer.phase === 'downloading') return part * 0.8
  return layer.phase === 'verifying' ? 0.8 : 0.8 + part * 0.2
}

/** Where a step of a move begins, and its part of the whole. */
const moveSpans: Record<NonNullable<Progress['move']>['step'], readonly [from: number, part: number]> = { images: [0, 0.5], networks: [0.5, 0.05], services: [0.55, 0.15], waiting: [0.7, 0.3], undoing: [1, 0] }
function moveShare({ step, current, total }: NonNullable<Progress['move']>): number {
  const [from, part] = moveSpans[step]
  return from + (total > 0 ? current / total : 0) * part
}

const applySpans: Record<ApplyProgress['step'], readonly [from: number, part: number]> = { images: [0, 0.4], objects: [0.4, 0.2], waiting: [0.6, 0.4] }
function applyShare({ step, current, total }: ApplyProgress): number {
  const [from, part] = applySpans[step]
  return from + (total > 0 ? current / total : 0) * part
}

/** The whole way, 0..1, layers weighed by their size; undefined while nothing is known. */
export function progressShare({ layers, phase, bytes, move, apply }: Progress): number | undefined {
  if (move) return moveShare(move)
  if (apply) return applyShare(apply)
  if (bytes) return bytes.total ? Math.min(1, bytes.current / bytes.total) : undefined
  if (phase === 'creating' || phase === 'starting') return 1
  if (layers.length === 0) return undefined
  const weights = layers.map(({ total }) => Math.max(total, 1))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return layers.reduce((total, layer, index) => total + layerShare(layer) * (weights[index] ?? 1), 0) / sum
}

/** Bytes fetched and to fetch, of the layers that are not there already. */
export function fetchedBytes({ layers }: Progress): { current: number; total: number } {
  return layers
    .filter(({ phase }) => phase !== 'exists')
    .reduce((sum, layer) => ({ current: sum.current + (layer.phase === 'downloading' || layer.phase === 'waiting' ? layer.current : layer.total), total: sum.total + layer.total }), { current: 0, total: 0 })
}
