import { expect, test } from 'vitest'
import type { EngineItems, EverywhereMessage } from '#shared/contract/connections.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import type { VolumeSummary } from '#shared/contract/volumes.ts'
import type { Connection } from './connection.ts'
import { readEverywhere } from './everywhere.ts'

const volume = (name: string): VolumeSummary => ({ name, driver: 'local', mountpoint: '', labels: {}, anonymous: false })
const items = (...volumes: string[]): EngineItems => ({ containers: [], images: [], networks: [], volumes: volumes.map(volume) })

/** Connections in memory: what `visit` of the real ones does. */
function fakeConnections() {
  let enter: ((connection: Connection) => () => void) | undefined
  const leaves = new Map<string, () => void>()
  const emits = new Map<string, (event: EngineEvent | { type: 'reset' }) => void>()
  const held = new Map<string, EngineItems>()
  return {
    visit(each: (connection: Connection) => () => void) {
      enter = each
      return () => leaves.forEach((leave) => leave())
    },
    open(id: string, now: EngineItems) {
      held.set(id, now)
      const connection = { id, mirror: { items: () => held.get(id) }, onEvent: (listener: (event: EngineEvent | { type: 'reset' }) => void) => (emits.set(id, listener), () => void emits.delete(id)) } as unknown as Connection
      leaves.set(id, enter?.(connection) ?? (() => {}))
    },
    hold: (id: string, now: EngineItems) => void held.set(id, now),
    emit: (id: string, event: EngineEvent | { type: 'reset' }) => emits.get(id)?.(event),
    close(id: string) {
      leaves.get(id)?.()
      leaves.delete(id)
    },
    heardBy: () => emits.size,
  }
}

const short = (messages: EverywhereMessage[]) => messages.map((message) => `${message.connection} ${message.kind === 'change' ? `${message.event.type} ${'volume' in message.event ? message.event.volume.driver : ''}` : message.kind}`)

test('what each engine holds, then what changes, only the last of each item, and who goes', async () => {
  const connections = fakeConnections()
  const ending = new AbortController()
  const reader = readEverywhere(connections, ending.signal)
  const read = async () => short((await reader.next()).value ?? [])
  const first = read()
  connections.open('here', items('data'))
  expect(await first).toEqual(['here all'])
  connections.open('lab', items())
  connections.emit('lab', { type: 'volume.changed', volume: { ...volume('a'), driver: 'one' } })
  connections.emit('here', { type: 'image.removed', id: 'x' })
  connections.emit('lab', { type: 'volume.changed', volume: { ...volume('a'), driver: 'two' } })
  expect(await read()).toEqual(['lab all', 'here image.removed ', 'lab volume.changed two'])
  connections.emit('lab', { type: 'volume.removed', name: 'a' })
  connections.emit('lab', { type: 'reset' })
  expect(await read()).toEqual(['lab all'])
  connections.emit('lab', { type: 'volume.removed', name: 'a' })
  connections.close('lab')
  expect(await read()).toEqual(['lab gone'])
  const last = reader.next()
  ending.abort()
  expect((await last).done).toBe(true)
  expect(connections.heardBy()).toBe(0)
})
