import { effectScope, nextTick, shallowRef, watchEffect } from 'vue'
import { expect, test } from 'vitest'
import { takeOver, useLiveRows } from './live-rows.ts'

interface Row {
  id: string
  name: string
  state: string
  project?: string
}
const web = { id: 'web', name: 'web', state: 'running' }
const db = { id: 'db', name: 'db', state: 'running' }

/** The rows of a table in sight, and who looks at a field of one of them. */
function table(rows: Row[]) {
  const shown = shallowRef<readonly Row[]>(rows)
  const scope = effectScope()
  const liveOf = scope.run(() => useLiveRows<Row>(() => shown.value.map((row) => ({ key: row.id, row }))))!
  function seen(key: string, look: (row: Row) => unknown): unknown[] {
    const live = liveOf(key, shown.value.find(({ id }) => id === key)!)
    const values: unknown[] = []
    scope.run(() => watchEffect(() => void values.push(look(live))))
    return values
  }
  return { shown, liveOf, seen, [Symbol.dispose]: () => scope.stop() }
}

test('who looks at one field of a row hears of that one, and of no other row', async () => {
  using rows = table([web, db])
  const [names, states, others] = [rows.seen('web', ({ name }) => name), rows.seen('web', ({ state }) => state), rows.seen('db', ({ state }) => state)]
  rows.shown.value = [{ ...web, state: 'exited' }, { ...db }]
  await nextTick()
  expect({ names, states, others }).toEqual({ names: ['web'], states: ['running', 'exited'], others: ['running'] })
})

test('a row stays the same object while it is in sight, also where others come, go and change places', async () => {
  using rows = table([web, db])
  const live = rows.liveOf('web', web)
  const next = { ...web, state: 'exited' }
  rows.shown.value = [{ id: 'new', name: 'new', state: 'created' }, next]
  await nextTick()
  expect(rows.liveOf('web', next)).toBe(live)
  expect(live).toEqual(next)
})

test('rows that have left are not kept', async () => {
  using rows = table([web])
  const live = rows.liveOf('web', web)
  rows.shown.value = []
  await nextTick()
  expect(rows.liveOf('web', web)).not.toBe(live)
})

test('what is taken over is all of the next: fields that came, and none that went', () => {
  const live: Row = { ...web, project: 'shop' }
  takeOver(live, { ...web, state: 'exited' })
  expect(live).toEqual({ ...web, state: 'exited' })
  expect('project' in live).toBe(false)
})
