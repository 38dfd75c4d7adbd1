import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ContainerState, ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import { arrange, boxAt, cardBoxes, columnsFor, hostBox, laneSize, neighbour, pinBox, pinPoint, wireEnds, type Box } from './canvas-layout.ts'
import { APART, canvasModel, homeNetwork, standsAs } from './canvas-model.ts'
import { networkColours } from './network-colours.ts'
import { namesOn, reachOf, verdictOf } from './reach.ts'

const running: ContainerState = { status: 'running' }
const network = (name: string, more: Partial<NetworkSummary> = {}): NetworkSummary => ({ id: `id-${name}`, name, driver: 'bridge', scope: 'local', createdAt: 0, subnets: [], internal: false, ipv6: false, labels: {}, predefined: false, ...more })
const container = (name: string, networks: Record<string, string | undefined>, more: Partial<ContainerSummary> = {}): ContainerSummary => ({
  id: name.padEnd(64, '0'), name, image: 'x', imageId: 'x', command: '', createdAt: 0, state: running, statusText: '', ports: [], mounts: [], labels: {},
  networks: Object.entries(networks).map(([each, ipv4]) => ({ network: each, ...(ipv4 && { ipv4 }) })), ...more,
})

const bridge = network('bridge', { predefined: true, subnets: [{ subnet: '172.17.0.0/16', gateway: '172.17.0.1' }] })
const shop = network('shop', { subnets: [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }] })
const vault = network('vault', { internal: true, subnets: [{ subnet: '172.19.0.0/16', gateway: '172.19.0.1' }] })
const quiet = network('quiet', { options: { 'com.docker.network.bridge.enable_icc': 'false' } })
const host = network('host', { driver: 'host', predefined: true })
const none = network('none', { driver: 'null', predefined: true })
const all = [bridge, shop, vault, quiet, host, none]
const known = new Map(all.map((each) => [each.name, each]))

const web = container('web', { shop: '172.18.0.2' }, { ports: [{ containerPort: 80, protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080 }, { containerPort: 80, protocol: 'tcp', hostIp: '::', hostPort: 8080 }] })
const db = container('db', { shop: '172.18.0.3', vault: '172.19.0.2' }, { networkMode: 'shop' })
const lone = container('lone', { bridge: '172.17.0.2' })
const other = container('other', { bridge: '172.17.0.3' })
const spy = container('spy', { host: undefined }, { networkMode: 'host' })
const mute = container('mute', { none: undefined }, { networkMode: 'none' })
const side = container('side', {}, { networkMode: `container:${web.id}` })
const safe = container('safe', { vault: '172.19.0.3' })
const everybody = [web, db, lone, other, spy, mute, side, safe]
const reach = (from: ContainerSummary, to: ContainerSummary) => reachOf(from, to, known, everybody)

test('who reaches whom, how, and why not', () => {
  expect(reach(web, db)).toEqual({ kind: 'name', network: 'shop', names: ['db'], address: '172.18.0.3' })
  expect(reach(safe, db)).toMatchObject({ kind: 'name', network: 'vault' })
  expect(reach(lone, other)).toEqual({ kind: 'address', network: 'bridge', address: '172.17.0.3' })
  expect(reach(lone, db)).toEqual({ kind: 'none', why: 'apart' })
  expect(reach(lone, web)).toEqual({ kind: 'published', port: 8080, address: '172.17.0.1' })
  expect(reach(safe, web)).toEqual({ kind: 'none', why: 'apart' })
  expect(reach(spy, db)).toEqual({ kind: 'address', network: 'shop', address: '172.18.0.3' })
  expect(reach(web, spy)).toEqual({ kind: 'address', network: 'host', address: '172.18.0.1' })
  expect(reach(safe, spy)).toEqual({ kind: 'none', why: 'apart' })
  expect(reach(web, mute)).toEqual({ kind: 'none', why: 'alone' })
  expect(reach(side, web)).toEqual({ kind: 'localhost' })
  expect(reach(side, db)).toMatchObject({ kind: 'name', names: ['db'] })
  expect(reach(db, side)).toMatchObject({ kind: 'name', names: ['web'] })
  expect(reach(web, { ...db, state: { status: 'exited', code: 0 } })).toEqual({ kind: 'none', why: 'stopped' })
  const [one, two] = [container('one', { quiet: '10.0.0.2' }), container('two', { quiet: '10.0.0.3' })]
  expect(reachOf(one, two, known, [one, two])).toEqual({ kind: 'none', why: 'separated' })
})

