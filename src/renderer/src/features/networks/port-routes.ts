import { CARD, HOST, LANE_GAP, hostBox, pinPoint, type Box, type Point } from './canvas-layout.ts'
import type { CanvasModel } from './canvas-model.ts'

/**
 * Wires from the machine's edge keep to the streets: down the one beside the machine, between the lanes, and in a lane beneath the row of cards, up to
 * the left side of theirs. Never below a card, and through no lane but their own.
 */
export function portRoutes({ pins, homes }: Pick<CanvasModel, 'pins' | 'homes'>, boxes: ReadonlyMap<string, Box>, cards: ReadonlyMap<string, Box>): Map<string, Point[]> {
  const reachable = pins.flatMap((pin, index) => {
    const [card, lane] = [cards.get(pin.container), boxes.get(homes.get(pin.container) ?? '')]
    return card && lane ? [{ key: pin.key, from: pinPoint(index, pins.length), card, lane }] : []
  })
  const tracks = trackWithin(reachable.flatMap(({ card, lane }) => (isFirst(card, lane) ? [] : [card])))
  const streets = streetsAround([hostBox(pins.length), ...boxes.values()], { x: STREET, y: HOST.head })
  const ways = reachable.map((one) => {
    const inside = intoCard(one.card, one.lane, tracks(one.card))
    const entry = inside[0] ?? one.from
    return { ...one, inside, way: streets({ x: one.lane.x - LANE_GAP / 2, y: entry.y }) }
  })
  const places = sideBySide(ways.map(({ from, way, inside }) => ({ from: from.y, to: (leaving(way) ?? inside[0] ?? from).y })))
  return new Map(ways.map(({ key, from, inside, way }, index) => {
    const x = STREET + (places[index] ?? 0)
    const out = leaving(way) ?? inside[0] ?? from
    return [key, straight([from, { x, y: from.y }, { x, y: out.y }, ...way.filter((point) => point.x !== STREET), ...inside])]
  }))
}

/** The street beside the machine, where every wire begins. */
const STREET = HOST.width + HOST.gap - LANE_GAP / 2
/** Where a wire meets its card: on the left, low, below the grips of wires to other networks. */
const PORT = 36

/** Where a way leaves the street beside the machine. */
const leaving = (way: readonly Point[]) => way.findLast(({ x }) => x === STREET)

const isFirst = (card: Box, lane: Box) => card.x - lane.x < CARD.width / 2

/** From the lane's edge to the card: straight to one of the first column, beneath the row to the others. */
function intoCard(card: Box, lane: Box, track: number): Point[] {
  const end = { x: card.x, y: card.y + PORT }
  if (isFirst(card, lane)) return [{ x: lane.x, y: end.y }, end]
  const [beneath, before] = [card.y + card.height + 5 + track * 3, card.x - 10]
  return [{ x: lane.x, y: beneath }, { x: before, y: beneath }, { x: before, y: end.y }, end]
}

/** Beneath a row, the wire to the nearest card runs highest; there is room for three above the next rail. */
function trackWithin(cards: readonly Box[]): (card: Box) => number {
  const rows = Map.groupBy(cards, ({ y }) => y)
  return (card) => Math.min(2, new Set((rows.get(card.y) ?? []).map(({ x }) => x).filter((x) => x < card.x && card.x - x < 12 * CARD.width)).size)
}

/** Wires in the street beside the machine, apart and without needless crossings: of those that go down the lowest keeps left, of those that go up the highest. */
function sideBySide(runs: readonly { from: number; to: number }[]): number[] {
  const order = runs.map((run, index) => ({ ...run, index })).toSorted((a, b) => {
    const [down, other] = [a.to >= a.from, b.to >= b.from]
    return down === other ? (down ? b.from - a.from : a.from - b.from) : Number(other) - Number(down)
  })
  const step = Math.min(6, 36 / Math.max(1, runs.length - 1))
  const places: number[] = []
  order.forEach(({ index }, rank) => (places[index] = (rank - (runs.length - 1) / 2) * step))
  return places
}

