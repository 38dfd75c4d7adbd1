import { Graph, layout } from '@dagrejs/dagre'
import type { ServiceState } from './compose-services.ts'

/** Numbers are multiples of 4, as on the canvas of networks. */
export const CARD = { width: 192, height: 72 } as const
export const VOLUME = { width: 144, height: 32 } as const

export interface GraphNode {
  kind: 'service' | 'volume'
  name: string
  /** Upper left corner. */
  x: number
  y: number
  width: number
  height: number
}
export interface GraphWire {
  key: string
  kind: 'service' | 'volume'
  from: string
  to: string
  path: string
}
export interface ComposePicture {
  nodes: GraphNode[]
  wires: GraphWire[]
  width: number
  height: number
}

/** Services above what they wait for, and volumes below those that mount them. */
export function layOut(services: readonly ServiceState[]): ComposePicture {
  const graph = new Graph({ multigraph: true }).setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 52, marginx: 0, marginy: 0 }).setDefaultEdgeLabel(() => ({}))
  const names = new Set(services.map(({ name }) => name))
  for (const { name } of services) graph.setNode(`service ${name}`, { ...CARD })
  for (const { name, service } of services) {
    for (const other of service?.dependsOn ?? []) if (names.has(other) && other !== name) graph.setEdge(`service ${name}`, `service ${other}`)
    for (const volume of service?.volumes ?? []) {
      graph.setNode(`volume ${volume}`, { ...VOLUME })
      graph.setEdge(`service ${name}`, `volume ${volume}`)
    }
  }
  layout(graph)
  const nodes = graph.nodes().map((key): GraphNode => {
    const { x, y, width, height } = graph.node(key) as { x: number; y: number; width: number; height: number }
    return { ...partsOf(key), x: x - width / 2, y: y - height / 2, width, height }
  })
  const boxes = new Map(nodes.map((node) => [`${node.kind} ${node.name}`, node]))
  const edges = graph.edges().map(({ v, w }) => ({ v, w, turns: (graph.edge(v, w) as { points: Point[] }).points.slice(1, -1) }))
  const wires = edges.map(({ v, w, turns }): GraphWire => {
    const start = anchor(boxes, v, edges.filter((each) => each.v === v).map((each) => each.w), w)
    const end = anchor(boxes, w, edges.filter((each) => each.w === w).map((each) => each.v), v)
    const down = start.y < end.y
    const ends = [{ x: start.x, y: start.y + (down ? start.height : 0) }, { x: end.x, y: end.y + (down ? 0 : end.height) }] as const
    // One bend is none: only a wire that passes by others goes round them.
    return { key: `${v} ${w}`, kind: partsOf(w).kind, from: partsOf(v).name, to: partsOf(w).name, path: curve([ends[0], ...(turns.length > 1 ? turns : []), ends[1]]) }
  })
  return { nodes, wires, width: Math.max(1, ...nodes.map(({ x, width }) => x + width)), height: Math.max(1, ...nodes.map(({ y, height }) => y + height)) }
}

interface Point {
  x: number
  y: number
}
/** Where a wire meets its card: beside the others, in the order of where they go, so that none cross there. */
function anchor(boxes: ReadonlyMap<string, GraphNode>, key: string, others: readonly string[], other: string): Point & { height: number } {
  const box = boxes.get(key) as GraphNode
  const middle = (name: string) => (boxes.get(name)?.x ?? 0) + (boxes.get(name)?.width ?? 0) / 2
  const place = others.toSorted((a, b) => middle(a) - middle(b)).indexOf(other)
  return { x: box.x + (box.width * (place + 1)) / (others.length + 1), y: box.y, height: box.height }
}

const partsOf = (key: string): Pick<GraphNode, 'kind' | 'name'> => ({ kind: key.startsWith('volume ') ? 'volume' : 'service', name: key.slice(key.indexOf(' ') + 1) })

/** Leaves and arrives upright. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let last = first
  return `M${first.x},${first.y}` + rest.map((point) => {
    const middle = (last.y + point.y) / 2
    const step = `C${last.x},${middle} ${point.x},${middle} ${point.x},${point.y}`
    last = point
    return step
  }).join('')
}

/** The nearest in the direction of an arrow key. */
export function neighbour(nodes: readonly GraphNode[], from: GraphNode, key: string): GraphNode | undefined {
  const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as Record<string, readonly [number, number]>)[key]
  if (!way) return undefined
  const middle = ({ x, y, width, height }: GraphNode) => ({ x: x + width / 2, y: y + height / 2 })
  const here = middle(from)
  const far = (node: GraphNode) => {
    const [dx, dy] = [middle(node).x - here.x, middle(node).y - here.y]
    const along = dx * way[0] + dy * way[1]
    // Aside counts double: the next in line before the one that is merely near.
    return along <= 4 ? Infinity : along + 2 * Math.abs(way[0] === 0 ? dx : dy)
  }
  const [best] = nodes.filter((node) => node !== from && far(node) < Infinity).toSorted((a, b) => far(a) - far(b))
  return best
}