test('names: the container’s own, aliases, and its short id last', () => {
  const id = 'abcdef012345'.padEnd(64, '0')
  expect(namesOn({ id, name: 'shop-db-1' }, { network: 'shop', aliases: ['db', 'shop-db-1'], names: ['shop-db-1', 'abcdef012345', 'db'] })).toEqual(['shop-db-1', 'db', 'abcdef012345'])
})

test('a wire in the hand: what it would do, or why it cannot be', () => {
  expect(verdictOf(lone, shop, [web, db])).toEqual({ fits: true, reaches: [web, db] })
  const why = (who: ContainerSummary, where: NetworkSummary) => (verdictOf(who, where, []) as { why?: string }).why
  expect([why(web, shop), why(spy, shop), why(side, shop), why(mute, shop), why(web, host), why(web, none)]).toEqual(['member', 'host', 'joined', 'none', 'to-host', 'to-none'])
})

test('every container has one place, a wire to each other network, and a pin for each published port', () => {
  const model = canvasModel(everybody, all)
  expect(model.lanes.map(({ name, members }) => [name, members.map((each) => each.name)])).toEqual([['bridge', ['lone', 'other']], ['host', ['spy']], ['none', ['mute']], ['quiet', []], ['shop', ['db', 'side', 'web']], ['vault', ['safe']]])
  expect(model.wires).toEqual([{ key: `${db.id} id-vault`, container: db.id, lane: 'id-vault' }])
  expect(model.pins).toMatchObject([{ container: web.id, range: { first: { hostPort: 8080, containerPort: 80 }, count: 1 } }])
  const busy = Array.from({ length: 30 }, (_, index) => ({ containerPort: 2 * index + 1, hostPort: 9000 + 2 * index, hostIp: '', protocol: 'tcp' as const }))
  expect(canvasModel([...everybody, { ...lone, ports: busy }], all).pins.map(({ container, others }) => [container, others?.length])).toEqual([[web.id, undefined], [lone.id, 29]])
  expect([hostBox(30).x, hostBox(300), pinBox(299, 300).x, pinPoint(0, 300).x]).toEqual([0, { x: -640, y: 0, width: 800, height: 52 + 60 * 20 + 12 }, 0, 160])
  expect(canvasModel([container('free', {})], all).lanes.at(-1)).toMatchObject({ id: APART, members: [{ name: 'free' }] })
  expect(canvasModel([], all).lanes.map(({ name }) => name)).toEqual(['bridge', 'quiet', 'shop', 'vault'])
  expect(homeNetwork(container('a', { bridge: undefined, shop: undefined }, { networkMode: 'default' }))).toBe('bridge')
  expect(homeNetwork(container('a', { shop: undefined, bridge: undefined }, { networkMode: 'gone' }))).toBe('shop')
})

const apart = (one: Box, two: Box) => one.x + one.width <= two.x || two.x + two.width <= one.x || one.y + one.height <= two.y || two.y + two.height <= one.y

