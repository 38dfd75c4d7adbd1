import { MANY_PINS, type CanvasModel, type Lane } from './canvas-model.ts'

/** Everything has a size of its own, so that where anything is can be told without measuring. All numbers are multiples of 4. */
export const CARD = { width: 184, height: 48 } as const
const GAP = 20
/** Room above each row of cards for its rail. */
export const RAIL = 28
export const HEAD = 48
const PADDING = 24
const LEAST_WIDTH = 280
export const LANE_GAP = 56
export const HOST = { width: 160, head: 52, pin: 28, gap: 104, foot: 12 } as const

export interface Point {
  x: number
  y: number
}
export interface Box extends Point {
  width: number
  height: number
}
export type Places = Readonly<Record<string, Point>>

/** A row while it looks well, then a block about as wide as a window. */
export function columnsFor(count: number): number {
  if (count <= 4) return Math.max(count, 1)
  return Math.min(10, Math.ceil(Math.sqrt(count * 1.4)))
}

export function laneSize(count: number): { width: number; height: number; columns: number } {
  const columns = columnsFor(count)
  const rows = Math.max(1, Math.ceil(count / columns))
  return { columns, width: Math.max(LEAST_WIDTH, 2 * PADDING + columns * CARD.width + (columns - 1) * GAP), height: HEAD + rows * (RAIL + CARD.height) + PADDING }
}

/** Where the card of the n-th member is within its lane. */
export function cardPlace(index: number, columns: number): Point {
  return { x: PADDING + (index % columns) * (CARD.width + GAP), y: HEAD + Math.floor(index / columns) * (RAIL + CARD.height) + RAIL }
}

/** As wide for its height as a window is. */
const SHAPE = 1.75

/**
 * Every lane in the highest place that is free, beside the machine's edge; a lane that has a place keeps it. Of several widths the one that
 * can be shown largest is taken.
 */
export function arrange(lanes: readonly Lane[], kept: Places = {}): Map<string, Box> {
  const sizes = lanes.map((lane) => ({ id: lane.id, place: kept[lane.name || lane.id], ...laneSize(lane.members.length) }))
  const widest = Math.max(...sizes.map(({ width }) => width), 0)
  const all = sizes.reduce((sum, { width }) => sum + width + LANE_GAP, 0)
  const packed = Array.from({ length: 8 }, (_, step) => pack(sizes, widest + ((all - widest) * step) / 7))
  const scale = (boxes: ReadonlyMap<string, Box>) => {
    const [right, bottom] = [Math.max(...[...boxes.values()].map(({ x, width }) => x + width)), Math.max(...[...boxes.values()].map(({ y, height }) => y + height))]
    return Math.min(SHAPE / right, 1 / bottom)
  }
  return packed.reduce((best, next) => (scale(next) > scale(best) * 1.02 ? next : best), packed[0] ?? new Map<string, Box>())
}

function pack(sizes: readonly { id: string; place: Point | undefined; width: number; height: number }[], limit: number): Map<string, Box> {
  const left = HOST.width + HOST.gap
  const boxes = new Map<string, Box>(sizes.flatMap(({ id, place, width, height }) => (place ? [[id, { ...place, width, height }] as const] : [])))
  for (const { id, place, width, height } of sizes) {
    if (place) continue
    const others = [...boxes.values()]
    const starts = [left, ...others.map((box) => box.x + box.width + LANE_GAP)].filter((x) => x >= left && (x === left || x + width <= left + limit))
    const spots = starts.map((x) => freePlace({ x, y: 0, width, height }, others))
    const best = spots.reduce((a, b) => (b.y < a.y || (b.y === a.y && b.x < a.x) ? b : a), spots[0] ?? { x: left, y: 0 })
    boxes.set(id, { ...best, width, height })
  }
  return boxes
}

/** Down past whatever is there. */
function freePlace(box: Box, others: readonly Box[]): Point {
  const inTheWay = others.find((other) => meets({ ...box, width: box.width + LANE_GAP - 1, height: box.height + LANE_GAP - 1 }, { ...other, width: other.width + LANE_GAP - 1, height: other.height + LANE_GAP - 1 }))
  return inTheWay ? freePlace({ ...box, y: inTheWay.y + inTheWay.height + LANE_GAP }, others) : { x: box.x, y: box.y }
}
const meets = (one: Box, other: Box) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height
export const anyMeet = (boxes: readonly Box[]): boolean => boxes.some((box, index) => boxes.slice(index + 1).some((other) => meets(box, other)))

