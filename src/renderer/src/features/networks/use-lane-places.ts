import { computed, shallowRef, type Ref } from 'vue'
import { useView } from '../../composables/use-view.ts'
import { anyMeet, arrange, cardBoxes, HEAD, hostBox, pinBox, type Box, type Places, type Point } from './canvas-layout.ts'
import type { CanvasModel } from './canvas-model.ts'

/** Kept beside the places, so that asking again is a change even where nothing was moved. */
const AGAIN = 'arranged'

/** Where everything is: as arranged, as moved by hand, and as it is being moved. */
export function useLanePlaces(model: Readonly<Ref<CanvasModel>>) {
  const kept = useView().table('networkPlaces')
  const dragged = shallowRef<{ id: string; point: Point }>()

  /** Where lanes were a moment ago: nothing moves because a container came or went, unless there is no room for it. */
  let before: Places = {}
  const settled = computed(() => {
    const { lanes } = model.value
    const steady = arrange(lanes, { ...before, ...(kept.value as Places) })
    const boxes = anyMeet([...steady.values()]) ? arrange(lanes, kept.value as Places) : steady
    before = Object.fromEntries(lanes.flatMap(({ id, name }) => (boxes.has(id) ? [[name || id, boxes.get(id) as Point]] : [])))
    return boxes
  })
  const boxes = computed<ReadonlyMap<string, Box>>(() => {
    const moving = dragged.value
    const box = moving && settled.value.get(moving.id)
    return moving && box ? new Map([...settled.value, [moving.id, { ...box, ...moving.point }]]) : settled.value
  })
  const cards = computed(() => cardBoxes(model.value, boxes.value))
  const host = computed(() => hostBox(model.value.pins.length))
  const bounds = computed<Box>(() => {
    const all = [host.value, ...settled.value.values()]
    const [x, y] = [Math.min(...all.map((box) => box.x)), Math.min(...all.map((box) => box.y))]
    return { x, y, width: Math.max(...all.map((box) => box.x + box.width)) - x, height: Math.max(...all.map((box) => box.y + box.height)) - y }
  })

  /** A lane that was dragged stays where it is let go. */
  function moved(id: string, place: Point, over: boolean) {
    dragged.value = over ? undefined : { id, point: place }
    const lane = model.value.lanes.find((each) => each.id === id)
    if (over && lane) kept.value = { ...kept.value, [lane.name || lane.id]: { x: Math.round(place.x / 4) * 4, y: Math.round(place.y / 4) * 4 } }
  }
  function arrangeAgain() {
    before = {}
    kept.value = { [AGAIN]: Date.now() }
  }

  /** What the arrow keys go over: pins, lanes by their heads, cards. */
  const stops = computed<ReadonlyMap<string, Box>>(() => {
    return new Map([
      ...model.value.pins.map(({ key }, index) => [key, pinBox(index, model.value.pins.length)] as const),
      ...model.value.lanes.flatMap(({ id }) => {
        const box = boxes.value.get(id)
        return box ? [[id, { ...box, height: HEAD }] as const] : []
      }),
      ...cards.value,
    ])
  })
  return { boxes, cards, host, bounds, stops, moved, arrangeAgain }
}
