import { expect, test } from 'vitest'
import type { EngineItems, EverywhereMessage } from '#shared/contract/connections.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { VolumeSummary } from '#shared/contract/volumes.ts'
import { rowsOf, takeMessage, type Held } from './everywhere-rows.ts'

const volume = (name: string): VolumeSummary => ({ name, driver: 'local', mountpoint: '', labels: {}, anonymous: false })
const container = (id: string, name: string) => ({ id, name, image: 'nginx', createdAt: 1 }) as ContainerSummary
const items = (some: Partial<EngineItems>): EngineItems => ({ containers: [], images: [], networks: [], volumes: [], ...some })
function after(...messages: EverywhereMessage[]): Held {
  const held: Held = new Map()
  for (const message of messages) takeMessage(held, message)
  return held
}
const names = (held: Held) => rowsOf(held, 'volumes').map(({ connection, name }) => `${connection}/${name}`)

test('the same name on two engines is two rows', () => {
  const held = after({ connection: 'here', kind: 'all', items: items({ volumes: [volume('data')] }) }, { connection: 'lab', kind: 'all', items: items({ volumes: [volume('data')] }) })
  expect(names(held)).toEqual(['here/data', 'lab/data'])
  expect(new Set(rowsOf(held, 'volumes').map(({ key }) => key)).size).toBe(2)
})

test('what changes, goes, comes whole again, and an engine that goes', () => {
  const whole: EverywhereMessage = { connection: 'lab', kind: 'all', items: items({ volumes: [volume('a')], containers: [container('1', 'web')] }) }
  expect(names(after(whole, { connection: 'lab', kind: 'change', event: { type: 'volume.changed', volume: volume('b') } }))).toEqual(['lab/a', 'lab/b'])
  expect(names(after(whole, { connection: 'lab', kind: 'change', event: { type: 'volume.removed', name: 'a' } }))).toEqual([])
  expect(names(after(whole, { connection: 'lab', kind: 'all', items: items({ volumes: [volume('c')] }) }))).toEqual(['lab/c'])
  expect(names(after(whole, { connection: 'lab', kind: 'gone' }))).toEqual([])
  const renamed = after(whole, { connection: 'lab', kind: 'change', event: { type: 'container.changed', container: container('1', 'api') } })
  expect(rowsOf(renamed, 'containers')).toMatchObject([{ id: '1', name: 'api', detail: 'nginx', connection: 'lab' }])
})
