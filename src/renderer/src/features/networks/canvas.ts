import { inject, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import type { Box, Point } from './canvas-layout.ts'
import type { CanvasModel } from './canvas-model.ts'
import type { Reach, Verdict } from './reach.ts'
import type { CardFace } from './use-card-faces.ts'

/** A wire in the hand. `from` is what it would leave when it was pulled off a network. */
export interface WireInHand {
  container: ContainerSummary
  from: NetworkSummary | undefined
  /** On the canvas, and on the screen. */
  at: Point
  screen: Point
  over: string | undefined
  verdict: Verdict | undefined
}

/** What the parts of the canvas know together. Ids are of containers and of lanes. */
export interface CanvasScene {
  /** As it was when something last changed its place: how containers in it are now, they are to be asked by id. */
  model: Readonly<Ref<CanvasModel>>
  boxes: ComputedRef<ReadonlyMap<string, Box>>
  cards: ComputedRef<ReadonlyMap<string, Box>>
  colours: ComputedRef<ReadonlyMap<string, string>>
  /** The container that others are looked at from: under the pointer, else focused. */
  viewpoint: ComputedRef<string | undefined>
  reach: ComputedRef<ReadonlyMap<string, Reach>>
  /** What has the keyboard. */
  cursor: Ref<string | undefined>
  open: ComputedRef<string | undefined>
  /** So small that a card can be read only by its name. */
  far: ComputedRef<boolean>
  hand: Readonly<Ref<WireInHand | undefined>>
  found: ComputedRef<ReadonlySet<string> | undefined>
  /** What its card says of a container. */
  faceOf: (container: string) => CardFace
  point: (container: string | undefined) => void
  /** Takes up a wire of a container; with a lane, the one that it has there. */
  grab: (event: PointerEvent, container: string, lane?: string) => void
  show: (id: string) => void
  menu: (id: string, event: MouseEvent | KeyboardEvent) => void
}

export const sceneKey: InjectionKey<CanvasScene> = Symbol('network canvas')
export function useScene(): CanvasScene {
  const scene = inject(sceneKey)
  if (!scene) throw new Error('This part belongs on the network canvas.')
  return scene
}