test('lanes never lie on each other, cards are inside their lane, and what was put by hand stays', () => {
  const sizes = fc.array(fc.nat(24), { minLength: 1, maxLength: 8 })
  const places = fc.dictionary(fc.constantFrom('n0', 'n3', 'n5'), fc.record({ x: fc.integer({ min: -500, max: 3000 }), y: fc.integer({ min: -500, max: 3000 }) }))
  fc.assert(fc.property(sizes, places, (counts, kept) => {
    const lanes = counts.map((count, index) => ({ id: `n${index}`, name: `n${index}`, network: undefined, members: Array.from({ length: count }, (_, each) => container(`${index}-${each}`, {})) }))
    const boxes = arrange(lanes, kept)
    for (const [id, place] of Object.entries(kept)) if (boxes.has(id)) expect(boxes.get(id)).toMatchObject(place)
    const free = lanes.filter(({ id }) => !(id in kept)).map(({ id }) => boxes.get(id)!)
    free.forEach((box, index) => free.slice(index + 1).forEach((next) => expect(apart(box, next)).toBe(true)))
    const cards = cardBoxes({ lanes }, boxes)
    for (const lane of lanes) for (const { id } of lane.members) {
      const [card, box] = [cards.get(id)!, boxes.get(lane.id)!]
      expect(card.x >= box.x && card.y >= box.y && card.x + card.width <= box.x + box.width && card.y + card.height <= box.y + box.height).toBe(true)
    }
  }), { numRuns: 30 })
})

test('a lane of few is a row, one of many a block', () => {
  expect([0, 1, 3, 4, 9, 100, 1000].map(columnsFor)).toEqual([1, 1, 3, 4, 4, 10, 10])
  expect(laneSize(0).width).toBe(laneSize(1).width)
})

test('a wire leaves the card on the side of its network and ends on its edge', () => {
  const card: Box = { x: 100, y: 100, width: 184, height: 48 }
  expect(wireEnds(card, { x: 500, y: 0, width: 300, height: 200 }, 0)).toEqual({ from: { x: 284, y: 114 }, to: { x: 500, y: 114 } })
  expect(wireEnds(card, { x: -400, y: 600, width: 300, height: 200 }, 1)).toEqual({ from: { x: 100, y: 124 }, to: { x: -100, y: 624 } })
  expect(wireEnds(card, { x: 50, y: 400, width: 300, height: 200 }, 0).to.y).toBe(400)
})

test('arrow keys go to the nearest ahead', () => {
  const boxes = new Map([['a', { x: 0, y: 0, width: 10, height: 10 }], ['b', { x: 50, y: 4, width: 10, height: 10 }], ['c', { x: 30, y: 60, width: 10, height: 10 }]])
  expect([neighbour(boxes, 'a', 'ArrowRight'), neighbour(boxes, 'a', 'ArrowDown'), neighbour(boxes, 'a', 'ArrowLeft'), neighbour(boxes, 'c', 'ArrowUp')]).toEqual(['b', 'c', undefined, 'b'])
  expect([boxAt(boxes, { x: 55, y: 8 }), boxAt(boxes, { x: 200, y: 8 })]).toEqual(['b', undefined])
})

test('colours: stable by name, different while there are enough, the default bridge neutral', () => {
  const eight = Array.from({ length: 8 }, (_, index) => network(`n${index}`, { createdAt: index }))
  expect(new Set(networkColours(eight).values()).size).toBe(8)
  expect(networkColours([shop]).get(shop.id)).toBe(networkColours([shop, bridge]).get(shop.id))
  expect(networkColours([bridge]).get(bridge.id)).toBe('var(--net-0)')
})

test('a container that ends or gets another address stands as it stood; one that is renamed, publishes or joins does not', () => {
  const ended = container('web', { shop: '172.18.0.9' }, { ports: structuredClone(web.ports), state: { status: 'exited', code: 0 } })
  expect(standsAs(web, ended)).toBe(true)
  expect([{ name: 'web-2' }, { ports: [] }, { networks: [...web.networks, { network: 'vault' }] }, { networkMode: 'none' }].map((more) => standsAs(web, { ...web, ...more }))).toEqual([false, false, false, false])
})