/** Many pins stand closer, and in columns: further ones to the left, so that no lane moves. */
const PINS_IN_COLUMN = 60
export function pinGrid(pins: number): { columns: number; rows: number; height: number } {
  const columns = Math.max(1, Math.ceil(pins / PINS_IN_COLUMN))
  return { columns, rows: Math.max(1, Math.ceil(pins / columns)), height: pins > MANY_PINS ? 20 : HOST.pin }
}
export function hostBox(pins: number): Box {
  const { columns, rows, height } = pinGrid(pins)
  return { x: (1 - columns) * HOST.width, y: 0, width: columns * HOST.width, height: HOST.head + rows * height + HOST.foot }
}
export function pinBox(index: number, pins: number): Box {
  const { rows, height } = pinGrid(pins)
  return { x: hostBox(pins).x + Math.floor(index / rows) * HOST.width, y: HOST.head + (index % rows) * height, width: HOST.width, height }
}
/** Where its wire begins: on the machine's edge. */
export const pinPoint = (index: number, pins: number): Point => ({ x: HOST.width, y: pinBox(index, pins).y + pinGrid(pins).height / 2 })

/** The card of every container, in canvas coordinates. */
export function cardBoxes({ lanes }: Pick<CanvasModel, 'lanes'>, boxes: ReadonlyMap<string, Box>): Map<string, Box> {
  const cards = new Map<string, Box>()
  for (const lane of lanes) {
    const box = boxes.get(lane.id)
    const columns = columnsFor(lane.members.length)
    if (box) lane.members.forEach(({ id }, index) => {
      const { x, y } = cardPlace(index, columns)
      cards.set(id, { x: box.x + x, y: box.y + y, ...CARD })
    })
  }
  return cards
}

/** A curve that leaves and arrives level. */
export function levelCurve(from: Point, to: Point): string {
  const reach = Math.max(32, Math.abs(to.x - from.x) / 2)
  const away = to.x >= from.x ? 1 : -1
  return `M${from.x},${from.y} C${from.x + away * reach},${from.y} ${to.x - away * reach},${to.y} ${to.x},${to.y}`
}

/** Where a long wire from a card meets a lane: level with the card where it can, at the side it comes from. */
export function wireEnds(card: Box, lane: Box, slot: number): { from: Point; to: Point } {
  const toRight = lane.x + lane.width / 2 >= card.x + card.width / 2
  const from = { x: toRight ? card.x + card.width : card.x, y: card.y + 14 + Math.min(slot, 2) * 10 }
  const beside = toRight ? lane.x >= from.x : lane.x + lane.width <= from.x
  if (beside) return { from, to: { x: toRight ? lane.x : lane.x + lane.width, y: clamp(from.y, lane.y + 24, lane.y + lane.height - 24) } }
  const above = lane.y + lane.height <= card.y
  return { from, to: { x: clamp(from.x + (toRight ? 40 : -40), lane.x + 24, lane.x + lane.width - 24), y: above ? lane.y + lane.height : lane.y } }
}
const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most)

/** A wire to what lies beside arrives level; to what lies above or below, upright. */
export function wireCurve({ from, to }: { from: Point; to: Point }, card: Box, lane: Box): string {
  const beside = to.x === lane.x || to.x === lane.x + lane.width
  if (beside && (to.x - from.x) * (from.x - (card.x + card.width / 2)) >= 0) return levelCurve(from, to)
  const out = from.x > card.x + card.width / 2 ? 1 : -1
  const reach = Math.max(40, Math.abs(to.y - from.y) / 2)
  const down = to.y >= from.y ? 1 : -1
  return `M${from.x},${from.y} C${from.x + out * reach},${from.y} ${to.x},${to.y - down * reach} ${to.x},${to.y}`
}

export const boxAt = <Key>(boxes: ReadonlyMap<Key, Box>, { x, y }: Point): Key | undefined => [...boxes].findLast(([, box]) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height)?.[0]

/** The nearest in a direction: what lies more to the side than ahead does not count. */
export function neighbour<Key>(boxes: ReadonlyMap<Key, Box>, from: Key, key: string): Key | undefined {
  const here = boxes.get(from)
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key]
  if (!here || !step) return undefined
  const centre = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height / 2 })
  const [dx = 0, dy = 0] = step
  const origin = centre(here)
  const ranked = [...boxes].flatMap(([id, box]) => {
    const { x, y } = centre(box)
    const [ahead, aside] = [(x - origin.x) * dx + (y - origin.y) * dy, Math.abs((x - origin.x) * dy) + Math.abs((y - origin.y) * dx)]
    return id !== from && ahead > 4 ? [{ id, cost: ahead + aside * 2.5 }] : []
  })
  return ranked.sort((a, b) => a.cost - b.cost)[0]?.id
}