/** What a turn is worth in length: a longer way with fewer turns is easier to follow. */
const TURN = 60

/** The shortest ways from one point along the middle of the streets between what stands there. */
function streetsAround(blocks: readonly Box[], start: Point): (goal: Point) => Point[] {
  const half = LANE_GAP / 2
  const lines = (values: number[]) => [...new Set(values)].toSorted((a, b) => a - b)
  const xs = lines([start.x, ...blocks.flatMap(({ x, width }) => [x - half, x + width + half])])
  const ys = lines([start.y, ...blocks.flatMap(({ y, height }) => [y - half, y + height + half])])
  const free = (a: Point, b: Point) => !blocks.some((block) => crosses(block, a, b))
  const point = (at: number): Point => ({ x: xs[at % xs.length] ?? 0, y: ys[Math.floor(at / xs.length)] ?? 0 })
  const beside = (at: number) => [at % xs.length > 0 ? at - 1 : -1, (at + 1) % xs.length > 0 ? at + 1 : -1, at - xs.length, at + xs.length].filter((each) => each >= 0 && each < xs.length * ys.length)

  const first = ys.indexOf(start.y) * xs.length + xs.indexOf(start.x)
  const costs = new Map([[first, 0]])
  const before = new Map<number, number>()
  // A point is looked at again when a shorter way to it was found.
  for (const queue = [first]; queue.length > 0; ) {
    const at = queue.shift() ?? first
    for (const next of beside(at)) {
      const [a, b] = [point(at), point(next)]
      const last = before.get(at)
      const turns = last !== undefined && (point(last).x === a.x) !== (a.x === b.x)
      const cost = (costs.get(at) ?? 0) + Math.abs(a.x - b.x) + Math.abs(a.y - b.y) + (turns ? TURN : 0)
      if (cost >= (costs.get(next) ?? Infinity) || !free(a, b)) continue
      costs.set(next, cost)
      before.set(next, at)
      queue.push(next)
    }
  }
  return (goal) => {
    const last = [...costs]
      .filter(([at]) => point(at).x === goal.x && free(point(at), goal))
      .toSorted(([a, one], [b, other]) => one + Math.abs(point(a).y - goal.y) - other - Math.abs(point(b).y - goal.y))[0]?.[0]
    const way: Point[] = [goal]
    for (let at = last; at !== undefined; at = before.get(at)) way.unshift(point(at))
    return way
  }
}

function crosses({ x, y, width, height }: Box, a: Point, b: Point): boolean {
  return Math.min(a.x, b.x) < x + width && Math.max(a.x, b.x) > x && Math.min(a.y, b.y) < y + height && Math.max(a.y, b.y) > y
}

/** Without the points that a straight line passes anyway. */
function straight(points: readonly Point[]): Point[] {
  return points.reduce<Point[]>((line, point) => {
    const [one, two] = [line.at(-2), line.at(-1)]
    if (two && two.x === point.x && two.y === point.y) return line
    const passes = one && two && ((one.x === two.x && two.x === point.x) || (one.y === two.y && two.y === point.y))
    return [...(passes ? line.slice(0, -1) : line), point]
  }, [])
}

/** A line with its corners rounded. */
export function roundedLine(points: readonly Point[], radius = 8): string {
  return points.map((point, index) => {
    const [last, next] = [points[index - 1], points[index + 1]]
    if (!last) return `M${point.x},${point.y}`
    if (!next) return `L${point.x},${point.y}`
    const [start, end] = [towards(point, last, radius), towards(point, next, radius)]
    return `L${start.x},${start.y} Q${point.x},${point.y} ${end.x},${end.y}`
  }).join(' ')
}
function towards(from: Point, to: Point, radius: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const share = length === 0 ? 0 : Math.min(radius, length / 2) / length
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}
