import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { anyMeet, arrange, cardBoxes, hostBox, type Box, type Point } from './canvas-layout.ts'
import type { CanvasModel } from './canvas-model.ts'
import { portRoutes, roundedLine } from './port-routes.ts'

const container = (id: string): ContainerSummary => ({ id, name: id, image: '', imageId: '', command: '', createdAt: 0, state: { status: 'running' }, statusText: '', ports: [], mounts: [], labels: {}, networks: [] })
const range = { first: { containerPort: 80, protocol: 'tcp' as const, hostPort: 80, hostIp: '' }, count: 1 }

/** Lanes of so many cards; each card named publishes a port. */
function scene(counts: readonly number[], published: readonly string[]) {
  const lanes = counts.map((count, lane) => ({ id: `n${lane}`, name: `n${lane}`, network: undefined, members: Array.from({ length: count }, (_, each) => container(`${lane}-${each}`)) }))
  const homes = new Map(lanes.flatMap(({ id, members }) => members.map((member) => [member.id, id] as const)))
  const pins = published.filter((id) => homes.has(id)).map((id) => ({ key: id, container: id, range }))
  return { lanes, homes, pins, wires: [] } satisfies CanvasModel
}
const segments = (points: readonly Point[]) => points.slice(1).map((to, index) => ({ from: points[index] ?? to, to }))
const under = ({ x, y, width, height }: Box, { from, to }: { from: Point; to: Point }) => Math.min(from.x, to.x) < x + width && Math.max(from.x, to.x) > x && Math.min(from.y, to.y) < y + height && Math.max(from.y, to.y) > y

test('a wire turns at right angles, runs below no card, and through no lane but its own', () => {
  const published = fc.array(fc.tuple(fc.nat(7), fc.nat(24)).map(([lane, card]) => `${lane}-${card}`), { minLength: 1, maxLength: 30 })
  const places = fc.dictionary(fc.constantFrom('n0', 'n3', 'n5'), fc.record({ x: fc.integer({ min: 290, max: 3000 }), y: fc.integer({ min: -500, max: 3000 }) }))
  fc.assert(fc.property(fc.array(fc.nat(24), { minLength: 1, maxLength: 8 }), published, places, (counts, names, kept) => {
    const model = scene(counts, [...new Set(names)])
    const boxes = arrange(model.lanes, kept)
    const apart = [...boxes.values()].map(({ x, y, width, height }) => ({ x: x - 28, y: y - 28, width: width + 56, height: height + 56 }))
    fc.pre(!anyMeet([hostBox(model.pins.length), ...apart]))
    const cards = cardBoxes(model, boxes)
    const routes = portRoutes(model, boxes, cards)
    expect(routes.size).toBe(model.pins.length)
    for (const [key, points] of routes) for (const segment of segments(points)) {
      expect(segment.from.x === segment.to.x || segment.from.y === segment.to.y).toBe(true)
      for (const card of cards.values()) expect(under(card, segment)).toBe(false)
      for (const [id, box] of boxes) if (id !== model.homes.get(key)) expect(under(box, segment)).toBe(false)
    }
  }), { numRuns: 60 })
})

test('a wire ends low at the left of its card: straight in the first column, else from beneath', () => {
  const model = scene([4], ['0-0', '0-2'])
  const boxes = arrange(model.lanes)
  const cards = cardBoxes(model, boxes)
  const routes = portRoutes(model, boxes, cards)
  const [first, third] = [cards.get('0-0')!, cards.get('0-2')!]
  expect(routes.get('0-0')?.slice(-1)).toEqual([{ x: first.x, y: first.y + 36 }])
  expect(routes.get('0-2')?.slice(-3)).toEqual([{ x: third.x - 10, y: third.y + 53 }, { x: third.x - 10, y: third.y + 36 }, { x: third.x, y: third.y + 36 }])
})

test('wires side by side do not share the street beside the machine', () => {
  const model = scene([3, 3], ['0-0', '0-1', '1-0', '1-2'])
  const boxes = arrange(model.lanes)
  const street = [...portRoutes(model, boxes, cardBoxes(model, boxes)).values()].map((points) => points[1]?.x)
  expect(new Set(street).size).toBe(4)
})

test('corners are rounded, and no wider than the way is long', () => {
  expect(roundedLine([{ x: 0, y: 0 }, { x: 20, y: 0 }, { x: 20, y: 6 }])).toBe('M0,0 L12,0 Q20,0 20,3 L20,6')
})
