import { expect, test } from 'vitest'
import { layOut, neighbour } from './graph-layout.ts'

const service = (name: string, dependsOn: string[] = [], volumes: string[] = []) => ({ name, members: [], service: { name, line: 1, ports: [], networks: [], dependsOn, volumes } })
const shop = [service('web', ['db', 'cache']), service('worker', ['db', 'gone', 'worker']), service('db', [], ['data']), service('cache'), { name: 'stray', members: [] }]

test('what is waited for stands below, volumes below those that mount them, and nothing lies on another', () => {
  const { nodes, wires } = layOut(shop)
  const at = (name: string) => nodes.find((node) => node.name === name)
  expect(nodes.map(({ name }) => name).toSorted()).toEqual(['cache', 'data', 'db', 'stray', 'web', 'worker'])
  expect(wires.map(({ from, to, kind }) => `${from} ${to} ${kind}`).toSorted()).toEqual(['db data volume', 'web cache service', 'web db service', 'worker db service'])
  expect(at('web')?.y).toBeLessThan(at('db')?.y ?? 0)
  expect(at('db')?.y).toBeLessThan(at('data')?.y ?? 0)
  for (const one of nodes) for (const other of nodes) if (one !== other) expect(one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y).toBe(true)
})

test('services that wait for one another, and a file without any, are drawn all the same', () => {
  expect(layOut([service('a', ['b']), service('b', ['a'])]).wires).toHaveLength(2)
  expect(layOut([]).nodes).toEqual([])
})

test('arrow keys go to the next in that direction, or nowhere', () => {
  const { nodes } = layOut([service('top', ['below']), service('below')])
  const [top, below] = ['top', 'below'].map((name) => nodes.find((node) => node.name === name) as (typeof nodes)[number])
  expect(neighbour(nodes, top!, 'ArrowDown')).toBe(below)
  expect(neighbour(nodes, top!, 'ArrowUp')).toBeUndefined()
  expect(neighbour(nodes, top!, 'x')).toBeUndefined()
})
